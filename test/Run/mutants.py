"""Every synchronising instruction in the PTX of the gallery's kernels is needed.

Each is dropped in turn; the emulator has to report the mutant, or its results have
to differ. The inputs are those of each spec's example, so a kernel's ring goes round.
The kernels are those of the family that runs everywhere.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root
import pathlib
import re
import shlex
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
failures, count = [], 0
for spec in sorted((root / "kernels/specs").glob("*.mlir")):
    example = re.search(r"^// Example: lacuna-run %s (.*)$", spec.read_text(), re.MULTILINE)
    options = [word for word in shlex.split(example[1]) if word.startswith(("--input", "--function"))]
    command = ["lacuna-mutate", str(spec), "--target=sm_80", *options]
    child = subprocess.run(command, capture_output=True, text=True)
    if child.returncode:
        sys.exit(f"{shlex.join(command)}:\n{child.stderr}")
    caught = re.findall(r"^caught: ", child.stdout, re.MULTILINE)
    survivors = re.findall(r"^survived: (.*)$", child.stdout, re.MULTILINE)
    failures += [f"{spec.name}: {line}" for line in survivors]
    count += len(caught)
    if not caught:
        failures.append(f"{spec.name}: no synchronisation at all?")
print(f"{count} mutants caught")
if failures:
    sys.exit("mutants that nothing shows:\n" + "\n".join(failures))
