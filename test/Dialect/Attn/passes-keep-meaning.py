"""The attn passes change how a spec is written, never what it computes.

Random specs, which use every legal op and mask pattern, give the same bits from
the reference before and after the passes.
"""
# RUN: %python %s %root
import collections
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(sys.argv[1], "test/Run")))
from spec_generator import Spec

PASSES = ["--attn-check-spec", "--attn-expand-sugar", "--attn-sink-scalars", "--canonicalize", "--cse"]


def evaluate(text, inputs):
    command = ["lacuna-run", "-", "--device=reference", "--output=-", "--output=-"]
    command += [f"--input={value}" for value in inputs]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


usage = collections.Counter()
wrong = 0
for seed in range(60):
    spec = Spec(seed, usage, want_table=seed % 2, want_empty_rows=seed % 3 == 0)
    after = subprocess.run(
        ["lacuna-opt", *PASSES], input=spec.text(), capture_output=True, text=True, check=True
    ).stdout
    if evaluate(spec.text(), spec.inputs) != evaluate(after, spec.inputs):
        print(f"seed {seed}:\n{spec.text()}{after}")
        wrong += 1
sys.exit(wrong)
