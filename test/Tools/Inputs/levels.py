"""levels.py SPEC...: every printed level of a spec is an input that ends in the same kernel.

The abstract level knows no target: its text is the same, byte for byte, for both families.
The CUDA text may differ only in the line that says where the kernel comes from and
in the names of variables, which printed IR does not keep.
(That the PTX is the same, from the EmitC level too, is tested in test/Compiler.)
"""
import re
import subprocess
import sys


def compiled(path, level, text=None, target="sm_80"):
    command = ["lacuna-compile", path, f"--target={target}", f"--emit={level}"]
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
    texts = {level: compiled(spec, level) for level in ("attn", "tile", "scheduled")}
    for level, text in texts.items():
        if kernel(compiled("-", "cuda", text)) != expected:
            sys.exit(f"{spec}: the text of level {level} ends in another kernel")
    if compiled(spec, "tile", target="sm_90a") != texts["tile"]:
        sys.exit(f"{spec}: the abstract text is another for sm_90a")
    print(f"{spec}: the same kernel from every level")
