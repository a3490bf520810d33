//===- TileComputeOps.td - Values of tiles ----------------*- tablegen -*-===//
#ifndef DIALECTS_TILE_IR_TILECOMPUTEOPS_TD
#define DIALECTS_TILE_IR_TILECOMPUTEOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

def Tile_SplatOp : Tile_Op<"splat", [Pure,
    TypesMatchWith<"the scalar has the type of the elements", "result", "scalar",
                   "::llvm::cast<::mlir::RankedTensorType>($_self).getElementType()">]> {
  let summary = "a tile of equal elements";
  let description = [{
    ```mlir
    tile.kernel @k() {
      %zero = arith.constant 0.0 : f32
      %o = tile.splat %zero : tensor<?x128xf32, #tile.axes<[query, feature]>>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_Scalar:$scalar);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$scalar attr-dict `:` type($result)";
}

def Tile_MapOp : Tile_Op<"map", [RecursiveMemoryEffects, AttrSizedOperandSegments,
                                 SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "computes every element of a tile from elements of others";
  let description = [{
    The region runs once per element of the result, on scalars. An operand with
    fewer axes than the result (a value per row or per column) is repeated along the
    others.
    `at` gives the position of the tile's first element along each axis of the
    result; the region then receives the position of its element. The region may
    use scalars and views from outside.

    All elementwise work is a map, so one map is one function of the generated
    code and its scalar program is what a user wrote in a spec.

    ```mlir
    tile.kernel @k(%row: i32, %key: i32) {
      %zero = arith.constant 0.0 : f32
      %low = arith.constant 0xFF800000 : f32
      %s = tile.splat %zero : tensor<?x?xf32, #tile.axes<[query, key]>>
      %masked = tile.map(%x = %s) at(%i = %row, %j = %key)
          : (tensor<?x?xf32, #tile.axes<[query, key]>>) -> tensor<?x?xf32, #tile.axes<[query, key]>> {
        %past = arith.cmpi sge, %i, %j : i32
        %y = arith.select %past, %x, %low : f32
        tile.yield %y : f32
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_Tile>:$inputs, Variadic<I32>:$origin);
  let results = (outs Tile_Tile:$result);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::ValueRange":$inputs,
      "::mlir::ValueRange":$origin,
      "::llvm::function_ref<void(::mlir::OpBuilder &, ::mlir::Location, ::mlir::ValueRange)>":$body)>];
  let skipDefaultBuilders = 1;
  let extraClassDeclaration = [{
    /// Elements of the inputs, in order.
    ::mlir::ValueRange getElements() {
      return getBody().getArguments().take_front(getInputs().size());
    }
    /// Positions of the element, one per axis of the result, or none.
    ::mlir::ValueRange getPositions() {
      return getBody().getArguments().drop_front(getInputs().size());
    }
  }];
}

def Tile_ClipOp : Tile_Op<"clip", [Pure, AllTypesMatch<["source", "result"]>]> {
  let summary = "hides what lies outside of one interval per row";
  let description = [{
    Scheduled contract only. An element is kept if its position along the second axis
    is below its row's element of `to`, and not below that of `from`; else it becomes
    -inf. `at` is the position of the first column. None of these is negative.

    ```mlir
    tile.kernel @k(%s: tensor<64x64xf32, #tile.fragment<[query, key], accumulator, warps = 4>>,
                   %end: tensor<64xi32, #tile.fragment<[query], row, warps = 4>>, %key: i32) {
      %seen = tile.clip %s at %key to %end
          : tensor<64x64xf32, #tile.fragment<[query, key], accumulator, warps = 4>>,
            tensor<64xi32, #tile.fragment<[query], row, warps = 4>>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_Tile:$source, I32:$origin, Optional<Tile_Tile>:$from, Tile_Tile:$to);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $source `at` $origin (`from` $from^)? `to` $to attr-dict
    `:` type($source) `,` type($to) (`,` type($from)^)?
  }];
  let hasVerifier = 1;
}

def Tile_ReduceOp : Tile_Op<"reduce", [Pure]> {
  let summary = "combines the elements of every row";
  let description = [{
    The maximum ignores NaN as `maxnumf` does. With layouts, a result of kind
    `partial_row` combines only what one thread holds.

    ```mlir
    tile.kernel @k() {
      %zero = arith.constant 0.0 : f32
      %s = tile.splat %zero : tensor<?x?xf32, #tile.axes<[query, key]>>
      %m = tile.reduce max %s : tensor<?x?xf32, #tile.axes<[query, key]>>
          -> tensor<?xf32, #tile.axes<[query]>>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ReduceKindAttr:$kind, Tile_Tile:$source);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "`` $kind $source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_AnyDiffersOp : Tile_Op<"any_differs", [Pure, AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "whether two tiles differ anywhere in a warp's rows";
  let description = [{
    All threads of a warp agree; how many rows a warp has, and so the answer, is a
    matter of the schedule. It decides whether work can be skipped, never what the
    result is.

    ```mlir
    tile.kernel @k(%a: tensor<?xf32, #tile.axes<[query]>>, %b: tensor<?xf32, #tile.axes<[query]>>) {
      %changed = tile.any_differs %a, %b : tensor<?xf32, #tile.axes<[query]>>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_Tile:$lhs, Tile_Tile:$rhs);
  let results = (outs I1:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs)";
}

def Tile_DotOp : Tile_Op<"dot", [MemoryEffects<[MemRead]>, AllTypesMatch<["accumulator", "result"]>]> {
  let summary = "adds a matrix product to an accumulator";
  let description = [{
    Sums over the axis that both operands share and the accumulator lacks; the
    names of the axes say which operand is transposed. Operands are tiles or,
    once placed, slots of shared memory. A left one whose first axis is summed over
    comes from all warps: its rows are theirs. With `async` the product is only started:
    its result, its operands in registers and its slots may be used again after a
    `tile.await_dots`.

    ```mlir
    tile.kernel @k(%q: tensor<?x128xbf16, #tile.axes<[query, feature]>>,
                   %k: tensor<?x128xbf16, #tile.axes<[key, feature]>>) {
      %zero = arith.constant 0.0 : f32
      %empty = tile.splat %zero : tensor<?x?xf32, #tile.axes<[query, key]>>
      %s = tile.dot %q, %k, %empty : tensor<?x128xbf16, #tile.axes<[query, feature]>>,
          tensor<?x128xbf16, #tile.axes<[key, feature]>> -> tensor<?x?xf32, #tile.axes<[query, key]>>
      tile.return
    }
    ```
  }];
  let arguments = (ins AnyTypeOf<[Tile_Tile, Tile_SharedType]>:$lhs,
                       AnyTypeOf<[Tile_Tile, Tile_SharedType]>:$rhs, Tile_Tile:$accumulator,
                       UnitAttr:$async);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `,` $accumulator (`async` $async^)? attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_ConvertOp : Tile_Op<"convert", [Pure]> {
  let summary = "the same tile in another layout";
  let description = [{
    Scheduled contract only. From `accumulator` to `operand` it relabels
    registers; from `partial_row` to `row` it adds over the lanes of a group.

    ```mlir
    tile.kernel @k(%l: tensor<64xf32, #tile.fragment<[query], partial_row, warps = 4>>) {
      %sum = tile.convert %l : tensor<64xf32, #tile.fragment<[query], partial_row, warps = 4>>
          -> tensor<64xf32, #tile.fragment<[query], row, warps = 4>>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_Tile:$source);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

#endif // DIALECTS_TILE_IR_TILECOMPUTEOPS_TD
