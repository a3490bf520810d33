"""What a hidden key holds: anything in K, and in V nothing that passes for a result.

The contract that `attn.attend` states. K of a hidden key never matters. Where V of
a hidden key is not finite, rows that do not see it are right, or NaN in that
feature if their tile of queries and keys is computed; the log-sum-exp is right.
What the reference says is right: it never looks at a hidden key. In a ragged batch
the neighbour's keys are not even read: they never harm another sequence.
"""
# REQUIRES: nvrtc
# RUN: mkdir -p %t && %python %s %t
import itertools
import math
import pathlib
import re
import struct
import subprocess
import sys

ROWS, DIM, KEY = 400, 16, 290
BAD = {3: math.nan, 4: math.inf, 5: -math.inf}  # by feature
FOLDER = pathlib.Path(sys.argv[1])
TYPE = f"tensor<?x?x?x{DIM}xf16>"
TEMPLATE = """func.func @spec(%q: {t}, %k: {t}, %v: {t}) -> ({t}, tensor<?x?x?xf32>) {{
  %hole = arith.constant {key} : i32
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {{
    %seen = arith.cmpi {predicate} : i32
    attn.yield %seen : i1
  }} : {t}, {t}, {t}
  return %o, %lse : {t}, tensor<?x?x?xf32>
}}
"""

RAGGED = """func.func @spec(%q: {t}, %k: {t}, %v: {t}, %n: {n}) -> ({t}, tensor<?x?x?xf32>) {{
  %hole = arith.constant 0 : i32
  %o, %lse = attn.attend %q ragged %n, %k, %v ragged %n where(%b, %h, %i, %j) {{
    %seen = arith.cmpi ne, %j, %hole : i32
    attn.yield %seen : i1
  }} : {t} ragged {n}, {t}, {t} ragged {n}
  return %o, %lse : {t}, tensor<?x?x?xf32>
}}
""".format(t=TYPE, n="tensor<?xi32>")
OFFSETS = f"--input=5xi32=[0 190 190 {KEY} {ROWS}]"  # the bad key begins the last sequence

def spec_of(predicate):
    return TEMPLATE.format(t=TYPE, key=KEY, predicate=predicate)


def write(name, rows):
    """A tensor of one batch and one head."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, {len(rows)}, {DIM}), }}"
    header = header.ljust(117) + "\n"
    flat = [x for row in rows for x in row]
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    (FOLDER / name).write_bytes(data + struct.pack(f"<{len(flat)}f", *flat))


def read(name, columns):
    """The rows of a result."""
    data = (FOLDER / name).read_bytes()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    kind = "e" if b"<f2" in data[:start] else "f"
    flat = struct.unpack(f"<{ROWS * columns}{kind}", data[start:])
    return [flat[i : i + columns] for i in range(0, len(flat), columns)]


def run(spec, bad_in, more, *options):
    """Output and log-sum-exp, with values that are not finite in K or V of one key; `more`
    inputs come after the tensors."""
    for n, name in enumerate("qkv"):
        rows = [[math.sin(7 * r + f + n) for f in range(DIM)] for r in range(ROWS)]
        if name == bad_in:
            rows[KEY] = [BAD.get(f, x) for f, x in enumerate(rows[KEY])]
        write(name + ".npy", rows)
    inputs = [*(f"--input=@{FOLDER}/{name}.npy" for name in "qkv"), *more]
    outputs = [f"--output=@{FOLDER}/{name}.npy" for name in ("o", "lse")]
    command = ["lacuna-run", "-", *options, *inputs, *outputs]
    child = subprocess.run(command, input=spec, capture_output=True, text=True)
    if child.returncode:
        sys.exit(child.stderr)
    return read("o.npy", DIM), read("lse.npy", 1)


def tiles(spec, target):
    """Rows and keys of a tile."""
    command = ["lacuna-compile", "-", f"--target={target}", "--emit=report"]
    report = subprocess.run(command, input=spec, capture_output=True, text=True).stdout
    return [int(re.search(rf"{axis}_tile = (\d+)", report).group(1)) for axis in ("query", "key")]


def is_right(x, expected):
    return x == expected or abs(x - expected) <= 2e-3 or math.isnan(x) and math.isnan(expected)


def check(target, name, spec, first_reached, *more):
    """Runs a mask with a bad key in K, then in V; `first_reached` is the first row whose
    query tile is computed with the tile of the bad key."""
    wrong = []
    for bad_in in "kv":
        expected = run(spec, bad_in, more, "--device=reference")
        got = run(spec, bad_in, more, "--device=emulator", f"--target={target}")
        for what, rows, expected_rows in zip(("o", "lse"), got, expected):
            for r, f in itertools.product(range(ROWS), range(len(rows[0]))):
                x, y = rows[r][f], expected_rows[r][f]
                may_be_nan = what == "o" and bad_in == "v" and f in BAD and r >= first_reached
                if not is_right(x, y) and not (may_be_nan and math.isnan(x)):
                    wrong.append(f"{name}, {bad_in} is bad: {what}[{r}, {f}] is {x}, must be {y}")
    print(f"{target}, {name}: {len(wrong)} wrong", *wrong[:5], sep="\n")
    return not wrong


passed = []
for target in ("sm_80", "sm_90a"):
    query_tile, key_tile = tiles(spec_of("sge, %i, %j"), target)
    reached = KEY // key_tile * key_tile // query_tile * query_tile
    assert reached > 0
    passed.append(check(target, "all but one key", spec_of("ne, %j, %hole"), 0))
    passed.append(check(target, "causal", spec_of("sge, %i, %j"), reached))
    passed.append(check(target, "a neighbour's key", RAGGED, KEY, OFFSETS))
sys.exit(not all(passed))
