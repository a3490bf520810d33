"""levels.py SPEC...: every printed level of a spec is an input that ends in the same kernel.

The CUDA text may differ only in the line that says where the kernel comes from and
in the names of variables, which printed IR does not keep.
(That the PTX is the same, from the EmitC level too, is tested apart.)
"""
import re
import subprocess
import sys


def compiled(path, level, text=None):
    command = ["lacuna-compile", path, "--target=sm_80", f"--emit={level}"]
    return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout


def kernel(cuda):
    """The text with every name replaced by its place among the names of its function."""
    text = re.sub(r"(?m)^//.*$", "", cuda)
    result = []
    for function in re.split(r"(?m)^}$", text):
        names = {}
        place = lambda word: names.setdefault(word[0], f"n{len(names)}")
        result.append(re.sub(r"(?<!\w)[A-Za-z_]\w*", place, function))
    return "}".join(result)


for spec in sys.argv[1:]:
    expected = kernel(compiled(spec, "cuda"))
    for level in ("attn", "tile", "scheduled"):
        if kernel(compiled("-", "cuda", compiled(spec, level))) != expected:
            sys.exit(f"{spec}: the text of level {level} ends in another kernel")
    print(f"{spec}: the same kernel from every level")
