"""Deletes each barrier, wait and commit of a scheduled kernel's text in turn and
runs it on the emulator: every deletion has to be reported in some mode. Also
waits that leave one group more unfinished. The text as it is has to run clean.
"""
# REQUIRES: nvrtc
# RUN: %python %s | FileCheck %s
# CHECK: {{^[1-9][0-9]*}} caught, 0 survived
import re
import subprocess
import sys

MODES = ["eager", "lazy", "random:1", "random:2"]
INPUTS = ["--input=1x1x257x64xbf16=random:%d" % seed for seed in (1, 2, 3)]
SPEC = """
!t = tensor<?x?x?x64xbf16>
func.func @causal(%q: !t, %k: !t, %v: !t) -> (!t, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } schedule<query_tile = 64, key_tile = 32, warps = 4, stages = STAGES> : !t, !t, !t
  return %o, %lse : !t, tensor<?x?x?xf32>
}
"""


def schedule(stages):
    command = ["lacuna-compile", "-", "--target=sm_80", "--emit=scheduled"]
    text = SPEC.replace("STAGES", str(stages))
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def failure(text, mode):
    """What the emulator says against the kernel; None when it runs clean."""
    command = ["lacuna-run", "-", f"--emulator={mode}", "--target=sm_80", *INPUTS]
    run = subprocess.run(command, input=text, capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit(f"lacuna-run ended with {run.returncode}:\n{run.stderr}")
    return run.stderr if run.returncode else None


def mutants(text):
    """(what was done, the text without it)"""
    lines = text.splitlines(keepends=True)
    for n, line in enumerate(lines):
        rest = lines[:n] + lines[n + 1:]
        if re.match(r"\s*tile\.(barrier|wait|commit)\b", line):
            yield f"line {n + 1} deleted: {line.strip()}", "".join(rest)
        if wait := re.match(r"(\s*tile\.wait pending )(\d+)", line):
            weaker = f"{wait[1]}{int(wait[2]) + 1}\n"
            yield f"line {n + 1} weakened: {weaker.strip()}", "".join(lines[:n] + [weaker] + lines[n + 1:])


survivors = caught = 0
for stages in (2, 3):
    text = schedule(stages)
    for mode in MODES:
        if report := failure(text, mode):
            sys.exit(f"the kernel itself fails ({stages} stages, {mode}):\n{report}")
    for name, mutant in mutants(text):
        if any(failure(mutant, mode) for mode in MODES):
            caught += 1
        else:
            survivors += 1
            print(f"survived ({stages} stages): {name}")
print(f"{caught} caught, {survivors} survived")
