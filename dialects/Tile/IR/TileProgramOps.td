//===- TileProgramOps.td - Programs and kernels -----------*- tablegen -*-===//
//
// A program is what the host does (shapes, checks, launches); a kernel is what
// one block of the device does.
//
//===--------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_IR_TILEPROGRAMOPS_TD
#define DIALECTS_TILE_IR_TILEPROGRAMOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

class Tile_FunctionOp<string name> : Tile_Op<name, [FunctionOpInterface, IsolatedFromAbove]> {
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  code baseClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
  }];
  let extraClassDeclaration = baseClassDeclaration;
}

def Tile_ProgramOp : Tile_FunctionOp<"program"> {
  let summary = "the host's side of a compiled spec";
  let description = [{
    Straight-line code over extents (`index`) and scalars that checks arguments,
    makes results and launches kernels. It becomes the Program that the runtime
    executes without MLIR, so only `tensor.dim`, `tile.new_tensor`, arithmetic on
    `index`, the two `tile.expect` operations, `tile.status`, `tile.copy_map` and
    `tile.launch` may stand in it.
    An argument's attribute `tile.name` is its name in the spec, for messages;
    `tile.digest` is that of the elements of the table that kernels rely on.

    ```mlir
    tile.program @copy(%q: tensor<?x128xbf16>) -> tensor<?x128xbf16> {
      %c0 = arith.constant 0 : index
      %rows = tensor.dim %q, %c0 : tensor<?x128xbf16>
      %o = tile.new_tensor(%rows) : tensor<?x128xbf16>
      tile.return %o : tensor<?x128xbf16>
    }
    ```
  }];
}

def Tile_KernelOp : Tile_FunctionOp<"kernel"> {
  let summary = "what one thread block computes";
  let description = [{
    Arguments are views and scalars. `schedule` and `target` are absent in the
    abstract contract and present in the scheduled one; `shared_bytes` is set
    when shared memory is laid out. `blocks_per_sm` says how many blocks are meant
    to share an SM, which bounds the registers that a thread may take. `plans`
    names the kernel that this one prepares the work of, and whose tiles it takes;
    `transposed` exchanges queries and keys for that. `persistent`: a block computes
    one item of the launch's grid after the other, and no more blocks run than the
    device holds at once.

    Copy maps come last among the arguments; the attribute `tile.describes` of one is
    the number of the view whose boxes it copies, and `tile.parts` says that it copies
    from parts of it.

    ```mlir
    tile.kernel @nothing(%q: !tile.view<?x128xbf16>, %window: i32) {
      tile.return
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs,
                       OptionalAttr<Tile_ScheduleAttr>:$schedule,
                       OptionalAttr<StrAttr>:$target,
                       OptionalAttr<I64Attr>:$shared_bytes,
                       OptionalAttr<I64Attr>:$blocks_per_sm,
                       OptionalAttr<FlatSymbolRefAttr>:$plans, UnitAttr:$transposed,
                       UnitAttr:$persistent);
  let hasVerifier = 1;
  let extraClassDeclaration = baseClassDeclaration # [{
    /// Threads of a block: those of the schedule's warps and, with roles, of the
    /// producer's warp group. The kernel has a schedule.
    int64_t getThreads();
    /// What rows count: the axis of the kernel's `tile.block`, queries if it has none.
    Axis getRowAxis();
    /// Rows of a tile, and its extent along the other axis. The kernel has a schedule.
    int64_t getRowTile();
    int64_t getColumnTile();
  }];
}

def Tile_ReturnOp : Tile_Op<"return", [Pure, Terminator, ReturnLike,
                                       ParentOneOf<["ProgramOp", "KernelOp"]>]> {
  let summary = "ends a program or a kernel";
  let description = [{
    ```mlir
    tile.kernel @nothing() {
      tile.return
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$results);
  let assemblyFormat = "attr-dict ($results^ `:` type($results))?";
  let hasVerifier = 1;
}

def Tile_NewTensorOp : Tile_Op<"new_tensor", [HasParent<"ProgramOp">]> {
  let summary = "memory that a program makes, for kernels to write";
  let description = [{
    A result of the program if it is returned, else a temporary. Each is memory of
    its own, whatever others there are of its type and sizes. There is a size for
    every dimension that the type leaves open.

    ```mlir
    tile.program @p(%q: tensor<?x128xbf16>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %rows = tensor.dim %q, %c0 : tensor<?x128xbf16>
      %sums = tile.new_tensor(%rows) : tensor<?xf32>
      tile.return %sums : tensor<?xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Index>:$sizes);
  let results = (outs Res<AnyRankedTensor, "", [MemAlloc]>:$tensor);
  let assemblyFormat = "`(` $sizes `)` attr-dict `:` type($tensor)";
  let hasVerifier = 1;
}

class Tile_ExpectOp<string name> : Tile_Op<name, [HasParent<"ProgramOp">]> {
  let arguments = (ins Index:$lhs, StrAttr:$lhs_name, Index:$rhs, StrAttr:$rhs_name);
  let assemblyFormat = "$lhs $lhs_name `,` $rhs $rhs_name attr-dict";
}

def Tile_ExpectEqualOp : Tile_ExpectOp<"expect_equal"> {
  let summary = "a launch fails unless two extents are equal";
  let description = [{
    Names say which extents they are; the error of the launch adds both values.

    ```mlir
    tile.program @check(%q: tensor<?xf32>, %k: tensor<?xf32>) {
      %c0 = arith.constant 0 : index
      %m = tensor.dim %q, %c0 : tensor<?xf32>
      %n = tensor.dim %k, %c0 : tensor<?xf32>
      tile.expect_equal %m "length of %q", %n "length of %k"
      tile.return
    }
    ```
  }];
}

def Tile_ExpectDividesOp : Tile_ExpectOp<"expect_divides"> {
  let summary = "a launch fails unless the first extent divides the second";
  let description = [{
    Zero divides nothing but zero.

    ```mlir
    tile.program @check(%q: tensor<?xf32>, %k: tensor<?xf32>) {
      %c0 = arith.constant 0 : index
      %m = tensor.dim %q, %c0 : tensor<?xf32>
      %n = tensor.dim %k, %c0 : tensor<?xf32>
      tile.expect_divides %n "key heads of %k", %m "query heads of %q"
      tile.return
    }
    ```
  }];
}

def Tile_CopyMapOp : Tile_Op<"copy_map", [Pure, HasParent<"ProgramOp">]> {
  let summary = "how to copy boxes of a tensor, for a kernel";
  let description = [{
    A box has the rows and columns of the map's type along the last two axes. Nothing
    may be copied of a tensor without elements; what a box has outside of the tensor
    is zero. Of a map with `heads`, boxes are those of `tile.pack_heads` of the tensor.

    A map of `parts` is for `tile.part` along the last axis but one of a tensor
    [1, heads, rows, columns]. It sees as many tensors as there are places where a part
    may end, each of the `rows` rows before that place, and takes the place for the batch:
    so a part's last row is the last row there is, and rows behind it are zero although
    the tensor goes on. Row i of a part of n rows is row `rows` - n + i; so is position i
    where the map has `heads`.

    ```mlir
    tile.program @p(%k: tensor<?x?x?x128xbf16>, %v: tensor<1x2x?x128xbf16>) {
      %map = tile.copy_map %k : tensor<?x?x?x128xbf16> -> !tile.copy_map<64x64xbf16>
      %parts = tile.copy_map %v parts : tensor<1x2x?x128xbf16> -> !tile.copy_map<64x64xbf16>
      tile.return
    }
    ```
  }];
  let arguments = (ins AnyRankedTensor:$tensor, UnitAttr:$parts);
  let results = (outs Tile_CopyMapType:$map);
  let assemblyFormat = [{
    $tensor (`parts` $parts^)? attr-dict `:` type($tensor) `->` qualified(type($map))
  }];
  let hasVerifier = 1;
}

def Tile_LaunchOp : Tile_Op<"launch", [HasParent<"ProgramOp">,
                                       DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel once for every row tile, head and batch";
  let description = [{
    The grid has `batches * heads * ceil(rows / row_tile)` blocks, where the row tile
    is the kernel's, of queries or of keys; a kernel finds its share with `tile.block`.
    Operands are the kernel's arguments; a tensor is passed as a view. Results
    of the program are operands made by `tile.new_tensor`, written by the kernel. Copy
    maps may be missing until the launch is sized.
    `row_tile`, `threads` and `shared_bytes` are copied from the kernel when its
    schedule is complete, so that a program can be launched without its kernels, and
    `blocks_per_sm` if the kernel is persistent: then at most that many blocks are
    launched for each SM.

    A launch of the `plan` comes before all others. It writes temporaries that
    depend on sizes, scalars and tables alone, so it need not run again for
    a launch of the program that is given an up-to-date plan.

    ```mlir
    tile.kernel @k(%q: !tile.view<?x?x?x64xbf16>) {
      tile.return
    }
    tile.program @p(%q: tensor<?x?x?x64xbf16>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %b = tensor.dim %q, %c0 : tensor<?x?x?x64xbf16>
      %h = tensor.dim %q, %c1 : tensor<?x?x?x64xbf16>
      %m = tensor.dim %q, %c2 : tensor<?x?x?x64xbf16>
      tile.launch @k batches %b heads %h rows %m (%q) : tensor<?x?x?x64xbf16>
      tile.return
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Index:$batches, Index:$heads, Index:$rows,
                       Variadic<AnyType>:$kernel_arguments, OptionalAttr<I64Attr>:$row_tile,
                       OptionalAttr<I64Attr>:$threads, OptionalAttr<I64Attr>:$shared_bytes,
                       OptionalAttr<I64Attr>:$blocks_per_sm, UnitAttr:$plan);
  let assemblyFormat = [{
    (`plan` $plan^)? $kernel `batches` $batches `heads` $heads `rows` $rows
    `(` $kernel_arguments `)` attr-dict (`:` type($kernel_arguments)^)?
  }];
}

#endif // DIALECTS_TILE_IR_TILEPROGRAMOPS_TD
