"""Schedules never change meaning: pinned ones of every kind agree with the reference.

Every pair of query tile and warps, every key tile and every number of stages occurs,
with head dims that need padding, lengths that fill no tile, and fewer rows than a tile.
Some are more than the target has room for; those the resource model has to refuse.
The same with roles: two and three warp groups that compute, every number of stages.
"""
# REQUIRES: nvrtc
# RUN: %python %s
import concurrent.futures
import itertools
import subprocess
import sys

SPEC = """!qk = tensor<?x?x?x{qk}x{dtype}>
!vo = tensor<?x?x?x{vo}x{dtype}>
func.func @causal(%q: !qk, %k: !qk, %v: !vo) -> (!vo, tensor<?x?x?xf32>) {{
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {{
      %past = attn.causal %i, %j
      attn.yield %past : i1
    }} schedule<query_tile = {query_tile}, key_tile = {key_tile}, warps = {warps}, stages = {stages}>
    : !qk, !qk, !vo
  return %o, %lse : !vo, tensor<?x?x?xf32>
}}
"""
ROLES = ((128, 8), (192, 12))
ROLE_KEY_TILES = (64, 32, 96, 160, 128)
ROWS = ((16, 1), (32, 1), (32, 2), (48, 3), (64, 2), (64, 4), (80, 5), (128, 4), (128, 8), (256, 16))
KEY_TILES = (32, 64, 96)
STAGES = (2, 3, 4, 2)
HEAD_DIMS = ((16, 16), (40, 24), (72, 40), (64, 64), (8, 48), (136, 64), (64, 96))
LENGTHS = ((1, 1), (31, 257), (130, 70), (257, 127), (0, 9))


def run(case):
    """What was said about a schedule: nothing, when it ran and agrees."""
    target, (query_tile, warps), key_tile, stages, (qk, vo), (rows, keys), dtype, mode = case
    spec = SPEC.format(qk=qk, vo=vo, dtype=dtype, query_tile=query_tile, key_tile=key_tile,
                       warps=warps, stages=stages)
    sizes = (f"2x3x{rows}x{qk}", f"2x1x{keys}x{qk}", f"2x1x{keys}x{vo}")
    inputs = [f"--input={size}x{dtype}=random:{seed}" for seed, size in enumerate(sizes)]
    command = ["lacuna-run", "-", f"--target={target}", f"--emulator={mode}", "--check", *inputs]
    child = subprocess.run(command, input=spec, capture_output=True, text=True)
    if not child.returncode and target == "sm_90a":
        command = ["lacuna-compile", "-", f"--target={target}", "--emit=scheduled"]
        kernel = subprocess.run(command, input=spec, capture_output=True, text=True).stdout
        return "" if "tile.roles" in kernel else "has no roles"
    return child.stderr if child.returncode else ""


# Lists of different lengths, walked together: neighbours differ in every choice.
def walk(count, *columns):
    columns += (STAGES, HEAD_DIMS, LENGTHS, ("f16", "bf16"), ("eager", "lazy", "random:1"))
    return list(itertools.islice(zip(*map(itertools.cycle, columns)), count))


cases = walk(30, ("sm_80",), ROWS, KEY_TILES) + walk(12, ("sm_90a",), ROLES, ROLE_KEY_TILES)
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    said = list(pool.map(run, cases))
refused = [text for text in said if "'tile.kernel' op schedule (" in text]
failures = [f"{case}: {text}" for case, text in zip(cases, said) if text and text not in refused]
print(*failures, f"{len(cases)} schedules, {len(refused)} refused, {len(failures)} failures", sep="\n")
sys.exit(bool(failures) or len(refused) > 6)
