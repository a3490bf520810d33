"""Every synchronising instruction in the PTX of the gallery's kernels is needed.

Each is dropped in turn; the emulator has to report the mutant, or its results have
to differ. The kernels are those of the family that runs everywhere and, for a few specs
that have every schedule between them, those with a producer and consumers, whose
rings go round five times at least, and those of some gradients. `--all` takes the whole
gallery there, too, with every head dim that has schedules of its own; `--gradients` only
those of gradients.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root
import argparse
import collections
import concurrent.futures
import pathlib
import re
import shlex
import subprocess
import sys

LAPS = 5
# Masks that leave a query tile two key tiles of 128, for what gpu-check says of their arguments.
NARROW = ("block_bits", "block_csr", "causal_documents", "key_lifetime", "packed_documents", "sliding_window")
FENCES = (
    "wgmma.fence", 4, None,
    "the fence before the first product of a step covers all registers of both; but the second one, and all"
    " but one instruction of the first, are under a condition, and the assembler wants a fence before and one"
    " behind (NvrtcTest.cpp)")
MEETING = (
    "bar.warp", 1, None,
    "what it orders may be ordered already: a sort by one digit has nothing between digits (sort-mutants.mlir has"
    " several), a list of all blocks is written by the lanes that cleared its places, and the mailbox is given back"
    " behind other meetings of the warp")
# Instructions that nothing misses: how many of a kernel, in which specs, and why.
REDUNDANT = (MEETING,)
REDUNDANT_WITH_ROLES = (
    FENCES, MEETING,
    ("mbarrier.try_wait", 2, NARROW,
     "a query tile has no more key tiles than a ring has slots: the producer finds the slots of keys and"
     " values free when it has waited for the query's"),
)
REDUNDANT_OF_GRADIENTS = (
    FENCES, MEETING,
    ("mbarrier.try_wait", 3, None,
     "consumers give back at once what a step, or an item, has taken: the producer finds the other slots free"
     " when it has waited for one"),
)
REDUNDANT_OF_ONE_PASS = (
    FENCES,
    ("bar.warp", 2, None, "that, and all consumers meet behind the last vector that a step reads"),
    ("mbarrier.try_wait", 4, None, "as in other gradients, and the consumers meet in each step"),
    ("wgmma.commit_group", 1, None,
     "the product for values is complete with the next one, and what it reads is given back behind that"),
    ("wgmma.wait_group", 1, None, "the same"),
)
# With roles.
REDUNDANT_OF = {None: REDUNDANT_WITH_ROLES, "deterministic": REDUNDANT_OF_GRADIENTS, "fastest": REDUNDANT_OF_ONE_PASS}
# Three warp groups that compute and two, key tiles of 128 and 64, planned and closed.
ROLES = [("dense", 64), ("hash_buckets", 128), ("causal", 256)]
# Walks of lists, tables that are added to, and each gradient in a kernel of its own.
GRADIENTS = [("packed_documents", "sm_80", 64), ("alibi", "sm_80", 64), ("dense", "sm_80", 192)]
GRADIENTS += [("packed_documents", "sm_90a", 64)]
# One pass over scores, whose gradients go from warps to warps: few warps, and warp groups.
FASTEST = [("packed_documents", "sm_80", 128), ("packed_documents", "sm_90a", 64)]
# Some query tiles have more key tiles than a ring has slots: else nothing waits for them.
SIZES = {"batch": 1, "query_heads": 3, "key_heads": 1, "queries": 300, "keys": 520, "positions": 520}
# Sparse masks, too, fill the rings of a producer five times.
LARGE = {**SIZES, "queries": 500, "keys": 1100, "positions": 1100}


def fill(pattern, sizes):
    """An input of gpu-check's language, {keys/64+1}, for these sizes."""
    def size(match):
        name, divisor, extra = match.groups()
        return str(-(-sizes[name] // int(divisor or 1)) + int(extra or 0))
    return re.sub(r"\{(\w+)(?:/(\d+))?(?:\+(\d+))?\}", size, pattern)


def unexplained(survivors, redundant):
    """The survivors without those that are known, of each kernel so many."""
    found = collections.Counter()

    def is_known(line):
        kernel = line.split(":")[0]
        for instruction, most, *_ in redundant:
            if f"`{instruction}." in line:
                found[kernel, instruction] += 1
                return found[kernel, instruction] <= most
        return False

    return [line for line in survivors if not is_known(line)]


def examine(case):
    """A line on a spec for a target, and what is wrong with it."""
    name, target, head_dim, sums = case
    is_gradient = sums is not None
    sizes = LARGE if options.all and target == "sm_90a" else SIZES
    text = (root / f"kernels/specs/{name}.mlir").read_text()
    sizes = {**sizes, "head_dim": head_dim}
    text = re.sub(r"^(!\w+ = tensor<[?x]+)128x", rf"\g<1>{head_dim}x", text, flags=re.M)
    tensors = [f"{{batch}}x{{{heads}}}x{{{rows}}}x{head_dim}xbf16=random:{seed}" for seed, (heads, rows) in
               enumerate((("query_heads", "queries"), ("key_heads", "keys"), ("key_heads", "keys")))]
    more = re.findall(r"^// Input: (.*)$", text, re.MULTILINE)
    title = f"{name} {head_dim} for {target}"
    if is_gradient:
        title = f"{sums} gradient of {title}"
        rows = "{batch}x{query_heads}x{queries}"
        # Log-sum-exps that leave probabilities below 1.
        more += [f"{rows}x{head_dim}xbf16=random:4", f"{rows}xf32=random:5:4:5"]
        more += [f"{rows}x{head_dim}xbf16=random:6", f"{rows}xf32=random:7"]
        differentiate = ["lacuna-opt", "-", "--attn-differentiate"]
        text = subprocess.run(differentiate, input=text, capture_output=True, text=True, check=True).stdout
    command = ["lacuna-mutate", "-", f"--target={target}", *[f"--input={fill(x, sizes)}" for x in tensors + more]]
    if is_gradient:
        command += [f"--function={pathlib.Path(name).name}_gradient", f"--gradients={sums}"]
    child = subprocess.run(command, input=text, capture_output=True, text=True)
    if child.returncode:
        return shlex.join(command), [child.stderr]
    wrong = []
    caught = len(re.findall(r"^caught: ", child.stdout, re.MULTILINE))
    survivors = re.findall(r"^survived: (.*)$", child.stdout, re.MULTILINE)
    if not caught:
        wrong.append("no synchronisation at all?")
    laps = re.search(r"completed (\d+) phases", child.stdout)
    redundant = REDUNDANT if not laps else REDUNDANT_OF[sums]
    survivors = unexplained(survivors, [entry for entry in redundant if not entry[2] or name in entry[2]])
    if laps and int(laps[1]) < LAPS:
        wrong.append(f"a ring went round {laps[1]} times only")
    elif not laps and target == "sm_90a" and not is_gradient:
        wrong.append("no kernel with roles")
    return f"{title}: {caught} caught", wrong + survivors


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("root", type=pathlib.Path)
parser.add_argument("--all", action="store_true")
parser.add_argument("--gradients", action="store_true")
parser.add_argument("--targets", nargs="+", default=["sm_80", "sm_90a"])
options = parser.parse_args()
root = options.root
specs = root / "kernels/specs"
paths = [*specs.glob("*.mlir"), *specs.glob("scfa/*.mlir")]
gallery = sorted(str(path.relative_to(specs).with_suffix("")) for path in paths)
if options.all:
    ROLES = [(name, head_dim) for name in gallery for head_dim in (64, 128, 192, 256)]
    GRADIENTS = [(name, target, head_dim) for target in ("sm_80", "sm_90a") for name, head_dim in ROLES]
    FASTEST = [case for case in GRADIENTS if case[2] <= 128]
cases = [(*case, "deterministic") for case in GRADIENTS] + [(*case, "fastest") for case in FASTEST]
if not options.gradients:
    cases += [(name, "sm_80", 128, None) for name in gallery]
    cases += [(name, "sm_90a", head_dim, None) for name, head_dim in ROLES]
cases = [case for case in cases if case[1] in options.targets]
failures = 0
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for line, wrong in pool.map(examine, cases):
        print(line, *wrong, sep="\n  ", flush=True)
        failures += bool(wrong)
print(f"{len(cases)} programs, {failures} with mutants that nothing shows")
sys.exit(failures > 0)
