//===- TilePlanOps.td - Kernels that plan the runs of others -*- tablegen -*-===//
//
// What a mask reads from tables is known on the device only. A plan is made
// there, by kernels: summaries of the tables, run lists, an order of the rows.
// They work warp by warp, and each of these operations is one kernel's work.
//
//===--------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_IR_TILEPLANOPS_TD
#define DIALECTS_TILE_IR_TILEPLANOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

/// A view of integers.
def Tile_TableView : Type<
    And<[Tile_ViewType.predicate,
         CPred<"::llvm::isa<::mlir::IntegerType>("
               "::llvm::cast<::lacuna::tile::ViewType>($_self).getElementType())">]>,
    "view of integers", "::lacuna::tile::ViewType">;

def Tile_LoadRangeOp : Tile_Op<"load_range", [MemoryEffects<[MemRead]>, AttrSizedOperandSegments]> {
  let summary = "smallest and largest element in a box of a table, and a signature";
  let description = [{
    The box goes from the first to the last indices, both inclusive. Bit x mod 64
    of the signature is set for every element x (an i1 counts as 0 or 1). A box
    that leaves the table or is inverted answers with the whole range of i64 and
    all bits; so does one of too many rows to look at.

    With cells, as `tile.summarize` writes them, an axis of many elements costs
    few reads; the answer may then be wider, never narrower, than the elements.

    ```mlir
    tile.kernel @k(%ids: !tile.view<?x?xi32>, %cells: !tile.view<?x?x3xi64>, %b: i64, %from: i64,
                   %to: i64) {
      %min, %max, %labels = tile.load_range %ids[%b, %from] to [%b, %to] cells %cells
          : !tile.view<?x?xi32>, !tile.view<?x?x3xi64>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_TableView:$table, Variadic<I64>:$first, Variadic<I64>:$last,
                       Optional<Tile_TableView>:$cells);
  let results = (outs I64:$min, I64:$max, I64:$signature);
  let assemblyFormat = [{
    $table `[` $first `]` `to` ` ` `[` $last `]` (`cells` $cells^)? attr-dict
    `:` type($table) (`,` type($cells)^)?
  }];
  let hasVerifier = 1;
}

def Tile_SummarizeOp : Tile_Op<"summarize", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "writes the summaries of a segment of a table's last axis";
  let description = [{
    A cell is the minimum, the maximum and the signature (see `tile.load_range`)
    of 64 consecutive elements of the last axis, a segment is 32 cells. For
    segment `s` cells 33 s to 33 s + 31 are written and, as cell 33 s + 32, the
    summary of all of them. Parts that lie past the end of the table summarize
    nothing. The last index is that of the segment's first element.

    ```mlir
    tile.kernel @k(%ids: !tile.view<?x?xi32>, %cells: !tile.view<?x?x3xi64>, %b: i32, %first: i32) {
      tile.summarize %ids, %cells[%b, %first] : !tile.view<?x?xi32>, !tile.view<?x?x3xi64>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_TableView:$table, Tile_TableView:$cells, Variadic<I32>:$indices);
  let assemblyFormat = [{
    $table `,` $cells `[` $indices `]` attr-dict `:` type($table) `,` type($cells)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Elements of a cell, cells of a segment, and elements of a segment.
    static constexpr int64_t kCell = 64, kCells = 32, kSegment = kCell * kCells;
    /// Cells that a segment takes, its own summary included.
    static constexpr int64_t kStride = kCells + 1;
  }];
}

def Tile_WriteRunsOp : Tile_Op<"write_runs", [MemoryEffects<[MemRead, MemWrite]>,
                                              SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "writes the list of runs of one query tile";
  let description = [{
    The region classifies a box of keys against the rows of the query tile that
    it knows: whether any row may see any key from `first` to `last` (slots,
    inclusive, all of them keys that exist), and whether any row may not see any.
    It is asked for boxes of 32 key tiles first and only where those are undecided
    for single tiles, so that the work follows the boundary of the mask.

    Writes what `tile.list_runs` reads. A tile that reaches past the last key is
    PARTIAL. `overflow` says that there were more runs than the list has room for;
    the list must not be used then.

    ```mlir
    tile.kernel @k(%lists: !tile.view<?x?x?x?x2xi32>, %counts: !tile.view<?x?x?x2xi32>,
                   %b: i32, %h: i32, %row: i32, %query: i32, %keys: i32) {
      %overflow = tile.write_runs %lists, %counts[%b, %h, %row] over %keys classify(%first, %last) {
        %may_see = arith.cmpi sle, %first, %query : i32
        %may_hide = arith.cmpi sgt, %last, %query : i32
        tile.yield %may_see, %may_hide : i1, i1
      } : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_RunListView:$lists, Tile_RunCountView:$counts, I32:$batch, I32:$head,
                       I32:$row, I32:$keys);
  let results = (outs I1:$overflow);
  let regions = (region SizedRegion<1>:$classify);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Key tiles that are classified as one box first.
    static constexpr int64_t kBoxTiles = 32;
    /// First and last key of the box.
    ::mlir::BlockArgument getFirst() { return getClassify().getArgument(0); }
    ::mlir::BlockArgument getLast() { return getClassify().getArgument(1); }
  }];
}

def Tile_OrderRowsOp : Tile_Op<"order_rows", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "sorts the query tiles of a group of heads by how many key tiles they visit";
  let description = [{
    Writes the numbers `head * query tiles + query tile` of all query tiles of `heads`
    heads to the order, from the place of the first of them on: most key tiles
    first, of equals the last one first. `tile.block` reads it. The views are packed,
    all of one size; the scratch is overwritten. The work is proportional to the
    query tiles.

    ```mlir
    tile.kernel @k(%counts: !tile.view<?x?x?x2xi32>, %order: !tile.view<?x?x?xi32>,
                   %scratch: !tile.view<?x?x?xi32>, %b: i32, %h: i32, %heads: i32) {
      tile.order_rows %counts, %order, %scratch[%b, %h] heads %heads
          : !tile.view<?x?x?x2xi32>, !tile.view<?x?x?xi32>, !tile.view<?x?x?xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_RunCountView:$counts, Tile_OrderView:$order, Tile_OrderView:$scratch,
                       I32:$batch, I32:$head, I32:$heads);
  let assemblyFormat = [{
    $counts `,` $order `,` $scratch `[` $batch `,` $head `]` `heads` $heads attr-dict
    `:` type($counts) `,` type($order) `,` type($scratch)
  }];
}

def Tile_ExpandBlocksOp : Tile_Op<"expand_blocks", [
    MemoryEffects<[MemRead, MemWrite]>, AttrSizedOperandSegments
  ]> {
  let summary = "writes rows of a table of blocks from lists of them";
  let description = [{
    Writes 16 rows of a matrix of bits, or as many as are left: the last index is
    the first of them, the others select the matrix. The formats are those of
    `attn.expand_blocks`: a list alone, with counts, with offsets, or of bits. Every
    element of a row is written, also where its list is wrong: `wrong` then holds
    for at least one thread, and the table must not be used.

    ```mlir
    tile.kernel @k(%blocks: !tile.view<?x?xi1>, %list: !tile.view<?x?xi32>,
                   %counts: !tile.view<?xi32>, %status: !tile.status, %first: i32) {
      %wrong = tile.expand_blocks %blocks[%first] from %list counts %counts
          : !tile.view<?x?xi1> from !tile.view<?x?xi32> counts !tile.view<?xi32>
      tile.report %status, 0 if %wrong
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_TableView:$blocks, Variadic<I32>:$indices, Tile_TableView:$list,
                       Optional<Tile_TableView>:$counts, Optional<Tile_TableView>:$offsets,
                       UnitAttr:$bits);
  let results = (outs I1:$wrong);
  let assemblyFormat = [{
    $blocks `[` $indices `]` `from` $list (`counts` $counts^)? (`offsets` $offsets^)?
    (`bits` $bits^)? attr-dict `:` type($blocks) `from` type($list) (`counts` type($counts)^)?
    (`offsets` type($offsets)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Rows that one kernel block writes.
    static constexpr int64_t kRows = 16;
  }];
}

def Tile_TileCountOp : Tile_Op<"tile_count", [HasParent<"ProgramOp">, Pure]> {
  let summary = "how many tiles of a kernel an extent takes";
  let description = [{
    Stands in a program while the kernel's tile sizes are open, and becomes a
    division once they are chosen.

    ```mlir
    tile.kernel @k() {
      tile.return
    }
    tile.program @p(%q: tensor<?x64xf16>) {
      %c0 = arith.constant 0 : index
      %queries = tensor.dim %q, %c0 : tensor<?x64xf16>
      %rows = tile.tile_count %queries along query of @k
      tile.return
    }
    ```
  }];
  let arguments = (ins Index:$extent, Tile_AxisAttr:$axis, FlatSymbolRefAttr:$kernel);
  let results = (outs Index:$count);
  let assemblyFormat = "$extent `along` `` $axis `of` $kernel attr-dict";
}

def Tile_CacheBytesOp : Tile_Op<"cache_bytes", [HasParent<"ProgramOp">, Pure]> {
  let summary = "how many bytes that many blocks read stay in the cache";
  let description = [{
    Half of the L2 cache of the target that a kernel is for. Stands in a program
    while the target is open, and becomes a number.

    ```mlir
    tile.kernel @k() {
      tile.return
    }
    tile.program @p() {
      %bytes = tile.cache_bytes of @k
      tile.return
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel);
  let results = (outs Index:$bytes);
  let assemblyFormat = "`of` $kernel attr-dict";
}

#endif // DIALECTS_TILE_IR_TILEPLANOPS_TD
