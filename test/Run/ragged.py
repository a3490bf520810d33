"""Ragged batches: random packings of the gallery and of random specs.

    python3 test/Run/ragged.py ROOT --packings=100 --random=40
    python3 test/Run/ragged.py ROOT --packings=100 --random=40 --device=cuda

Every spec becomes a ragged one and runs on packings of other lengths, numbers of
sequences and offsets, sequences of no queries or no keys among them. Every result
equals the reference, and a spec is compiled once for each target and mode; but one
whose runs are baked holds for one packing, so that only some are.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root --packings=2 --random=6
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile

from random_specs import LARGEST_SCORE, SUMMARY
from spec_generator import Spec

TARGETS = ("sm_80", "sm_90a")
HEADS = {"query_heads": 4, "key_heads": 2}
TABLE = "tensor<?xi32>"


def offsets(generator, sequences, rows):
    return f"{sequences + 1}xi32=offsets:{generator.randrange(1 << 20)}:{rows}"


class Ragged:
    """A spec of the gallery for batches of sequences."""

    def __init__(self, path, columns):
        text = path.read_text()
        self.name = path.stem
        self.values = re.findall(r"^// Input: (.*)", text, re.MULTILINE)
        self.columns = columns
        arguments = re.search(r"func\.func @\w+\((.*?)\)\s*->", text, re.DOTALL)[1]
        names = re.findall(r"%(\w+):", arguments)[3:]
        self.placed = {names.index(name) for name in re.findall(r" at %(\w+)", text)}
        text = re.sub(r"(!qk|!vo) = tensor<\?x\?x\?x\d+x", rf"\1 = tensor<?x?x?x{columns}x", text)
        text = re.sub(r"\)(\s*)->", rf", %m: {TABLE}, %n: {TABLE})\1->", text, count=1)
        text = re.sub(r"(attn\.attend %q(?: at %\w+)?)(, %k, %v(?: at %\w+)?)", r"\1 ragged %m\2 ragged %n", text)
        table = rf" ragged {TABLE}"
        self.text = re.sub(r": (!qk(?: at \S+)?), !qk, (!vo(?: at \S+)?)", rf": \1{table}, !qk, \2{table}", text)
        self.dtype = re.search(r"!qk = tensor<.*x(\w+)>", text)[1]

    def inputs(self, generator):
        """Positions have the sizes of the tensors; what regions index by b has one for each sequence."""
        queries, keys = generator.randint(0, 250), generator.randint(0, 250)
        sequences = generator.randint(1, 9)
        sizes = dict(HEADS, queries=queries, keys=keys, positions=max(queries, keys), batch=sequences)

        def size(match, batch):
            name, block, extra = match[1], int(match[2] or 1), int(match[3] or 0)
            return str(-(-(batch if name == "batch" else sizes[name]) // block) + extra)

        rows = [(4, queries), (2, keys), (2, keys)]
        values = [f"1x{heads}x{count}x{self.columns}x{self.dtype}=random:{n}" for n, (heads, count) in enumerate(rows)]
        for number, value in enumerate(self.values):
            batch = 1 if number in self.placed else sequences
            values.append(re.sub(r"\{(\w+)(?:/(\d+))?(?:\+(\d+))?\}", lambda match: size(match, batch), value))
        return values + [offsets(generator, sequences, queries), offsets(generator, sequences, keys)]


class RandomRagged:
    """A random spec; packings differ in their offsets."""

    def __init__(self, seed, usage):
        self.name = f"random {seed}"
        self.spec = Spec(seed, usage, want_table=seed % 5 < 2, want_empty_rows=False, ragged=True)
        self.text = self.spec.text()

    def inputs(self, generator):
        fresh = {
            argument: offsets(generator, self.spec.sequences, rows)
            for argument, rows in self.spec.offsets.items()
        }
        names = (name for name, _ in self.spec.arguments)
        return [fresh.get(name, value) for name, value in zip(names, self.spec.inputs)]


def run(path, arguments, **variables):
    line = ["lacuna-run", str(path), *arguments]
    environment = dict(os.environ, LACUNA_EMULATOR_THREADS="1", **variables)
    child = subprocess.run(line, capture_output=True, text=True, env=environment)
    return child, f"{shlex.join(line)}\n{child.stderr}"


def is_worth_running(spec, path):
    """Whether scores are small enough that rounding errors of products say nothing about them."""
    path.write_text(spec.text)
    packing = spec.inputs(random.Random(0))
    child, message = run(path, ["--device=reference", "--check", *(f"--input={x}" for x in packing)])
    match = SUMMARY.search(child.stderr)
    if child.returncode or not match:
        sys.exit(f"the generator made a spec that is none:\n{message}\n{spec.text}")
    return float(match[5]) <= LARGEST_SCORE


def examine(spec, path, device, mode, packings):
    """What is wrong with one spec, on a device (its options) in one mode."""
    problems = []
    path.write_text(spec.text)
    generator = random.Random(f"{spec.name} {device}")
    compiled = 0
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(packings):
            inputs = [f"--input={x}" for x in spec.inputs(generator)]
            options = [*device, f"--mode={mode}", "--check", "-v"]
            child, message = run(path, [*options, *inputs], LACUNA_CACHE="rw", LACUNA_CACHE_DIR=cache)
            compiled += ": compiled in " in child.stderr
            if child.returncode:
                problems.append(f"{message}\n{spec.text}")
    if mode != "baked" and compiled != 1:
        problems.append(f"{spec.name} with {device}: compiled {compiled} times for {packings} packings")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--packings", type=int, default=100, help="of every spec, for each target")
    parser.add_argument("--random", type=int, default=40, help="random specs besides the gallery")
    parser.add_argument("--device", default="emulator", help="cuda runs on the GPU, for what it is")
    parser.add_argument("--only", default="", help="run specs whose names contain this")
    options = parser.parse_args()
    os.environ["PATH"] += f"{os.pathsep}{options.root}/build/bin"
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = pathlib.Path(name)
        gallery = sorted((options.root / "kernels/specs").glob("*.mlir"))
        specs = [Ragged(path, (16, 64, 40)[n % 3]) for n, path in enumerate(gallery)]
        usage, seed = collections.Counter(), 0
        while len(specs) < len(gallery) + options.random:
            seed += 1
            spec = RandomRagged(seed, usage)
            if is_worth_running(spec, folder / "candidate.mlir"):
                specs.append(spec)
        specs = [spec for spec in specs if options.only in spec.name]
        devices = [[f"--device={options.device}", f"--target={target}"] for target in TARGETS]
        if options.device != "emulator":
            devices = [[f"--device={options.device}"]]
        tasks = []
        for number, spec in enumerate(specs):
            for place, device in enumerate(devices):
                mode = ("auto", "planned", "closed")[(number - place) % 3]
                path = folder / f"{number}-{place}.mlir"
                tasks.append(pool.submit(examine, spec, path, device, mode, options.packings))
            path, device = folder / f"{number}-baked.mlir", devices[number % len(devices)]
            tasks.append(pool.submit(examine, spec, path, device, "baked", -(-options.packings // 10)))
        problems = [problem for task in tasks for problem in task.result()]
    for problem in problems:
        print(problem)
    print(f"{len(specs)} ragged specs, {options.packings} packings each with {devices}, {len(problems)} problems")
    sys.exit(bool(problems) or not specs)


if __name__ == "__main__":
    main()
