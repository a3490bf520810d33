//===- Passes.td - Passes over kernels --------------------*- tablegen -*-===//
//
// Every pass leaves what is already in the form it makes unchanged, so a
// scheduled kernel goes through all of them as it is.
//
//===--------------------------------------------------------------------===//
#ifndef DIALECTS_TILE_TRANSFORMS_PASSES_TD
#define DIALECTS_TILE_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

class KernelPass<string argument> : Pass<argument, "::lacuna::tile::KernelOp">;

//===--------------------------------------------------------------------===//
// Contracts
//===--------------------------------------------------------------------===//

def TileVerifyAbstractPass : KernelPass<"tile-verify-abstract"> {
  let summary = "Checks that a kernel knows no target, thread or tile size";
  let description = [{
    Changes nothing. The contract between the lowering from attn and the schedule: no schedule,
    target or shared memory; layouts are `#tile.axes`, extents along query and
    key are open, along features static; no operation that places, copies
    asynchronously or synchronises; loops look at the present entry only.

    ```mlir
    %k = tile.load ... -> tensor<?x128xbf16, #tile.axes<[key, feature]>>  // accepted
    tile.barrier                                                         // an error
    ```
  }];
}

def TileVerifyScheduledPass : KernelPass<"tile-verify-scheduled"> {
  let summary = "Checks everything that emission relies on";
  let description = [{
    Changes nothing. The contract between the schedule and emission: schedule, known target and
    shared memory within its limit; every tile a fragment of static extents that
    its layout can deal out; products read slots or operand fragments and add to
    f32 accumulators; parts of sums are not used as sums; rings have aligned
    offsets, apart from each other.

    ```mlir
    %s = tile.dot %q, %slot, %zero : ... // accepted: %slot is shared memory
    %k = tile.load ...                   // an error: not placed
    ```
  }];
}

//===--------------------------------------------------------------------===//
// From the abstract to the scheduled contract, in this order
//===--------------------------------------------------------------------===//

def TileChooseSchedulePass : KernelPass<"tile-choose-schedule"> {
  let summary = "Picks tile sizes, warps and stages for a target";
  let description = [{
    Takes the first schedule of the table (ScheduleTable.h) that the resource
    model finds legal and that keeps an SM busy, and notes how many blocks an SM
    is to hold, which bounds registers. Knobs pinned by the kernel's
    attribute `tile.pins` are kept (and the attribute is dropped); an impossible pin is an error that says need,
    limit and which change would fit. A kernel already scheduled for the target
    is left alone, and one that plans another is left to `tile-schedule-plans`.

    ```mlir
    tile.kernel @k(...) attributes {tile.pins = {key_tile = 64}} { ... }
    ```
    becomes
    ```mlir
    tile.kernel @k(...) attributes {
        schedule = #tile.schedule<query_tile = 64, key_tile = 64, ...>,
        target = "sm_80", blocks_per_sm = 2} { ... }
    ```
  }];
  let options = [Option<"target", "target", "std::string", "",
                        "what the kernel will run on, such as sm_80">];
  let statistics = [Statistic<"refused", "refused", "candidates of the table not taken">];
}

def TileSchedulePlansPass : Pass<"tile-schedule-plans", "::mlir::ModuleOp"> {
  let summary = "Plan kernels and programs learn the tiles of what is planned";
  let description = [{
    A kernel that `plans` another one gets the tiles of that one's schedule, with
    queries and keys exchanged if it is `transposed`, and one warp a block.
    `tile.tile_count` becomes a division. Expects that the planned kernel has a
    schedule.

    ```mlir
    tile.kernel @plan(...) attributes {plans = @main} { ... }
    %rows = tile.tile_count %queries along query of @main
    ```
    becomes
    ```mlir
    tile.kernel @plan(...) attributes {plans = @main, target = "sm_80",
        schedule = #tile.schedule<query_tile = 64, key_tile = 64, warps = 1, ...>} { ... }
    %c64 = arith.constant 64 : index
    %rows = arith.ceildivsi %queries, %c64 : index
    ```
  }];
}

def TileAssignLayoutsPass : KernelPass<"tile-assign-layouts"> {
  let summary = "Gives every tile its extents and its fragment";
  let description = [{
    Puts the schedule's tile sizes for the open extents and for `tile.extent`,
    pads features to a multiple of 16 (loads fill with zero, stores clip), makes
    matrices accumulators and vectors rows or, along the other axis than the kernel's
    rows, columns, and converts the left side of a product to an operand. Tiles loaded
    for products keep `#tile.axes` until tile-place-operands.

    ```mlir
    %p = tile.map ... -> tensor<?x?xbf16, #tile.axes<[query, key]>>
    %o = tile.dot %p, %v, %a : ...
    ```
    becomes
    ```mlir
    %p = tile.map ... -> tensor<64x64xbf16, #tile.fragment<[query, key], accumulator, warps = 4>>
    %packed = tile.convert %p : ... -> tensor<64x64xbf16, #tile.fragment<[query, key], operand, warps = 4>>
    %o = tile.dot %packed, %v, %a : ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"assignedTiles", "assigned", "tiles given extents or a fragment">];
}

def TilePlaceOperandsPass : KernelPass<"tile-place-operands"> {
  let summary = "Turns loads into copies to shared memory, waited for at once";
  let description = [{
    Every load for products becomes a copy into a ring of one slot that they then read.
    The form is synchronous: a barrier before the slots of a loop are written
    again, and a wait and a barrier after every copy. With `query_in_registers`
    an operand loaded before the loop is read from its slot into a fragment once.
    Such loads may feed nothing else. A vector along columns that a loop loads goes the
    same way, and is read from its slot right before it is used. Other loads that have a
    fragment already stay as they are.

    ```mlir
    %kt = tile.load %k[%b, %h, %key, %c0] : ...
    %s = tile.dot %q, %kt, %zero : ...
    ```
    becomes
    ```mlir
    %ring = tile.alloc : !tile.ring<1 x ...>
    ...
    %slot = tile.slot %ring[%c0] : ...
    %token = tile.copy_async %k[%b, %h, %key, %c0] to %slot : ...
    tile.commit(%token)
    tile.wait pending 0
    tile.barrier
    %s = tile.dot %q, %slot, %zero : ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"placedLoads", "placed", "loads placed in shared memory">];
}

def TileDeferRowSumsPass : KernelPass<"tile-defer-row-sums"> {
  let summary = "Adds row sums over lanes once, after the loop";
  let description = [{
    A value carried from zero by a map that is linear in it and in row sums, with
    factors equal in all lanes of a row, is kept as one part per thread; the
    parts are added after the loop. Linearity is proved from the scalar program
    of the map (sums, differences, products with such factors, fma, negation,
    selection by such a condition); anything else is left alone.

    ```mlir
    %sum = tile.reduce add %p : ... -> tensor<64xf32, #row>
    %l1 = tile.map(%old = %l, %a = %decay, %new = %sum) ... { fma %old, %a, %new }
    ```
    becomes
    ```mlir
    %sum = tile.reduce add %p : ... -> tensor<64xf32, #partial_row>
    %l1 = tile.map(%old = %l, %a = %decay, %new = %sum) ... -> tensor<64xf32, #partial_row>
    // and after the loop
    %total = tile.convert %loop#1 : tensor<64xf32, #partial_row> -> tensor<64xf32, #row>
    ```
  }];
  let statistics = [Statistic<"deferredSums", "deferred", "row sums added after their loop">];
}

def TilePipelinePass : KernelPass<"tile-pipeline"> {
  let summary = "Starts copies stages - 1 entries ahead of the products";
  let description = [{
    Takes the form of tile-place-operands to one wait and one barrier per entry:
    rings get `stages` slots, the loop looks `stages - 1` entries ahead, copies
    stand under `more`, products under `valid`, and at most `stages - 2` groups
    are pending when products begin. Tiles copied before such loops and read only
    in them join the first group of a loop; those that are read into registers before
    it are waited for together. A loop whose copies depend on what it computes stays
    synchronous, with a remark.

    ```mlir
    tile.for_runs (%key, %partial) in %runs iter_args(%a = %a0) : ... {
      tile.barrier
      %slot = tile.slot %ring[%c0] : ...
      %token = tile.copy_async %k[%key, %c0] to %slot : ...
      tile.commit(%token)
      tile.wait pending 0
      tile.barrier
      PRODUCTS
    }
    ```
    becomes, with 2 stages
    ```mlir
    tile.for_runs (%key, %partial, %valid) ahead 1 (%step, %next, %more) in %runs ... {
      tile.wait pending 0
      tile.barrier
      scf.if %more {
        %slot = tile.slot %ring[%step] : ...
        tile.copy_async %k[%next, %c0] to %slot : ...
      }
      tile.commit
      scf.if %valid -> ... { %slot = tile.slot %ring[%step - 1] PRODUCTS } else { %a }
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
  let statistics = [Statistic<"pipelinedLoops", "pipelined", "loops that look ahead">];
}

def TileExchangeOperandsPass : KernelPass<"tile-exchange-operands"> {
  let summary = "Left operands that all warps have rows of go through shared memory";
  let description = [{
    A product that sums over the rows of the kernel needs what all warps computed. Its
    left operand is stored to a slot as soon as it is there; the warps meet before the
    product, and before they store the next one. Without roles the barrier at which an
    entry begins (tile-place-operands) is that second one.

    ```mlir
    %ds = tile.map ... -> tensor<64x64xbf16, #tile.fragment<[key, query], accumulator, warps = 4>>
    %dk = tile.dot %packed, %q, %dk0 : ...
    %dq = tile.dot %ds, %k, %zero : tensor<64x64xbf16, #tile.fragment<[key, query], ...>>, ...
    ```
    becomes
    ```mlir
    %slot = tile.slot %ring[%c0] : !tile.ring<1 x !tile.shared<64x64xbf16, [key, query]>>
    tile.store_shared %ds, %slot : ...
    %dk = tile.dot %packed, %q, %dk0 : ...
    tile.barrier
    %dq = tile.dot %slot, %k, %zero : !tile.shared<64x64xbf16, [key, query]>, ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"exchanged", "exchanged", "operands stored to shared memory">];
}

def TileSpecializeWarpsPass : KernelPass<"tile-specialize-warps"> {
  let summary = "Splits a kernel into a producer that copies and consumers that compute";
  let description = [{
    For targets with a bulk copy engine; in place of tile-place-operands and
    tile-pipeline. Every load for products becomes a ring, of one slot outside of the loop
    and `stages` slots in it, with barriers that say filled and freed. The producer
    runs the loop over the same runs, and the `scf.for` that may stand around it, and does
    nothing but wait for a free slot and start a copy; the consumers run everything else,
    wait for a slot where the load stood, and release it behind the last product that reads
    it. Uses are counted through all loops. Maps for the copy engine become arguments of the
    kernel, which name the view they describe.

    A vector along columns that the loop loads goes the same way: the producer is a warp
    whose lanes copy it, and the consumers read it right before they use it. Other loads
    that have a fragment stay with the consumers as they are.

    ```mlir
    tile.for_runs (%key, %partial) in %runs {
      %kt = tile.load %k[%b, %hk, %key, %c0] : ...
      %s = tile.dot %q, %kt, %zero : ...
    }
    ```
    becomes
    ```mlir
    tile.roles producer registers 24 {
      tile.for_runs (%key, %partial) in %runs iter_args(%n = %c0) : i32 {
        %slot = tile.slot %ring[%n] : ...
        tile.await_freed %freed[%n] : ...
        tile.expect %filled[%n] bytes 32768 : ...
        tile.copy_bulk (%k_map)[%b, %hk, %key, %c0] to %slot signals %filled[%n] : ...
        tile.yield %n + 1
      }
    } consumers registers 240 {
      tile.for_runs (%key, %partial) in %runs iter_args(%n = %c0) : i32 {
        %slot = tile.slot %ring[%n] : ...
        tile.await_filled %filled[%n] : ...
        %s = tile.dot %q, %slot, %zero : ...
        tile.release %freed[%n] : ...
        tile.yield %n + 1
      }
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def TileMakePersistentPass : KernelPass<"tile-make-persistent"> {
  let summary = "Blocks of a kernel with roles compute one item after the other";
  let description = [{
    What was computed from `tile.block` is computed for each item in both roles, uses
    of rings are counted through, and the slots that were filled once get barriers
    that say freed. The results of `tile.block` itself the producer sends along with the
    first of these slots.

    ```mlir
    %b, %h, %first = tile.block %batches, %heads, %queries
    tile.roles producer registers 24 {
      copy queries of %first
      tile.for_runs (%key, %partial) in %runs iter_args(%n = %c0) : i32 { ... }
    } consumers registers 240 { ... }
    ```
    becomes
    ```mlir
    tile.roles producer registers 24 {
      tile.for_items (%item) below %items iter_args(%entries = %c0, %use = %c0) : i32, i32 {
        %b, %h, %first = tile.block %batches, %heads, %queries item %item
        tile.await_freed %query_freed[%use]
        tile.send_block %b, %h, %first to %mailbox
        copy queries of %first
        %after = tile.for_runs (%key, %partial) in %runs iter_args(%n = %entries) : i32 { ... }
        tile.yield %after, %use + 1 : i32, i32
      }
    } consumers registers 240 {
      tile.for_items (%item) below %items iter_args(%entries = %c0, %use = %c0) : i32, i32 {
        tile.await_filled %query_filled[%use]
        %b, %h, %first = tile.receive_block %mailbox
        ...
      }
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def TileOverlapProductsPass : KernelPass<"tile-overlap-products"> {
  let summary = "Starts products that run while rows are worked on";
  let description = [{
    In the loop of consumers the second product is delayed by an entry. It is
    started behind the first product of the next entry, and both are on their way
    while the first one's rows are worked on. The loop takes a step behind the last
    entry, for the last delayed product; queries stand in for its keys, so that the
    first product is under no condition. Warp groups take turns to start products.
    Values are awaited behind the work on rows, which keeps the wait for the delayed
    product there; in a ring of one slot they would not come, and the loop is left as
    it is.

    ```mlir
    %end = tile.for_runs (%key, %partial) in %runs iter_args(%o = %zero, %n = %c0) {
      %k = tile.slot %keys[%n]
      tile.await_filled %keys_filled[%n]
      %s = tile.dot %q, %k, %none : ...
      tile.release %keys_freed[%n]
      %m, %p = work on %s
      %d = scale %o
      tile.await_filled %values_filled[%n]
      %a = tile.dot %p, %v, %d : ...
      tile.release %values_freed[%n]
      tile.yield %a, %n + 1
    }
    ```
    becomes
    ```mlir
    %last = tile.for_runs (%key, %partial, %valid) drained in %runs
        iter_args(%o = %zero, %n = %c0, %before = %none) {
      %k = tile.slot %keys[%n] if %valid else %queries
      scf.if %valid { tile.await_filled %keys_filled[%n] }
      tile.await_turn
      %started = tile.dot %q, %k, %none async : ...
      tile.commit_dots
      %adding = scf.if %n != 0 {
        scf.yield (tile.dot %before, %v, %o async : ...)
      } else { scf.yield %o }
      tile.commit_dots
      tile.pass_turn
      %s = tile.await_dots pending 1 %started
      tile.leave %adding, %n, %before
      tile.release %keys_freed[%n]
      %m, %p = work on %s
      tile.await_filled %values_filled[%n]
      %added, %same = tile.await_dots pending 0 %adding, %p
      scf.if %n != 0 { tile.release %values_freed[%n - 1] }
      %d = scale %added
      tile.yield %d, %n + 1, %same
    }
    %end = tile.await_dots pending 0 %last
    scf.if %n != 0 { tile.release %values_freed[%n - 1] }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
  let statistics = [Statistic<"overlappedLoops", "overlapped", "loops with a delayed product">];
}

def TileClipRowsPass : KernelPass<"tile-clip-rows"> {
  let summary = "Masks that are an interval of keys in each row become bounds";
  let description = [{
    A map that hides elements (makes them -inf) unless all of some comparisons hold,
    each of them linear in the element's column with a factor of 1 or -1, hides what
    is outside of one interval per row. The bounds are computed once per row, and
    `tile.clip` compares each column with them. A predicate that reads tables, or
    has an `or` in it, is left as it is, and so is a kernel of more than 8 warps, whose
    threads have no registers for bounds.

    ```mlir
    %seen = tile.map(%x = %s) at(%i = %first, %j = %key) : ... {
      %past = arith.cmpi sle, %j, %i : i32
      %y = arith.select %past, %x, %low : f32
      tile.yield %y : f32
    }
    ```
    becomes
    ```mlir
    %end = tile.map() at(%i = %first) : () -> tensor<64xi32, #row> { max(%i + 1, 0) }
    %seen = tile.clip %s at %key to %end : ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"clippedMaps", "clipped", "maps that became bounds of rows">];
}

def TileAllocateSharedPass : KernelPass<"tile-allocate-shared"> {
  let summary = "Lays rings out in shared memory";
  let description = [{
    Rings follow each other at multiples of 1024 bytes; the kernel gets the
    total, which is held against its target's limit. A kernel whose rings all
    have an offset is left alone.

    ```mlir
    %a = tile.alloc : !tile.ring<1 x !tile.shared<64x128xbf16, [query, feature]>>
    %b = tile.alloc : !tile.ring<2 x !tile.shared<64x128xbf16, [key, feature]>>
    ```
    becomes, with shared_bytes = 49152 on the kernel
    ```mlir
    %a = tile.alloc at 0 : ...
    %b = tile.alloc at 16384 : ...
    ```
  }];
  let statistics = [Statistic<"sharedBytes", "shared-bytes", "bytes of shared memory laid out">];
}

def TileSizeLaunchesPass : Pass<"tile-size-launches", "::mlir::ModuleOp"> {
  let summary = "Copies what a launch needs from the kernel to the launch";
  let description = [{
    Row tile, threads and shared bytes, so that a program can be launched when
    its kernels are no longer tile operations; the blocks of an SM if the kernel is
    persistent; and a `tile.copy_map` for each copy map that the kernel takes. Tensors
    that the program takes or makes get `tile.alignment`, the bytes that their
    addresses and strides must be multiples of: 16 where a kernel copies or stores
    tiles of them.

    ```mlir
    tile.launch @k batches %b heads %h rows %m (%q) : ...
    ```
    becomes
    ```mlir
    tile.launch @k batches %b heads %h rows %m (%q)
        {row_tile = 64 : i64, shared_bytes = 81920 : i64, threads = 128 : i64} : ...
    ```
  }];
}

#endif // DIALECTS_TILE_TRANSFORMS_PASSES_TD
