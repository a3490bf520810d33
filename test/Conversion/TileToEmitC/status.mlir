// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Reports: at once in the body of a kernel, collected over the elements of a map.

// CHECK: emitc.include "lacuna/status.cuh"
// CHECK: emitc.func @check_scores_element(%[[X:.*]]: f32, %[[BAD:.*]]: i1, %[[FIRST:.*]]: !emitc.opaque<"bool &">, %[[SECOND:.*]]: !emitc.opaque<"bool &">) -> f32
// CHECK:   verbatim "{} |= {};" args %[[SECOND]], %[[BAD]]
// CHECK:   verbatim "{} |= {};" args %[[FIRST]], %[[BAD]]
// CHECK: F32x8 check_scores(const F32x8 &x, lacuna::Status status, bool scalar1)
// CHECK-SAME: bool reported_0 = false;
// CHECK-SAME: bool reported_7 = false;
// CHECK-SAME: r.x7 = check_scores_element(x.x7, scalar1, reported_0, reported_7);
// CHECK-SAME: lacuna::report(status, 1u << 0, reported_0);
// CHECK-SAME: lacuna::report(status, 1u << 7, reported_7);

// CHECK: emitc.func @k(%[[STATUS:.*]]: !emitc.opaque<"lacuna::Status">, %[[BAD:.*]]: i1
// CHECK: %[[FAILED:.*]] = call_opaque "lacuna::failed"(%[[STATUS]])
// CHECK: verbatim "lacuna::report({}, 1u << 3, {});" args %[[STATUS]], %[[FAILED]]
#scores = #tile.fragment<[query, key], accumulator, warps = 1>
tile.kernel @k(%status: !tile.status, %bad: i1, %x: f32, %o: !tile.view<?x?xf32>)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %failed = tile.failed %status
  tile.report %status, 3 if %failed
  %scores = tile.splat %x : tensor<16x16xf32, #scores>
  %same = tile.map(%e = %scores) : (tensor<16x16xf32, #scores>) -> tensor<16x16xf32, #scores> {
    tile.report %status, 7 if %bad
    tile.report %status, 0 if %bad
    tile.yield %e : f32
  }
  tile.store %same, %o[%c0, %c0] : tensor<16x16xf32, #scores>, !tile.view<?x?xf32>
  tile.return
}
