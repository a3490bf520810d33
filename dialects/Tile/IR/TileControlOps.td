//===- TileControlOps.td - Blocks, runs and the one loop --*- tablegen -*-===//
#ifndef DIALECTS_TILE_IR_TILECONTROLOPS_TD
#define DIALECTS_TILE_IR_TILECONTROLOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

def Tile_BlockOp : Tile_Op<"block", [Pure, AttrSizedOperandSegments]> {
  let summary = "the batch, head and first row that this block computes";
  let description = [{
    The counterpart of the grid that `tile.launch` makes. Rows are rows unless it
    is `of key`; they are the first axis of every tile that the kernel computes with.
    `first` is a multiple of their tile size. Blocks deal with one group of `groups_of` neighbouring heads (1
    where nothing is said; the last group may have fewer) after another, so that
    the keys of a group stay in the cache, and inside a group with long work first.

    Without an order, the last queries of all heads of a group come first, or the first
    keys, for a causal mask gives them the most work. An order says for the n-th block of a group which
    row tile it computes, as `head * row tiles + row tile`: it is the n-th
    number from that of the group's first head on. Where the order has one head
    instead, all heads of the group compute its first row tile, then its second.
    It may also have one batch for all. With an item of `tile.for_items`, it is that
    one's share and not the block's own.

    ```mlir
    tile.kernel @k(%batches: i32, %heads: i32, %queries: i32, %group: i32,
                   %order: !tile.view<?x1x?xi32>) {
      %batch, %head, %first = tile.block %batches, %heads, %queries groups_of %group
          order %order : !tile.view<?x1x?xi32>
      tile.return
    }
    tile.kernel @transposed(%batches: i32, %key_heads: i32, %keys: i32) {
      %batch, %key_head, %first = tile.block %batches, %key_heads, %keys of key
      tile.return
    }
    ```
  }];
  let arguments = (ins I32:$batches, I32:$heads, I32:$rows, Optional<I32>:$group,
                       Optional<Tile_OrderView>:$order, Optional<I32>:$item,
                       DefaultValuedAttr<Tile_AxisAttr, "::lacuna::tile::Axis::Query">:$axis);
  let results = (outs I32:$batch, I32:$head, I32:$first);
  let assemblyFormat = [{
    $batches `,` $heads `,` $rows (`of` `` $axis^)? (`item` $item^)? (`groups_of` $group^)?
    (`order` $order^ `:` type($order))? attr-dict
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$batches, "::mlir::Value":$heads,
      "::mlir::Value":$rows, CArg<"::mlir::Value", "{}">:$order,
      CArg<"::mlir::Value", "{}">:$group, CArg<"Axis", "Axis::Query">:$axis), [{
    build($_builder, $_state, batches, heads, rows, group, order, ::mlir::Value(), axis);
  }]>];
  let hasVerifier = 1;
}

def Tile_ForItemsOp : Tile_Op<"for_items", [RecursiveMemoryEffects,
                                            SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a block that stays computes one share of the grid after the other";
  let description = [{
    The body receives items from the block's own number on, as many apart as there
    are blocks, below `items`. Values are carried from one to the next; nothing
    follows the last but the end of the role.

    ```mlir
    tile.kernel @k(%batches: i32, %heads: i32, %queries: i32, %items: i32) attributes {persistent} {
      %c0 = arith.constant 0 : i32
      tile.for_items (%item) below %items iter_args(%n = %c0) : i32 {
        %batch, %head, %first = tile.block %batches, %heads, %queries item %item
        tile.yield %n : i32
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins I32:$items, Variadic<AnyType>:$inits);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$items, "::mlir::ValueRange":$inits)>];
  let skipDefaultBuilders = 1;
  let extraClassDeclaration = [{
    ::mlir::BlockArgument getItem() { return getBody().getArgument(0); }
    /// Carried values, as the body sees them.
    ::mlir::Block::BlockArgListType getCarried() { return getBody().getArguments().drop_front(); }
  }];
}

def Tile_TileExtentOp : Tile_Op<"extent", [Pure]> {
  let summary = "the tile size along an axis";
  let description = [{
    A constant once a schedule is chosen.

    ```mlir
    tile.kernel @k() {
      %rows = tile.extent query
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_AxisAttr:$axis);
  let results = (outs I32:$extent);
  let assemblyFormat = "`` $axis attr-dict";
}

def Tile_IntervalRunsOp : Tile_Op<"interval_runs", [Pure]> {
  let summary = "runs bounded by pairs of intervals of keys";
  let description = [{
    Visits the key tiles that meet an interval [visible_begin, visible_end), first
    to last and each once, however the intervals of the one to four pairs lie. A
    tile is FULL when the union of the intervals [full_begin, full_end) covers it
    and PARTIAL otherwise. Keys are slots; all intervals lie within [0, keys], so
    a last tile that reaches past the end is PARTIAL. An empty interval says
    nothing.

    ```mlir
    tile.kernel @k(%keys: i32, %sinks: i32, %begin: i32) {
      %c0 = arith.constant 0 : i32
      %all = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
      %few = tile.interval_runs visible(%c0, %sinks) full(%c0, %sinks)
          or visible(%begin, %keys) full(%begin, %keys)
      tile.return
    }
    ```
  }];
  let arguments = (ins Variadic<I32>:$bounds);
  let results = (outs Tile_RunsType:$runs);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// A pair: what is visible to some row of the query tile, and to all of them.
    static constexpr unsigned kMaxPairs = 4;
    unsigned getNumPairs() { return getBounds().size() / 4; }
    /// visible_begin, visible_end, full_begin, full_end of a pair.
    ::mlir::ValueRange getPair(unsigned pair) { return getBounds().slice(4 * pair, 4); }
  }];
}

def Tile_ListRunsOp : Tile_Op<"list_runs", [MemoryEffects<[MemRead]>]> {
  let summary = "runs that a plan has written for a query tile";
  let description = [{
    The indices are the batch, the head and the number of the query tile. `runs`
    holds pairs, the first key tile of a run and twice its length, plus one if its
    tiles are PARTIAL; `counts` holds for every query tile how many runs and how
    many key tiles in all. No run is empty. Indices outside give no runs.

    ```mlir
    tile.kernel @k(%runs: !tile.view<?x?x?x?x2xi32>, %counts: !tile.view<?x?x?x2xi32>,
                   %b: i32, %h: i32, %row: i32) {
      %listed = tile.list_runs %runs, %counts[%b, %h, %row]
          : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_RunListView:$lists, Tile_RunCountView:$counts, I32:$batch, I32:$head,
                       I32:$row);
  let results = (outs Tile_RunsType:$runs);
  let assemblyFormat = [{
    $lists `,` $counts `[` $batch `,` $head `,` $row `]` attr-dict `:` type($lists) `,` type($counts)
  }];
}

def Tile_ForRunsOp : Tile_Op<"for_runs", [RecursiveMemoryEffects,
                                          SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "runs one body for every column tile, FULL or PARTIAL";
  let description = [{
    The body receives the first column of its tile, a key slot or, in a kernel whose
    rows are keys, a query slot, and whether the tile is PARTIAL. It stands once: what only PARTIAL tiles need is an `scf.if` in it.

    With `ahead d`, the loop takes d more steps and at step t the body also
    receives entry t, to start loads, besides entry t - d, to compute with:

        tile.for_runs (%key, %partial, %valid) ahead 1 (%step, %next, %more) in %runs ...

    `%more` says whether entry t exists, `%valid` whether entry t - d does; both
    are the same for all threads. This is software pipelining by predication: no
    copy of the body is peeled off.

    A loop that is `drained` takes one more step behind the last entry, to start what
    only a later step can. Then `%valid` is false, and the step ends at `tile.leave`.

    ```mlir
    tile.kernel @k(%keys: i32) {
      %c0 = arith.constant 0 : i32
      %runs = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
      %last = tile.for_runs (%key, %partial) in %runs iter_args(%a = %c0) : i32 {
        tile.yield %key : i32
      }
      %same = tile.for_runs (%key, %partial, %valid) drained in %runs iter_args(%a = %c0) : i32 {
        tile.leave %a : i32
        tile.yield %key : i32
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_RunsType:$runs, Variadic<AnyType>:$inits,
                       DefaultValuedAttr<I64Attr, "0">:$ahead, UnitAttr:$drained);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$runs, "::mlir::ValueRange":$inits,
      "int64_t":$ahead, CArg<"bool", "false">:$drained)>];
  let skipDefaultBuilders = 1;
  let extraClassDeclaration = [{
    /// First column of the tile to compute with.
    ::mlir::BlockArgument getKey() { return getBody().getArgument(0); }
    /// Whether it needs the predicate.
    ::mlir::BlockArgument getPartial() { return getBody().getArgument(1); }
    /// Exists only when the loop looks ahead or is drained.
    ::mlir::BlockArgument getValid() { return getBody().getArgument(2); }
    /// The following three exist only when the loop looks ahead.
    ::mlir::BlockArgument getStep() { return getBody().getArgument(3); }
    ::mlir::BlockArgument getNext() { return getBody().getArgument(4); }
    ::mlir::BlockArgument getMore() { return getBody().getArgument(5); }
    /// Block arguments before the carried values.
    unsigned getNumLeading() { return getAhead() ? 6 : getDrained() ? 3 : 2; }
    /// Carried values, as the body sees them.
    ::mlir::Block::BlockArgListType getCarried() {
      return getBody().getArguments().drop_front(getNumLeading());
    }
    /// The same loop with one more carried value, in the place of this one, which is
    /// gone. The body does not yield it yet. Can make a plain loop a drained one.
    ForRunsOp addCarried(::mlir::Value init, bool drained = false);
  }];
}

def Tile_LeaveOp : Tile_Op<"leave", [HasParent<"ForRunsOp">]> {
  let summary = "ends the last step of a drained loop";
  let description = [{
    In the step behind the last entry, the loop is left here, and the operands are
    its results. In other steps this does nothing.

    ```mlir
    tile.kernel @k(%runs: !tile.runs) {
      tile.for_runs (%key, %partial, %valid) drained in %runs {
        tile.leave
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator, ReturnLike,
                                     ParentOneOf<["MapOp", "ForRunsOp", "ForItemsOp", "WriteRunsOp",
                                                  "RolesOp"]>]> {
  let summary = "ends the body of a map, of the loop, of a classifier or of a role";
  let description = [{
    ```mlir
    tile.kernel @k() {
      %zero = arith.constant 0.0 : f32
      %s = tile.splat %zero : tensor<?xf32, #tile.axes<[query]>>
      %same = tile.map(%x = %s) : (tensor<?xf32, #tile.axes<[query]>>) -> tensor<?xf32, #tile.axes<[query]>> {
        tile.yield %x : f32
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{ }]>];
}

#endif // DIALECTS_TILE_IR_TILECONTROLOPS_TD
