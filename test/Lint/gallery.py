"""Every spec of the gallery says who uses it, shows how to run it, reads as a spec and is on the page."""
# RUN: %python %s %root
import pathlib
import re
import subprocess

from lint import run


def check(tree):
    for path in tree.files(".mlir", below=("kernels",)):
        text = tree.text(path)
        prose = re.match(r"((?://.*\n)+?)//\n// Example:", text)
        if not prose or len(prose.group(1).split()) < 8:
            yield f"{path}:1: does not open with who uses it, an empty comment line and an example"
        if not re.search(r"^// Example: lacuna-run %s .*--check", text, re.MULTILINE):
            yield f"{path}:1: has no line `// Example: lacuna-run %s ... --check`"
        page, name = "kernels/specs/README.md", path.removeprefix("kernels/specs/")
        if not (tree.root / page).exists() or f"]({name})" not in tree.text(page):
            yield f"{path}:1: is not on the page {page}"
        child = subprocess.run(["lacuna-opt", tree.root / path], capture_output=True, text=True)
        if child.returncode:
            yield child.stderr.splitlines()[0]


run(
    check,
    [
        ({"kernels/specs/a.mlir": "module {}\n"}, "does not open with who uses it"),
        ({"kernels/specs/a.mlir": "// Used.\n//\n// Example: lacuna-opt %s\n"}, "has no line"),
        ({"kernels/specs/a.mlir": "module {}\n"}, "is not on the page"),
        ({"kernels/specs/a.mlir": "module {\n"}, "error:"),
    ],
)
