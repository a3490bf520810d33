"""C++ is formatted by clang-format with the repository's .clang-format."""
# REQUIRES: clang-format
# RUN: %python %s %root %clang-format
import pathlib
import subprocess
import sys

from lint import run

STYLE = pathlib.Path(sys.argv[1], ".clang-format")


def check(tree):
    files = [str(tree.root / path) for path in tree.files(".h", ".cpp", ".cuh")]
    if not files:
        return
    command = [sys.argv[2], "--dry-run", "-Werror", f"--style=file:{STYLE}"]
    child = subprocess.run(command + files, capture_output=True, text=True)
    for line in child.stderr.splitlines():
        if "error: code should be clang-formatted" in line:
            yield line.replace(f"{tree.root}/", "")


run(check, [({"lib/A.cpp": "int  x ;\n"}, "lib/A.cpp:1")])
