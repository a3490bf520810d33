"""Every wait, barrier and commit of a scheduled kernel is needed, and the emulator proves it.

Each is deleted from the text in turn. What is left still compiles and runs, and the
emulator has to object in every mode: the defect must not hide behind copies that
happen to be early. The whole text has to run without objection.
"""
# REQUIRES: nvrtc
# RUN: %python %s
import re
import subprocess
import sys

SPEC = """func.func @causal(%q: tensor<1x1x?x{dim}xf16>, %k: tensor<1x1x?x{dim}xf16>, %v: tensor<1x1x?x{dim}xf16>)
    -> tensor<1x1x?x{dim}xf16> {{
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {{
      %past = attn.causal %i, %j
      attn.yield %past : i1
    }} : tensor<1x1x?x{dim}xf16>, tensor<1x1x?x{dim}xf16>, tensor<1x1x?x{dim}xf16>
  return %o : tensor<1x1x?x{dim}xf16>
}}
"""
SYNCHRONISATION = re.compile(r"^\s*tile\.(wait|barrier|commit)\b.*$", re.MULTILINE)
MODES = ("eager", "lazy", "random:1")
DEFECT = re.compile(r"race|uninitiali[sz]ed|never written|before")


def tool(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True)


def scheduled(dim, mode, pins):
    """The scheduled text of the spec with parts of its schedule pinned."""
    abstract = tool("lacuna-opt", f"--attn-to-tile=mode={mode}", text=SPEC.format(dim=dim))
    kernel = re.sub(r"(tile\.kernel @causal_kernel\(.*?\)) \{",
                    rf"\1 attributes {{tile.pins = {{{pins}}}}} {{", abstract.stdout, count=1)
    child = tool("lacuna-opt", "--tile-schedule=target=sm_80", text=kernel)
    if child.returncode:
        sys.exit(abstract.stderr + child.stderr)
    return child.stdout


def objection(text, dim, mode):
    """What the emulator says about the kernel, or nothing."""
    length = f"1x1x200x{dim}xf16"
    child = tool("lacuna-run", "-", "--target=sm_80", f"--emulator={mode}", f"--input={length}=random:1",
                 f"--input={length}=random:2", f"--input={length}=random:3", text=text)
    return child.stderr if child.returncode else ""


def examine(dim, runs, pins):
    """Complaints about one schedule of a kernel whose runs come from there."""
    text = scheduled(dim, runs, pins)
    places = list(SYNCHRONISATION.finditer(text))
    for mode in MODES:
        said = objection(text, dim, mode)
        if said:
            yield f"{runs}: {pins}: {mode}: the whole kernel is refused: {said}"
    for place in places:
        line = text.count("\n", 0, place.start()) + 1
        without = text[: place.start()] + text[place.end() :]
        for mode in MODES:
            if not DEFECT.search(objection(without, dim, mode)):
                yield f"{runs}: {pins}: line {line}: {mode}: nobody misses '{place.group().strip()}'"
    print(f"{runs}: {pins}: {len(places)} operations")
    if len(places) < 3:
        yield f"{runs}: {pins}: found only {len(places)} operations"


SCHEDULES = [
    (64, "closed", "query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false"),
    (64, "closed", "query_tile = 64, key_tile = 32, warps = 2, stages = 3, query_in_registers = true"),
    (64, "closed", "query_tile = 64, key_tile = 32, warps = 4, stages = 4, query_in_registers = false"),
    (64, "planned", "query_tile = 64, key_tile = 32, warps = 4, stages = 3, query_in_registers = false"),
]
complaints = [complaint for schedule in SCHEDULES for complaint in examine(*schedule)]
print("\n".join(complaints))
sys.exit(bool(complaints))
