// RUN: lacuna-opt %s --split-input-file --tile-choose-schedule=target=sm_80 | FileCheck %s
// RUN: lacuna-opt %s --split-input-file --tile-choose-schedule=target=sm_86 | FileCheck %s --check-prefix=SMALL
// RUN: lacuna-opt %s --split-input-file --tile-choose-schedule=target=sm_90a | FileCheck %s --check-prefix=ROLES

// The shared memory of an SM decides how wide key tiles are that leave room for
// two blocks.
#scores = #tile.axes<[query, key]>
#queries = #tile.axes<[query, feature]>
#keys = #tile.axes<[key, feature]>
// CHECK: tile.kernel @free
// CHECK-SAME: blocks_per_sm = 2 : i64
// CHECK-SAME: schedule = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = true>
// CHECK-SAME: target = "sm_80"
// SMALL: tile.kernel @free
// SMALL-SAME: blocks_per_sm = 2 : i64
// SMALL-SAME: schedule = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = true>
// SMALL-SAME: target = "sm_86"
tile.kernel @free(%q: tensor<?x128xbf16, #queries>, %k: tensor<?x128xbf16, #keys>,
                  %s: tensor<?x?xf32, #scores>, %p: tensor<?x?xbf16, #scores>,
                  %o: tensor<?x128xf32, #queries>) {
  %s1 = tile.dot %q, %k, %s : tensor<?x128xbf16, #queries>, tensor<?x128xbf16, #keys> -> tensor<?x?xf32, #scores>
  %o1 = tile.dot %p, %k, %o : tensor<?x?xbf16, #scores>, tensor<?x128xbf16, #keys> -> tensor<?x128xf32, #queries>
  tile.return
}

// -----

// A pinned knob is kept, the others follow; the pins are used up.
#scores = #tile.axes<[query, key]>
#queries = #tile.axes<[query, feature]>
#keys = #tile.axes<[key, feature]>
// CHECK: tile.kernel @pinned
// CHECK-SAME: schedule = #tile.schedule<query_tile = 32, key_tile = 64, warps = 2, stages = 3, query_in_registers = true>
// CHECK-NOT: tile.pins
// SMALL: tile.kernel @pinned
tile.kernel @pinned(%q: tensor<?x64xbf16, #queries>, %k: tensor<?x64xbf16, #keys>,
                  %s: tensor<?x?xf32, #scores>, %p: tensor<?x?xbf16, #scores>,
                  %o: tensor<?x64xf32, #queries>)
    attributes {tile.pins = {query_tile = 32, stages = 3, query_in_registers = true}} {
  %s1 = tile.dot %q, %k, %s : tensor<?x64xbf16, #queries>, tensor<?x64xbf16, #keys> -> tensor<?x?xf32, #scores>
  %o1 = tile.dot %p, %k, %o : tensor<?x?xbf16, #scores>, tensor<?x64xbf16, #keys> -> tensor<?x64xf32, #queries>
  tile.return
}

// -----

// A schedule written by hand is held against the model and kept.
// CHECK: tile.kernel @given
// CHECK-SAME: schedule = #tile.schedule<query_tile = 256, key_tile = 32, warps = 8, stages = 4, query_in_registers = false>
// CHECK-SAME: target = "sm_80"
// SMALL: tile.kernel @given
tile.kernel @given() attributes {schedule = #tile.schedule<query_tile = 256, key_tile = 32, warps = 8, stages = 4, query_in_registers = false>} {
  tile.return
}

// -----

// Gradients of keys: rows are keys, two tiles of scores. Those of keys and values together
// have too few registers for wide tiles of columns.
// CHECK: tile.kernel @gradients
// CHECK-SAME: schedule = #tile.schedule<query_tile = 32, key_tile = 128, warps = 8, stages = 2, query_in_registers = false>
// SMALL: tile.kernel @gradients
// SMALL-SAME: schedule = #tile.schedule<query_tile = 32, key_tile = 128, warps = 8, stages = 2, query_in_registers = false>
// ROLES: tile.kernel @gradients
// ROLES-SAME: schedule = #tile.schedule<query_tile = 32, key_tile = 128, warps = 8, stages = 2, query_in_registers = false, roles = true>
!key = tensor<?x128xbf16, #tile.axes<[key, feature]>>
!query = tensor<?x128xbf16, #tile.axes<[query, feature]>>
!scores = tensor<?x?xf32, #tile.axes<[key, query]>>
!weights = tensor<?x?xbf16, #tile.axes<[key, query]>>
!sums = tensor<?x128xf32, #tile.axes<[key, feature]>>
tile.kernel @gradients(%k: !key, %v: !key, %q: !query, %do: !query, %s: !scores, %p: !weights,
                       %sums: !sums, %n: i32) {
  %b, %h, %first = tile.block %n, %n, %n of key
  %s1 = tile.dot %k, %q, %s : !key, !query -> !scores
  %dp = tile.dot %v, %do, %s : !key, !query -> !scores
  %dv = tile.dot %p, %do, %sums : !weights, !query -> !sums
  %dk = tile.dot %p, %q, %sums : !weights, !query -> !sums
  tile.return
}
