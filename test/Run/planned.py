"""Every spec of the gallery with planned runs: equal to the reference, whenever copies complete.

Where closed form is exact, both modes visit the same tiles in the same order, and results
are equal bit for bit.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

MODES = ("eager", "lazy", "random:3")


def run(spec, *arguments):
    command = ["lacuna-run", str(spec), *arguments]
    child = subprocess.run(command, capture_output=True, text=True)
    return f"{shlex.join(command)}\n{child.stderr}" if child.returncode else ""


def is_exact_in_closed_form(spec):
    command = ["lacuna-compile", str(spec), "--mode=auto", "--emit=attn"]
    return "mode closed" in subprocess.run(command, capture_output=True, text=True).stdout


def outputs(folder, name, text):
    """Files for all results of the function, and the options that write them."""
    results = re.search(r"->\s*(\(.*?\)|\S+)\s*\{", text, re.DOTALL)[1]
    files = [folder / f"{name}{n}.npy" for n in range(results.count(",") + 1)]
    return files, [f"--output=@{file}" for file in files]


def examine(spec, folder):
    """What is wrong with one spec."""
    text = spec.read_text()
    example = re.search(r"^// Example: lacuna-run %s (.*)", text, re.MULTILINE)[1]
    inputs = [word for word in shlex.split(example) if word.startswith(("--input", "--function"))]
    closed = []
    if is_exact_in_closed_form(spec):
        closed, write = outputs(folder, "closed", text)
        yield run(spec, "--emulator=eager", "--mode=closed", *inputs, *write)
    for mode in MODES:
        planned, write = outputs(folder, "planned", text)
        yield run(spec, f"--emulator={mode}", "--mode=planned", "--check", *inputs, *write)
        for a, b in zip(closed, planned):
            if a.read_bytes() != b.read_bytes():
                yield f"{spec.name}: {mode}: {b.name} differs from {a.name}"


failures, count, compared = [], 0, 0
for spec in sorted(pathlib.Path(sys.argv[1], "kernels/specs").glob("*.mlir")):
    with tempfile.TemporaryDirectory() as folder:
        failures += filter(None, examine(spec, pathlib.Path(folder)))
    count += 1
    compared += is_exact_in_closed_form(spec)
print(f"{count} specs planned, {compared} of them compared with closed form")
sys.exit("\n".join(failures) if failures or not compared else 0)
