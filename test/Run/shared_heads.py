"""Heads computed together give what heads computed apart give, and the reference.

Query heads of a key head share tiles of rows; groups that fill tiles evenly and groups that
do not, fewer rows than a tile, one more than a tile, none, under every kind of mask. Where no
mask lets smaller boxes of queries visit fewer keys, both are the same bit for bit.
"""
# REQUIRES: nvrtc
# RUN: %python %s
import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile

SPEC = """!q = tensor<?x{query_heads}x?x{dim}x{dtype}>
!k = tensor<?x{key_heads}x?x{dim}x{dtype}>
!lse = tensor<?x{query_heads}x?xf32>
func.func @shared(%q: !q, %k: !k, %v: !k{arguments}) -> (!q, !lse) {{
  %o, %lse = attn.attend %q{query}, %k, %v{key}{clauses}
    schedule<heads = {heads}> : !q{query_type}, !k, !k{key_type}
  return %o, %lse : !q, !lse
}}
"""


class Mask:
    """Clauses, and the arguments that they take: name, type and input of each. Some follow
    the queries or the keys: "at past", "ragged m"."""

    def __init__(self, clauses, *arguments, batch=2, **followers):
        self.clauses, self.arguments, self.batch = clauses, arguments, batch
        types = {name: kind for name, kind, _ in arguments}
        self.operands = {"query": "", "query_type": "", "key": "", "key_type": ""}
        for owner, follower in followers.items():
            word, name = follower.split()
            self.operands |= {owner: f" {word} %{name}", f"{owner}_type": f" {word} {types[name]}"}


def where(*lines, head="%h"):
    body = "\n".join(lines)
    return f"\n    where(%b, {head}, %i, %j) {{\n{body}\n      attn.yield %keep : i1\n    }}"


ALIBI = """ score(%s, %b, %h, %i, %j) {
      %slope = attn.load %slopes[%h] : tensor<?xf32>
      %distance = arith.subi %j, %i : i32
      %far = arith.sitofp %distance : i32 to f32
      %bias = arith.mulf %slope, %far : f32
      %biased = arith.addf %s, %bias : f32
      attn.yield %biased : f32
    }"""
SLOPES = ("slopes", "tensor<?xf32>", "{query_heads}xf32=random:7")
MASKS = {
    "dense": Mask(""),
    "late": Mask(where("%keep = attn.causal %i, %j"), ("past", "i32", "40"), query="at past"),
    "window": Mask(where("%c = arith.constant 20 : i32",
                         "%keep = attn.sliding_window %i, %j left %c right %c")),
    "documents": Mask(where("%keep = attn.document %i, %j in %ids[%b] : tensor<?x?xi32>"),
                      ("ids", "tensor<?x?xi32>", "2x{most}xi32=documents:1:50")),
    "blocks": Mask(where("%c = arith.constant {group} : i32", "%kh = arith.divui %h, %c : i32",
                         "%keep = attn.block_mask %i, %j in %blocks[%b, %kh] block 16 x 32 : tensor<?x?x?x?xi1>"),
                   ("blocks", "tensor<?x?x?x?xi1>", "2x{key_heads}x{queries/16}x{keys/32}xi1=random:5")),
    "alibi": Mask(where("%keep = attn.causal %i, %j") + ALIBI, SLOPES),
    "places": Mask(where("%keep = attn.causal %i, %j"), ("at", "tensor<?x?x?xi32>", "2x{key_heads}x{keys}xi32=random:5:0:99"),
                   key="at at"),
    "ragged": Mask(where("%keep = attn.causal %i, %j"), ("m", "tensor<?xi32>", "6xi32=offsets:5:{queries}"),
                   ("n", "tensor<?xi32>", "6xi32=offsets:6:{keys}"), query="ragged m", key="ragged n", batch=1),
}
# Query heads of a key head and head dims, on sm_90a such that warp groups hold whole groups.
GROUPS = {"sm_80": ((8, 64), (3, 128), (8, 40), (3, 16)), "sm_90a": ((8, 128), (3, 64), (8, 64))}
LENGTHS = ((1, 129), (31, 127), (129, 129), (5, 300), (127, 31), (129, 1), (31, 0), (0, 31))


def run(target, number, name, mode, folder):
    """What is wrong with a case: nothing, when heads may be computed together."""
    group, dim = GROUPS[target][number % len(GROUPS[target])]
    queries, keys = LENGTHS[number % len(LENGTHS)]
    sizes = {"key_heads": 2, "query_heads": 2 * group, "queries": queries, "keys": keys,
             "most": max(queries, keys)}
    mask, dtype = MASKS[name], ("f16", "bf16")[number % 2]

    def filled(text):
        for size, value in [*sizes.items(), ("queries/16", -(-queries // 16)), ("keys/32", -(-keys // 32))]:
            text = text.replace(f"{{{size}}}", str(value))
        return text.replace("{group}", str(group))

    values = [f"{mask.batch}x{heads}x{rows}x{dim}x{dtype}=random:{seed}"
              for seed, (heads, rows) in enumerate([(2 * group, queries), (2, keys), (2, keys)])]
    values += [filled(value) for _, _, value in mask.arguments]
    results = []
    for heads in (group, 1) if name == "dense" else (group,):
        spec = SPEC.format(dim=dim, dtype=dtype, heads=heads, **sizes, **mask.operands, clauses=filled(mask.clauses),
                           arguments="".join(f", %{name}: {kind}" for name, kind, _ in mask.arguments))
        path = folder / f"{target}-{number}-{heads}"
        command = ["lacuna-run", "-", f"--target={target}", f"--mode={mode}", "--device=emulator", "--check",
                   f"--emulator={('eager', 'lazy', 'random:1')[number % 3]}", *(f"--input={x}" for x in values),
                   f"--output=@{path}.o.npy", f"--output=@{path}.lse.npy"]
        child = subprocess.run(command, input=spec, capture_output=True, text=True)
        if child.returncode:
            return f"{command}\n{child.stderr}\n{spec}"
        results.append([pathlib.Path(f"{path}.{what}.npy").read_bytes() for what in ("o", "lse")])
    return "" if results[0] == results[-1] else f"{values} for {target}: heads apart give other bits"


masks = [(name, mode) for name in MASKS for mode in ("closed", "closed" if name == "dense" else "planned")]
with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
    tasks = [pool.submit(run, target, number, *masks[(number + shift) % len(masks)], pathlib.Path(folder))
             for target, shift in (("sm_80", 0), ("sm_90a", 5)) for number in range(len(masks))]
    problems = [task.result() for task in tasks if task.result()]
print(*problems, f"{len(tasks)} cases, {len(problems)} problems", sep="\n")
sys.exit(bool(problems))
