// RUN: lacuna-opt %s --split-input-file --tile-defer-row-sums | FileCheck %s
// RUN: lacuna-opt %s --split-input-file --tile-defer-row-sums --tile-defer-row-sums | FileCheck %s

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#rows = #tile.fragment<[query], row, warps = 4>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>

// CHECK-LABEL: tile.kernel @linear
tile.kernel @linear(%runs: !tile.runs, %p: tensor<64x64xf32, #scores>, %decay: tensor<64xf32, #rows>,
                    %out: !tile.view<?xf32>, %row: i32) attributes {schedule = #s, target = "sm_80"} {
  %zero = arith.constant 0.0 : f32
  // CHECK: tile.splat {{.*}} : tensor<64xf32, #tile.fragment<[query], partial_row, warps = 4>>
  %l0 = tile.splat %zero : tensor<64xf32, #rows>
  // CHECK: %[[PARTS:.*]] = tile.for_runs
  %l = tile.for_runs (%key, %partial) in %runs iter_args(%old = %l0) : tensor<64xf32, #rows> {
    // CHECK: tile.reduce add {{.*}} -> tensor<64xf32, #tile.fragment<[query], partial_row, warps = 4>>
    %sum = tile.reduce add %p : tensor<64x64xf32, #scores> -> tensor<64xf32, #rows>
    %new = tile.map(%x = %old, %a = %decay, %y = %sum)
        : (tensor<64xf32, #rows>, tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
      %negative = arith.cmpf olt, %a, %zero : f32
      %minus = arith.negf %a : f32
      %factor = arith.select %negative, %minus, %a : f32
      %faded = arith.mulf %factor, %x : f32
      %added = arith.addf %faded, %y : f32
      %kept = arith.select %negative, %added, %zero : f32
      %both = arith.subf %added, %kept : f32
      %z = math.fma %factor, %y, %both : f32
      tile.yield %z : f32
    }
    tile.yield %new : tensor<64xf32, #rows>
  }
  // CHECK: %[[SUM:.*]] = tile.convert %[[PARTS]] : {{.*}} -> tensor<64xf32, #tile.fragment<[query], row, warps = 4>>
  // CHECK: tile.store %[[SUM]]
  tile.store %l, %out[%row] : tensor<64xf32, #rows>, !tile.view<?xf32>
  tile.return
}

// -----

// Each of these would give another result if its parts were kept apart.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#rows = #tile.fragment<[query], row, warps = 4>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>

// CHECK-LABEL: tile.kernel @not_linear
// CHECK-NOT: partial_row
// CHECK-NOT: tile.convert
tile.kernel @not_linear(%runs: !tile.runs, %p: tensor<64x64xf32, #scores>, %start: f32)
    attributes {schedule = #s, target = "sm_80"} {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %l0 = tile.splat %zero : tensor<64xf32, #rows>
  %l1 = tile.splat %start : tensor<64xf32, #rows>
  %l:6 = tile.for_runs (%key, %partial) in %runs
      iter_args(%product = %l0, %offset = %l0, %square = %l0, %started = %l1, %seen = %l0, %bounded = %l0)
      : tensor<64xf32, #rows>, tensor<64xf32, #rows>, tensor<64xf32, #rows>, tensor<64xf32, #rows>,
        tensor<64xf32, #rows>, tensor<64xf32, #rows> {
    %sum0 = tile.reduce add %p : tensor<64x64xf32, #scores> -> tensor<64xf32, #rows>
    %sum1 = tile.reduce add %p : tensor<64x64xf32, #scores> -> tensor<64xf32, #rows>
    %sum2 = tile.reduce add %p : tensor<64x64xf32, #scores> -> tensor<64xf32, #rows>
    %sum3 = tile.reduce add %p : tensor<64x64xf32, #scores> -> tensor<64xf32, #rows>
    %sum4 = tile.reduce add %p : tensor<64x64xf32, #scores> -> tensor<64xf32, #rows>
    %sum5 = tile.reduce add %p : tensor<64x64xf32, #scores> -> tensor<64xf32, #rows>
    // A product of two sums.
    %m0 = tile.map(%x = %product, %y = %sum0) : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
      %z = arith.mulf %x, %y : f32
      tile.yield %z : f32
    }
    // A constant, which would count four times.
    %m1 = tile.map(%x = %offset, %y = %sum1) : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
      %a = arith.addf %x, %y : f32
      %z = arith.addf %a, %one : f32
      tile.yield %z : f32
    }
    // A choice that depends on the sum.
    %m2 = tile.map(%x = %square, %y = %sum2) : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
      %a = arith.addf %x, %y : f32
      %c = arith.cmpf olt, %a, %one : f32
      %z = arith.select %c, %a, %x : f32
      tile.yield %z : f32
    }
    // A start that is not zero.
    %m3 = tile.map(%x = %started, %y = %sum3) : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
      %z = arith.addf %x, %y : f32
      tile.yield %z : f32
    }
    // A sum that something else reads.
    %m4 = tile.map(%x = %seen, %y = %sum4) : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
      %z = arith.addf %x, %y : f32
      tile.yield %z : f32
    }
    %reader = tile.map(%x = %seen) : (tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
      tile.yield %x : f32
    }
    // A bound.
    %m5 = tile.map(%x = %bounded, %y = %sum5) : (tensor<64xf32, #rows>, tensor<64xf32, #rows>) -> tensor<64xf32, #rows> {
      %a = arith.addf %x, %y : f32
      %z = arith.minnumf %a, %one : f32
      tile.yield %z : f32
    }
    tile.yield %m0, %m1, %m2, %m3, %m4, %m5
        : tensor<64xf32, #rows>, tensor<64xf32, #rows>, tensor<64xf32, #rows>, tensor<64xf32, #rows>,
          tensor<64xf32, #rows>, tensor<64xf32, #rows>
  }
  tile.return
}
