"""Random specs: predicates and score regions over positions, scalars and tables.

An expression carries what is needed to keep the program defined: the bounds of
an integer, so that nothing overflows, divides by zero or leaves its table; and
whether a float is exact, so that a step function never sees a value that two
machines may round differently. Ops that were used least are chosen first.
"""
import dataclasses
import pathlib
import random
import re

from block_list_generator import BlockLists
from detour_generator import Detours

HEAD_DIMS = [(16, 16), (40, 40), (64, 64), (72, 72), (96, 96), (128, 128), (64, 32), (192, 128)]
LENGTHS = [1, 7, 31, 64, 65, 97, 127, 129, 160]
# Pins that every target has room for, at these head dims.
SCHEDULES = [
    "query_tile = 64, key_tile = 32, warps = 4, stages = 2",
    "query_tile = 32, key_tile = 32, warps = 2, stages = 3",
    "query_tile = 16, key_tile = 32, warps = 1, stages = 2",
    "stages = 3",
    "warps = 2",
]
BIG = 1 << 26  # integers stay below


def legal_ops(root):
    """The scalar ops that specs may use."""
    rules = pathlib.Path(root, "dialects/Attn/IR/SpecRules.cpp").read_text()
    return sorted(set(re.findall(r'"((?:arith|math)\.\w+)"', rules)))


@dataclasses.dataclass
class Int:
    name: str
    low: int
    high: int
    affine: bool = True  # quasi-affine in positions and scalars


@dataclasses.dataclass
class Bool:
    name: str
    affine: bool = True


@dataclasses.dataclass
class Float:
    name: str
    bound: float  # of the absolute value
    exact: bool = False  # a small multiple of a power of two


class Spec(BlockLists, Detours):
    """One spec: text, inputs, and what a test wants to know of it."""

    def __init__(self, seed, usage, want_table, want_empty_rows, ragged=False, detours=False):
        self.random = random.Random(seed)
        self.usage = usage
        self.arguments, self.inputs, self.prologue = [], [], []
        pick = self.random.choice
        self.dtype = pick(["f16", "bf16"])
        self.batch, self.key_heads, self.group = pick([1, 1, 2]), pick([1, 1, 2]), pick([1, 1, 2, 3])
        self.queries, self.keys = pick(LENGTHS), pick(LENGTHS)
        self.sequences = self.batch  # that %b counts
        self.offsets = {}  # of a ragged batch: the arguments and the rows they cut
        if ragged:
            self.batch, self.sequences = 1, pick([1, 3, 7])
        self.make_tensors(*pick(HEAD_DIMS))
        if ragged:
            self.make_offsets()
        self.make_scalars()
        self.make_positions()
        self.schedule = pick(SCHEDULES) if self.random.random() < 0.25 else None
        self.where, self.affine = self.make_where(want_table, want_empty_rows)
        self.detours = detours
        self.scale = self.make_scale() if detours else None
        self.score = self.make_score() if detours or self.random.random() < 0.75 else None

    # ---- Arguments -------------------------------------------------------------

    def argument(self, type, value):
        name = f"%a{len(self.arguments)}"
        self.arguments.append((name, type))
        self.inputs.append(value)
        return name

    def tensor(self, sizes, dtype, values, dynamic=0.8):
        shape = "".join(("?" if self.random.random() < dynamic else str(n)) + "x" for n in sizes)
        return self.argument(f"tensor<{shape}{dtype}>", "x".join(map(str, sizes)) + f"x{dtype}={values}")

    def make_tensors(self, columns, value_columns):
        heads = self.key_heads * self.group
        for rows, count, width in [
            (self.queries, heads, columns),
            (self.keys, self.key_heads, columns),
            (self.keys, self.key_heads, value_columns),
        ]:
            sizes = f"{self.batch}x{count}x{rows}x{width}x{self.dtype}"
            dynamic = "?x?x?" if self.random.random() < 0.8 else f"{self.batch}x{count}x{rows}"
            self.argument(f"tensor<{dynamic}x{width}x{self.dtype}>", f"{sizes}=random:{self.seed()}")

    def make_offsets(self):
        for rows in (self.queries, self.keys):
            name = self.tensor([self.sequences + 1], "i32", f"offsets:{self.seed()}:{rows}")
            self.offsets[name] = rows

    def make_scalars(self):
        """Scalars of the function: an argument, and arithmetic on sizes."""
        value = self.random.randint(0, max(self.queries, self.keys))
        self.scalars = [Int(self.argument("i32", str(value)), value, value)]
        lines, offset = [], self.keys - self.queries
        lines.append("%axis = arith.constant 2 : index")
        lines.append(f"%nq = tensor.dim %a0, %axis : {self.arguments[0][1]}")
        lines.append(f"%nk = tensor.dim %a1, %axis : {self.arguments[1][1]}")
        lines.append("%difference = arith.subi %nk, %nq : index")
        lines.append("%offset = arith.index_cast %difference : index to i32")
        for op in ("arith.constant", "arith.subi", "arith.index_cast"):
            self.usage[op] += 1
        self.prologue = lines
        self.scalars.append(Int("%offset", offset, offset))

    def make_positions(self):
        """Where i and j come from, and their bounds."""
        self.query_at = self.key_at = None
        low = {"i": 0, "j": 0}
        high = {"i": self.queries - 1, "j": self.keys - 1}
        if self.random.random() < 0.2:
            start = self.random.randint(0, self.keys)
            self.query_at = (self.argument("i32", str(start)), "i32")
            low["i"], high["i"] = start, start + self.queries - 1
        if self.random.random() < 0.15:
            top = 2 * self.keys
            name = self.tensor([self.keys], "i32", f"random:{self.seed()}:0:{top}")
            self.key_at = (name, self.arguments[-1][1])
            low["j"], high["j"] = 0, top
        self.bounds = {key: (low[key], high[key]) for key in "ij"}

    def seed(self):
        return self.random.randrange(1 << 30)

    # ---- Regions ---------------------------------------------------------------

    def begin(self):
        self.lines, self.names = [], 0
        heads = self.key_heads * self.group
        self.atoms = [
            Int("%i", *self.bounds["i"]),
            Int("%j", *self.bounds["j"]),
            Int("%i", *self.bounds["i"]),
            Int("%j", *self.bounds["j"]),
            Int("%h", 0, heads - 1),
            Int("%b", 0, self.sequences - 1),
            Int("%islot", 0, self.queries - 1, self.query_at is None and not self.offsets),
            Int("%jslot", 0, self.keys - 1, self.key_at is None and not self.offsets),
            *self.scalars,
        ]

    def emit(self, text):
        name = f"%v{self.names}"
        self.names += 1
        self.lines.append(f"{name} = {text}")
        for op in re.findall(r"\b(?:arith|math)\.\w+", text):
            self.usage[op] += 1
        return name

    def pick_op(self, ops):
        """Mostly the op that was used least."""
        if self.random.random() < 0.3:
            return self.random.choice(ops)
        return min(ops, key=lambda op: (self.usage[op], self.random.random()))

    def constant(self, value, type="i32"):
        return self.emit(f"arith.constant {value} : {type}")

    # ---- Integers --------------------------------------------------------------

    def integer(self, depth):
        if depth <= 0 or self.random.random() < 0.15:
            return self.random.choice(self.atoms)
        makers = [self.sum, self.sum, self.product, self.division, self.extremum, self.bits]
        makers += [self.narrow, self.cast, self.chosen, self.load_integer, self.counted]
        return self.random.choice(makers)(depth)

    def sum(self, depth):
        x, y = self.integer(depth - 1), self.integer(depth - 1)
        op = self.pick_op(["arith.addi", "arith.subi"])
        low, high = (x.low + y.low, x.high + y.high) if op == "arith.addi" else (x.low - y.high, x.high - y.low)
        if max(-low, high) >= BIG:
            return x
        return Int(self.emit(f"{op} {x.name}, {y.name} : i32"), low, high, x.affine and y.affine)

    def product(self, depth):
        x = self.integer(depth - 1)
        if self.random.random() < 0.7:
            factor = self.random.choice([-2, 2, 3, 5])
            y = Int(self.constant(factor), factor, factor)
        else:
            y = self.integer(depth - 1)
        corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
        if max(map(abs, corners)) >= BIG:
            return x
        linear = x.affine and y.affine and (x.low == x.high or y.low == y.high)
        return Int(self.emit(f"arith.muli {x.name}, {y.name} : i32"), min(corners), max(corners), linear)

    def division(self, depth):
        x = self.integer(depth - 1)
        n = self.random.choice([2, 3, 7, 16, 32])
        ops = ["arith.divsi", "arith.floordivsi", "arith.ceildivsi", "arith.remsi"]
        if x.low >= 0:
            ops += ["arith.divui", "arith.ceildivui", "arith.remui"]
        op = self.pick_op(ops)
        name = self.emit(f"{op} {x.name}, {self.constant(n)} : i32")
        if "rem" in op:
            return Int(name, -(n - 1) if x.low < 0 else 0, n - 1, x.affine)
        return Int(name, x.low // n - 1, x.high // n + 1, x.affine)

    def extremum(self, depth):
        x, y = self.integer(depth - 1), self.integer(depth - 1)
        ops = ["arith.minsi", "arith.maxsi"]
        if min(x.low, y.low) >= 0:
            ops += ["arith.minui", "arith.maxui"]
        if x.high > -BIG and self.random.random() < 0.2:
            name = self.emit(f"math.absi {x.name} : i32")
            return Int(name, 0, max(abs(x.low), abs(x.high)), x.affine)
        name = self.emit(f"{self.pick_op(ops)} {x.name}, {y.name} : i32")
        return Int(name, min(x.low, y.low), max(x.high, y.high), x.affine and y.affine)

    def bits(self, depth):
        x = self.integer(depth - 1)
        op = self.pick_op(
            ["arith.andi", "arith.ori", "arith.xori", "arith.shli", "arith.shrsi", "arith.shrui"]
        )
        if op.startswith("arith.sh"):
            n = self.random.randint(1, 3)
            if op == "arith.shrui" and x.low < 0 or max(-x.low, x.high) >= BIG >> 3:
                return x
            name = self.emit(f"{op} {x.name}, {self.constant(n)} : i32")
            if op == "arith.shli":
                return Int(name, x.low << n, x.high << n, x.affine)
            return Int(name, x.low >> n, x.high >> n, x.affine)
        mask = self.random.choice([1, 3, 4, 7, 12, 20, 31, 48])
        name = self.emit(f"{op} {x.name}, {self.constant(mask)} : i32")
        if op == "arith.andi":
            return Int(name, 0, mask, False)
        return Int(name, min(0, x.low) - 64, max(x.high, 0) + 64, False)

    def counted(self, depth):
        x = self.integer(depth - 1)
        op = self.pick_op(["math.ctlz", "math.cttz", "math.ctpop"])
        return Int(self.emit(f"{op} {x.name} : i32"), 0, 32, False)

    def narrow(self, depth):
        x = self.integer(depth - 1)
        type, half = self.random.choice([("i8", 128), ("i16", 1 << 15)])
        cut = self.emit(f"arith.trunci {x.name} : i32 to {type}")
        op = self.pick_op(["arith.extsi", "arith.extui"])
        name = self.emit(f"{op} {cut} : {type} to i32")
        return Int(name, *((-half, half - 1) if op == "arith.extsi" else (0, 2 * half - 1)), False)

    def cast(self, depth):
        """To another kind of number and back."""
        x = self.integer(depth - 1)
        kinds = ["index", "wide", "float", "pattern"] + (["indexui", "floatui"] if x.low >= 0 else [])
        kind = min(kinds, key=lambda kind: (self.usage["cast " + kind], self.random.random()))
        self.usage["cast " + kind] += 1
        if kind.startswith("index"):
            op = "arith.index_cast" + kind[5:]
            name = self.emit(f"{op} {x.name} : i32 to index")
            return Int(self.emit(f"{op} {name} : index to i32"), x.low, x.high, x.affine)
        if kind == "wide":
            wide = self.emit(f"arith.extsi {x.name} : i32 to i64")
            return Int(self.emit(f"arith.trunci {wide} : i64 to i32"), x.low, x.high, x.affine)
        if kind == "pattern":  # the order of nonnegative floats is that of their bits
            real = self.exact_float(Int(x.name, x.low, x.high))
            size = self.emit(f"math.absf {real.name} : f32")
            bits = self.emit(f"arith.bitcast {size} : f32 to i32")
            name = self.emit(f"arith.shrui {bits}, {self.constant(20)} : i32")
            return Int(name, 0, 1 << 11, False)
        if max(-x.low, x.high) >= 1 << 22:
            return x
        sign = "u" if kind == "floatui" else "s"
        real = self.emit(f"arith.{sign}itofp {x.name} : i32 to f32")
        half = self.emit(f"arith.mulf {real}, {self.constant(0.5, 'f32')} : f32")
        name = self.emit(f"arith.fpto{sign}i {half} : f32 to i32")
        return Int(name, min(x.low, 0), max(x.high, 0), False)

    def chosen(self, depth):
        x, y, c = self.integer(depth - 1), self.integer(depth - 1), self.predicate(depth - 1)
        low, high = min(x.low, y.low), max(x.high, y.high)
        affine = x.affine and y.affine and c.affine
        if self.random.random() < 0.6:
            return Int(self.emit(f"arith.select {c.name}, {x.name}, {y.name} : i32"), low, high, affine)
        return Int(self.emit_if(c, "i32", x.name, y.name), low, high, affine)

    def emit_if(self, condition, type, then, otherwise, then_lines=()):
        name = f"%v{self.names}"
        self.names += 1
        self.lines.append(f"{name} = scf.if {condition.name} -> ({type}) {{")
        self.lines += [*("  " + line for line in then_lines), f"  scf.yield {then} : {type}"]
        self.lines += ["} else {", f"  scf.yield {otherwise} : {type}", "}"]
        return name

    # ---- Tables ----------------------------------------------------------------

    def index(self, count):
        """An expression that is a legal index of a dimension."""
        x = self.integer(1)
        if x.low >= 0 and x.high < count:
            return x.name
        least = self.emit(f"arith.maxsi {x.name}, {self.constant(0)} : i32")
        return self.emit(f"arith.minsi {least}, {self.constant(count - 1)} : i32")

    def table(self, dtype, values):
        """(name, type, index text) of a new table."""
        heads = self.key_heads * self.group
        shapes = [[("%jslot", self.keys)], [("%islot", self.queries)], [("%h", heads)]]
        shapes += [[("%b", self.sequences), ("%jslot", self.keys)]]
        shapes += [[("%islot", self.queries), ("%jslot", self.keys)], [(None, 40)]]
        dims = self.random.choice(shapes)
        indices = ", ".join(name or self.index(count) for name, count in dims)
        name = self.tensor([count for _, count in dims], dtype, values)
        return name, self.arguments[-1][1], indices

    def load_integer(self, depth):
        dtype = self.random.choice(["i32", "i32", "i8", "i16", "i64"])
        high = self.random.choice([1, 3, 15, 100])
        name, type, indices = self.table(dtype, f"random:{self.seed()}:0:{high}")
        value = self.emit(f"attn.load {name}[{indices}] : {type}")
        if dtype == "i64":
            value = self.emit(f"arith.trunci {value} : i64 to i32")
        elif dtype != "i32":
            value = self.emit(f"{self.pick_op(['arith.extsi', 'arith.extui'])} {value} : {dtype} to i32")
        return Int(value, 0, high, False)

    # ---- Predicates ------------------------------------------------------------

    def predicate(self, depth):
        if depth > 0 and self.random.random() < 0.5:
            return self.junction(depth)
        makers = [self.comparison] * 4 + [self.sugar] * 4 + [self.float_comparison, self.load_bool, self.guarded, self.listed]
        return self.random.choice(makers)(depth)

    def listed(self, depth):
        return Bool(self.blocks(), False)

    def junction(self, depth):
        x, y = self.predicate(depth - 1), self.predicate(depth - 1)
        affine = x.affine and y.affine
        kind = self.random.choice(["arith.andi", "arith.ori", "arith.xori", "attn.and", "attn.or", "attn.not"])
        if kind == "attn.not":
            return Bool(self.emit(f"attn.not {x.name}"), x.affine)
        suffix = " : i1" if kind.startswith("arith") else ""
        return Bool(self.emit(f"{kind} {x.name}, {y.name}{suffix}"), affine)

    def comparison(self, depth):
        x = self.integer(max(depth, 2))
        predicates = ["slt", "sle", "sgt", "sge"]
        if x.high - x.low < 8:
            predicates += ["eq", "ne"]
        if self.random.random() < 0.5:
            value = self.random.randint(x.low, x.high)
            y = Int(self.constant(value), value, value)
        else:
            y = self.integer(1)
        if x.low >= 0 and y.low >= 0:
            predicates += ["ult", "ule", "ugt", "uge"]
        predicate = self.random.choice(predicates)
        name = self.emit(f"arith.cmpi {predicate}, {x.name}, {y.name} : i32")
        return Bool(name, x.affine and y.affine)

    def sugar(self, depth):
        near = self.random.randint(0, max(self.queries, self.keys))
        n = self.random.choice([self.random.choice(self.scalars).name, self.constant(near)])
        kind = self.random.choice(["causal", "offset", "left", "right", "both", "document", "prefix", "dilated"])
        if kind == "document":
            size = max(self.queries, self.keys)
            values = self.random.choice([f"steps:{max(1, near)}", f"random:{self.seed()}:0:2"])
            ids = self.tensor([size], "i32", values)
            type = self.arguments[-1][1]
            return Bool(self.emit(f"attn.document %islot, %jslot in {ids} : {type}"), False)
        step = self.constant(self.random.randint(2, 6))
        texts = {
            "causal": "attn.causal %i, %j",
            "offset": f"attn.causal %i, %j offset {n}",
            "left": f"attn.sliding_window %i, %j left {n}",
            "right": f"attn.sliding_window %i, %j right {n}",
            "both": f"attn.sliding_window %i, %j left {n} right {step}",
            "prefix": f"attn.prefix %j, {n}",
            "dilated": f"attn.dilated %i, %j step {step}",
        }
        return Bool(self.emit(texts[kind]))

    def float_comparison(self, depth):
        x = self.exact_float(self.integer(1))
        limit = self.random.randint(-4, 4) * 0.5 * max(1, int(x.bound / 4))
        op = self.random.choice(["olt", "ole", "ogt", "oge", "ult", "ule", "ugt", "uge", "one", "une"])
        name = self.emit(f"arith.cmpf {op}, {x.name}, {self.constant(limit, 'f32')} : f32")
        return Bool(name, False)

    def load_bool(self, depth):
        name, type, indices = self.table("i1", f"random:{self.seed()}")
        return Bool(self.emit(f"attn.load {name}[{indices}] : {type}"), False)

    def guarded(self, depth):
        """A table that is shorter than the keys, read only where it has elements."""
        count = self.random.randint(1, self.keys)
        name = self.tensor([count], "i1", f"random:{self.seed()}")
        type = self.arguments[-1][1]
        inside = Bool(self.emit(f"arith.cmpi slt, %jslot, {self.constant(count)} : i32"))
        other = self.predicate(0)
        bit = f"%bit{self.names}"
        load = f"{bit} = attn.load {name}[%jslot] : {type}"
        return Bool(self.emit_if(inside, "i1", bit, other.name, [load]), False)

    def make_where(self, want_table, want_empty_rows):
        self.begin()
        result = self.predicate(2)
        if want_table and result.affine:
            other = self.random.choice([self.load_bool, self.float_comparison, self.guarded, self.listed, self.listed])(1)
            op = self.random.choice(["arith.andi", "arith.ori", "arith.xori"])
            result = Bool(self.emit(f"{op} {result.name}, {other.name} : i1"), False)
        if want_empty_rows:
            rest = self.emit(f"arith.remui %islot, {self.constant(self.random.randint(2, 5))} : i32")
            some = self.emit(f"arith.cmpi ne, {rest}, {self.constant(0)} : i32")
            result = Bool(self.emit(f"arith.andi {result.name}, {some} : i1"), result.affine)
        return self.lines + [f"attn.yield {result.name} : i1"], result.affine

    # ---- Scores ----------------------------------------------------------------

    def exact_float(self, x):
        """A multiple of a power of two, small enough to be exact in f32."""
        if max(-x.low, x.high) >= 1 << 20:
            x = Int(self.emit(f"arith.remsi {x.name}, {self.constant(1 << 10)} : i32"), -1023, 1023)
        op = "arith.uitofp" if x.low >= 0 and self.random.random() < 0.5 else "arith.sitofp"
        real = self.emit(f"{op} {x.name} : i32 to f32")
        scale = self.random.choice([0.5, 0.25, 0.125, 1.0])
        name = self.emit(f"arith.mulf {real}, {self.constant(scale, 'f32')} : f32")
        return Float(name, max(-x.low, x.high) * scale, True)

    def small_float(self):
        """Within [-2, 2]."""
        x = self.exact_float(self.integer(1))
        x = self.exact_step(x) if self.random.random() < 0.6 else x
        if self.random.random() < 0.3:
            x = self.half_float(x)
        low = self.emit(f"{self.pick_op(['arith.maximumf', 'arith.maxnumf'])} {x.name}, {self.constant(-2.0, 'f32')} : f32")
        high = self.emit(f"{self.pick_op(['arith.minimumf', 'arith.minnumf'])} {low}, {self.constant(2.0, 'f32')} : f32")
        return Float(high, 2.0, True)

    def exact_step(self, x):
        ops = ["math.floor", "math.ceil", "math.round", "math.roundeven", "math.trunc", "arith.remf"]
        op = self.pick_op(ops)
        if op == "arith.remf":
            return Float(self.emit(f"arith.remf {x.name}, {self.constant(1.5, 'f32')} : f32"), 1.5, True)
        return Float(self.emit(f"{op} {x.name} : f32"), x.bound + 1, True)

    def half_float(self, x):
        """Through f16 or bf16, where every op rounds."""
        type = self.random.choice(["f16", "bf16"])
        half = self.emit(f"arith.truncf {x.name} : f32 to {type}")
        op = self.pick_op(["arith.addf", "arith.subf"])
        half = self.emit(f"{op} {half}, {self.constant(0.5, type)} : {type}")
        return Float(self.emit(f"arith.extf {half} : {type} to f32"), x.bound + 1, True)

    def smooth(self, x):
        """A function of x within [-8, 8]; x is within [-2, 2]."""
        op = self.pick_op(
            ["math.cos", "math.sin", "math.tanh", "math.erf", "math.exp", "math.exp2", "math.expm1"]
            + ["math.log", "math.log2", "math.log10", "math.log1p", "math.sqrt", "math.rsqrt"]
            + ["math.powf", "math.fma", "math.copysign", "arith.divf", "arith.negf", "math.absf"]
        )
        if op in ("math.fma", "math.copysign"):
            y = self.small_float()
            if op == "math.fma":
                return self.emit(f"math.fma {x.name}, {y.name}, {y.name} : f32")
            return self.emit(f"math.copysign {x.name}, {y.name} : f32")
        if op.startswith("math.log") or op in ("math.sqrt", "math.rsqrt", "math.powf", "arith.divf"):
            size = self.emit(f"math.absf {x.name} : f32")
            positive = self.emit(f"arith.addf {size}, {self.constant(0.5, 'f32')} : f32")
            if op == "arith.divf":
                return self.emit(f"arith.divf {self.constant(1.5, 'f32')}, {positive} : f32")
            if op == "math.powf":
                return self.emit(f"math.powf {positive}, {self.constant(1.5, 'f32')} : f32")
            return self.emit(f"{op} {positive} : f32")
        return self.emit(f"{op} {x.name} : f32")

    def load_float(self):
        if self.detours:
            return self.load_moved()
        dtype = self.random.choice(["f32", "f16", "bf16"])
        name, type, indices = self.table(dtype, f"random:{self.seed()}:-1:1")
        value = self.emit(f"attn.load {name}[{indices}] : {type}")
        return value if dtype == "f32" else self.emit(f"arith.extf {value} : {dtype} to f32")

    def make_score(self):
        self.begin()
        s = "%s"
        for _ in range(self.random.randint(1, 3)):
            kinds = ["bias", "bias", "bias", "table", "cap", "scale", "clamp", "hide", "step"]
            kind = self.random.choice(kinds + 9 * ["table"] if self.detours else kinds)
            if kind == "bias":
                s = self.emit(f"arith.addf {s}, {self.smooth(self.small_float())} : f32")
            elif kind == "table":
                s = self.emit(f"{self.pick_op(['arith.addf', 'arith.subf'])} {s}, {self.load_float()} : f32")
            elif kind == "cap":
                cap = self.constant(4.0, "f32")
                bounded = self.emit(f"math.tanh {self.emit(f'arith.divf {s}, {cap} : f32')} : f32")
                s = self.emit(f"arith.mulf {bounded}, {cap} : f32")
            elif kind == "scale":
                s = self.emit(f"arith.mulf {s}, {self.constant(self.random.choice([-1.0, 0.5, 1.5]), 'f32')} : f32")
            elif kind == "clamp":
                low = self.emit(f"{self.pick_op(['arith.maximumf', 'arith.maxnumf'])} {s}, {self.constant(-3.0, 'f32')} : f32")
                s = self.emit(f"{self.pick_op(['arith.minimumf', 'arith.minnumf'])} {low}, {self.constant(3.0, 'f32')} : f32")
            elif kind == "hide":
                hidden = self.constant("0xFF800000", "f32")
                s = self.emit(f"arith.select {self.predicate(1).name}, {s}, {hidden} : f32")
            else:
                moved = self.emit(f"arith.addf {s}, {self.constant(-1.5, 'f32')} : f32")
                s = self.emit_if(self.predicate(1), "f32", s, moved)
        return self.lines + [f"attn.yield {s} : f32"]

    # ---- Text ------------------------------------------------------------------

    def text(self):
        def region(keyword, names, lines):
            return f" {keyword}({names}) {{\n" + "".join(f"    {line}\n" for line in lines) + "  }"

        clauses = region("where", "%b, %h, %i, %j, %islot, %jslot", self.where)
        if self.score:
            clauses += region("score", "%s, %b, %h, %i, %j, %islot, %jslot", self.score)
        if self.scale:
            clauses += f" scale {self.scale}"
        if self.schedule:
            clauses += f" schedule<{self.schedule}>"
        (q, qt), (k, kt), (v, vt) = self.arguments[:3]
        at = lambda position, what: f" at {position[what]}" if position else ""
        types = dict(self.arguments)
        cut = [(f" ragged {name}", f" ragged {types[name]}") for name in self.offsets] or [("", "")] * 2
        arguments = ", ".join(f"{name}: {type}" for name, type in self.arguments)
        shape = qt.rsplit("x", 2)[0].removeprefix("tensor<")
        output = f"tensor<{shape}x{vt.rsplit('x', 2)[1]}x{self.dtype}>"
        lse = f"tensor<{shape}xf32>"
        body = "".join(f"  {line}\n" for line in self.prologue)
        return (
            f"func.func @random({arguments})\n    -> ({output}, {lse}) {{\n{body}"
            f"  %o, %lse = attn.attend {q}{at(self.query_at, 0)}{cut[0][0]}, {k}, {v}{at(self.key_at, 0)}{cut[1][0]}{clauses}\n"
            f"    : {qt}{at(self.query_at, 1)}{cut[0][1]}, {kt}, {vt}{at(self.key_at, 1)}{cut[1][1]}\n"
            f"  return %o, %lse : {output}, {lse}\n}}\n"
        )
