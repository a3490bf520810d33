"""Gradients on the emulator against the float64 reference, with the output and log-sum-exp of a forward run.

    python3 test/Run/backward.py . --gallery --specs=200 --targets sm_80 sm_90a

Without options: lengths and groups of heads that leave remainders, a part of the gallery
and some random specs, each for one of the targets. With --gallery all of it, and as many
random specs as wanted, for every target that is named. Some gradients, and with --gallery
those of all of it, are computed in ten orders of blocks, warps and copies: those of queries,
keys and values are the same to the bit, and the sum of atomics is not. With
--gradients=fastest gradients of queries are such a sum, and rounded, where one pass over
scores gives all three; a few are in any case.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root
import argparse
import collections
import concurrent.futures
import itertools
import os
import pathlib
import re
import shlex
import struct
import subprocess
import sys
import tempfile

import spec_generator

SAMPLE = ["alibi", "block_csr", "packed_documents", "relative_bias", "shared_question", "softcap"]
TARGETS = ["sm_80", "sm_90a"]
ORDERS = ["eager", "lazy", *(f"random:{seed}" for seed in range(1, 9))]

CAUSAL = """
!q = tensor<?x?x?x{d}x{dtype}>
!v = tensor<?x?x?x{e}x{dtype}>
func.func @spec(%q: !q, %k: !q, %v: !v{argument}) -> (!v, tensor<?x?x?xf32>) {{
  {before}
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {{
    {where}
    attn.yield %seen : i1
  }} {score} : !q, !q, !v
  return %o, %lse : !v, tensor<?x?x?xf32>
}}
"""

SLOPES = """score(%s, %b, %h, %i, %j) {
    %slope = attn.load %slopes[%h] : tensor<?xf32>
    %r = arith.addf %s, %slope : f32
    attn.yield %r : f32
  }"""

# Gradients of a table that is rounded, and of the scale.
TABLES = """
!t = tensor<?x?x?x16xf16>
func.func @tables(%q: !t, %k: !t, %v: !t, %scale: f32, %bias: tensor<?x?x?x?xbf16>) -> (!t, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    %x = attn.load %bias[%b, %h, %i, %j] : tensor<?x?x?x?xbf16>
    %wide = arith.extf %x : bf16 to f32
    %r = arith.addf %s, %wide : f32
    attn.yield %r : f32
  } scale %scale : !t, !t, !t
  return %o, %lse : !t, tensor<?x?x?xf32>
}
"""


def run(arguments):
    environment = dict(os.environ, LACUNA_EMULATOR_THREADS="1")
    return subprocess.run(arguments, capture_output=True, text=True, env=environment)


class Gradient:
    """The gradient function of a spec for a target, and what a forward run has left for it."""

    def __init__(self, folder, name, text, inputs, target=None, results=("dq", "dk", "dv"), sums="deterministic"):
        self.folder, self.name, self.text, self.inputs, self.target = folder, name, text, inputs, target
        self.outputs, self.sums = results, sums
        self.spec = pathlib.Path(folder, f"{name}-{target}-{sums}.mlir")
        self.path = self.spec.with_suffix(".gradient.mlir")

    def on(self, target, sums=None):
        return Gradient(self.folder, self.name, self.text, self.inputs, target, self.outputs, sums or options.gradients)

    def is_atomic(self, output):
        """Whether the order of additions is that of blocks."""
        results = re.search(r"_gradient\(.*?\) -> \((.*?)\) *{", self.path.read_text(), re.DOTALL)[1]
        one_pass = self.sums == "fastest" and results.count("tensor<") == 3
        return output == "table" or (one_pass and output == "dq")

    def file(self, name):
        return f"@{self.spec.with_suffix('')}.{name}.npy"

    def prepare(self):
        """Runs forward, and differentiates; what went wrong, if anything."""
        self.spec.write_text(self.text)
        forward = ["lacuna-run", self.spec, "--device=emulator", f"--target={self.target}"]
        outputs = [f"--output={self.file(name)}" for name in ("o", "lse")]
        child = run([*forward, *(f"--input={x}" for x in self.inputs), *outputs])
        if not child.returncode:
            child = run(["lacuna-opt", self.spec, "--attn-differentiate", "-o", self.path])
        return self.complaint(child)

    def compute(self, order, *options):
        """Runs it; its results go to files."""
        (shape, dtype), value = self.inputs[0].split("=")[0].rsplit("x", 1), self.inputs[2].split("=")[0]
        rows, columns = shape.rsplit("x", 1)[0], value.split("x")[-2]
        inputs = [self.file("o"), self.file("lse"), f"{rows}x{columns}x{dtype}=random:91", f"{rows}xf32=random:92"]
        function = re.search(r"func\.func @(\w+)", self.text)[1]
        child = run(
            ["lacuna-run", self.path, f"--function={function}_gradient", f"--target={self.target}"]
            + [f"--emulator={order}", f"--gradients={self.sums}", *options, *(f"--input={x}" for x in self.inputs + inputs)]
            + [f"--output={self.file(name)}" for name in self.outputs]
        )
        return self.complaint(child)

    def results(self):
        return [pathlib.Path(self.file(name)[1:]).read_bytes() for name in self.outputs]

    def check(self, order="eager"):
        """What is wrong with it, if anything."""
        return self.prepare() or self.compute(order, "--check")

    def repeat(self):
        """What depends on the order, but for sums of atomics: those have to, if there are any."""
        if problem := self.prepare():
            return problem
        found = []
        for order in ORDERS:
            if problem := self.compute(order):
                return problem
            found.append(self.results())
        for name, *results in zip(self.outputs, *found):
            if name == "dq" and self.is_atomic(name):
                continue  # a last bit of f32 that differs is seldom one of 16 bits
            is_atomic, differs = self.is_atomic(name), len(set(results)) > 1
            if differs != is_atomic:
                return f"{self.name} for {self.target}: {name} {'differs' if differs else 'is the same'} in ten orders"
        return ""

    def complaint(self, child):
        return f"{shlex.join(map(str, child.args))}\n{child.stderr}" if child.returncode else ""


def causal(folder, name, lengths, heads, dims=(64, 64), dtype="bf16", where="%seen = attn.causal %i, %j", **more):
    parts = {"argument": "", "before": "", "score": "", **more}
    text = CAUSAL.format(d=dims[0], e=dims[1], dtype=dtype, where=where, **parts)
    sizes = [(heads[0], lengths[0], dims[0]), (heads[1], lengths[1], dims[0]), (heads[1], lengths[1], dims[1])]
    inputs = [f"1x{h}x{n}x{d}x{dtype}=random:{seed}" for seed, (h, n, d) in enumerate(sizes)]
    return Gradient(folder, name, text, inputs)


def shapes(folder):
    """Lengths from none on, primes, groups of odd sizes, all kinds of head dims; rows without keys."""
    yield causal(folder, "no-queries", (0, 31), (2, 1))
    yield causal(folder, "no-keys", (31, 0), (2, 1))
    yield causal(folder, "one", (1, 1), (3, 1), (8, 16), "f16")
    yield causal(folder, "primes", (31, 129), (3, 1), (40, 40))
    yield causal(folder, "odd-groups", (129, 67), (10, 2), (64, 32))
    yield causal(folder, "largest", (65, 97), (1, 1), (128, 128), "f16")
    # The first 20 keys have queries, the first 31 queries have no keys.
    before = "%c31 = arith.constant 31 : i32\n%c20 = arith.constant 20 : i32"
    where = "%late = arith.cmpi sge, %i, %c31 : i32\n%low = arith.cmpi slt, %j, %c20 : i32\n%seen = arith.andi %late, %low : i1"
    yield causal(folder, "empty-rows", (67, 67), (2, 2), where=where, before=before)
    inputs = ["1x2x37x16xf16=random:1", "1x1x45x16xf16=random:2", "1x1x45x16xf16=random:3"]
    yield Gradient(folder, "tables", TABLES, [*inputs, "0.2", "1x2x37x45xbf16=random:4"])


def several_blocks(folder):
    """Several blocks of every kernel, which walk intervals and lists; a table whose gradient is added atomically."""
    yield causal(folder, "intervals", (150, 200), (4, 2))
    documents = causal(
        folder, "documents", (200, 200), (2, 1), (16, 16), argument=", %label: tensor<?xi32>, %slopes: tensor<?xf32>",
        where="%mine = attn.load %label[%i] : tensor<?xi32>\n%theirs = attn.load %label[%j] : tensor<?xi32>\n"
        "%seen = arith.cmpi eq, %mine, %theirs : i32", score=SLOPES,
    )
    documents.inputs += ["200xi32=documents:5:50", "2xf32=random:6"]
    documents.outputs = ("dq", "dk", "dv", "table")
    yield documents


def one_pass(folder):
    """Gradients of one pass over scores: shares of queries and of features for warps, groups of heads, roles or none."""
    groups = causal(folder, "groups", (129, 200), (4, 2), (64, 40))
    wide = causal(folder, "wide", (97, 150), (2, 1), (128, 128), "f16")
    padded = causal(folder, "padded", (70, 65), (1, 1), (104, 72))
    # Keys that do not exist would be likelier than these by more than f32 holds.
    where = "%seen = arith.cmpi sge, %j, %none : i32"
    unlikely = causal(folder, "unlikely", (40, 70), (1, 1), where=where, before="%none = arith.constant 0 : i32")
    unlikely.inputs[:2] = ["1x1x40x64xbf16=8", "1x1x70x64xbf16=-8"]
    narrow, roles = (groups, padded, unlikely), (wide, unlikely)
    return [x.on("sm_80", "fastest") for x in narrow] + [x.on("sm_90a", "fastest") for x in roles]


def gallery(folder, root, whole):
    for path in sorted(pathlib.Path(root, "kernels/specs").rglob("*.mlir")):
        text = path.read_text()
        example = re.search(r"^// Example: lacuna-run %s (.*)", text, re.MULTILINE)
        inputs = [x.split("=", 1)[1] for x in shlex.split(example[1]) if x.startswith("--input=")]
        if whole or path.stem in SAMPLE:
            yield Gradient(folder, path.stem, text, inputs)


def random_specs(folder, count):
    for seed in range(count):
        options = {"want_table": seed % 2, "want_empty_rows": seed % 4 == 0, "ragged": seed % 3 == 0}
        spec = spec_generator.Spec(seed, collections.Counter(), **options, detours=seed % 5 == 0)
        yield Gradient(folder, f"random-{seed}", spec.text(), spec.inputs)


def write_list(path, n):
    """Row i lists the columns from 0 to i, as int32 of .npy."""
    header = f"{{'descr': '<i4', 'fortran_order': False, 'shape': ({n}, {n}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    numbers = [j if j <= i else -1 for i in range(n) for j in range(n)]
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack(f"<H{len(header)}s{n * n}i", len(header), header.encode(), *numbers))


def compare_with_list(folder, target, n=70):
    """A causal mask that is a list of blocks has the same gradients, to the bit."""
    path = pathlib.Path(folder, "list.npy")
    write_list(path, n)
    columns = f"%n = arith.constant {n} : i32"
    expand = "%blocks = attn.expand_blocks %list columns %n : tensor<?x?xi32>"
    listed = causal(
        folder, "listed", (n, n), (2, 1), argument=", %list: tensor<?x?xi32>", before=f"{columns}\n{expand}",
        where="%seen = attn.block_mask %i, %j in %blocks block 1 x 1 : tensor<?x?xi1>",
    ).on(target)
    listed.inputs.append(f"@{path}")
    plain = causal(folder, "plain", (n, n), (2, 1)).on(target)
    if problem := listed.check() or plain.check():
        return problem
    same = [a == b or listed.is_atomic(name) for name, a, b in zip(plain.outputs, listed.results(), plain.results())]
    return "" if all(same) else f"a list of blocks for {target} gives other gradients"


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("root")
parser.add_argument("--gallery", action="store_true")
parser.add_argument("--specs", type=int, default=6)
parser.add_argument("--targets", nargs="+", help="of all gradients; default: one of two each")
parser.add_argument("--gradients", default="deterministic", help="how they are summed, or fastest")
options = parser.parse_args()


def for_targets(gradients):
    """Each for the targets that it is to be computed for."""
    for n, gradient in enumerate(gradients):
        for target in options.targets or [TARGETS[n % 2]]:
            yield gradient.on(target)


with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    masks = [*gallery(folder, options.root, options.gallery)]
    checked = [*for_targets([*shapes(folder), *masks, *random_specs(folder, options.specs)])]
    orders = itertools.cycle(ORDERS[1:])  # an odd number: every target meets all of them
    repeated = [*for_targets(masks if options.gallery else several_blocks(folder))]
    if options.gradients == "deterministic":
        checked += one_pass(folder)
        repeated += [causal(folder, "added", (70, 290), (2, 1)).on("sm_90a", "fastest")]
    answers = [*pool.map(Gradient.check, checked, orders), *pool.map(Gradient.repeat, repeated)]
    answers += [compare_with_list(folder, target) for target in options.targets or TARGETS[:1]]
problems = [answer for answer in answers if answer]
print(*problems, f"{len(answers)} gradients, {len(problems)} wrong", sep="\n")
sys.exit(bool(problems))
