#!/usr/bin/env python3
"""Lacuna beside other implementations of attention, on the same tensors.

    test/bench/peers.py --build=build --markdown=peers.md --json=peers.json --plot=peers.svg

Every configuration of `lacuna-bench` runs as Lacuna's program, called through
the C interface, as PyTorch's scaled_dot_product_attention with FlashAttention-2 and
with cuDNN where they know the mask, and as FlexAttention with default and with tuned
settings: forward, with `--backward` the gradients of queries, keys and values, and with
`--training` both, one behind the other. Where rows are dropped or hashed (SCFA), causal
attention to all keys stands in for those who do not know the mask. Implementations
take turns, the second-level cache is emptied before each launch, and the median of the
device's own clock counts. Results are compared with ours; a difference is an error.
What is not installed is left out, and said so.

`--check-masks` holds the masks below to the number of pairs that Lacuna counts, in
plain Python.
"""

import argparse
import ast
import ctypes
import json
import math
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile

LEAST_RUNS = 30
FLUSH_BYTES = 256 << 20
# Two bf16 results of sums in another order differ by less; gradients are of scores
# that were rounded, too.
TOLERANCE = {"forward": 1e-2, "backward": 2e-2, "training": 2e-2}

# What each mask lets query q of head h of batch b see of key k, of numbers or of
# tensors of them; `t` are the spec's arguments behind queries, keys and values.
MASKS = {
    "dense": None,
    "causal": lambda t: lambda b, h, q, k: q >= k,
    "sliding_window": lambda t: lambda b, h, q, k: (q >= k) & (q - k <= t[0]),
    "packed_documents": lambda t: lambda b, h, q, k: (q >= k) & (t[0][b, q] == t[0][b, k]),
    "prefix_lm": lambda t: lambda b, h, q, k: (q >= k) | (k < t[0]),
    "shared_question": lambda t: lambda b, h, q, k: (
        (q >= k) & ((t[0][b, k] == 0) | (t[0][b, q] == t[0][b, k]))
    ),
    "random_blocks": lambda t: lambda b, h, q, k: t[0][h, q // 128, k // 128],
    "bigbird": lambda t: lambda b, h, q, k: (
        ((q // 64 - k // 64 <= 1) & (k // 64 - q // 64 <= 1))
        | (q < 64)
        | (k < 64)
        | listed(t[0], (h, q // 64), k // 64)
    ),
    "longformer": lambda t: lambda b, h, q, k: (
        ((q - k <= t[0]) & (k - q <= t[0])) | (k < t[1]) | (q < t[1])
    ),
    "vsa_topk": lambda t: lambda b, h, q, k: listed(t[0], (b, h, q // 64), k // 64),
    "alibi": lambda t: lambda b, h, q, k: q >= k,
    "softcap": lambda t: lambda b, h, q, k: q >= k,
    "relative_bias": None,
    "scfa/qk_sparse": lambda t: lambda b, h, q, k: (q >= k) & t[0][b, h, q] & t[1][b, h, k],
    "scfa/hash_sparse": lambda t: lambda b, h, q, k: (q > k) & (t[0][b, h, q] == t[1][b, h, k]),
}

# Masks for which the paper's baseline, causal attention, may stand in.
SCFA = ("scfa/qk_sparse", "scfa/hash_sparse")

# Masks that differ from head to head.
PER_HEAD = ("random_blocks", "bigbird", "vsa_topk", *SCFA)

# How scores change, where they do; as FlexAttention's score_mod.
SCORES = {
    "alibi": lambda t: lambda s, b, h, q, k: s + t[0][h] * (k - q),
    "softcap": lambda t: lambda s, b, h, q, k: (s / t[0]).tanh() * t[0],
    "relative_bias": lambda t: lambda s, b, h, q, k: s + t[0][h, (k - q).clamp(-32, 32) + 32],
}


def listed(table, row, column):
    """Whether a row of a table holds a number."""
    found = table[(*row, 0)] == column
    for place in range(1, table.shape[-1]):
        found = found | (table[(*row, place)] == column)
    return found


class Table:
    """A .npy file as a tensor of plain Python, with its bytes for others."""

    CODES = {"<i4": "i", "|b1": "?", "<f4": "f"}

    def __init__(self, path):
        data = path.read_bytes()
        (header_bytes,) = struct.unpack_from("<H", data, 8)
        header = ast.literal_eval(data[10 : 10 + header_bytes].decode())
        self.shape = header["shape"]
        self.code = self.CODES[header["descr"]]
        self.bytes = bytearray(data[10 + header_bytes :])
        self.values = memoryview(self.bytes).cast(self.code)

    def __getitem__(self, index):
        flat = 0
        for place, extent in zip(index, self.shape):
            flat = flat * extent + place
        return self.values[flat]


# ---- configurations -------------------------------------------------------------------


def export(options, folder):
    """The configurations, from lacuna-bench; their tables are in the folder."""
    command = [str(options.build / "bin" / "lacuna-bench"), f"--export={folder}", f"--shorten={options.shorten}"]
    command += [f"--configurations={options.configurations}"] if options.configurations else []
    command.append(f"--matching={options.matching}")
    subprocess.run(command, check=True)
    configurations = json.loads((folder / "configurations.json").read_text())
    for configuration in configurations:
        configuration["tables"] = [
            argument["value"] if "value" in argument else Table(folder / argument["file"])
            for argument in configuration.get("arguments", [])
        ]
    return configurations


def check_masks(configurations):
    """Counts what the masks above leave, and compares. Returns how many differ."""
    wrong = 0
    for c in configurations:
        if "not_yet" in c:
            continue
        mask = MASKS[c["mask"]]
        sees = mask(c["tables"]) if mask else lambda b, h, q, k: True
        heads = c["query_heads"] if c["mask"] in PER_HEAD else 1
        count = (c["query_heads"] // heads) * sum(
            bool(sees(b, h, q, k))
            for b in range(c["batch"])
            for h in range(heads)
            for q in range(c["queries"])
            for k in range(c["keys"])
        )
        if count != c["visible_pairs"]:
            print(f"{c['title']}: {count} pairs here, {c['visible_pairs']} in lacuna-bench")
            wrong += 1
        else:
            print(f"{c['title']}: {count} visible pairs")
    return wrong


# ---- Lacuna ---------------------------------------------------------------------------

MAX_RANK = 8
DTYPES = {"f16": 0, "bf16": 1, "f32": 2, "f64": 3, "i1": 4, "i8": 5, "i16": 6, "i32": 7, "i64": 8}


class Tensor(ctypes.Structure):
    _fields_ = [
        ("address", ctypes.c_uint64),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.c_int64 * MAX_RANK),
        ("strides", ctypes.c_int64 * MAX_RANK),
    ]


class Value(ctypes.Structure):
    _fields_ = [
        ("is_tensor", ctypes.c_int32),
        ("scalar_dtype", ctypes.c_int32),
        ("scalar", ctypes.c_uint64),
        ("tensor", Tensor),
    ]


class CompileOptions(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("target", ctypes.c_char_p),
        ("function", ctypes.c_char_p),
        ("file_name", ctypes.c_char_p),
        ("no_cache", ctypes.c_int32),
        ("mode", ctypes.c_char_p),
    ]


def scalar_value(dtype, number):
    packed = struct.pack({"i32": "<i", "f32": "<f", "i1": "<?"}[dtype], number)
    return Value(0, DTYPES[dtype], int.from_bytes(packed, "little"))


def tensor_value(dtype, tensor):
    """A torch tensor as an argument."""
    rank = tensor.dim()
    pad = [0] * (MAX_RANK - rank)
    view = Tensor(tensor.data_ptr(), DTYPES[dtype], rank)
    view.shape[:] = list(tensor.shape) + pad
    view.strides[:] = list(tensor.stride()) + pad
    return Value(1, 0, 0, view)


class Lacuna:
    """The library and a device of it."""

    def __init__(self, library, device):
        self.c = ctypes.CDLL(str(library))
        for name in ("lacuna_last_error", "lacuna_device_name", "lacuna_device_target"):
            getattr(self.c, name).restype = ctypes.c_char_p
        self.device = ctypes.c_void_p()
        self.call("lacuna_device_open", device.encode(), ctypes.byref(self.device))
        self.name = self.c.lacuna_device_name(self.device).decode()

    def call(self, function, *arguments):
        if getattr(self.c, function)(*arguments):
            raise RuntimeError(f"{function}: {self.c.lacuna_last_error().decode()}")

    def load(self, path, compile="lacuna_compile"):
        """A spec, or its gradient, compiled for the device and loaded."""
        text = path.read_bytes()
        options = CompileOptions(size=ctypes.sizeof(CompileOptions), file_name=path.name.encode())
        options.target = self.c.lacuna_device_target(self.device)
        executable, program = ctypes.c_void_p(), ctypes.c_void_p()
        self.call(compile, text, ctypes.c_size_t(len(text)), ctypes.byref(options), ctypes.byref(executable))
        self.call("lacuna_program_load", executable, self.device, ctypes.byref(program))
        self.c.lacuna_executable_destroy(executable)
        return program

    def workspace_bytes(self, program, values):
        needed = ctypes.c_size_t()
        self.call(
            "lacuna_program_workspace_bytes", program, values, ctypes.c_size_t(len(values)), ctypes.byref(needed)
        )
        return needed.value


def launcher(torch, lacuna, program, values, results):
    """A function without arguments that launches the program and returns the results."""
    arguments = (Value * len(values))(*(value for value, _ in values))
    tensors = (Tensor * len(results))(*(tensor_value(dtype, tensor).tensor for dtype, tensor in results))
    needed = max(lacuna.workspace_bytes(program, arguments), 1)
    workspace = torch.empty(needed, dtype=torch.uint8, device=results[0][1].device)
    counts = ctypes.c_size_t(len(values)), ctypes.c_size_t(len(results)), ctypes.c_size_t(needed)
    address = ctypes.c_uint64(workspace.data_ptr())

    def launch():
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        lacuna.call(
            "lacuna_program_launch", program, arguments, counts[0], tensors, counts[1], stream, address, counts[2]
        )
        return [tensor for _, tensor in results]

    launch.memory = values, workspace  # must live as long as the launches
    return launch


def ours(torch, lacuna, configuration, folder, passes, q, k, v, upstream):
    """Lacuna's launch of the passes: returns the output or the three gradients."""
    dtype, path = configuration["dtype"], folder / configuration["spec"]
    values = [(tensor_value(dtype, tensor), tensor) for tensor in (q, k, v)]
    floats = [(dtype, tensor) for tensor in (q, k, v)]
    for argument, table in zip(configuration["arguments"], configuration["tables"]):
        kind = argument["dtype"]
        if isinstance(table, Table):
            tensor = torch_table(torch, table, q.device)
            values.append((tensor_value(kind, tensor), tensor))
        else:
            tensor = torch.empty((), dtype=torch.float32, device=q.device)
            values.append((scalar_value(kind, int(table) if kind.startswith("i") else table), None))
        if kind == "f32":
            floats.append((kind, tensor))
    output = torch.empty(*q.shape[:3], v.shape[3], dtype=q.dtype, device=q.device)
    lse = torch.empty(*q.shape[:3], dtype=torch.float32, device=q.device)
    state = [(dtype, output), ("f32", lse)]
    forward = launcher(torch, lacuna, lacuna.load(path), values, state)
    if passes == "forward":
        return lambda: forward()[:1]
    forward()
    gradients = [(kind, torch.empty_like(tensor)) for kind, tensor in floats]
    more = [*state, (dtype, upstream), ("f32", torch.zeros_like(lse))]
    values = values + [(tensor_value(kind, tensor), tensor) for kind, tensor in more]
    backward = launcher(torch, lacuna, lacuna.load(path, "lacuna_compile_gradient"), values, gradients)
    if passes == "backward":
        return lambda: backward()[:3]
    return lambda: forward() and backward()[:3]


# ---- the others -----------------------------------------------------------------------


def torch_table(torch, table, device):
    dtype = {"i": torch.int32, "?": torch.bool, "f": torch.float32}[table.code]
    return torch.frombuffer(table.bytes, dtype=dtype).reshape(table.shape).to(device)


def sdpa(torch, backend, kernel, configuration, q, k, v):
    """PyTorch's own attention with one backend; None where nobody would take it."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    if configuration["mask"] not in ("dense", "causal", *SCFA):
        return None
    grouped = {"enable_gqa": True} if q.shape[1] != k.shape[1] else {}

    def launch():
        with sdpa_kernel(getattr(SDPBackend, backend)):
            return torch.nn.functional.scaled_dot_product_attention(
                q, k, v, is_causal=configuration["mask"] != "dense", **grouped
            )

    launch.kernel = kernel
    return launch


def flex(torch, configuration, q, k, v, **settings):
    """FlexAttention, compiled for the mask and the scores."""
    from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

    tables = [
        torch_table(torch, table, q.device) if isinstance(table, Table) else table
        for table in configuration["tables"]
    ]
    name = configuration["mask"]
    block_mask = None
    if name == "vsa_topk":
        # Its lists are what FlexAttention makes of a mask, which at this length it cannot.
        counts = (tables[0] >= 0).sum(-1, dtype=torch.int32)
        blocks = -(-k.shape[2] // 64)
        lists = torch.nn.functional.pad(tables[0].clamp(min=0), (0, max(0, blocks - tables[0].shape[-1])))
        block_mask = BlockMask.from_kv_blocks(
            counts * 0, lists, counts, lists, BLOCK_SIZE=64, seq_lengths=(q.shape[2], k.shape[2])
        )
    elif MASKS[name]:
        block_mask = create_block_mask(
            MASKS[name](tables),
            q.shape[0],
            q.shape[1] if name in PER_HEAD else None,
            q.shape[2],
            k.shape[2],
            device=q.device,
            _compile=True,
        )
    score = SCORES[name](tables) if name in SCORES else None
    compiled = torch.compile(flex_attention, dynamic=False, **settings)

    def launch():
        return compiled(q, k, v, score_mod=score, block_mask=block_mask, enable_gqa=q.shape[1] != k.shape[1])

    return launch


# By name: makes a function that launches it, or None where it does not know the mask.
OTHERS = {
    "FlashAttention-2": lambda torch, c, *qkv: sdpa(torch, "FLASH_ATTENTION", "flash", c, *qkv),
    "cuDNN": lambda torch, c, *qkv: sdpa(torch, "CUDNN_ATTENTION", "cudnn", c, *qkv),
    "FlexAttention": flex,
    "FlexAttention tuned": lambda torch, c, *qkv: flex(torch, c, *qkv, mode="max-autotune-no-cudagraphs"),
}
CONTESTANTS = ("Lacuna", *OTHERS)


def launch_passes(torch, passes, forward, qkv, upstream):
    """The launch of others like ours(), from that of their forward pass."""
    if passes == "forward":
        return lambda: [forward()]
    if passes == "training":
        return lambda: torch.autograd.grad(forward(), qkv, upstream)
    output = forward()
    return lambda: torch.autograd.grad(output, qkv, upstream, retain_graph=True)


def verify_kernel(torch, wanted, launch):
    """A backend that was asked for is the one that ran."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        launch()
        torch.cuda.synchronize()
    names = [event.key for event in profile.key_averages()]
    if not any(wanted in name.lower() for name in names):
        raise RuntimeError(f"a kernel called {wanted} was to run, but these did: {', '.join(names)}")


# ---- measuring ------------------------------------------------------------------------


def clock_and_power():
    """MHz and W of the device now, or None."""
    query = ["nvidia-smi", "--query-gpu=clocks.sm,power.draw", "--format=csv,noheader,nounits"]
    try:
        output = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        return tuple(float(part) for part in output.splitlines()[0].split(","))
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None


def time_in_turns(torch, launches, repeats):
    """Median milliseconds by name."""
    flush = torch.empty(FLUSH_BYTES, dtype=torch.uint8, device="cuda")
    times = {name: [] for name in launches}
    for run in range(-3, repeats):
        for name, launch in launches.items():
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            flush.zero_()
            start.record()
            launch()
            end.record()
            end.synchronize()
            if run >= 0:
                times[name].append(start.elapsed_time(end))
    return {name: statistics.median(values) for name, values in times.items()}


def difference(torch, left, right):
    """Relative Frobenius norm; rows that see nothing are zero in ours and NaN elsewhere."""
    left, right = left.float(), torch.nan_to_num(right.float())
    return float((left - right).norm() / left.norm().clamp(min=1e-20))


def measure(torch, lacuna, configuration, folder, passes, repeats):
    """A row of the table: times by name, what was left out, and the worst difference."""
    generator = torch.Generator(device="cuda").manual_seed(1)
    dtype = {"bf16": torch.bfloat16, "f16": torch.float16}[configuration["dtype"]]
    q, k, v = (
        torch.randn(
            configuration["batch"], configuration[heads], configuration[length], configuration[dim],
            generator=generator, device="cuda", dtype=dtype,
        )
        for heads, length, dim in (
            ("query_heads", "queries", "query_dim"),
            ("key_heads", "keys", "query_dim"),
            ("key_heads", "keys", "value_dim"),
        )
    )
    upstream = torch.randn(*q.shape[:3], v.shape[3], generator=generator, device="cuda", dtype=dtype)
    launches = {"Lacuna": ours(torch, lacuna, configuration, folder, passes, q, k, v, upstream)}
    reference = [tensor.clone() for tensor in launches["Lacuna"]()]
    left_out, worst = {}, 0.0
    qkv = [tensor.requires_grad_(passes != "forward") for tensor in (q, k, v)]
    for name, make in OTHERS.items():
        try:
            forward = make(torch, configuration, *qkv)
            if forward is None:
                left_out[name] = "does not know this mask"
                continue
            launch = launch_passes(torch, passes, forward, qkv, upstream)
            results = launch()
            torch.cuda.synchronize()
            backend = getattr(forward, "kernel", None)
            if backend:
                verify_kernel(torch, backend, launch)
        except Exception as error:  # what others raise has no common type
            left_out[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            continue
        stands_in = backend and configuration["mask"] in SCFA
        if not stands_in:
            worst = max(worst, *(difference(torch, *pair) for pair in zip(reference, results)))
        launches[name] = launch
    times = time_in_turns(torch, launches, repeats)
    for _ in range(max(1, math.ceil(300 / times["Lacuna"]))):
        launches["Lacuna"]()
    clock = clock_and_power()
    torch.cuda.synchronize()
    return {"milliseconds": times, "left_out": left_out, "difference": worst, "mhz_and_watts": clock}


# ---- reporting ------------------------------------------------------------------------

def tflops(configuration, passes, milliseconds):
    """Two products forward, and five backward, where scores are computed again."""
    query, value = configuration["query_dim"], configuration["value_dim"]
    forward, backward = query + value, 3 * query + 2 * value
    columns = {"forward": forward, "backward": backward, "training": forward + backward}[passes]
    return 2 * configuration["visible_pairs"] * columns / milliseconds / 1e9


def best_of_others(times):
    others = [time for name, time in times.items() if name != "Lacuna"]
    return min(others) if others else None


def markdown(device, passes, rows):
    text = f"# Lacuna beside others, {passes}, TFLOP/s of visible pairs\n\nDevice: {device}\n\n"
    text += "| | " + " | ".join(CONTESTANTS) + " | best other / Lacuna, time | difference | MHz, W |\n"
    text += "|---|" + "---:|" * (len(CONTESTANTS) + 3) + "\n"
    notes = []
    for row in rows:
        configuration, times = row["configuration"], row.get("milliseconds", {})
        cells = [f"{tflops(configuration, passes, times[name]):.0f}" if name in times else "-" for name in CONTESTANTS]
        best = best_of_others(times)
        cells.append(f"{best / times['Lacuna']:.2f}" if best else "-")
        cells.append(f"{row['difference']:.1e}" if best else "-")
        cells.append("{:.0f}, {:.0f}".format(*row["mhz_and_watts"]) if row.get("mhz_and_watts") else "-")
        text += f"| {configuration['title']} | " + " | ".join(cells) + " |\n"
        if "not_yet" in configuration:
            notes.append(f"{configuration['title']}: not yet: {configuration['not_yet']}")
        for name, reason in row.get("left_out", {}).items():
            if reason != "does not know this mask":
                notes.append(f"{configuration['title']}: {name} left out: {reason}")
    return text + "".join(f"\n- {note}" for note in notes) + ("\n" if notes else "")


def plot(path, passes, rows):
    """Speed over length, a line for each mask and implementation. False without matplotlib."""
    try:
        import matplotlib

        matplotlib.use("svg")
        from matplotlib import pyplot
    except ImportError:
        return False
    figure, axes = pyplot.subplots(figsize=(9, 6))
    for name in CONTESTANTS:
        masks = {row["configuration"]["mask"] for row in rows if name in row.get("milliseconds", {})}
        for mask in sorted(masks):
            points = sorted(
                (row["configuration"]["keys"], tflops(row["configuration"], passes, row["milliseconds"][name]))
                for row in rows
                if row["configuration"].get("mask") == mask and name in row.get("milliseconds", {})
            )
            axes.plot(*zip(*points), marker="o", linestyle="-" if name == "Lacuna" else ":", label=f"{name}, {mask}")
    axes.set(xscale="log", xlabel="keys", ylabel="TFLOP/s of visible pairs", title=passes)
    axes.legend(fontsize=6, ncols=2)
    figure.savefig(path)
    return True


def find_device():
    """torch, or None and what is left out without it."""
    try:
        import torch
    except ImportError:
        return None, "PyTorch is not installed: no other implementation is timed"
    if not torch.cuda.is_available():
        return None, "PyTorch sees no CUDA device: nothing is timed"
    # Beyond the limit FlexAttention would run uncompiled, many times slower.
    for limit in ("recompile_limit", "cache_size_limit"):
        if hasattr(torch._dynamo.config, limit):
            setattr(torch._dynamo.config, limit, 1000)
    import torch._functorch.config

    if hasattr(torch._functorch.config, "donated_buffer"):  # it allows one gradient of an output
        torch._functorch.config.donated_buffer = False
    return torch, None


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="Lacuna's build folder")
    parser.add_argument("--repeats", type=int, default=LEAST_RUNS, help="medians of so many launches")
    parser.add_argument("--configurations", default="", help="numbers, as of lacuna-bench; default: all")
    parser.add_argument("--matching", default="", help="of these, those whose titles contain it")
    for passes, timed in (("backward", "gradients"), ("training", "both passes")):
        parser.add_argument(
            f"--{passes}", dest="passes", action="store_const", const=passes, default="forward", help=f"time {timed}"
        )
    parser.add_argument("--shorten", type=int, default=1, help="sequences are so many times as short")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the table there, too")
    parser.add_argument("--json", type=pathlib.Path, help="write all figures there")
    parser.add_argument("--plot", type=pathlib.Path, help="draw speed over length (SVG)")
    parser.add_argument("--check-masks", action="store_true", help="only count what the masks leave")
    return parser.parse_args()


def main():
    options = parse_options()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        configurations = export(options, folder)
        if options.check_masks:
            return 1 if check_masks(configurations) else 0
        torch, left_out = find_device()
        device = "none"
        if torch:
            lacuna = Lacuna(options.build / "lib" / "liblacuna.so", "cuda")
            device = f"{lacuna.name}, PyTorch {torch.__version__}"
        rows = []
        for configuration in configurations:
            row = {"configuration": configuration}
            if torch and "not_yet" not in configuration:
                print(f"measuring {configuration['title']}", file=sys.stderr)
                repeats = max(options.repeats, LEAST_RUNS)
                row.update(measure(torch, lacuna, configuration, folder, options.passes, repeats))
            configuration.pop("tables")
            rows.append(row)
    text = markdown(device, options.passes, rows)
    if left_out:
        text += f"\nLeft out: {left_out}.\n"
    print(text, end="")
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        figures = {"device": device, "passes": options.passes, "left_out": left_out, "rows": rows}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    if options.plot and not plot(options.plot, options.passes, rows):
        print("Left out: matplotlib is not installed: no plot.")
    limit = TOLERANCE[options.passes]
    differing = [row["configuration"]["title"] for row in rows if row.get("difference", 0) > limit]
    for title in differing:
        print(f"error: {title}: results differ", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
