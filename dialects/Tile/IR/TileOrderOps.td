//===- TileOrderOps.td - Rows in another order --------------*- tablegen -*-===//
//
// Orders of the rows of a head, what rows are sorted by, and moving rows. One warp makes
// an order; it hashes or moves some rows. Orders are permutations, as `attn.sort` has them.
//
//===--------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_IR_TILEORDEROPS_TD
#define DIALECTS_TILE_IR_TILEORDEROPS_TD

include "dialects/Tile/IR/TilePlanOps.td"

def Tile_LabelView : Tile_PlanView<3, "[batch, head, row]">;
def Tile_RowCountView : Tile_PlanView<2, "[batch, head]">;

def Tile_HashRowsOp : Tile_Op<"hash_rows", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "finds the buckets of some rows of a head";
  let description = [{
    Deals with 64 rows, or as many as are left, from the last index on: writes for each
    its bucket by the projections of one head, as `attn.hash` says. A lane has two rows
    and sums 16 projections of them at a time, eight features by eight; lanes read the
    same projections.

    ```mlir
    tile.kernel @k(%rows: !tile.view<?x?x?x64xbf16>, %projections: !tile.view<?x?x64xf32>,
                   %buckets: !tile.view<?x?x?xi32>, %of: i32, %b: i32, %h: i32, %first: i32) {
      tile.hash_rows %rows by %projections[%of] to %buckets[%b, %h, %first]
          : !tile.view<?x?x?x64xbf16>, !tile.view<?x?x64xf32>, !tile.view<?x?x?xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$rows, Tile_ViewType:$projections, I32:$projection_head,
                       Tile_LabelView:$buckets, I32:$batch, I32:$head, I32:$first);
  let assemblyFormat = [{
    $rows `by` $projections `[` $projection_head `]` `to` $buckets
    `[` $batch `,` $head `,` $first `]` attr-dict
    `:` type($rows) `,` type($projections) `,` type($buckets)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Rows that one kernel block deals with, and projections that a lane sums at a time.
    static constexpr int64_t kRows = 64, kProjections = 16;
    /// Features that are read at a time, and bytes of those of a row.
    static constexpr int64_t kFeatures = 8, kPiece = 16;
  }];
}

def Tile_SortRowsOp : Tile_Op<"sort_rows", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "sorts the rows of a head by their labels";
  let description = [{
    Writes the numbers of the rows, those of the smallest label first and of equals
    the first one first. Order and scratch are packed, and of the size of the labels;
    the scratch is overwritten.

    ```mlir
    tile.kernel @k(%labels: !tile.view<?x?x?xi32>, %order: !tile.view<?x?x?xi32>,
                   %scratch: !tile.view<?x?x?xi32>, %b: i32, %h: i32) {
      tile.sort_rows %labels, %order, %scratch[%b, %h]
          : !tile.view<?x?x?xi32>, !tile.view<?x?x?xi32>, !tile.view<?x?x?xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_LabelView:$labels, Tile_LabelView:$order, Tile_LabelView:$scratch,
                       I32:$batch, I32:$head);
  let assemblyFormat = [{
    $labels `,` $order `,` $scratch `[` $batch `,` $head `]` attr-dict
    `:` type($labels) `,` type($order) `,` type($scratch)
  }];
}

def Tile_CompactRowsOp : Tile_Op<"compact_rows", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "puts the rows of a head that are kept first";
  let description = [{
    Writes the numbers of the rows whose flag is set and then those of the others,
    both in their order, and to the counts how many are set.

    ```mlir
    tile.kernel @k(%keep: !tile.view<?x?x?xi1>, %order: !tile.view<?x?x?xi32>,
                   %counts: !tile.view<?x?xi32>, %b: i32, %h: i32) {
      tile.compact_rows %keep, %order, %counts[%b, %h]
          : !tile.view<?x?x?xi1>, !tile.view<?x?x?xi32>, !tile.view<?x?xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_TableView:$keep, Tile_LabelView:$order, Tile_RowCountView:$counts,
                       I32:$batch, I32:$head);
  let assemblyFormat = [{
    $keep `,` $order `,` $counts `[` $batch `,` $head `]` attr-dict
    `:` type($keep) `,` type($order) `,` type($counts)
  }];
  let hasVerifier = 1;
}

def Tile_MoveRowsOp : Tile_Op<"move_rows", [MemoryEffects<[MemRead, MemWrite]>,
                                            AllTypesMatch<["target", "source"]>]> {
  let summary = "copies rows of a head from where an order says, or to there";
  let description = [{
    Deals with 64 places of the order, or as many as are left, from the last index on.
    Row `order[place]` of the source becomes row `place` of the target; with `scatter`,
    row `place` of the source becomes row `order[place]` of the target. A row is an
    element of a view of three axes, or the last axis of one of four.

    ```mlir
    tile.kernel @k(%target: !tile.view<?x?x?x64xf16>, %source: !tile.view<?x?x?x64xf16>,
                   %order: !tile.view<?x?x?xi32>, %b: i32, %h: i32, %first: i32) {
      tile.move_rows %target, %source by %order[%b, %h, %first]
          : !tile.view<?x?x?x64xf16>, !tile.view<?x?x?xi32>
      tile.move_rows %target, %source scatter by %order[%b, %h, %first]
          : !tile.view<?x?x?x64xf16>, !tile.view<?x?x?xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$target, Tile_ViewType:$source, Tile_LabelView:$order,
                       I32:$batch, I32:$head, I32:$first, UnitAttr:$scatter);
  let assemblyFormat = [{
    $target `,` $source (`scatter` $scatter^)? `by` $order `[` $batch `,` $head `,` $first `]`
    attr-dict `:` type($target) `,` type($order)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Places that one kernel block deals with.
    static constexpr int64_t kRows = 64;
    /// Bytes of a copy of a row of four axes.
    static constexpr int64_t kPiece = 16;
  }];
}

#endif // DIALECTS_TILE_IR_TILEORDEROPS_TD
