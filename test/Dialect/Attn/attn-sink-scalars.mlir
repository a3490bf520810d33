// RUN: lacuna-opt %s --attn-sink-scalars --split-input-file | FileCheck %s

!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @bottom_right
// CHECK-SAME: %[[Q:[^:]*]]: tensor<1x1x?x16xf16>, %[[K:[^:]*]]: tensor<1x1x?x16xf16>, %[[X:[^:]*]]: f32
func.func @bottom_right(%q: !t, %k: !t, %x: f32) -> !t {
  // What only regions used is gone; what the scale needs stays.
  // CHECK-NEXT: %[[TWO:.*]] = arith.constant 2.0
  // CHECK-NEXT: %[[SCALE:.*]] = arith.mulf %[[X]], %[[TWO]] : f32
  %c2 = arith.constant 2 : index
  %nq = tensor.dim %q, %c2 : !t
  %nk = tensor.dim %k, %c2 : !t
  %d = arith.subi %nk, %nq : index
  %offset = arith.index_cast %d : index to i32
  %two = arith.constant 2.0 : f32
  %scale = arith.mulf %x, %two : f32
  // CHECK-NEXT: attn.attend
  // CHECK-SAME: where(
  // CHECK-NEXT: %[[AXIS:.*]] = arith.constant 2 : index
  // CHECK-NEXT: %[[NK:.*]] = tensor.dim %[[K]], %[[AXIS]]
  // CHECK-NEXT: %[[NQ:.*]] = tensor.dim %[[Q]], %[[AXIS]]
  // CHECK-NEXT: %[[D:.*]] = arith.subi %[[NK]], %[[NQ]] : index
  // CHECK-NEXT: %[[OFFSET:.*]] = arith.index_cast %[[D]] : index to i32
  // CHECK-NEXT: attn.causal %{{.*}}, %{{.*}} offset %[[OFFSET]]
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %keep = attn.causal %i, %j offset %offset
    attn.yield %keep : i1
  } score(%s, %b, %h, %i, %j) {
    // CHECK: score(%[[S:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {
    // CHECK-NEXT: %[[COPY:.*]] = arith.constant 2.0
    // CHECK-NEXT: arith.mulf %[[S]], %[[COPY]]
    %r = arith.mulf %s, %two : f32
    attn.yield %r : f32
  // CHECK: } scale %[[SCALE]]
  } scale %scale : !t, !t, !t
  return %o : !t
}

// -----

// Unchanged: arguments and tables stay captured.
!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @arguments
// CHECK-SAME: %{{.*}}: tensor<1x1x?x16xf16>, %[[N:[^:]*]]: i32, %[[T:[^:]*]]: tensor<?xi1>
// CHECK: where(%{{.*}}, %{{.*}}, %[[I:.*]], %[[J:.*]]) {
// CHECK-NEXT: arith.cmpi slt, %[[J]], %[[N]]
// CHECK-NEXT: attn.load %[[T]][%[[J]]]
func.func @arguments(%q: !t, %n: i32, %t: tensor<?xi1>) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %near = arith.cmpi slt, %j, %n : i32
    %bit = attn.load %t[%j] : tensor<?xi1>
    %keep = arith.andi %near, %bit : i1
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}
