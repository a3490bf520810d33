//===- TileRaggedOps.td - Sequences one behind the other --*- tablegen -*-===//
//
// The tensors of a ragged batch hold sequences without padding. Their work is cut
// into pieces, query tiles that belong to one sequence each; a kernel computes a
// piece on the parts of its views that are that sequence.
//
//===--------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_IR_TILERAGGEDOPS_TD
#define DIALECTS_TILE_IR_TILERAGGEDOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

def Tile_OfSix : CPred<"::llvm::cast<::lacuna::tile::ViewType>($_self).getShape().back() == 6">;
def Tile_PieceView : Tile_PlanView<2, "[piece, 6]", [Tile_OfSix]>;
def Tile_OffsetView : Tile_PlanView<1, "[sequence + 1]">;

def Tile_CutSequencesOp : Tile_Op<"cut_sequences", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "cuts all sequences of a ragged batch into query tiles";
  let description = [{
    Offsets begin with 0, never descend and end with the number of rows (`queries`,
    `keys`): rows offsets[n] up to offsets[n + 1] are sequence n. Every piece is
    written: the query tiles of all sequences, one after the other, and then pieces
    without rows. There must be room for them: as many pieces as all queries have
    tiles and there are sequences. Where counts are given, they get the key tiles of
    each piece's sequence, for `tile.order_rows`. Where queries are packed
    (`tile.pack_heads`), each is `heads` rows of its sequence's tiles.

    `wrong` says that offsets are none; then the pieces are those of one sequence of
    all queries and no keys, so that every row is still computed.

    ```mlir
    tile.kernel @k(%pieces: !tile.view<?x6xi32>, %counts: !tile.view<1x1x?x2xi32>,
                   %m: !tile.view<?xi32>, %n: !tile.view<?xi32>, %queries: i32, %keys: i32,
                   %status: !tile.status) {
      %wrong = tile.cut_sequences %pieces counts %counts at %m, %n of %queries, %keys
          : !tile.view<?x6xi32> counts !tile.view<1x1x?x2xi32> at !tile.view<?xi32>, !tile.view<?xi32>
      tile.report %status, 0 if %wrong
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_PieceView:$pieces, Optional<Tile_RunCountView>:$counts,
                       Tile_OffsetView:$query_offsets, Tile_OffsetView:$key_offsets,
                       I32:$queries, I32:$keys, DefaultValuedAttr<I64Attr, "1">:$heads);
  let results = (outs I1:$wrong);
  let assemblyFormat = [{
    $pieces (`counts` $counts^)? `at` $query_offsets `,` $key_offsets `of` $queries `,` $keys
    (`heads` $heads^)? attr-dict `:` type($pieces) (`counts` type($counts)^)? `at` type($query_offsets) `,`
    type($key_offsets)
  }];
}

def Tile_PieceOp : Tile_Op<"piece", [MemoryEffects<[MemRead]>]> {
  let summary = "a query tile of one sequence of a ragged batch";
  let description = [{
    The sequence, the first query row in it, and the rows of the tensors that are its
    queries and its keys, from begin up to end. A piece without rows has no keys either.

    ```mlir
    tile.kernel @k(%pieces: !tile.view<?x6xi32>, %number: i32) {
      %sequence, %first, %query_begin, %query_end, %key_begin, %key_end =
          tile.piece %pieces[%number] : !tile.view<?x6xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_PieceView:$pieces, I32:$number);
  let results = (outs I32:$sequence, I32:$first, I32:$query_begin, I32:$query_end, I32:$key_begin,
                      I32:$key_end);
  let assemblyFormat = "$pieces `[` $number `]` attr-dict `:` type($pieces)";
}

def Tile_PartOp : Tile_Op<"part", [Pure, DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the rows of a view from one up to another, as a view";
  let description = [{
    Indices along the axis count from `begin`; rows at or past `end` are outside, like
    those past the end of a tensor.

    ```mlir
    tile.kernel @k(%k: !tile.view<1x2x?x128xbf16>, %begin: i32, %end: i32) {
      %keys = tile.part %k along 2 from %begin to %end : !tile.view<1x2x?x128xbf16>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, I64Attr:$axis, I32:$begin, I32:$end);
  let results = (outs Tile_ViewType:$part);
  let assemblyFormat = [{
    $view `along` $axis `from` $begin `to` $end attr-dict `:` type($view)
  }];
}

#endif // DIALECTS_TILE_IR_TILERAGGEDOPS_TD
