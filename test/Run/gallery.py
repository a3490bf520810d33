"""Every spec of the gallery, on the emulator.

The example of each runs as it stands. Then, with queries and biases of zero, every
score is zero, so exp of the log-sum-exp has to be the number of keys a row sees: a
check of masks that needs no tolerance.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root
import pathlib
import re
import shlex
import subprocess
import sys


def run(spec, arguments):
    command = ["lacuna-run", str(spec), "--device=emulator", *arguments]
    child = subprocess.run(command, capture_output=True, text=True)
    if child.returncode:
        print(f"{shlex.join(command)}\n{child.stderr}")
    return child.returncode == 0


def counting(arguments):
    """The example with queries, and floats other than keys and values, of zero."""
    inputs = [argument for argument in arguments if argument.startswith("--input=")]
    zero = lambda text: re.sub(r"(f16|bf16|f32)=.*", r"\1=0", text)
    return [zero(inputs[0]), *inputs[1:3], *map(zero, inputs[3:]), "--count", "--check"]


failed, count = 0, 0
for spec in sorted(pathlib.Path(sys.argv[1], "kernels/specs").rglob("*.mlir")):
    examples = re.findall(r"^// Example: lacuna-run %s (.*)", spec.read_text(), re.MULTILINE)
    for example in examples:
        arguments = shlex.split(example)
        failed += not run(spec, arguments)
        failed += not run(spec, counting(arguments))
        count += 1
print(f"{count} examples, {failed} failures")
sys.exit(failed > 0 or count == 0)
