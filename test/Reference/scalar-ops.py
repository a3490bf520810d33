"""Every scalar op of specs, evaluated by the reference on values whose answer is known.

The score of a lone key is its row's log-sum-exp, so a spec with one attend per
case prints all answers in one run. Ops that have no result for some operands
must say so; those run one by one.
"""
# RUN: %python %s %root
import math
import pathlib
import re
import struct
import subprocess
import sys

INF, NAN = math.inf, math.nan
SLT, SLE, ULT, UGE = 2, 3, 6, 9  # arith.cmpi
OEQ, OLT, ONE, UEQ, UNO = 1, 4, 6, 8, 14  # arith.cmpf

# op, operand type, operands, result type, result[, predicate]
CASES = [
    ("arith.addi", "i32", (3, -4), "i32", -1),
    ("arith.addi", "i8", (100, 27), "i8", 127),
    ("arith.subi", "i64", (3, 5), "i64", -2),
    ("arith.muli", "i16", (-128, 256), "i16", -32768),
    ("arith.divsi", "i32", (-7, 2), "i32", -3),
    ("arith.divui", "i8", (-2, 16), "i8", 15),
    ("arith.remsi", "i32", (-7, 2), "i32", -1),
    ("arith.remui", "i8", (-1, 16), "i8", 15),
    ("arith.floordivsi", "i32", (-7, 2), "i32", -4),
    ("arith.floordivsi", "i32", (7, 2), "i32", 3),
    ("arith.ceildivsi", "i32", (-7, 2), "i32", -3),
    ("arith.ceildivsi", "i32", (7, 2), "i32", 4),
    ("arith.ceildivui", "i32", (7, 2), "i32", 4),
    ("arith.minsi", "i32", (-1, 1), "i32", -1),
    ("arith.minui", "i32", (-1, 1), "i32", 1),
    ("arith.maxsi", "i32", (-1, 1), "i32", 1),
    ("arith.maxui", "i32", (-1, 1), "i32", -1),
    ("arith.andi", "i32", (12, 10), "i32", 8),
    ("arith.ori", "i32", (12, 10), "i32", 14),
    ("arith.xori", "i32", (12, 10), "i32", 6),
    ("arith.xori", "i1", (1, 1), "i1", 0),
    ("arith.shli", "i32", (-3, 4), "i32", -48),
    ("arith.shrsi", "i32", (-48, 4), "i32", -3),
    ("arith.shrui", "i8", (-16, 4), "i8", 15),
    ("math.absi", "i32", (-9,), "i32", 9),
    ("math.ctlz", "i32", (1,), "i32", 31),
    ("math.ctlz", "i8", (0,), "i8", 8),
    ("math.cttz", "i32", (8,), "i32", 3),
    ("math.cttz", "i16", (0,), "i16", 16),
    ("math.ctpop", "i8", (-1,), "i8", 8),
    ("arith.cmpi", "i32", (-1, 1), "i1", -1, SLT),
    ("arith.cmpi", "i32", (-1, 1), "i1", 0, ULT),
    ("arith.cmpi", "i32", (-1, 1), "i1", -1, UGE),
    ("arith.cmpi", "i8", (5, 5), "i1", -1, SLE),
    ("arith.addf", "f32", (1.5, 2.25), "f32", 3.75),
    ("arith.addf", "f16", (2048.0, 1.0), "f16", 2048.0),
    ("arith.addf", "bf16", (256.0, 1.0), "bf16", 256.0),
    ("arith.subf", "f32", (1.5, 2.0), "f32", -0.5),
    ("arith.mulf", "f32", (1.5, 2.0), "f32", 3.0),
    ("arith.mulf", "f16", (300.0, -300.0), "f16", -INF),
    ("arith.divf", "f32", (-1.0, 0.0), "f32", -INF),
    ("arith.remf", "f32", (-7.5, 2.0), "f32", -1.5),
    ("arith.negf", "f32", (2.5,), "f32", -2.5),
    ("arith.minimumf", "f32", (NAN, 1.0), "f32", NAN),
    ("arith.minimumf", "f32", (2.0, 1.0), "f32", 1.0),
    ("arith.maximumf", "f32", (2.0, 1.0), "f32", 2.0),
    ("arith.maximumf", "f32", (1.0, NAN), "f32", NAN),
    ("arith.minnumf", "f32", (NAN, 1.0), "f32", 1.0),
    ("arith.maxnumf", "f32", (NAN, 1.0), "f32", 1.0),
    ("arith.cmpf", "f32", (1.0, 2.0), "i1", -1, OLT),
    ("arith.cmpf", "f32", (NAN, 2.0), "i1", 0, OEQ),
    ("arith.cmpf", "f32", (NAN, 2.0), "i1", -1, UEQ),
    ("arith.cmpf", "f32", (NAN, 2.0), "i1", -1, UNO),
    ("arith.cmpf", "f32", (1.0, 2.0), "i1", -1, ONE),
    ("math.absf", "f32", (-1.5,), "f32", 1.5),
    ("math.ceil", "f32", (1.25,), "f32", 2.0),
    ("math.copysign", "f32", (1.5, -2.0), "f32", -1.5),
    ("math.cos", "f32", (1.0,), "f32", math.cos(1.0)),
    ("math.erf", "f32", (0.5,), "f32", math.erf(0.5)),
    ("math.exp", "f32", (1.0,), "f32", math.e),
    ("math.exp2", "f32", (3.0,), "f32", 8.0),
    ("math.expm1", "f32", (1e-5,), "f32", math.expm1(1e-5)),
    ("math.floor", "f32", (-1.25,), "f32", -2.0),
    ("math.fma", "f32", (2.0, 3.0, 1.0), "f32", 7.0),
    ("math.log", "f32", (2.0,), "f32", math.log(2.0)),
    ("math.log", "f32", (0.0,), "f32", -INF),
    ("math.log10", "f32", (1000.0,), "f32", 3.0),
    ("math.log1p", "f32", (1e-5,), "f32", math.log1p(1e-5)),
    ("math.log2", "f32", (8.0,), "f32", 3.0),
    ("math.powf", "f32", (2.0, 10.0), "f32", 1024.0),
    ("math.round", "f32", (2.5,), "f32", 3.0),
    ("math.roundeven", "f32", (2.5,), "f32", 2.0),
    ("math.rsqrt", "f32", (16.0,), "f32", 0.25),
    ("math.sin", "f32", (1.0,), "f32", math.sin(1.0)),
    ("math.sqrt", "f32", (2.25,), "f32", 1.5),
    ("math.tanh", "f32", (0.5,), "f32", math.tanh(0.5)),
    ("math.trunc", "f32", (-1.75,), "f32", -1.0),
    ("arith.bitcast", "i32", (0x3F800000,), "f32", 1.0),
    ("arith.bitcast", "f32", (1.0,), "i32", 0x3F800000),
    ("arith.bitcast", "bf16", (1.0,), "i16", 0x3F80),
    ("arith.bitcast", "i16", (0x3C00,), "f16", 1.0),
    ("arith.extf", "bf16", (1.5,), "f32", 1.5),
    ("arith.extsi", "i8", (-3,), "i32", -3),
    ("arith.extsi", "i1", (1,), "i32", -1),
    ("arith.extui", "i8", (-3,), "i32", 253),
    ("arith.extui", "i1", (1,), "i32", 1),
    ("arith.fptosi", "f32", (-2.75,), "i32", -2),
    ("arith.fptoui", "f32", (250.5,), "i8", -6),
    ("arith.index_cast", "i32", (-5,), "index", -5),
    ("arith.index_castui", "i8", (-1,), "index", 255),
    ("arith.sitofp", "i1", (1,), "f32", -1.0),
    ("arith.sitofp", "i32", (2049,), "f16", 2048.0),
    ("arith.uitofp", "i8", (-1,), "f32", 255.0),
    ("arith.truncf", "f32", (1.0009765625,), "bf16", 1.0),
    ("arith.trunci", "i32", (0x1FF,), "i8", -1),
    ("arith.trunci", "i32", (3,), "i1", -1),
]
FAULTS = [
    ("arith.addi", "i32", (2**31 - 1, 1), "i32", "overflows"),
    ("arith.subi", "i8", (-128, 1), "i8", "overflows"),
    ("arith.muli", "i64", (2**62, 2), "i64", "overflows"),
    ("arith.divsi", "i32", (1, 0), "i32", "divides by zero"),
    ("arith.divsi", "i32", (-(2**31), -1), "i32", "overflows"),
    ("arith.remsi", "i32", (1, 0), "i32", "divides by zero"),
    ("arith.remui", "i32", (1, 0), "i32", "divides by zero"),
    ("arith.ceildivui", "i32", (1, 0), "i32", "divides by zero"),
    ("arith.shli", "i32", (1, 32), "i32", "shifts by its width or more"),
    ("arith.shli", "i32", (1, 31), "i32", "overflows"),
    ("arith.shrui", "i32", (1, -1), "i32", "shifts by its width or more"),
    ("math.absi", "i8", (-128,), "i8", "overflows"),
    ("arith.fptosi", "f32", (3e9,), "i32", "converts a value out of range"),
    ("arith.fptosi", "f32", (NAN,), "i32", "converts a value out of range"),
    ("arith.fptoui", "f32", (-1.0,), "i8", "converts a value out of range"),
    ("arith.index_cast", "index", (2**31,), "i32", "overflows"),
    ("arith.index_castui", "index", (-1,), "i32", "overflows"),
]
# Tested where they do something: in scores.mlir and in every case.
ELSEWHERE = {"arith.constant", "arith.select"}


def literal(value, type):
    if not type.endswith(("f16", "f32")):
        return str(value)
    if math.isfinite(value):
        return f"{value:.16e}"
    return {"f32": "0x7F800000", "f16": "0x7C00", "bf16": "0x7F80"}[type] if value == INF else "0x7FC00000"


def as_f32(value, type):
    """(lines, name) of a region that turn %r of that type into an f32."""
    if type == "f32":
        return "", "%r"
    if type in ("f16", "bf16"):
        return f"    %x = arith.extf %r : {type} to f32\n", "%x"
    if type == "index":
        return "    %n = arith.index_cast %r : index to i64\n    %x = arith.sitofp %n : i64 to f32\n", "%x"
    return f"    %x = arith.sitofp %r : {type} to f32\n", "%x"


def attend(number, op, type, operands, result, predicate=None):
    names = [f"%a{n}" for n in range(len(operands))]
    constants = "".join(
        f"    {name} = arith.constant {literal(value, type)} : {type}\n"
        for name, value in zip(names, operands)
    )
    properties = f"<{{predicate = {predicate} : i64}}> " if predicate is not None else ""
    types = ", ".join([type] * len(operands))
    convert, name = as_f32("%r", result)
    return (
        f"  %o{number}, %l{number} = attn.attend %q, %q, %q score(%s, %b, %h, %i, %j) {{\n{constants}"
        f"    %r = \"{op}\"({', '.join(names)}) {properties}: ({types}) -> {result}\n"
        f"{convert}    attn.yield {name} : f32\n  }} : !t, !t, !t\n"
    )


def run(attends):
    values = [f"%l{n}" for n in range(len(attends))]
    types = ", ".join(["tensor<1x1x1xf32>"] * len(attends))
    spec = (
        f"!t = tensor<1x1x1x8xf16>\nfunc.func @ops(%q: !t) -> ({types}) {{\n{''.join(attends)}"
        f"  return {', '.join(values)} : {types}\n}}\n"
    )
    command = ["lacuna-run", "-", "--device=reference", "--input=1x1x1x8xf16=0"]
    command += ["--output=-"] * len(attends)
    return subprocess.run(command, input=spec, capture_output=True, text=True)


def rounded(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def same(found, expected):
    if math.isnan(expected):
        return math.isnan(found)
    return found == expected or abs(found - expected) <= 1.2e-7 * abs(expected)


wrong = []
child = run([attend(n, *case[:4], *case[5:]) for n, case in enumerate(CASES)])
answers = [float(text) for text in re.findall(r"=\[\[\[(.*?)\]\]\]", child.stdout)]
if child.returncode or len(answers) != len(CASES):
    sys.exit(child.stderr)
for case, found in zip(CASES, answers):
    if not same(found, rounded(case[4])):
        wrong.append(f"{case}: found {found}")
for op, type, operands, result, reason in FAULTS:
    child = run([attend(0, op, type, operands, result)])
    if child.returncode != 1 or f"'{op}' op {reason}, at batch 0" not in child.stderr:
        wrong.append(f"{op} {operands}: no error '{reason}' but {child.stderr}")

rules = pathlib.Path(sys.argv[1], "dialects/Attn/IR/SpecRules.cpp").read_text()
legal = set(re.findall(r'"((?:arith|math)\.\w+)"', rules))
tested = {case[0] for case in CASES} | ELSEWHERE
for op in sorted(legal ^ tested):
    wrong.append(f"{op}: {'has no case' if op in legal else 'is not legal in a spec'}")
print("\n".join(wrong))
sys.exit(bool(wrong))
