// Where the scale goes. A positive constant is folded into the slope of the
// exponent; anything else, and any scale under a score region, multiplies first.
// RUN: lacuna-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xf16>

// 0.5 * log2(e)
// CHECK-LABEL: tile.kernel @constant_kernel
// CHECK-DAG:   %[[SLOPE:.*]] = arith.constant 0.72134751 : f32
// CHECK:       %[[S:.*]] = tile.dot
// CHECK-NEXT:  scf.if
// CHECK:       math.fma %{{.*}}, %[[SLOPE]], %{{.*}} : f32
func.func @constant(%q: !t, %k: !t, %v: !t) -> !t {
  %half = arith.constant 0.5 : f32
  %o, %lse = attn.attend %q, %k, %v scale %half : !t, !t, !t
  return %o : !t
}

// CHECK-LABEL: tile.kernel @negative_kernel
// CHECK-DAG:   %[[SCALE:.*]] = arith.constant -5.000000e-01 : f32
// CHECK-DAG:   %[[SLOPE:.*]] = arith.constant 1.44269502 : f32
// CHECK:       %[[S:.*]] = tile.dot
// CHECK-NEXT:  %[[T:.*]] = tile.map(%[[X:.*]] = %[[S]])
// CHECK-NEXT:    %[[Y:.*]] = arith.mulf %[[X]], %[[SCALE]] : f32
// CHECK-NEXT:    tile.yield %[[Y]] : f32
// CHECK:       math.fma %{{.*}}, %[[SLOPE]], %{{.*}} : f32
func.func @negative(%q: !t, %k: !t, %v: !t) -> !t {
  %half = arith.constant -0.5 : f32
  %o, %lse = attn.attend %q, %k, %v scale %half : !t, !t, !t
  return %o : !t
}

// Its sign is not known: the maximum is taken of the products.
// CHECK-LABEL: tile.kernel @operand_kernel
// CHECK-SAME:    %[[SCALE:[^:]*]]: f32, %{{[^:]*}}: !tile.view<?x?x?x64xf16>, %{{[^:]*}}: !tile.view<?x?x?xf32>, %{{[^:]*}}: i32)
// CHECK-DAG:   %[[LN2:.*]] = arith.constant 0.693147182 : f32
// CHECK-DAG:   %[[SLOPE:.*]] = arith.constant 1.44269502 : f32
// CHECK:       %[[S:.*]] = tile.dot
// CHECK-NEXT:  %[[T:.*]] = tile.map(%[[X:.*]] = %[[S]])
// CHECK-NEXT:    arith.mulf %[[X]], %[[SCALE]] : f32
// CHECK:       math.fma %{{.*}}, %[[SLOPE]], %{{.*}} : f32
// The log-sum-exp needs no further scale: m + log(l).
// CHECK:       %[[E:.*]] = math.log2
// CHECK-NEXT:  math.fma %[[E]], %[[LN2]], %{{.*}} : f32
func.func @operand(%q: !t, %k: !t, %v: !t, %scale: f32) -> (!t, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v scale %scale : !t, !t, !t
  return %o, %lse : !t, tensor<?x?x?xf32>
}
