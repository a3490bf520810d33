"""Random lists of blocks in every format, with the axes and block sizes that users have."""

BLOCKS = [(16, 256), (64, 64), (128, 128), (128, 64), (1, 64), (5, 3)]


def dims(type):
    """The sizes of a tensor type, as text."""
    return type.removeprefix("tensor<").split("x")[:-1]


class BlockLists:
    """What a Spec knows of lists: adds the tables to its function."""

    def make_heads(self):
        """(sizes, indices) of the axes before the rows."""
        heads = self.key_heads * self.group
        axes = [(1, lambda: self.constant(0)), (heads, lambda: "%h")]
        axes.append((self.key_heads, lambda: self.emit(f"arith.divui %h, {self.constant(self.group)} : i32")))
        batches = [(1, lambda: self.constant(0)), (self.sequences, lambda: "%b")]
        chosen = [self.random.choice(batches), self.random.choice(axes)][self.random.randint(0, 2) :]
        return [count for count, _ in chosen], [index() for _, index in chosen]

    def make_columns(self, count, block):
        """The number of columns: a constant, an argument, or computed from the keys."""
        name = f"%columns{len(self.prologue)}"
        kind = self.random.choice(["constant", "argument", "size"])
        if kind == "argument":
            return self.argument("i32", str(count))
        if kind == "constant" or self.key_at:
            self.prologue.append(f"{name} = arith.constant {count} : i32")
            return name
        self.prologue += [
            f"{name}_block = arith.constant {block} : index",
            f"{name}_count = arith.ceildivsi %nk, {name}_block : index",
            f"{name} = arith.index_cast {name}_count : index to i32",
        ]
        return name

    def make_list(self, sizes, rows, columns):
        """(operands and formats, their types, type of the table without its columns)."""
        kind = self.random.choice(["padded", "counts", "offsets", "bits"])
        self.usage["list " + kind] += 1
        some = f"random:{self.seed()}:0:"
        if kind == "offsets":
            entries = self.random.randint(1, 3 * rows)
            name = self.tensor([*sizes, entries], "i32", f"{some}{columns - 1}")
            type = self.arguments[-1][1]
            offsets = self.tensor([*sizes, rows + 1], "i32", f"ascending:{self.seed()}:0:{entries}")
            given = self.arguments[-1][1]
            *leading, last = dims(given)
            table = [*leading, last if last == "?" else str(rows)]
            return f"{name} offsets {offsets}", f"{type} offsets {given}", table
        if kind == "bits":
            words = (columns + 31) // 32
            values = f"{some}{(1 << columns) - 1 if columns < 32 else 1}"
            name = self.tensor([*sizes, rows, words], "i32", values)
            type = self.arguments[-1][1]
            return f"{name} bits", type, dims(type)[:-1]
        places = self.random.randint(1, columns)
        values = f"topk:{self.seed()}:{columns}" if kind == "padded" else f"{some}{columns - 1}"
        name = self.tensor([*sizes, rows, places], "i32", values)
        type = self.arguments[-1][1]
        if kind == "padded":
            return name, type, dims(type)[:-1]
        counts = self.tensor([*sizes, rows], "i32", f"{some}{places}")
        return f"{name} counts {counts}", f"{type} counts {self.arguments[-1][1]}", dims(type)[:-1]

    def blocks(self):
        """The name of an i1: whether a key's block is listed for its query's."""
        height, width = self.random.choice(BLOCKS)
        rows, columns = self.bounds["i"][1] // height + 1, self.bounds["j"][1] // width + 1
        sizes, indices = self.make_heads()
        name = f"%blocks{len(self.prologue)}"
        if self.random.random() < 0.2:
            name = self.tensor([*sizes, rows, columns], "i1", f"random:{self.seed()}")
            table = self.arguments[-1][1]
        else:
            count = self.make_columns(columns, width)
            lists, types, shape = self.make_list(sizes, rows, columns)
            self.prologue.append(f"{name} = attn.expand_blocks {lists} columns {count} : {types}")
            table = "tensor<" + "".join(size + "x" for size in shape) + "?xi1>"
        place = f"[{', '.join(indices)}]" if indices else ""
        return self.emit(f"attn.block_mask %i, %j in {name}{place} block {height} x {width} : {table}")
