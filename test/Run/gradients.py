"""Gradient functions of random specs are gradients: finite differences of the reference agree.

Specs are small, for each of their arguments is moved to both sides. Every third one is a
ragged batch, some have rows without keys, and some tables in another order.
"""
# RUN: %python %s %root %build
import collections
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

import spec_generator

spec_generator.LENGTHS = [1, 7, 13]
spec_generator.HEAD_DIMS = [(8, 8), (16, 8)]
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 40
PROGRAM = pathlib.Path(sys.argv[2], "test/unit/Reference/check-gradient")


def check(seed, folder):
    """What is wrong with a spec's gradient, if anything."""
    options = {"want_table": seed % 2, "want_empty_rows": seed % 4 == 0, "ragged": seed % 3 == 0}
    spec = spec_generator.Spec(seed, collections.Counter(), **options, detours=seed % 5 == 0)
    path = pathlib.Path(folder, f"{seed}.mlir")
    path.write_text(spec.text())
    child = subprocess.run([PROGRAM, path, "random", *spec.inputs], capture_output=True, text=True)
    return child.stderr and f"{child.stderr}seed {seed}:\n{spec.text()}{spec.inputs}"


with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    answers = list(pool.map(lambda seed: check(seed, folder), range(COUNT)))
problems = [answer for answer in answers if answer and not answer.startswith("a row is NaN")]
if sum(not answer for answer in answers) < 0.8 * COUNT:
    problems.append("fewer than 80 % have gradients")
print(*problems, sep="\n")
sys.exit(bool(problems))
