//===- TileMemoryOps.td - Global and shared memory --------*- tablegen -*-===//
#ifndef DIALECTS_TILE_IR_TILEMEMORYOPS_TD
#define DIALECTS_TILE_IR_TILEMEMORYOPS_TD

include "dialects/Tile/IR/TileOpBase.td"

def Tile_DimOp : Tile_Op<"dim", [Pure]> {
  let summary = "an extent of a view";
  let description = [{
    ```mlir
    tile.kernel @k(%q: !tile.view<?x128xbf16>) {
      %rows = tile.dim %q[0] : !tile.view<?x128xbf16>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, I64Attr:$axis);
  let results = (outs I32:$extent);
  let assemblyFormat = "$view `[` $axis `]` attr-dict `:` type($view)";
  let hasVerifier = 1;
}

def Tile_PackHeadsOp : Tile_Op<"pack_heads", [Pure,
                                              DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "a view whose rows are the positions of several heads";
  let description = [{
    Every `heads` neighbouring heads become one, and the sequence that many times as
    long: row r of head h is position r / heads of head h * heads + r % heads. So one
    tile of rows holds all of these heads at its positions, and what they share is
    loaded once for them. An extent along the heads that is no multiple is an error of
    the launch, which whoever makes the program checks.

    ```mlir
    tile.kernel @k(%q: !tile.view<?x32x?x128xbf16>, %lse: !tile.view<?x?x?xf32>) {
      %queries = tile.pack_heads %q by 4 : !tile.view<?x32x?x128xbf16>
      %rows = tile.dim %queries[2] : !tile.view<?x8x?x128xbf16, heads = 4>
      %sums = tile.pack_heads %lse by 4 : !tile.view<?x?x?xf32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, I64Attr:$heads);
  let results = (outs Tile_ViewType:$packed);
  let assemblyFormat = "$view `by` $heads attr-dict `:` type($view)";
}

def Tile_LoadOp : Tile_Op<"load", [MemoryEffects<[MemRead]>]> {
  let summary = "reads a tile of a view";
  let description = [{
    One index per axis of the view; the tile lies along the last axes, beginning
    at their indices. Elements outside the view read as zero.

    A matrix that products read takes its way through shared memory; another, or a
    vector, is read straight into registers. A vector lies along the rows or along the
    columns of what the kernel computes with. Scheduled, those are fragments.

    ```mlir
    tile.kernel @k(%k: !tile.view<?x?x?x128xbf16>, %lse: !tile.view<?x?x?xf32>, %b: i32,
                   %h: i32, %key: i32, %row: i32) {
      %c0 = arith.constant 0 : i32
      %tile = tile.load %k[%b, %h, %key, %c0]
          : !tile.view<?x?x?x128xbf16> -> tensor<?x128xbf16, #tile.axes<[key, feature]>>
      %sums = tile.load %lse[%b, %h, %row]
          : !tile.view<?x?x?xf32> -> tensor<?xf32, #tile.axes<[query]>>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<I32>:$indices);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$view `[` $indices `]` attr-dict `:` type($view) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "writes a tile to a view";
  let description = [{
    Elements outside the view are not written. With `add`, a matrix of f32 is added to
    what is there, each element at once and in any order among blocks: sums may differ
    in their last bits from run to run.

    ```mlir
    tile.kernel @k(%lse: !tile.view<?xf32>, %sums: !tile.view<?x64xf32>, %row: i32) {
      %c0 = arith.constant 0 : i32
      %zero = arith.constant 0.0 : f32
      %rows = tile.splat %zero : tensor<?xf32, #tile.axes<[query]>>
      tile.store %rows, %lse[%row] : tensor<?xf32, #tile.axes<[query]>>, !tile.view<?xf32>
      %tile = tile.splat %zero : tensor<?x64xf32, #tile.axes<[query, feature]>>
      tile.store %tile, %sums[%row, %c0] add
          : tensor<?x64xf32, #tile.axes<[query, feature]>>, !tile.view<?x64xf32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_Tile:$value, Tile_ViewType:$view, Variadic<I32>:$indices,
                       UnitAttr:$adds);
  let assemblyFormat = [{
    $value `,` $view `[` $indices `]` (`add` $adds^)? attr-dict `:` type($value) `,` type($view)
  }];
  let hasVerifier = 1;
}

def Tile_ReadOp : Tile_Op<"read", [MemoryEffects<[MemRead]>,
                                   DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "reads one element of a view, if it is there";
  let description = [{
    `inside` is false, and the value zero, when an index is out of range: a
    kernel bounds every index it computes.

    ```mlir
    tile.kernel @k(%table: !tile.view<?xf32>, %at: i32) {
      %value, %inside = tile.read %table[%at] : !tile.view<?xf32>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<I32>:$indices);
  let results = (outs Tile_Scalar:$value, I1:$inside);
  let assemblyFormat = "$view `[` $indices `]` attr-dict `:` type($view)";
  let hasVerifier = 1;
}

def Tile_AtomicAddOp : Tile_Op<"atomic_add", [MemoryEffects<[MemRead, MemWrite]>,
    TypesMatchWith<"the value has the type of the elements", "view", "value",
                   "::llvm::cast<::lacuna::tile::ViewType>($_self).getElementType()">]> {
  let summary = "adds to one element of a view, if it is there";
  let description = [{
    Stands in a `tile.map` and is done once for every element of its result, in any
    order: sums of floats may differ in their last bits from run to run. Nothing is
    added where an index is out of range.

    ```mlir
    tile.kernel @k(%table: !tile.view<?xf32>, %ds: tensor<?x?xf32, #tile.axes<[query, key]>>,
                   %row: i32, %key: i32) {
      %done = tile.map(%x = %ds) at(%i = %row, %j = %key)
          : (tensor<?x?xf32, #tile.axes<[query, key]>>) -> tensor<?x?xf32, #tile.axes<[query, key]>> {
        %distance = arith.subi %i, %j : i32
        tile.atomic_add %x, %table[%distance] : !tile.view<?xf32>
        tile.yield %x : f32
      }
      tile.return
    }
    ```
  }];
  let arguments = (ins F32:$value, Tile_ViewType:$view, Variadic<I32>:$indices);
  let assemblyFormat = "$value `,` $view `[` $indices `]` attr-dict `:` type($view)";
  let hasVerifier = 1;
}

def Tile_TableOp : Tile_Op<"table", [Pure, DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "numbers that are part of the kernel, as a view";
  let description = [{
    They lie in memory that is loaded with the kernel, row-major, and are read like
    those of an argument.

    ```mlir
    tile.kernel @k(%counts: !tile.view<?x?x?x2xi32>, %b: i32, %h: i32, %row: i32) {
      %lists = tile.table dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>
      %listed = tile.list_runs %lists, %counts[%b, %h, %row]
          : !tile.view<1x1x2x1x2xi32>, !tile.view<?x?x?x2xi32>
      tile.return
    }
    ```
  }];
  let arguments = (ins I32ElementsAttr:$elements);
  let results = (outs Tile_ViewType:$view);
  let assemblyFormat = "$elements attr-dict";
}

//===--------------------------------------------------------------------===//
// Scheduled contract only
//===--------------------------------------------------------------------===//

def Tile_AllocOp : Tile_Op<"alloc"> {
  let summary = "a ring of tiles in shared memory";
  let description = [{
    Lives as long as the kernel. `offset`, in bytes, is set when shared memory is
    laid out.

    ```mlir
    tile.kernel @k() {
      %ring = tile.alloc : !tile.ring<2 x !tile.shared<64x128xbf16, [key, feature]>>
      tile.return
    }
    ```
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$offset);
  let results = (outs Res<Tile_RingType, "", [MemAlloc]>:$ring);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($ring)";
}

def Tile_SlotOp : Tile_Op<"slot", [Pure, AttrSizedOperandSegments,
                                   DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "one slot of a ring";
  let description = [{
    The index is taken modulo the number of slots. Unless the condition holds, if there
    is one, what the only slot of another ring holds stands in for the slot: it can be
    multiplied, and the product is anything.

    ```mlir
    tile.kernel @k(%step: i32, %more: i1) {
      %ring = tile.alloc : !tile.ring<2 x !tile.shared<64x128xbf16, [key, feature]>>
      %slot = tile.slot %ring[%step] : !tile.ring<2 x !tile.shared<64x128xbf16, [key, feature]>>
      %q = tile.alloc : !tile.ring<1 x !tile.shared<64x128xbf16, [query, feature]>>
      %any = tile.slot %ring[%step] if %more else %q
          : !tile.ring<2 x !tile.shared<64x128xbf16, [key, feature]>>,
            !tile.ring<1 x !tile.shared<64x128xbf16, [query, feature]>>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_RingType:$ring, I32:$index, Optional<I1>:$condition,
                       Optional<Tile_RingType>:$stand_in);
  let results = (outs Tile_SharedType:$slot);
  let assemblyFormat = [{
    $ring `[` $index `]` (`if` $condition^ `else` $stand_in)? attr-dict `:` type($ring)
    (`,` type($stand_in)^)?
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$ring, "::mlir::Value":$index), [{
    build($_builder, $_state, ring, index, {}, {});
  }]>];
  let hasVerifier = 1;
}

def Tile_CopyAsyncOp : Tile_Op<"copy_async", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "starts copying a tile from global to shared memory";
  let description = [{
    Elements outside the view become zero. Every thread of the block takes part, for a
    vector one for each element. The tile may be read after a wait for the group that the token
    is committed to, followed by a barrier.

    ```mlir
    tile.kernel @k(%k: !tile.view<?x128xbf16>, %key: i32) {
      %c0 = arith.constant 0 : i32
      %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x128xbf16, [key, feature]>>
      %slot = tile.slot %ring[%c0] : !tile.ring<1 x !tile.shared<64x128xbf16, [key, feature]>>
      %token = tile.copy_async %k[%key, %c0] to %slot
          : !tile.view<?x128xbf16> -> !tile.shared<64x128xbf16, [key, feature]>
      tile.commit(%token)
      tile.wait pending 0
      tile.barrier
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<I32>:$indices, Tile_SharedType:$target);
  let results = (outs Tile_TokenType:$token);
  let assemblyFormat = [{
    $view `[` $indices `]` `to` $target attr-dict `:` type($view) `->` type($target)
  }];
  let hasVerifier = 1;
}

def Tile_CommitOp : Tile_Op<"commit", [MemoryEffects<[MemWrite]>]> {
  let summary = "closes a group of asynchronous copies";
  let description = [{
    A group holds every copy that the thread started since the last commit; it
    may be empty. The tokens say which copies are meant.

    ```mlir
    tile.kernel @k() {
      tile.commit
      tile.return
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_TokenType>:$tokens);
  let assemblyFormat = "(`(` $tokens^ `)`)? attr-dict";
}

def Tile_WaitOp : Tile_Op<"wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "waits until at most `pending` of the thread's groups are unfinished";
  let description = [{
    ```mlir
    tile.kernel @k() {
      tile.wait pending 1
      tile.return
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$pending);
  let assemblyFormat = "`pending` $pending attr-dict";
}

def Tile_BarrierOp : Tile_Op<"barrier", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "all threads of the block meet";
  let description = [{
    ```mlir
    tile.kernel @k() {
      tile.barrier
      tile.return
    }
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_LoadSharedOp : Tile_Op<"load_shared", [MemoryEffects<[MemRead]>]> {
  let summary = "reads a tile of shared memory into registers, as an operand or as columns";
  let description = [{
    A matrix becomes an operand, a vector a value for each column.

    ```mlir
    tile.kernel @k(%step: i32) {
      %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x128xbf16, [query, feature]>>
      %slot = tile.slot %ring[%step] : !tile.ring<1 x !tile.shared<64x128xbf16, [query, feature]>>
      %q = tile.load_shared %slot : !tile.shared<64x128xbf16, [query, feature]>
          -> tensor<64x128xbf16, #tile.fragment<[query, feature], operand, warps = 4>>
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_SharedType:$source);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_StoreSharedOp : Tile_Op<"store_shared", [MemoryEffects<[MemWrite]>]> {
  let summary = "writes a tile to shared memory, for a product that sums over its rows";
  let description = [{
    Every warp writes its own rows, of 16-bit elements. Products may read the slot once
    the warps have met (`tile.barrier`, or `tile.meet publishing` among consumers).

    ```mlir
    tile.kernel @k(%ds: tensor<64x32xbf16, #tile.fragment<[key, query], accumulator, warps = 4>>) {
      %c0 = arith.constant 0 : i32
      %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x32xbf16, [key, query]>>
      %slot = tile.slot %ring[%c0] : !tile.ring<1 x !tile.shared<64x32xbf16, [key, query]>>
      tile.store_shared %ds, %slot : tensor<64x32xbf16, #tile.fragment<[key, query], accumulator, warps = 4>>,
          !tile.shared<64x32xbf16, [key, query]>
      tile.barrier
      tile.return
    }
    ```
  }];
  let arguments = (ins Tile_Tile:$value, Tile_SharedType:$target);
  let assemblyFormat = "$value `,` $target attr-dict `:` type($value) `,` type($target)";
  let hasVerifier = 1;
}

#endif // DIALECTS_TILE_IR_TILEMEMORYOPS_TD
