// RUN: lacuna-opt %s --split-input-file --tile-clip-rows | FileCheck %s
// RUN: lacuna-opt %s --split-input-file --tile-clip-rows --tile-clip-rows | FileCheck %s

#rows = #tile.fragment<[query], row, warps = 4>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
!tile = tensor<64x64xf32, #scores>

// An extent and a position and a small number fit 32 bits.
// CHECK-LABEL: tile.kernel @causal
tile.kernel @causal(%s: !tile, %k: !tile.view<?x64xf16>, %first: i32, %key: i32, %o: !tile.view<?x?xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %keys = tile.dim %k[0] : !tile.view<?x64xf16>
  // CHECK: %[[END:.*]] = tile.map() at(%[[I:.*]] = %{{.*}}) : () -> tensor<64xi32, #tile.fragment<[query], row, warps = 4>>
  // CHECK:   %[[KEYS:.*]] = arith.maxsi %{{.*}}, %{{.*}} : i32
  // CHECK:   %[[NEXT:.*]] = arith.addi %[[I]], %c1_i32 : i32
  // CHECK:   %[[PAST:.*]] = arith.maxsi %[[NEXT]], %{{.*}} : i32
  // CHECK:   %[[BOTH:.*]] = arith.minsi %[[KEYS]], %[[PAST]] : i32
  // CHECK:   tile.yield %[[BOTH]]
  // CHECK: %[[SEEN:.*]] = tile.clip %{{.*}} at %{{.*}} to %[[END]] : tensor<64x64xf32, {{.*}}>, tensor<64xi32, {{.*}}>
  // CHECK-NOT: arith.select
  %seen = tile.map(%x = %s) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %exists = arith.cmpi slt, %j, %keys : i32
    %past = arith.cmpi sge, %i, %j : i32
    %visible = arith.andi %exists, %past : i1
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  // CHECK: tile.store %[[SEEN]]
  tile.store %seen, %o[%first, %key] : !tile, !tile.view<?x?xf32>
  tile.return
}

// -----

#scores = #tile.fragment<[query, key], accumulator, warps = 4>
!tile = tensor<64x64xf32, #scores>

// A row of packed heads has a position, which fits as well.
// CHECK-LABEL: tile.kernel @heads
tile.kernel @heads(%s: !tile, %first: i32, %key: i32, %o: !tile.view<?x?xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %c3 = arith.constant 3 : i32
  // CHECK: tile.map() at(%[[ROW:.*]] = %{{.*}})
  // CHECK:   %[[I:.*]] = arith.divui %[[ROW]], %{{.*}} : i32
  // CHECK:   arith.addi %[[I]], %c1_i32 : i32
  // CHECK: tile.clip
  %seen = tile.map(%x = %s) at(%row = %first, %j = %key) : (!tile) -> !tile {
    %i = arith.divui %row, %c3 : i32
    %past = arith.cmpi sge, %i, %j : i32
    %y = arith.select %past, %x, %low : f32
    tile.yield %y : f32
  }
  tile.store %seen, %o[%first, %key] : !tile, !tile.view<?x?xf32>
  tile.return
}

// -----

#scores = #tile.fragment<[query, key], accumulator, warps = 4>
!tile = tensor<64x64xf32, #scores>

// A scalar may be anything: 64 bits. Strict and other comparisons, on both sides.
// CHECK-LABEL: tile.kernel @window
tile.kernel @window(%s: !tile, %left: i32, %first: i32, %key: i32, %o: !tile.view<?x?xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %c3 = arith.constant 3 : i32
  // i - j <= left: from i - left.
  // CHECK: %[[FROM:.*]] = tile.map() at(%[[I:.*]] = %{{.*}})
  // CHECK:   %[[ROW:.*]] = arith.extsi %[[I]] : i32 to i64
  // CHECK:   %[[LEFT:.*]] = arith.extsi %{{.*}} : i32 to i64
  // CHECK:   %[[BEGIN:.*]] = arith.subi %[[ROW]], %[[LEFT]] : i64
  // CHECK:   %[[POSITIVE:.*]] = arith.maxsi %[[BEGIN]], %{{.*}} : i64
  // CHECK:   %[[BOUNDED:.*]] = arith.minsi %[[POSITIVE]], %{{.*}} : i64
  // CHECK:   arith.trunci %[[BOUNDED]] : i64 to i32
  // j + 3 < i: to i - 3.
  // CHECK: %[[TO:.*]] = tile.map() at(%[[I:.*]] = %{{.*}})
  // CHECK:   arith.addi %[[I]], %c-3_i32 : i32
  // CHECK: tile.clip %{{.*}} at %{{.*}} from %[[FROM]] to %[[TO]]
  %seen = tile.map(%x = %s) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %d = arith.subi %i, %j : i32
    %near = arith.cmpi sle, %d, %left : i32
    %after = arith.addi %j, %c3 : i32
    %past = arith.cmpi slt, %after, %i : i32
    %visible = arith.andi %near, %past : i1
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  tile.store %seen, %o[%first, %key] : !tile, !tile.view<?x?xf32>
  tile.return
}

// -----

#scores = #tile.fragment<[query, key], accumulator, warps = 4>
!tile = tensor<64x64xf32, #scores>

// What is no interval of columns from below some bound stays a map.
// CHECK-LABEL: tile.kernel @others
// CHECK-NOT: tile.clip
tile.kernel @others(%s: !tile, %ids: !tile.view<?xi32>, %first: i32, %key: i32, %o: !tile.view<?x?xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %c2 = arith.constant 2 : i32
  // Two intervals.
  %a = tile.map(%x = %s) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %past = arith.cmpi sge, %i, %j : i32
    %early = arith.cmpi slt, %j, %c2 : i32
    %visible = arith.ori %past, %early : i1
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  // Not linear.
  %b = tile.map(%x = %a) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %twice = arith.muli %j, %c2 : i32
    %visible = arith.cmpi slt, %twice, %i : i32
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  // Twice the column.
  %c = tile.map(%x = %b) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %twice = arith.addi %j, %j : i32
    %visible = arith.cmpi slt, %twice, %i : i32
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  // No interval.
  %d = tile.map(%x = %c) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %visible = arith.cmpi ne, %j, %i : i32
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  // A table.
  %e = tile.map(%x = %d) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %id, %inside = tile.read %ids[%j] : !tile.view<?xi32>
    %visible = arith.cmpi slt, %j, %i : i32
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  // Hides nothing.
  %f = tile.map(%x = %e) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %visible = arith.cmpi slt, %j, %i : i32
    %y = arith.select %visible, %x, %zero : f32
    tile.yield %y : f32
  }
  // Only a lower bound.
  %g = tile.map(%x = %f) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %visible = arith.cmpi sgt, %j, %i : i32
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  tile.store %g, %o[%first, %key] : !tile, !tile.view<?x?xf32>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 192, key_tile = 64, warps = 12, stages = 2, query_in_registers = false>
#scores = #tile.fragment<[query, key], accumulator, warps = 12>
!tile = tensor<192x64xf32, #scores>

// Twelve warps have no registers for bounds.
// CHECK-LABEL: tile.kernel @full
// CHECK-NOT: tile.clip
tile.kernel @full(%s: !tile, %first: i32, %key: i32, %o: !tile.view<?x?xf32>) attributes {schedule = #s, target = "sm_90a"} {
  %low = arith.constant 0xFF800000 : f32
  %a = tile.map(%x = %s) at(%i = %first, %j = %key) : (!tile) -> !tile {
    %visible = arith.cmpi sle, %j, %i : i32
    %y = arith.select %visible, %x, %low : f32
    tile.yield %y : f32
  }
  tile.store %a, %o[%first, %key] : !tile, !tile.view<?x?xf32>
  tile.return
}
