"""Every shipped schedule fits its target: no spills, no advisories, shared memory as predicted.

NVRTC's log says what a kernel takes. It must be no more registers than leave room
for the blocks that the resource model put on an SM, and the shared memory that the
model named before there was a kernel. Where roles share registers anew, each thread
starts with an equal share of all, and what the roles then keep is not more. One mask
with a score function stands for all head dims, and one whose score reads a table per
element, which wants the most registers, for the large ones; a planned mask has its
plan's kernels besides. Gradients are held to the same. `--all` takes the whole gallery with every head dim and both
element types, `--target=sm_90a` only that target.
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
HEAD_DIMS = [(d, d) for d in (16, 40, 64, 72, 96, 128, 192, 256)] + [(192, 128)]
SPEC = """!qk = tensor<?x?x?x128xf16>
!vo = tensor<?x?x?x128xf16>
func.func @window_alibi(%q: !qk, %k: !qk, %v: !vo, %slopes: tensor<?xf32>, %window: i32) -> !vo {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %near = attn.sliding_window %i, %j left %window
      attn.yield %near : i1
    } score(%s, %b, %h, %i, %j) {
      %slope = attn.load %slopes[%h] : tensor<?xf32>
      %distance = arith.subi %j, %i : i32
      %d = arith.sitofp %distance : i32 to f32
      %bias = arith.mulf %slope, %d : f32
      %biased = arith.addf %s, %bias : f32
      attn.yield %biased : f32
    } : !qk, !qk, !vo
  return %o : !vo
}
"""


def compile_to(level, target, text, mode, function):
    command = ["lacuna-compile", "-", f"--target={target}", f"--emit={level}", f"--mode={mode}"]
    if function:
        command.append(f"--function={function}")
    child = subprocess.run(command, input=text, capture_output=True, text=True)
    return child.stdout if not child.returncode else sys.exit(child.stderr)


def number(pattern, text):
    return int(re.search(pattern, text, re.DOTALL).group(1))


def examine(case):
    """For each kernel of a spec a line on it, and what is wrong with it."""
    name, target, *program = case
    report = compile_to("report", target, *program)
    scheduled = compile_to("scheduled", target, *program)
    lines = []
    for kernel in report.split("## Kernel ")[1:]:
        symbol = kernel.split()[0]
        registers = number(r"registers: (\d+)", kernel)
        wrong = []
        if "spills: none" not in kernel:
            wrong.append("spills")
        if "Advisories" in report:
            wrong.append("the assembler advises against it")
        line = f"{target} {name}, {symbol}: {registers} registers"
        if "- a part of the plan" not in kernel:
            threads, blocks = number(r"threads: (\d+)", kernel), number(r"blocks per SM: (\d+)", kernel)
            if -(-registers // 8) * 8 * threads * blocks > 65536:
                wrong.append(f"does not leave room for {blocks} blocks on an SM")
            text = re.search(rf"@{symbol}\(.*?(?=tile\.kernel|\Z)", scheduled, re.DOTALL)[0]
            laid_out = number(r"shared_bytes = (\d+)", text)
            if number(r"shared memory: (\d+)", kernel) != laid_out:
                wrong.append("shared memory is not as predicted")
            schedule = re.search(r"schedule: (.*)", kernel).group(1)
            predicted = number(r"\((\d+) predicted\)", kernel)
            line += f" ({predicted} predicted), {schedule}"
            roles = re.search(r"producer (?:warp )?registers (\d+).*?consumers registers (\d+)", text, re.DOTALL)
            if roles:
                producer, consumer = map(int, roles.groups())
                line += f", {producer} and {consumer} registers with roles"
                if registers != 65536 // threads // 8 * 8:
                    wrong.append("threads do not start with an equal share of all registers")
                if 128 * producer + (threads - 128) * consumer > threads * registers:
                    wrong.append("roles keep more registers than the block has")
                if predicted > consumer:
                    wrong.append("more registers predicted than a consumer keeps")
        lines.append((line, wrong))
    return lines


targets = [target for target in TARGETS if f"--target={target}" in sys.argv] or TARGETS
gallery = pathlib.Path(sys.argv[1], "kernels/specs").glob("*.mlir")
specs = {path.stem: path.read_text() for path in gallery}
cases = []


def add(name, text, target, head_dims, dtype, mode="closed"):
    """A case; the gallery keeps the types of operands behind two aliases."""
    for alias, dim in zip(("!qk", "!vo"), head_dims):
        text = re.sub(rf"^{alias} = .*", f"{alias} = tensor<?x?x?x{dim}x{dtype}>", text, flags=re.M)
    cases.append((f"{name} {head_dims[0]}/{head_dims[1]} {dtype}", target, text, mode, ""))


def add_gradient(name, target, head_dims, dtype):
    """The gradient of a spec of the gallery, after its types as `add` has them."""
    add(f"gradient of {name}", specs[name], target, head_dims, dtype, "auto")
    *case, text, mode, _ = cases.pop()
    child = subprocess.run(["lacuna-opt", "--attn-differentiate"], input=text, capture_output=True, text=True)
    cases.append((*case, child.stdout, mode, f"{name}_gradient"))


for n, (target, head_dims) in enumerate(itertools.product(targets, HEAD_DIMS)):
    if "--all" in sys.argv:
        for dtype, name in itertools.product(("f16", "bf16"), sorted(specs)):
            add(name, specs[name], target, head_dims, dtype, "auto")
            add_gradient(name, target, head_dims, dtype)
        continue
    add("window_alibi", SPEC, target, head_dims, ("f16", "bf16")[n % 2])
    if min(head_dims) >= 128:
        add("relative_bias", specs["relative_bias"], target, head_dims, ("bf16", "f16")[n % 2])

    if head_dims == (128, 128):
        add("key_lifetime", specs["key_lifetime"], target, head_dims, "bf16", "planned")
        add_gradient("key_lifetime", target, head_dims, "bf16")
    elif head_dims in ((64, 64), (192, 128), (256, 256)):
        add_gradient("causal", target, head_dims, ("f16", "bf16")[n % 2])

count = failed = 0
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for line, wrong in itertools.chain.from_iterable(pool.map(examine, cases)):
        count += 1
        failed += bool(wrong)
        print(line, *wrong, sep="; ")
print(f"{count} kernels, {failed} failures")
sys.exit(failed > 0)
