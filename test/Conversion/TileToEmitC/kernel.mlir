// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// The body of a kernel: loops, waits and calls. Values that a loop carries or a
// branch yields share a variable where they do not outlive one another.

#rows = #tile.fragment<[query], row, warps = 1>
!rows = tensor<16xf32, #rows>
!k = !tile.shared<16x16xbf16, [key, feature]>

// CHECK:       emitc.include "lacuna/barrier.cuh"
// CHECK-NEXT:  emitc.include "lacuna/block.cuh"
// CHECK:       emitc.verbatim "// loop, from kernel.mlir:{{[0-9]+}}:1\0A// 16 queries x 16 keys, 1 warps, 2 stages, queries in shared memory, 1024 bytes of shared memory, for sm_80"
// CHECK:       emitc.func @loop(%[[Q:.*]]: !emitc.opaque<"lacuna::View<4>">, %[[OFFSET:.*]]: i32)
// CHECK-SAME:    specifiers = ["extern \22C\22", "__global__", "__launch_bounds__(32)"]
// CHECK:       call_opaque "lacuna::extent<2>"(%[[Q]])
// CHECK:       %[[BLOCK:.*]] = "emitc.variable"{{.*}}lvalue<!emitc.opaque<"lacuna::Block">>
// CHECK:       verbatim "{} = lacuna::blockOfGrid<16>({}, {}, {});" args %[[BLOCK]]
// CHECK:       %[[RUNS:.*]] = call_opaque "lacuna::intervalRuns<16>"
// CHECK:       %[[MAX:.*]] = "emitc.variable"{{.*}}F32x2
// CHECK:       verbatim "{} = splat_rows({});" args %[[MAX]]
// CHECK:       %[[STEPS:.*]] = call_opaque "lacuna::runSteps"(%[[RUNS]]
// CHECK:       verbatim "#pragma unroll 1"
// CHECK:       for %[[STEP:.*]] = %{{.*}} to %[[STEPS]]
// CHECK:         %[[MORE:.*]] = call_opaque "lacuna::hasEntry"(%[[RUNS]], %[[STEP]])
// CHECK:         call_opaque "lacuna::entryKey<16>"(%[[RUNS]], %[[STEP]])
// CHECK:         %[[NOW:.*]] = sub %[[STEP]]
// CHECK:         %[[VALID:.*]] = call_opaque "lacuna::hasEntry"(%[[RUNS]], %[[NOW]])
// CHECK:         verbatim "lacuna::waitForCopies<0>();"
// CHECK:         verbatim "lacuna::blockBarrier();"
// CHECK:         if %[[MORE]]
// CHECK:           call_opaque "lacuna::ringSlot<2, 512>"(%{{.*}}, %[[STEP]])
// CHECK:           verbatim "copy_16x16({}, {}, {}, {}, {}, {});"
// CHECK:         verbatim "lacuna::commitCopies();"
// An else that only keeps a value is not printed.
// CHECK:         if %[[VALID]]
// CHECK:           verbatim "{} = mulf_rows({});" args %[[MAX]], %[[MAX]]
// CHECK-NOT:     else
// CHECK:       verbatim "{} = copy_rows({});" args %{{.*}}, %[[MAX]]
tile.kernel @loop(%q: !tile.view<?x?x?x16xbf16>, %offset: i32)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 1024 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %z = arith.constant 0.0 : f32
  %batches = tile.dim %q[0] : !tile.view<?x?x?x16xbf16>
  %heads = tile.dim %q[1] : !tile.view<?x?x?x16xbf16>
  %keys = tile.dim %q[2] : !tile.view<?x?x?x16xbf16>
  %features = tile.dim %q[3] : !tile.view<?x?x?x16xbf16>
  %b, %h, %first = tile.block %batches, %heads, %keys
  %runs = tile.interval_runs visible(%c0, %keys) full(%c0, %offset)
  %ring = tile.alloc at 0 : !tile.ring<2 x !k>
  %m0 = tile.splat %z : !rows
  %m1 = tile.for_runs (%key, %partial, %valid) ahead 1 (%step, %next, %more) in %runs iter_args(%m = %m0) : !rows {
    tile.wait pending 0
    tile.barrier
    scf.if %more {
      %slot = tile.slot %ring[%step] : !tile.ring<2 x !k>
      %token = tile.copy_async %q[%b, %h, %next, %c0] to %slot : !tile.view<?x?x?x16xbf16> -> !k
    }
    tile.commit
    %now = scf.if %valid -> !rows {
      %twice = tile.map(%x = %m) : (!rows) -> !rows {
        %y = arith.mulf %x, %x : f32
        tile.yield %y : f32
      }
      scf.yield %twice : !rows
    } else {
      scf.yield %m : !rows
    }
    tile.yield %now : !rows
  }
  %c = tile.map(%x = %m1) : (!rows) -> !rows { tile.yield %x : f32 }
  tile.return
}

// -----

// A carried value that is read after the next one is made stays apart from it.
// CHECK-LABEL: emitc.func @apart
// CHECK:   %[[A:.*]] = "emitc.variable"
// CHECK:   for
// CHECK:     %[[NEXT:.*]] = "emitc.variable"
// CHECK:     verbatim "{} = addf_rows({});" args %[[NEXT]], %[[A]]
// CHECK:     verbatim "{} = subf_rows({}, {});" args %[[B:.*]], %[[A]], %[[NEXT]]
// CHECK:     verbatim "{} = {};" args %[[A]], %[[NEXT]]
#rows = #tile.fragment<[query], row, warps = 1>
!rows = tensor<16xf32, #rows>
tile.kernel @apart(%n: i32, %z: f32, %o: !tile.view<?xf32>)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %runs = tile.interval_runs visible(%c0, %n) full(%c0, %n)
  %a0 = tile.splat %z : !rows
  %b0 = tile.splat %z : !rows
  %r:2 = tile.for_runs (%key, %partial) in %runs iter_args(%a = %a0, %b = %b0) : !rows, !rows {
    %next = tile.map(%x = %a) : (!rows) -> !rows {
      %y = arith.addf %x, %x : f32
      tile.yield %y : f32
    }
    %difference = tile.map(%x = %a, %y = %next) : (!rows, !rows) -> !rows {
      %d = arith.subf %x, %y : f32
      tile.yield %d : f32
    }
    tile.yield %next, %difference : !rows, !rows
  }
  tile.store %r#0, %o[%c0] : !rows, !tile.view<?xf32>
  tile.store %r#1, %o[%c0] : !rows, !tile.view<?xf32>
  tile.return
}

// -----

// Values that change places are read before either is written.
// CHECK-LABEL: emitc.func @swap
// CHECK:     %[[OLD:.*]] = load %[[B:.*]] : <!emitc.opaque<"F32x2">>
// CHECK:     %[[OTHER:.*]] = load %[[A:.*]] : <!emitc.opaque<"F32x2">>
// CHECK:     verbatim "{} = {};" args %[[A]], %[[OLD]]
// CHECK:     verbatim "{} = {};" args %[[B]], %[[OTHER]]
#rows = #tile.fragment<[query], row, warps = 1>
!rows = tensor<16xf32, #rows>
tile.kernel @swap(%n: i32, %z: f32, %o: !tile.view<?xf32>)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %runs = tile.interval_runs visible(%c0, %n) full(%c0, %n)
  %a0 = tile.splat %z : !rows
  %b0 = tile.splat %z : !rows
  %r:2 = tile.for_runs (%key, %partial) in %runs iter_args(%a = %a0, %b = %b0) : !rows, !rows {
    tile.yield %b, %a : !rows, !rows
  }
  tile.store %r#0, %o[%c0] : !rows, !tile.view<?xf32>
  tile.store %r#1, %o[%c0] : !rows, !tile.view<?xf32>
  tile.return
}

// -----

// Scalars that a branch yields are read back behind it; programs stay.
// CHECK-LABEL: emitc.func @scalar_branch
// CHECK: %[[CHOSEN:.*]] = "emitc.variable"{{.*}}lvalue<i32>
// CHECK: if
// CHECK:   verbatim "{} = {};" args %[[CHOSEN]]
// CHECK: else
// CHECK: %[[READ:.*]] = load %[[CHOSEN]] : <i32>
// CHECK: add %[[READ]]
// CHECK: tile.program @host
tile.kernel @scalar_branch(%n: i32, %c: i1)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %c1 = arith.constant 1 : i32
  %x = scf.if %c -> i32 {
    %y = arith.addi %n, %c1 : i32
    scf.yield %y : i32
  } else {
    scf.yield %n : i32
  }
  %z = arith.addi %x, %n : i32
  tile.return
}
tile.program @host() {
  tile.return
}
