"""Every shipped schedule fits its target: no spills, no advisories, shared memory as predicted.

NVRTC's log says what a kernel takes. It must be no more registers than leave room
for the blocks that the resource model put on an SM, and the shared memory that the
model named before there was a kernel. One mask with a score function stands for
all; `--all` adds both element types for every head dim, and the whole gallery.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root
import concurrent.futures
import itertools
import pathlib
import re
import subprocess
import sys

TARGETS = ("sm_80", "sm_86", "sm_89", "sm_90a", "sm_100", "sm_120")
HEAD_DIMS = ((16, 16), (40, 40), (64, 64), (72, 72), (96, 96), (128, 128), (192, 128), (256, 256))
SPEC = """!qk = tensor<?x?x?x{qk}x{dtype}>
!vo = tensor<?x?x?x{vo}x{dtype}>
func.func @window_alibi(%q: !qk, %k: !qk, %v: !vo, %slopes: tensor<?xf32>, %window: i32) -> !vo {{
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {{
      %near = attn.sliding_window %i, %j left %window
      attn.yield %near : i1
    }} score(%s, %b, %h, %i, %j) {{
      %slope = attn.load %slopes[%h] : tensor<?xf32>
      %distance = arith.subi %j, %i : i32
      %d = arith.sitofp %distance : i32 to f32
      %bias = arith.mulf %slope, %d : f32
      %biased = arith.addf %s, %bias : f32
      attn.yield %biased : f32
    }} : !qk, !qk, !vo
  return %o : !vo
}}
"""


def compile_to(level, target, text):
    command = ["lacuna-compile", "-", f"--target={target}", f"--emit={level}"]
    child = subprocess.run(command, input=text, capture_output=True, text=True)
    return child.stdout if not child.returncode else sys.exit(child.stderr)


def number(pattern, text):
    return int(re.search(pattern, text).group(1))


def examine(case):
    """A line on one kernel, and what is wrong with it."""
    name, target, text = case
    report = compile_to("report", target, text)
    kernel = compile_to("scheduled", target, text)
    registers = number(r"registers: (\d+)", report)
    threads, blocks = number(r"threads: (\d+)", report), number(r"blocks per SM: (\d+)", report)
    wrong = []
    if "spills: none" not in report:
        wrong.append("spills")
    if -(-registers // 8) * 8 * threads * blocks > 65536:
        wrong.append(f"does not leave room for {blocks} blocks on an SM")
    if number(r"shared memory: (\d+)", report) != number(r"shared_bytes = (\d+)", kernel):
        wrong.append("shared memory is not as predicted")
    if "Advisories" in report:
        wrong.append("the assembler advises against it")
    schedule = re.search(r"schedule: (.*)", report).group(1)
    predicted = number(r"\((\d+) predicted\)", report)
    return f"{target} {name}: {schedule}: {registers} registers ({predicted} predicted)", wrong


every = "--all" in sys.argv
cases = []
for n, (target, (qk, vo)) in enumerate(itertools.product(TARGETS, HEAD_DIMS)):
    for dtype in ("f16", "bf16") if every else (("f16", "bf16")[n % 2],):
        cases.append((f"{qk}/{vo} {dtype}", target, SPEC.format(qk=qk, vo=vo, dtype=dtype)))
if every:
    for spec in sorted(pathlib.Path(sys.argv[1], "kernels/specs").glob("*.mlir")):
        cases += [(spec.stem, target, spec.read_text()) for target in TARGETS]
    # A score that reads a table per element keeps many loads in flight.
    table = pathlib.Path(sys.argv[1], "kernels/specs/relative_bias.mlir").read_text()
    for dim, target in itertools.product((40, 64, 72, 96), TARGETS):
        cases.append((f"relative_bias {dim}", target, table.replace("128", str(dim))))

failed = 0
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for line, wrong in pool.map(examine, cases):
        failed += bool(wrong)
        print(line, *wrong, sep="; ")
print(f"{len(cases)} kernels, {failed} failures")
sys.exit(failed > 0)
