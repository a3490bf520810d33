// One op by key adds to the gradient of queries where that saves anything; where it does not, a remark says why.
// RUN: lacuna-opt %s --attn-split-gradients=gradients=fastest --verify-diagnostics | FileCheck %s

!t = tensor<?x?x?x64xbf16>
!wide = tensor<?x?x?x192xbf16>
!lse = tensor<?x?x?xf32>

// CHECK-LABEL: @all
// CHECK-NOT: by query
// CHECK: %[[DK:.*]], %[[DV:.*]], %[[DQ:.*]] = attn.backward by key {{.*}} adding query
// CHECK-NEXT: return %[[DQ]], %[[DK]], %[[DV]]
func.func @all(%q: !t, %lse: !lse, %do: !t) -> (!t, !t, !t) {
  // expected-remark@below {{fastest: one pass over scores; gradients of queries are added atomically, so that their last bits may differ from run to run}}
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %do : !t, !t, !t output !t
  return %dq, %dk, %dv : !t, !t, !t
}

// CHECK-LABEL: @some
// CHECK: attn.backward by query
// CHECK: attn.backward by key
// CHECK-NOT: adding
func.func @some(%q: !t, %lse: !lse, %do: !t) -> (!t, !t) {
  // expected-remark@below {{deterministic: gradients of queries, keys and values are summed in one order, though asked to be fastest: one pass is for gradients of queries, keys and values, and not all of them are used}}
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %do : !t, !t, !t output !t
  return %dq, %dk : !t, !t
}

// CHECK-LABEL: @table
// CHECK: attn.backward by query
// CHECK-NOT: adding
func.func @table(%q: !t, %cap: f32, %lse: !lse, %do: !t) -> (!t, !t, !t, tensor<f32>) {
  // expected-remark@below {{though asked to be fastest: gradients of tables and scalars need the scores by query anyway}}
  %dq, %dk, %dv, %dcap = attn.attend_grad %q, %q, %q output %q, %lse gradient %do
    score(%s, %b, %h, %i, %j) {
      %r = arith.addf %s, %cap : f32
      attn.yield %r : f32
    } pullback(%g, %s, %b, %h, %i, %j) {
      attn.contribute %g to %cap : f32
      attn.yield %g : f32
    } of %cap : !t, !t, !t output !t of f32
  return %dq, %dk, %dv, %dcap : !t, !t, !t, tensor<f32>
}

// CHECK-LABEL: @wide
// CHECK: attn.backward by query
// CHECK-NOT: adding
func.func @wide(%q: !wide, %v: !t, %lse: !lse, %do: !t) -> (!wide, !wide, !t) {
  // expected-remark@below {{though asked to be fastest: head dims 192 and 64 leave no registers for the sums of one pass, whose head dims are at most 128}}
  %dq, %dk, %dv = attn.attend_grad %q, %q, %v output %do, %lse gradient %do : !wide, !wide, !t output !t
  return %dq, %dk, %dv : !wide, !wide, !t
}
