"""A kernel computes the tiles that its mask leaves, and asks the predicate only where it must.

For masks with a closed form, the number of tiles that hold a visible element, and of
those that hold a hidden one too, are counted here from the definition. The emulator's
counts have to be multiples of them: all mma instructions by the visited tiles, those
of the predicate's line by the partial ones.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root
import pathlib
import re
import subprocess
import sys

TARGET = "sm_90a"
SPECS = pathlib.Path(sys.argv[1], "kernels/specs")

# spec, arguments after the three tensors, visible(i, j, queries, keys)
MASKS = [
    ("dense", [], lambda i, j, m, n: True),
    ("causal", [], lambda i, j, m, n: j <= i),
    ("causal_bottom_right", [], lambda i, j, m, n: j <= i + n - m),
    ("sliding_window", [100], lambda i, j, m, n: i - 100 <= j <= i),
    ("sliding_window", [0], lambda i, j, m, n: i == j),
    ("gqa_window", [], lambda i, j, m, n: i - 256 < j <= i),
    ("prefix_lm", [150], lambda i, j, m, n: j <= i or j < 150),
]
LENGTHS = [(256, 256), (300, 300), (100, 400), (513, 200)]


def schedule(spec):
    """(query rows, keys) of a tile, from the kernel's comment."""
    command = ["lacuna-compile", SPECS / f"{spec}.mlir", f"--target={TARGET}", "--emit=cuda", "-o", "-"]
    source = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.search(r"^// (\d+) queries x (\d+) keys", source, re.MULTILINE).groups()))


def executed(spec, scalars, queries, keys):
    """(mma instructions, instructions of the predicate) of one head."""
    inputs = [f"1x1x{n}x128xbf16=random:{n}" for n in (queries, keys, keys)] + scalars
    command = ["lacuna-run", SPECS / f"{spec}.mlir", f"--target={TARGET}", "--profile"]
    child = subprocess.run([*command, *(f"--input={x}" for x in inputs)], capture_output=True, text=True)
    if child.returncode:
        sys.exit(child.stderr)
    mma = re.search(r"^executed:.* mma (\d+),", child.stderr, re.MULTILINE)
    predicate = re.findall(r"^ *(\d+) +mma +\d+ \| .*= select_scores\w*\(", child.stderr, re.MULTILINE)
    return int(mma[1]) if mma else 0, sum(map(int, predicate))


def tiles(visible, rows, columns, queries, keys):
    """(tiles with a visible element, those of them that are not entirely visible)."""
    visited = partial = 0
    for first in range(0, queries, rows):
        for start in range(0, keys, columns):
            box = [
                visible(i, j, queries, keys)
                for i in range(first, min(first + rows, queries))
                for j in range(start, min(start + columns, keys))
            ]
            visited += any(box)
            # Beyond the last key, every key is hidden.
            partial += any(box) and not (all(box) and start + columns <= keys)
    return visited, partial


wrong = []
for spec, scalars, visible in MASKS:
    rows, columns = schedule(spec)
    counts = [(executed(spec, scalars, *size), tiles(visible, rows, columns, *size)) for size in LENGTHS]
    for what, pick in (("mma instructions", 0), ("instructions of the predicate", 1)):
        pairs = [(found[pick], expected[pick]) for found, expected in counts]
        each = {found / expected for found, expected in pairs if expected}
        stray = [found for found, expected in pairs if found and not expected]
        if len(each) > 1 or stray:
            wrong.append(f"{spec} {scalars}: {what} for tiles: {pairs}")
print("\n".join(wrong))
sys.exit(bool(wrong))
