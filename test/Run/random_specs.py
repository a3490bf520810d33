"""Runs random specs on a device and holds every one against the reference.

    python3 test/Run/random_specs.py --count=200 --seed=1 --device=emulator --mode=planned

The specs are the same for the same seed and count. What the generator makes is
only worth something if it is varied, so its spread is checked as well: dense,
sparse and empty rows, predicates that no closed form covers, every legal op, lists of
blocks in every format.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from spec_generator import Spec, legal_ops

SUMMARY = re.compile(
    r"check (\w+): .*?; (\d+) of (\d+) rows see no key, density ([\d.]+), largest score ([\d.e+-]+|nan|inf)"
)
LARGEST_SCORE = 40  # beyond, a rounding error of the products says nothing about the kernel
Facts = collections.namedtuple("Facts", "density empty_rows largest affine")


def command(path, spec, device, mode="closed"):
    inputs = (f"--input={x}" for x in spec.inputs)
    return ["lacuna-run", str(path), f"--device={device}", f"--mode={mode}", "--check", *inputs]


def run(arguments):
    environment = dict(os.environ, LACUNA_EMULATOR_THREADS="1")
    return subprocess.run(arguments, capture_output=True, text=True, env=environment)


def accept(spec, path, wide):
    """What the reference says of a spec, or None when it is not worth running."""
    path.write_text(spec.text())
    child = run(command(path, spec, "reference"))
    match = SUMMARY.search(child.stderr)
    if child.returncode or not match:
        sys.exit(f"the generator made a spec that is none:\n{child.stderr}\n{spec.text()}")
    facts = Facts(float(match[4]), int(match[2]), float(match[5]), spec.affine)
    good = facts.largest <= LARGEST_SCORE and (wide or 0.05 <= facts.density <= 0.95)
    return facts if good else None


def generate(options, folder):
    """[(spec, path, facts)], with quotas that make the spread."""
    usage = collections.Counter()
    specs = []
    seed = options.seed * 1_000_003
    while len(specs) < options.count:
        number, path = len(specs), pathlib.Path(folder, f"random-{len(specs)}.mlir")
        before = usage.copy()
        spec = Spec(seed, usage, want_table=number % 5 < 2, want_empty_rows=number % 4 == 0)
        seed += 1
        facts = accept(spec, path, wide=number % 4 == 3)
        if facts:
            specs.append((spec, path, facts))
        else:
            usage.clear()
            usage.update(before)
    return specs, usage


def spread(specs, usage, root):
    """What is wrong with the choice of specs."""
    count = len(specs)
    share = lambda test: sum(bool(test(facts)) for _, _, facts in specs) / count
    if share(lambda facts: 0.05 <= facts.density <= 0.95) < 0.6:
        yield "fewer than 60 % have a density from 5 to 95 %"
    if share(lambda facts: not facts.affine) < 0.3:
        yield "fewer than 30 % are not quasi-affine"
    if share(lambda facts: facts.empty_rows) < 0.1:
        yield "fewer than 10 % have empty rows"
    enough = 5 if count >= 200 else 0  # a short run cannot hold every op
    for op in [*legal_ops(root), "list padded", "list counts", "list offsets", "list bits"]:
        if usage[op] < enough:
            yield f"{op} occurs {usage[op]} times, not {enough}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="emulator")
    parser.add_argument("--mode", default="closed", help="where the runs of key tiles come from")
    parser.add_argument("--keep", help="folder for the specs; default: a temporary one")
    parser.add_argument("--root", default=pathlib.Path(__file__).parents[2])
    options = parser.parse_args()
    os.environ["PATH"] += f"{os.pathsep}{options.root}/build/bin"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        specs, usage = generate(options, folder)
        problems = list(spread(specs, usage, options.root))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            commands = [command(path, spec, options.device, options.mode) for spec, path, _ in specs]
            for (spec, path, _), line, child in zip(specs, commands, pool.map(run, commands)):
                if child.returncode:
                    quoted = " ".join(f"'{word}'" if re.search(r"[\[ ]", word) else word for word in line)
                    problems.append(f"{quoted}\n{child.stderr}{spec.text()}")
    for problem in problems:
        print(problem)
    print(f"{len(specs)} random specs on {options.device}, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
