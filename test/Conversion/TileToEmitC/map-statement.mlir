// RUN: lacuna-opt %s --convert-tile-to-emitc | FileCheck %s
//
// In kernels with roles, short programs on a whole tile are one asm statement, and so
// is what stores a row of it.

#schedule = #tile.schedule<query_tile = 128, key_tile = 16, warps = 8, stages = 2, query_in_registers = false, roles = true>
!scores = tensor<128x16xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
!packed = tensor<128x16xbf16, #tile.fragment<[query, key], accumulator, warps = 8>>
!rows = tensor<128xf32, #tile.fragment<[query], row, warps = 8>>

// Registers are changed in place; what a row has is one operand for all its elements.
// CHECK:      void exp2_scores(F32x8 &x, const F32x2 &y)
// CHECK-SAME: asm volatile(
// CHECK-SAME: .reg .f32 t2;
// CHECK-SAME: fma.rn.f32 t2, %0, 0f3F000000, %8; ex2.approx.ftz.f32 %0, t2;
// CHECK-SAME: fma.rn.f32 t2, %2, 0f3F000000, %9; ex2.approx.ftz.f32 %2, t2;
// CHECK-SAME: \22+f\22(x.x0)
// CHECK-SAME: \22f\22(y.x0), \22f\22(y.x1));

// So is what a column has, for the elements of all rows.
// CHECK:      void addf_scores(F32x8 &x, const F32x4 &y)
// CHECK-SAME: add.f32 %0, %0, %8;
// CHECK-SAME: add.f32 %1, %1, %9;
// CHECK-SAME: add.f32 %2, %2, %8;
// CHECK-SAME: add.f32 %5, %5, %11;

// A position is no operand of a statement, nor is a value from outside.
// CHECK:      F32x8 subf_scores(const F32x8 &x, int32_t i)
// CHECK-SAME: r.x0 = subf_scores_element(x.x0, i);
// CHECK:      F32x8 mulf_scores(const F32x8 &x, float scalar2)
// CHECK-SAME: r.x0 = mulf_scores_element(x.x0, scalar2);

// A statement that rounds has registers of its own.
// CHECK:      void truncf_weights(Bf16x8 &r, const F32x8 &x, const F32x2 &y)
// CHECK-SAME: .reg .f32 t2a, t2b;
// CHECK-SAME: mul.f32 t2a, %4, %12; mul.f32 t2b, %5, %12; cvt.rn.bf16x2.f32 %0, t2b, t2a;
// CHECK-SAME: mul.f32 t2a, %6, %13; mul.f32 t2b, %7, %13; cvt.rn.bf16x2.f32 %1, t2b, t2a;
// CHECK-SAME: \22=r\22(r.x0)

// CHECK:      void store_weights(
// CHECK-SAME: if (row < view.dim[0]) {
// CHECK-SAME: st.global.b32 [%0+0], %1;
// CHECK-SAME: st.global.b32 [%0+16], %2;
// CHECK-SAME: \22l\22(address), \22r\22(x.x0), \22r\22(x.x2)
// CHECK-SAME: \22l\22(address + step), \22r\22(x.x1), \22r\22(x.x3)

// CHECK:      emitc.func @statements
tile.kernel @statements(%o: !tile.view<?x16xbf16>, %first: i32, %limit: f32)
    attributes {schedule = #schedule, target = "sm_90a", shared_bytes = 0 : i64} {
  %c0 = arith.constant 0 : i32
  %half = arith.constant 0.5 : f32
  tile.roles producer registers 24 {
  } consumers registers 240 {
    %s = tile.splat %half : !scores
    %r = tile.splat %half : !rows
    // CHECK: verbatim "exp2_scores({}, {});"
    %e = tile.map(%x = %s, %y = %r) : (!scores, !rows) -> !scores {
      %z = math.fma %x, %half, %y : f32
      %p = math.exp2 %z fastmath<afn> : f32
      tile.yield %p : f32
    }
    %c = tile.splat %half : tensor<16xf32, #tile.fragment<[key], column, warps = 8>>
    // CHECK: verbatim "addf_scores({}, {});"
    %shifted = tile.map(%x = %e, %y = %c) : (!scores, tensor<16xf32, #tile.fragment<[key], column, warps = 8>>) -> !scores {
      %z = arith.addf %x, %y : f32
      tile.yield %z : f32
    }
    // CHECK: subf_scores
    %placed = tile.map(%x = %shifted) at(%i = %first, %j = %c0) : (!scores) -> !scores {
      %f = arith.sitofp %i : i32 to f32
      %z = arith.subf %x, %f : f32
      tile.yield %z : f32
    }
    // CHECK: mulf_scores
    %limited = tile.map(%x = %placed) : (!scores) -> !scores {
      %z = arith.mulf %x, %limit : f32
      tile.yield %z : f32
    }
    // CHECK: verbatim "truncf_weights({}, {}, {});"
    %w = tile.map(%x = %limited, %y = %r) : (!scores, !rows) -> !packed {
      %z = arith.mulf %x, %y : f32
      %b = arith.truncf %z : f32 to bf16
      tile.yield %b : bf16
    }
    tile.store %w, %o[%first, %c0] : !packed, !tile.view<?x16xbf16>
  }
  tile.return
}
