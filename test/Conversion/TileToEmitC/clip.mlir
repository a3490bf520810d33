// RUN: lacuna-opt %s --convert-tile-to-emitc | FileCheck %s

#rows = #tile.fragment<[query], row, warps = 4>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
#s = #tile.schedule<query_tile = 64, key_tile = 48, warps = 4, stages = 2, query_in_registers = false>

// Two groups of columns; bounds are relative to the thread's first column.
// CHECK: F32x24 clip_scores(F32x24 x, I32x2 to, int32_t j)
// CHECK-SAME: j += lacuna::fragmentColumn();
// CHECK-SAME: to.x0 -= j;
// CHECK-SAME: to.x1 -= j;
// CHECK-SAME: if (lacuna::anyLane(min(to.x0, to.x1) <= 25)) {
// CHECK-SAME: if (lacuna::anyLane(max(to.x0, to.x1) > 0)) {
// CHECK-SAME: x.x0 = to.x0 > 0 ? x.x0 : low;
// CHECK-SAME: x.x15 = to.x1 > 25 ? x.x15 : low;
// CHECK-SAME: } else {
// CHECK-SAME: x.x0 = low;
// CHECK-SAME: if (lacuna::anyLane(min(to.x0, to.x1) <= 41)) {
// CHECK-SAME: if (lacuna::anyLane(max(to.x0, to.x1) > 32)) {
// CHECK-SAME: x.x16 = to.x0 > 32 ? x.x16 : low;
// CHECK: F32x24 clip_scores_2(F32x24 x, I32x2 from, I32x2 to, int32_t j)
// CHECK-SAME: width.x0 = max(to.x0 - from.x0, 0);
// CHECK-SAME: from.x0 -= j;
// CHECK-SAME: to.x0 -= j;
// CHECK-SAME: if (lacuna::anyLane(min(to.x0, to.x1) <= 25 || max(from.x0, from.x1) > 0)) {
// CHECK-SAME: if (lacuna::anyLane(max(to.x0, to.x1) > 0 && min(from.x0, from.x1) <= 25)) {
// CHECK-SAME: x.x0 = uint32_t(0 - from.x0) < uint32_t(width.x0) ? x.x0 : low;
tile.kernel @k(%key: i32, %o: !tile.view<?x?xf32>, %first: i32)
    attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %zero = arith.constant 0.0 : f32
  %scores = tile.splat %zero : tensor<64x48xf32, #scores>
  %bounds = tile.map() at(%i = %first) : () -> tensor<64xi32, #rows> {
    tile.yield %i : i32
  }
  // CHECK: call_opaque "clip_scores"
  %a = tile.clip %scores at %key to %bounds : tensor<64x48xf32, #scores>, tensor<64xi32, #rows>
  // CHECK: call_opaque "clip_scores_2"
  %b = tile.clip %a at %key from %bounds to %bounds
      : tensor<64x48xf32, #scores>, tensor<64xi32, #rows>, tensor<64xi32, #rows>
  tile.store %b, %o[%first, %key] : tensor<64x48xf32, #scores>, !tile.view<?x?xf32>
  tile.return
}
