"""SCFA in one program: rows that were compacted or sorted attend as if nothing had moved.

    python3 test/Run/scfa.py . --lengths 258 913 1213 --gradients

Results are held against those of a spec that leaves rows where they are, run by the
reference: what is kept, which heads keep nothing, strict and non-strict causality, one
bucket, a bucket for each token, other numbers for the same buckets, and buckets by one
projection, several, or none. With --gradients those of queries, keys and values, too.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root --targets sm_90a
# RUN: %python %s %root --targets sm_80 --lengths 70 --gradients
import argparse
import math
import pathlib
import random
import shlex
import struct
import subprocess
import sys
import tempfile

HEADS, DIM = 4, 32
# Of the difference of a result, or that part of a result above 1; of a gradient, of norms.
LIMIT = 1e-2

DENSE = """
!t = tensor<?x?x?x{dim}xbf16>
!mark = tensor<?x?x?x{mark}>
func.func @dense(%q: !t, %k: !t, %v: !t, {arguments}) -> (!t, tensor<?x?x?xf32>) {{
  {before}
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {{
    %past = arith.cmpi {causal}, %j, %i : i32
    %query = attn.load %mine[%b, %h, %i] : !mark
    %key = attn.load %theirs[%b, %h, %j] : !mark
    %seen = {seen}
    %keep = attn.and %past, %seen
    attn.yield %keep : i1
  }} : !t, !t, !t
  return %o, %lse : !t, tensor<?x?x?xf32>
}}
"""

MARKS = "%mine: !mark, %theirs: !mark"
PROJECTIONS = f"%projections: tensor<?x?x{DIM}xf32>"
HASHES = "\n  ".join(
    f"%{marks} = attn.hash %{rows} by %projections : !t, tensor<?x?x{DIM}xf32>"
    for marks, rows in (("mine", "q"), ("theirs", "k"))
)
SAME = "arith.cmpi eq, %query, %key : i32"


def numbers(path):
    data = path.read_bytes()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])


class Case:
    """Inputs of one length, and what runs on them."""

    def __init__(self, folder, root, length, target, gradients):
        self.folder, self.root, self.length, self.target, self.gradients = folder, root, length, target, gradients
        self.random = random.Random(length)

    def launch(self, name, text, inputs, results, *options):
        """The results of a program."""
        files = [self.folder / f"{result}.npy" for result in results]
        command = ["lacuna-run", "-", *options, *(f"--input={x}" for x in inputs), *(f"--output=@{x}" for x in files)]
        child = subprocess.run(command, input=text, capture_output=True, text=True)
        if child.returncode:
            sys.exit(f"{name}, {self.length} on {self.target}: {shlex.join(command)[:2000]}\n{child.stderr}")
        return [numbers(file) for file in files]

    def run(self, name, text, tables, *options):
        """Output and log-sum-exp, and gradients of queries, keys and values if they are wanted. A table is a
        number for every row of every head, or an input."""
        rows = f"1x{HEADS}x{self.length}x"
        inputs = [f"{rows}{DIM}xbf16=random:{seed}" for seed in (1, 2, 3)]
        kind = "i1" if "xi1>" in text else "i32"
        for table in tables:
            inputs.append(
                table if isinstance(table, str)
                else f"{rows}{kind}=[{' '.join(str(int(x)) for row in table for x in row)}]"
            )
        state = self.launch(name, text, inputs, ["o", "lse"], *options)
        if not self.gradients:
            return state
        differentiate = ["lacuna-opt", "-", "--attn-differentiate"]
        gradient = subprocess.run(differentiate, input=text, capture_output=True, text=True, check=True).stdout
        inputs += [f"@{self.folder}/{result}.npy" for result in ("o", "lse")]
        inputs += [f"{rows}{DIM}xbf16=random:4", f"{rows[:-1]}xf32=random:5"]
        return state + self.launch(
            f"gradient of {name}", gradient, inputs, ["dq", "dk", "dv"], f"--function={name}_gradient", *options
        )

    def sparse(self, name, tables, causal):
        text = (self.root / f"kernels/specs/scfa/{name}.mlir").read_text().replace("128x", f"{DIM}x")
        text = text.replace("attn.causal %i, %j", f"arith.cmpi {causal}, %j, %i : i32")
        text = text.replace("cmpi slt, %j, %i", f"cmpi {causal}, %j, %i")
        return self.run(name, text, tables, "--device=emulator", f"--target={self.target}", "--check")

    def dense(self, tables, causal, seen=SAME, mark="i32", arguments=MARKS, before=""):
        text = DENSE.format(dim=DIM, mark=mark, causal=causal, seen=seen, arguments=arguments, before=before)
        return self.run("dense", text, tables, "--device=reference")

    def agree(self, what, found, expected):
        """Problems: too large a difference, or anything but zero and -inf where there is no key."""
        (o, lse, *gradients), (right, right_lse, *right_gradients) = found, expected
        worst = max((abs(a - b) / max(1, abs(b)) for a, b in zip(o, right)), default=0)
        empty = [n for n, x in enumerate(right_lse) if x == -float("inf")]
        if any(lse[n] != -float("inf") or any(o[n * DIM : (n + 1) * DIM]) for n in empty):
            yield f"{what}: a row without keys is not empty"
        worst_lse = max((abs(a - b) for a, b in zip(lse, right_lse) if a != b), default=0)
        if not (worst <= LIMIT and worst_lse <= LIMIT):
            yield f"{what}: off by {worst:.2g}, the log-sum-exp by {worst_lse:.2g}"
        for name, left, right in zip(("dq", "dk", "dv"), gradients, right_gradients):
            rows = [slice(n, n + DIM) for n in range(0, len(right), DIM)]
            if any(any(left[row]) and not any(right[row]) for row in rows):
                yield f"{what}: {name} is not zero where nothing is seen"
            error = math.dist(left, right) / max(math.hypot(*right), 1e-20)
            if not error <= LIMIT:
                yield f"{what}: {name} is off by {error:.2g}"

    def flags(self, shares):
        """For each head, which rows are marked: about that share of them."""
        return [[self.random.random() < share for _ in range(self.length)] for share in shares]

    def dropped(self):
        both = "arith.andi %query, %key : i1"
        everything = self.flags([1] * HEADS)
        causal = self.dense([everything] * 2, "sle", both, "i1")
        yield from self.agree("keep all", self.sparse("qk_sparse", [everything] * 2, "sle"), causal)
        mine, theirs = self.flags([0.9, 0.3, 0.5, 0.7]), self.flags([0.3, 0.6, 0, 0.9])
        theirs[3][: self.length // 2] = [False] * (self.length // 2)
        for order in ("sle", "slt"):
            expected = self.dense([mine, theirs], order, both, "i1")
            yield from self.agree(f"drop, {order}", self.sparse("qk_sparse", [mine, theirs], order), expected)

    def hashed(self):
        one = [[7] * self.length] * HEADS
        for order in ("sle", "slt"):
            expected = self.dense([one, one], order)
            yield from self.agree(f"one bucket, {order}", self.sparse("hash_sparse", [one, one], order), expected)
        distinct = [self.random.sample(range(-9, self.length - 9), self.length) for _ in range(HEADS)]
        found = self.sparse("hash_sparse", [distinct] * 2, "sle")
        yield from self.agree("a bucket each, sle", found, self.dense([distinct] * 2, "sle"))
        if any(self.sparse("hash_sparse", [distinct] * 2, "slt")[0]):
            yield "a bucket each, slt: somebody sees a key"
        mine, theirs = ([[self.random.randrange(16) for _ in range(self.length)] for _ in range(HEADS)] for _ in "qk")
        names = self.random.sample(range(-(2**31), 2**31), 16)
        renamed = [[[names[x] for x in row] for row in rows] for rows in (mine, theirs)]
        expected = self.dense([mine, theirs], "slt")
        yield from self.agree("buckets", self.sparse("hash_sparse", [mine, theirs], "slt"), expected)
        yield from self.agree("buckets by other names", self.sparse("hash_sparse", renamed, "slt"), expected)

    def projected(self):
        for order, heads, count in (("sle", 1, 0), ("slt", HEADS, 1), ("sle", HEADS // 2, 8)):
            projections = f"{heads}x{count}x{DIM}xf32={'random:6' if count else 0}"
            expected = self.dense([projections], order, arguments=PROJECTIONS, before=HASHES)
            found = self.sparse("hash_projected", [projections], order)
            yield from self.agree(f"{count} projections, {order}", found, expected)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("root", type=pathlib.Path)
parser.add_argument("--lengths", type=int, nargs="+", default=[258])
parser.add_argument("--targets", nargs="+", default=["sm_80", "sm_90a"])
parser.add_argument("--gradients", action="store_true")
options = parser.parse_args()
problems, count = [], 0
with tempfile.TemporaryDirectory() as folder:
    for length in options.lengths:
        for target in options.targets:
            case = Case(pathlib.Path(folder), options.root, length, target, options.gradients)
            for problem in [*case.dropped(), *case.hashed(), *case.projected()]:
                problems.append(f"{length} on {target}: {problem}")
            count += 1
print("\n".join([*problems, f"{count} lengths and targets, {len(problems)} problems"]))
sys.exit(bool(problems) or not count)
