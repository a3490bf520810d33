// RUN: lacuna-opt %s --convert-tile-to-emitc | FileCheck %s

#rows = #tile.fragment<[query], row, warps = 4>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
#s = #tile.schedule<query_tile = 64, key_tile = 48, warps = 4, stages = 2, query_in_registers = false>

// Two groups of columns; bounds are relative to the thread's first column. A group
// that no row of the warp has hidden elements in is left as it is, one without visible
// ones is overwritten.
// CHECK: void clip_scores(F32x24 &x, const I32x2 &to, int32_t j)
// CHECK-SAME: j += lacuna::fragmentColumn();
// CHECK-SAME: min.s32 least, %24, %25;
// CHECK-SAME: max.s32 most, %24, %25;
// CHECK-SAME: setp.le.s32 p, least, 25;
// CHECK-SAME: vote.sync.any.pred p, p, 0xffffffff; @!p bra seen[[GROUP:[0-9]+]]_%=;
// CHECK-SAME: setp.gt.s32 p, most, 0;
// CHECK-SAME: vote.sync.any.pred p, p, 0xffffffff; @!p bra none[[GROUP]]_%=;
// CHECK-SAME: setp.gt.s32 p, %24, 0; selp.f32 %0, %0, 0fFF800000, p;
// CHECK-SAME: setp.gt.s32 p, %25, 25; selp.f32 %15, %15, 0fFF800000, p;
// CHECK-SAME: bra seen[[GROUP]]_%=;
// CHECK-SAME: none[[GROUP]]_%=:
// CHECK-SAME: mov.f32 %0, 0fFF800000;
// CHECK-SAME: seen[[GROUP]]_%=:
// CHECK-SAME: setp.le.s32 p, least, 41;
// CHECK-SAME: setp.gt.s32 p, most, 32;
// CHECK-SAME: setp.gt.s32 p, %24, 32; selp.f32 %16, %16, 0fFF800000, p;
// CHECK-SAME: \22r\22(to.x0 - j), \22r\22(to.x1 - j));
// With two edges, one that does not cross the tile costs one vote.
// CHECK: void clip_scores_2(F32x24 &x, const I32x2 &from, const I32x2 &to, int32_t j)
// CHECK-SAME: setp.gt.s32 p, most, 0;
// CHECK-SAME: vote.sync.any.pred p, p, 0xffffffff; @!p bra edge[[FROM:[0-9]+]]_%=;
// CHECK-SAME: setp.le.s32 p, %24, 0; selp.f32 %0, %0, 0fFF800000, p;
// CHECK-SAME: edge[[FROM]]_%=:
// CHECK-SAME: min.s32 least, %26, %27;
// CHECK-SAME: setp.le.s32 p, least, 41;
// CHECK-SAME: vote.sync.any.pred p, p, 0xffffffff; @!p bra edge[[TO:[0-9]+]]_%=;
// CHECK-SAME: setp.gt.s32 p, %26, 0; selp.f32 %0, %0, 0fFF800000, p;
// CHECK-SAME: edge[[TO]]_%=:
// CHECK-SAME: \22r\22(from.x0 - j), \22r\22(from.x1 - j), \22r\22(to.x0 - j), \22r\22(to.x1 - j));
tile.kernel @k(%key: i32, %o: !tile.view<?x?xf32>, %first: i32)
    attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %zero = arith.constant 0.0 : f32
  %scores = tile.splat %zero : tensor<64x48xf32, #scores>
  %bounds = tile.map() at(%i = %first) : () -> tensor<64xi32, #rows> {
    tile.yield %i : i32
  }
  // CHECK: verbatim "clip_scores({}, {}, {});"
  %a = tile.clip %scores at %key to %bounds : tensor<64x48xf32, #scores>, tensor<64xi32, #rows>
  // CHECK: verbatim "clip_scores_2({}, {}, {}, {});"
  %b = tile.clip %a at %key from %bounds to %bounds
      : tensor<64x48xf32, #scores>, tensor<64xi32, #rows>, tensor<64xi32, #rows>
  tile.store %b, %o[%first, %key] : tensor<64x48xf32, #scores>, !tile.view<?x?xf32>
  tile.return
}
