// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Structs of named scalars, and the functions on them.

// What nothing uses is not printed.
// CHECK-NOT: splat_rows
// CHECK: struct F32x8 { float x0, x1, x2, x3, x4, x5, x6, x7; };
// CHECK: F32x8 splat_scores(float value)
// CHECK-SAME: r.x7 = value;
// CHECK: struct F32x2 { float x0, x1; };

// A row's elements in a balanced tree, then over the four lanes that hold it.
// CHECK: F32x2 max_of_scores(const F32x8 &x)
// CHECK-SAME: r.x0 = lacuna::rowMaximum(fmaxf(fmaxf(x.x0, x.x1), fmaxf(x.x4, x.x5)));
// CHECK-SAME: r.x1 = lacuna::rowMaximum(fmaxf(fmaxf(x.x2, x.x3), fmaxf(x.x6, x.x7)));
// CHECK: F32x2 sum_of_scores(const F32x8 &x)
// CHECK-SAME: r.x0 = ((x.x0 + x.x1) + (x.x4 + x.x5));
// CHECK: F32x2 sum_over_lanes(const F32x2 &x)
// CHECK-SAME: r.x0 = lacuna::rowSum(x.x0);

// A value per row stands for all elements of its row; positions are those of the
// warp's rows and the lane's columns; scalars and views are parameters.
// CHECK: emitc.func @addf_scores_element(%arg0: f32, %arg1: f32, %arg2: i32, %arg3: i32, %arg4: f32, %arg5: !emitc.opaque<"const lacuna::View<2> &">) -> f32
// CHECK: F32x8 addf_scores(const F32x8 &x, const F32x2 &y, int32_t i, int32_t j, float scalar3, const lacuna::View<2> &view0)
// CHECK-SAME: F32x8 r = x;
// CHECK-SAME: i += lacuna::fragmentRow(16);
// CHECK-SAME: j += lacuna::fragmentColumn();
// What reads a table stands under a condition of its own.
// CHECK-SAME: if (lacuna::always()) {
// CHECK-SAME: r.x0 = addf_scores_element(x.x0, y.x0, i, j, scalar3, view0);
// CHECK-SAME: r.x1 = addf_scores_element(x.x1, y.x0, i, j + 1, scalar3, view0);
// CHECK-SAME: r.x2 = addf_scores_element(x.x2, y.x1, i + 8, j, scalar3, view0);
// CHECK-SAME: r.x7 = addf_scores_element(x.x7, y.x1, i + 8, j + 9, scalar3, view0);

// CHECK: extern \22C\22
#rows = #tile.fragment<[query], row, warps = 1>
#sums = #tile.fragment<[query], partial_row, warps = 1>
#scores = #tile.fragment<[query, key], accumulator, warps = 1>
tile.kernel @fragments(%bias: !tile.view<?x?xf32>, %first: i32, %key: i32, %scale: f32)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %rows = tile.splat %scale : tensor<16xf32, #rows>
  %scores = tile.splat %scale : tensor<16x16xf32, #scores>
  %max = tile.reduce max %scores : tensor<16x16xf32, #scores> -> tensor<16xf32, #rows>
  %part = tile.reduce add %scores : tensor<16x16xf32, #scores> -> tensor<16xf32, #sums>
  %sum = tile.convert %part : tensor<16xf32, #sums> -> tensor<16xf32, #rows>
  %biased = tile.map(%x = %scores, %m = %max) at(%i = %first, %j = %key)
      : (tensor<16x16xf32, #scores>, tensor<16xf32, #rows>) -> tensor<16x16xf32, #scores> {
    %d = arith.subf %x, %m : f32
    %s = arith.mulf %d, %scale : f32
    %b, %inside = tile.read %bias[%i, %j] : !tile.view<?x?xf32>
    %y = arith.addf %s, %b : f32
    tile.yield %y : f32
  }
  // The same operation again is the same function.
  // CHECK: %[[A:.*]] = call_opaque "max_of_scores"
  // CHECK: call_opaque "max_of_scores"
  %again = tile.reduce max %biased : tensor<16x16xf32, #scores> -> tensor<16xf32, #rows>
  tile.return
}

// -----

// A read is bounded; a branch of a scalar program assigns a variable.
// CHECK-LABEL: emitc.func @if_rows_element
// CHECK: %[[CHOICE:.*]] = "emitc.variable"
// CHECK: if
// CHECK:   %[[INSIDE:.*]] = call_opaque "lacuna::isInside"(%[[VIEW:.*]], %[[I:.*]])
// CHECK:   %[[AT:.*]] = call_opaque "lacuna::elementAddress<2>"(%[[VIEW]], %[[I]])
// CHECK:   %[[VALUE:.*]] = call_opaque "lacuna::loadF16"(%[[AT]], %[[INSIDE]])
// CHECK:   assign %[[VALUE]] : f32 to %[[CHOICE]]
// CHECK: } else {
// CHECK:   assign
// CHECK: load %[[CHOICE]]
#rows = #tile.fragment<[query], row, warps = 1>
tile.kernel @branch(%table: !tile.view<?xf16>, %first: i32, %z: f32)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %rows = tile.splat %z : tensor<16xf32, #rows>
  %m = tile.map(%x = %rows) at(%i = %first) : (tensor<16xf32, #rows>) -> tensor<16xf32, #rows> {
    %c3 = arith.constant 3 : i32
    %odd = arith.cmpi sgt, %i, %c3 : i32
    %y = scf.if %odd -> f32 {
      %v, %inside = tile.read %table[%i] : !tile.view<?xf16>
      %w = arith.extf %v : f16 to f32
      scf.yield %w : f32
    } else {
      scf.yield %x : f32
    }
    tile.yield %y : f32
  }
  tile.return
}
