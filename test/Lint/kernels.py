"""kernels/ holds single instructions: no loop, and no file that joins a copy with a tensor-core op.

Loops over keys, pipelines and their overlap are generated, so that they are
visible in the IR; a device header that had them would be a template with holes.
"""
# RUN: %python %s %root
import re

from lint import code, run

COPY = re.compile(r"\bcp\.async|\bcp\.reduce|\bld\.global|\bst\.shared")
MMA = re.compile(r"\bmma\.sync|\bwgmma\.")


def reached(tree, path, seen):
    """A header and everything of ours it includes."""
    if path not in seen:
        seen.add(path)
        for _, match in tree.find(path, r'#include "(lacuna/[^"]+)"'):
            if (tree.root / "kernels" / match.group(1)).exists():
                reached(tree, "kernels/" + match.group(1), seen)
    return seen


def check(tree):
    for path in tree.files(".cuh", ".h", ".cu", below=("kernels",)):
        for number, line in enumerate(code(tree.text(path)).splitlines(), 1):
            if re.search(r"\b(for|do)\b|\bgoto\b", line):
                yield f"{path}:{number}: a loop in a device header"
            # Waiting for a barrier phase is one instruction that may have to be repeated.
            if re.search(r"\bwhile\b", line) and "try_wait" not in tree.text(path):
                yield f"{path}:{number}: a loop in a device header"
        text = "\n".join(tree.text(part) for part in reached(tree, path, set()))
        if COPY.search(text) and MMA.search(text):
            yield f"{path}:1: joins a copy with a tensor-core instruction"


run(
    check,
    [
        ({"kernels/lacuna/a.cuh": "void f() {\n  for (;;) {}\n}\n"}, "a.cuh:2: a loop"),
        ({"kernels/lacuna/a.cuh": "void f() {\n  while (x) {}\n}\n"}, "a.cuh:2: a loop"),
        ({"kernels/lacuna/a.cuh": 'asm("cp.async.cg");\nasm("mma.sync.aligned");\n'}, "joins"),
        (
            {
                "kernels/lacuna/a.cuh": '#include "lacuna/b.cuh"\nasm("cp.async.cg");\n',
                "kernels/lacuna/b.cuh": 'asm("mma.sync.aligned");\n',
            },
            "a.cuh:1: joins",
        ),
    ],
)
