// RUN: lacuna-opt %s --split-input-file --tile-assign-layouts | FileCheck %s
// RUN: lacuna-opt %s --split-input-file --tile-assign-layouts --tile-assign-layouts | FileCheck %s

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
#rows = #tile.axes<[query]>
#scores = #tile.axes<[query, key]>
#queries = #tile.axes<[query, feature]>
#keys = #tile.axes<[key, feature]>

// CHECK-LABEL: tile.kernel @pads_features
// CHECK-NOT: tile.extent
tile.kernel @pads_features(%q: !tile.view<?x40xf16>, %v: !tile.view<?x72xf16>, %first: i32, %key: i32,
                           %out: !tile.view<?x?xi32>)
    attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  // CHECK-DAG: arith.constant 64 : i32
  // CHECK-DAG: arith.constant 32 : i32
  %m = tile.extent query
  %n = tile.extent key
  %mn = arith.addi %m, %n : i32
  // Loads get extents, and a place later.
  // CHECK: %[[Q:.*]] = tile.load {{.*}} -> tensor<64x48xf16, #tile.axes<[query, feature]>>
  // CHECK: %[[V:.*]] = tile.load {{.*}} -> tensor<32x80xf16, #tile.axes<[key, feature]>>
  %qt = tile.load %q[%first, %c0] : !tile.view<?x40xf16> -> tensor<?x40xf16, #queries>
  %kt = tile.load %q[%key, %c0] : !tile.view<?x40xf16> -> tensor<?x40xf16, #keys>
  %vt = tile.load %v[%key, %mn] : !tile.view<?x72xf16> -> tensor<?x72xf16, #keys>
  // CHECK: tile.splat {{.*}} : tensor<64xf32, #tile.fragment<[query], row, warps = 4>>
  %l = tile.splat %zero : tensor<?xf32, #rows>
  %s0 = tile.splat %zero : tensor<?x?xf32, #scores>
  %o0 = tile.splat %zero : tensor<?x72xf32, #queries>
  // CHECK: tile.dot %[[Q]], {{.*}} -> tensor<64x32xf32, #tile.fragment<[query, key], accumulator, warps = 4>>
  %s = tile.dot %qt, %kt, %s0 : tensor<?x40xf16, #queries>, tensor<?x40xf16, #keys> -> tensor<?x?xf32, #scores>
  // CHECK: %[[P:.*]] = tile.map
  %p = tile.map(%x = %s) : (tensor<?x?xf32, #scores>) -> tensor<?x?xf16, #scores> {
    %y = arith.truncf %x : f32 to f16
    tile.yield %y : f16
  }
  // CHECK: %[[PACKED:.*]] = tile.convert %[[P]]
  // CHECK-SAME: -> tensor<64x32xf16, #tile.fragment<[query, key], operand, warps = 4>>
  // CHECK-NOT: tile.convert
  // CHECK: tile.dot %[[PACKED]], %[[V]], {{.*}} -> tensor<64x80xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
  %o = tile.dot %p, %vt, %o0 : tensor<?x?xf16, #scores>, tensor<?x72xf16, #keys> -> tensor<?x72xf32, #queries>
  tile.return
}

// -----

// By key, what a product over keys gives queries is an accumulator, too, and its left operand
// is not packed: it has to go to other warps.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
// CHECK-LABEL: tile.kernel @over_rows
tile.kernel @over_rows(%k: !tile.view<?x64xf16>, %n: i32, %zero: f32, %none: f16) attributes {schedule = #s, target = "sm_80"} {
  %b, %h, %first = tile.block %n, %n, %n of key
  %kt = tile.load %k[%first, %n] : !tile.view<?x64xf16> -> tensor<?x64xf16, #tile.axes<[key, feature]>>
  // CHECK: %[[DS:.*]] = tile.splat {{.*}} : tensor<64x64xf16, #tile.fragment<[key, query], accumulator, warps = 4>>
  %ds = tile.splat %none : tensor<?x?xf16, #tile.axes<[key, query]>>
  %dq0 = tile.splat %zero : tensor<?x64xf32, #tile.axes<[query, feature]>>
  // CHECK: tile.dot %[[DS]], {{.*}} -> tensor<64x64xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
  %dq = tile.dot %ds, %kt, %dq0 : tensor<?x?xf16, #tile.axes<[key, query]>>, tensor<?x64xf16, #tile.axes<[key, feature]>> -> tensor<?x64xf32, #tile.axes<[query, feature]>>
  tile.return
}

// -----

// Tiles that are results and arguments of regions follow.
#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 2, stages = 2, query_in_registers = false>
#rows = #tile.axes<[query]>
// CHECK-LABEL: tile.kernel @regions
tile.kernel @regions(%keys: i32, %x: f32) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %runs = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
  %a = tile.splat %x : tensor<?xf32, #rows>
  // CHECK: tile.for_runs {{.*}} : tensor<64xf32, #tile.fragment<[query], row, warps = 2>> {
  %b = tile.for_runs (%key, %partial) in %runs iter_args(%c = %a) : tensor<?xf32, #rows> {
    // CHECK: scf.if {{.*}} -> (tensor<64xf32, #tile.fragment<[query], row, warps = 2>>)
    %d = scf.if %partial -> tensor<?xf32, #rows> {
      scf.yield %c : tensor<?xf32, #rows>
    } else {
      scf.yield %a : tensor<?xf32, #rows>
    }
    tile.yield %d : tensor<?xf32, #rows>
  }
  tile.return
}

// -----

// Rows of keys: vectors of queries lie along columns, and what only maps read is loaded
// straight into its fragment.
#s = #tile.schedule<query_tile = 32, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
!column = tensor<?xf32, #tile.axes<[query]>>
!row = tensor<?xf32, #tile.axes<[key]>>
!features = tensor<?x40xf16, #tile.axes<[key, feature]>>
// CHECK-LABEL: tile.kernel @of_keys
tile.kernel @of_keys(%k: !tile.view<?x40xf16>, %lse: !tile.view<?xf32>, %n: i32)
    attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %b, %h, %first = tile.block %n, %n, %n of key
  // CHECK: tile.load {{.*}} -> tensor<32xf32, #tile.fragment<[query], column, warps = 4>>
  %l = tile.load %lse[%c0] : !tile.view<?xf32> -> !column
  // CHECK: tile.load {{.*}} -> tensor<64xf32, #tile.fragment<[key], row, warps = 4>>
  %r = tile.load %lse[%first] : !tile.view<?xf32> -> !row
  // CHECK: tile.load {{.*}} -> tensor<64x48xf16, #tile.fragment<[key, feature], accumulator, warps = 4>>
  %f = tile.load %k[%first, %c0] : !tile.view<?x40xf16> -> !features
  %g = tile.map(%x = %f) : (!features) -> !features {
    tile.yield %x : f16
  }
  // CHECK: tile.map{{.*}} -> tensor<64x32xf32, #tile.fragment<[key, query], accumulator, warps = 4>>
  %s = tile.map(%x = %l, %y = %r) : (!column, !row) -> tensor<?x?xf32, #tile.axes<[key, query]>> {
    %z = arith.addf %x, %y : f32
    tile.yield %z : f32
  }
  tile.return
}
