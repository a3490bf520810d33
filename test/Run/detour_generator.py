"""What random specs compute of floats before attention: scales, and tables in another order."""


class Detours:
    """Part of a random spec (spec_generator.Spec)."""

    def make_scale(self):
        """A scale that is computed from an argument."""
        op = self.random.choice(["math.exp2", "math.tanh", "math.rsqrt"])
        number = {"math.exp2": -3.0, "math.tanh": 0.25, "math.rsqrt": 20.0}[op]
        self.prologue.append(f"%scale = {op} {self.argument('f32', str(number))} : f32")
        return "%scale"

    def load_moved(self):
        """An element of a table in an order, or back from one, at the slot of a query or key."""
        heads = self.key_heads * self.group
        rows, count, slot = self.random.choice([(self.queries, heads, "%islot"), (self.keys, self.key_heads, "%jslot")])
        head = "%h" if count == heads else self.emit(f"arith.divui %h, {self.constant(self.group)} : i32")
        sizes, dtype = [self.batch, count, rows], self.random.choice(["f32", "f16", "bf16"])
        labels = self.tensor(sizes, "i32", f"random:{self.seed()}:0:{self.random.choice([1, 5, 100])}")
        by = self.arguments[-1][1]
        table = self.tensor(sizes, dtype, f"random:{self.seed()}:-1:1")
        type = self.arguments[-1][1]
        order, moved = f"%order{len(self.prologue)}", f"%moved{len(self.prologue)}"
        self.prologue.append(f"{order} = attn.sort {labels} : {by}")
        self.prologue.append(f"{moved} = attn.{self.random.choice(['gather', 'scatter'])} {table} by {order} : {type}, {by}")
        value = self.emit(f"attn.load {moved}[{self.constant(0) if self.batch == 1 else '%b'}, {head}, {slot}] : {type}")
        return value if dtype == "f32" else self.emit(f"arith.extf {value} : {dtype} to f32")
