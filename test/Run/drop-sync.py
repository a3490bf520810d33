"""Every operation of a scheduled kernel that only orders others is needed, and the emulator proves it.

Each is deleted from the text in turn. What is left still compiles and runs, and the
emulator has to object in every mode: the defect must not hide behind copies that
happen to be early. The whole text has to run without objection. Kernels with roles get
so many heads that every ring goes round five times.
"""
# REQUIRES: nvrtc
# RUN: %python %s
import re
import subprocess
import sys

SPEC = """func.func @causal(%q: tensor<1x?x?x{dim}xf16>, %k: tensor<1x?x?x{dim}xf16>, %v: tensor<1x?x?x{dim}xf16>)
    -> tensor<1x?x?x{dim}xf16> {{
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {{
      %past = attn.causal %i, %j
      attn.yield %past : i1
    }} : tensor<1x?x?x{dim}xf16>, tensor<1x?x?x{dim}xf16>, tensor<1x?x?x{dim}xf16>
  return %o : tensor<1x?x?x{dim}xf16>
}}
"""
SYNCHRONISATION = re.compile(
    r"^\s*(?:(?P<result>%\w+)(?::\d+)? = )?tile\.(?:wait|barrier|commit|await_filled|await_freed|expect|release"
    r"|open_turns|await_turn|pass_turn|commit_dots|await_dots)\b.*$", re.MULTILINE)
MODES = ("eager", "lazy", "random:1")
DEFECT = re.compile(r"race|uninitiali[sz]ed|never written|before|deadlock|mbarrier|wgmma")
SHAPES = {"sm_80": "1x1x200", "sm_90a": "1x10x200"}


def tool(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True)


def scheduled(target, dim, mode, pins):
    """The scheduled text of the spec with parts of its schedule pinned."""
    abstract = tool("lacuna-opt", f"--attn-to-tile=mode={mode}", text=SPEC.format(dim=dim))
    kernel = re.sub(r"(tile\.kernel @causal_kernel\(.*?\)) \{",
                    rf"\1 attributes {{tile.pins = {{{pins}}}}} {{", abstract.stdout, count=1)
    child = tool("lacuna-opt", f"--tile-schedule=target={target}", text=kernel)
    if child.returncode:
        sys.exit(abstract.stderr + child.stderr)
    return child.stdout


def without(text, place):
    """The text without an operation; the values that it hands on are used as they were."""
    behind = text[place.end():]
    if place["result"]:
        operands = re.search(r"\((.*?)\)", place[0])[1].split(", ")
        scope = re.search(rf"{place['result']}(:\d+)? = |\Z", behind).start()
        uses = rf"{place['result']}(?:#(\d+))?(?!\w)"
        behind = re.sub(uses, lambda use: operands[int(use[1] or 0)], behind[:scope]) + behind[scope:]
    return text[: place.start()] + behind


def objection(text, target, dim, mode):
    """What the emulator says about the kernel, or nothing."""
    inputs = [f"--input={SHAPES[target]}x{dim}xf16=random:{seed}" for seed in (1, 2, 3)]
    child = tool("lacuna-run", "-", f"--target={target}", f"--emulator={mode}", *inputs, text=text)
    return child.stderr if child.returncode else ""


def examine(target, dim, runs, pins):
    """Complaints about one schedule of a kernel whose runs come from there."""
    text = scheduled(target, dim, runs, pins)
    places = list(SYNCHRONISATION.finditer(text))
    for mode in MODES:
        said = objection(text, target, dim, mode)
        if said:
            yield f"{runs}: {pins}: {mode}: the whole kernel is refused: {said}"
    for place in places:
        line = text.count("\n", 0, place.start()) + 1
        for mode in MODES:
            if not DEFECT.search(objection(without(text, place), target, dim, mode)):
                yield f"{runs}: {pins}: line {line}: {mode}: nobody misses '{place.group().strip()}'"
    print(f"{runs}: {pins}: {len(places)} operations")
    if len(places) < (22 if "tile.roles" in text else 3):
        yield f"{runs}: {pins}: found only {len(places)} operations"


SCHEDULES = [
    ("sm_80", 64, "closed", "query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false"),
    ("sm_80", 64, "closed", "query_tile = 64, key_tile = 32, warps = 2, stages = 3, query_in_registers = true"),
    ("sm_80", 64, "closed", "query_tile = 64, key_tile = 32, warps = 4, stages = 4, query_in_registers = false"),
    ("sm_80", 64, "planned", "query_tile = 64, key_tile = 32, warps = 4, stages = 3, query_in_registers = false"),
    ("sm_90a", 64, "planned", "query_tile = 192, key_tile = 64, warps = 12, roles = true"),
]
complaints = [complaint for schedule in SCHEDULES for complaint in examine(*schedule)]
print("\n".join(complaints))
sys.exit(bool(complaints))
