//===- TileControlOps.td - Blocks, runs and the one loop --*- tablegen -*-===//
#ifndef DIALECTS_TILE_IR_TILECONTROLOPS_TD
#define DIALECTS_TILE_IR_TILECONTROLOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

def Tile_BlockOp : Tile_Op<"block", [Pure]> {
  let summary = "the batch, head and first query row that this block computes";
  let description = [{
    The counterpart of the grid that `tile.launch` makes. `first` is a multiple of
    the query tile.

    ```mlir
    tile.kernel @k(%batches: i32, %heads: i32, %queries: i32) {
      %batch, %head, %first = tile.block %batches, %heads, %queries
      tile.return
    }
    ```
  }];
  let arguments = (ins I32:$batches, I32:$heads, I32:$queries);
  let results = (outs I32:$batch, I32:$head, I32:$first);
  let assemblyFormat = "$batches `,` $heads `,` $queries attr-dict";
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
  let arguments = (ins EnumAttr<Tile_Dialect, Tile_Axis, "axis">:$axis);
  let results = (outs I32:$extent);
  let assemblyFormat = "$axis attr-dict";
}

def Tile_IntervalRunsOp : Tile_Op<"interval_runs", [Pure]> {
  let summary = "runs bounded by two intervals of keys";
  let description = [{
    Visits the key tiles that meet [visible_begin, visible_end), first to last. A
    tile is FULL when it lies inside [full_begin, full_end) and PARTIAL
    otherwise. Keys are slots; both intervals lie within [0, keys], so a last tile
    that reaches past the end is PARTIAL. An empty interval visits nothing.

    ```mlir
    tile.kernel @k(%keys: i32) {
      %c0 = arith.constant 0 : i32
      %all = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
      tile.return
    }
    ```
  }];
  let arguments = (ins I32:$visible_begin, I32:$visible_end, I32:$full_begin, I32:$full_end);
  let results = (outs Tile_RunsType:$runs);
  let assemblyFormat = [{
    `visible` `(` $visible_begin `,` $visible_end `)` `full` `(` $full_begin `,` $full_end `)` attr-dict
  }];
}

def Tile_ForRunsOp : Tile_Op<"for_runs", [RecursiveMemoryEffects,
                                          SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "runs one body for every key tile, FULL or PARTIAL";
  let description = [{
    The body receives the first key slot of its tile and whether the tile is
    PARTIAL. It stands once: what only PARTIAL tiles need is an `scf.if` in it.

    With `ahead d`, the loop takes d more steps and at step t the body also
    receives entry t, to start loads, besides entry t - d, to compute with:

        tile.for_runs (%key, %partial, %valid) ahead 1 (%step, %next, %more) in %runs ...

    `%more` says whether entry t exists, `%valid` whether entry t - d does; both
    are the same for all threads. This is software pipelining by predication: no
    copy of the body is peeled off.

    ```mlir
    tile.kernel @k(%keys: i32) {
      %c0 = arith.constant 0 : i32
      %runs = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
      %last = tile.for_runs (%key, %partial) in %runs iter_args(%a = %c0) : i32 {
        tile.yield %key : i32
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_RunsType:$runs, Variadic<AnyType>:$inits,
                       DefaultValuedAttr<I64Attr, "0">:$ahead);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$runs, "::mlir::ValueRange":$inits,
      "int64_t":$ahead)>];
  let skipDefaultBuilders = 1;
  let extraClassDeclaration = [{
    /// First key slot of the tile to compute with.
    ::mlir::BlockArgument getKey() { return getBody().getArgument(0); }
    /// Whether it needs the predicate.
    ::mlir::BlockArgument getPartial() { return getBody().getArgument(1); }
    /// The following four exist only when the loop looks ahead.
    ::mlir::BlockArgument getValid() { return getBody().getArgument(2); }
    ::mlir::BlockArgument getStep() { return getBody().getArgument(3); }
    ::mlir::BlockArgument getNext() { return getBody().getArgument(4); }
    ::mlir::BlockArgument getMore() { return getBody().getArgument(5); }
    /// Block arguments before the carried values.
    unsigned getNumLeading() { return getAhead() ? 6 : 2; }
    /// Carried values, as the body sees them.
    ::mlir::Block::BlockArgListType getCarried() {
      return getBody().getArguments().drop_front(getNumLeading());
    }
  }];
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator, ReturnLike,
                                     ParentOneOf<["MapOp", "ForRunsOp"]>]> {
  let summary = "ends the body of a map or of the loop";
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
