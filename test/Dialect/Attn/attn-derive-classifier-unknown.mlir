// Where nothing is known of a tile, and what is left alone.
// RUN: lacuna-opt %s --attn-expand-sugar --attn-derive-classifier --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @floats
// CHECK-NOT: classify
func.func @floats(%q: !t, %w: tensor<?xf32>) -> !t {
  // expected-remark@below {{every tile is partial: nothing is known of the predicate over a tile}}
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %zero = arith.constant 0.0 : f32
    %x = attn.load %w[%j] : tensor<?xf32>
    %keep = arith.cmpf ogt, %x, %zero : f32
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// What is not understood may be anything, and the rest still counts.
// CHECK-LABEL: @causal_floats
// CHECK:      classify(%{{.*}}, %{{.*}}, %{{.*}}, %[[IL:.*]], %[[JF:.*]], %{{.*}}) {
// CHECK-NEXT:   %[[HIDE:.*]] = arith.constant true
// CHECK-NEXT:   %[[SEE:.*]] = arith.cmpi sle, %[[JF]], %[[IL]] : i32
// CHECK-NEXT:   attn.yield %[[SEE]], %[[HIDE]] : i1, i1
func.func @causal_floats(%q: !t, %w: tensor<?xf32>) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %zero = arith.constant 0.0 : f32
    %x = attn.load %w[%j] : tensor<?xf32>
    %positive = arith.cmpf ogt, %x, %zero : f32
    %past = attn.causal %i, %j
    %keep = attn.and %positive, %past
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// Bits that wrap around are numbers of their type.
// CHECK-LABEL: @wrapped
// CHECK-NOT: classify
func.func @wrapped(%q: !t) -> !t {
  // expected-remark@below {{every tile is partial}}
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %c3 = arith.constant 3 : i8
    %x = arith.muli %i, %j : i32
    %y = arith.trunci %x : i32 to i8
    %keep = arith.cmpi slt, %y, %c3 : i8
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// Classes that are there already stay; without a predicate there are none.
// CHECK-LABEL: @given
// CHECK:      classify
// CHECK-NEXT:   %[[YES:.*]] = arith.constant true
// CHECK-NEXT:   attn.yield %[[YES]], %[[YES]]
// CHECK-NOT:  classify
func.func @given(%q: !t) -> (!t, !t) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
    %yes = arith.constant true
    attn.yield %yes, %yes : i1, i1
  } : !t, !t, !t
  %dense, %lse_dense = attn.attend %q, %q, %q : !t, !t, !t
  return %o, %dense : !t, !t
}

// -----

!t = tensor<1x1x?x16xf16>
// A kernel that computes its own bounds asks nobody for classes.
// CHECK-LABEL: @closed
// CHECK-NOT: classify
func.func @closed(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } mode closed : !t, !t, !t
  return %o : !t
}
