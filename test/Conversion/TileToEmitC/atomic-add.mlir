// RUN: lacuna-opt %s --convert-tile-to-emitc | FileCheck %s
//
// Additions of a map, one for each element of its result: of the four lanes that hold
// a row one adds.

#schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>
!scores = tensor<16x16xf32, #tile.fragment<[query, key], accumulator, warps = 1>>
!rows = tensor<16xf32, #tile.fragment<[query], row, warps = 1>>

// CHECK: emitc.func @add_scores_element
// CHECK: call_opaque "lacuna::isInside"
// CHECK: call_opaque "lacuna::elementAddress<4>"
// CHECK: verbatim "lacuna::addF32({}, {}, {});"
// CHECK: emitc.func @add_rows_element
// CHECK: verbatim "lacuna::addF32({}, {}, {} && lacuna::speaksForRow());"
tile.kernel @adds(%table: !tile.view<?xf32>, %total: !tile.view<1xf32>, %x: f32, %row: i32, %key: i32)
    attributes {schedule = #schedule, shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %s = tile.splat %x : !scores
  %added = tile.map(%e = %s) at(%i = %row, %j = %key) : (!scores) -> !scores {
    %d = arith.subi %i, %j : i32
    tile.atomic_add %e, %table[%d] : !tile.view<?xf32>
    tile.yield %e : f32
  }
  %r = tile.splat %x : !rows
  %summed = tile.map(%e = %r) : (!rows) -> !rows {
    tile.atomic_add %e, %total[%c0] : !tile.view<1xf32>
    tile.yield %e : f32
  }
  tile.return
}
