// A gradient becomes one op for each of its kernels; by key, clauses take the key first.
// RUN: lacuna-opt %s --attn-split-gradients --canonicalize | FileCheck %s

!t = tensor<?x?x?x64xbf16>
!lse = tensor<?x?x?xf32>

// CHECK-LABEL: @all
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x?x?x64xbf16>, %[[K:[^:]*]]: tensor<?x?x?x64xbf16>, %[[V:[^:]*]]: tensor<?x?x?x64xbf16>, %[[BIAS:[^:]*]]: tensor<?x?xf32>, %[[UNUSED:[^:]*]]: f32, %[[O:[^:]*]]: tensor<?x?x?x64xbf16>, %[[LSE:[^:]*]]: tensor<?x?x?xf32>, %[[DO:[^:]*]]: tensor<?x?x?x64xbf16>, %[[DLSE:[^:]*]]: tensor<?x?x?xf32>
// CHECK-NEXT: %[[DELTA:.*]] = attn.delta %[[O]] gradient %[[DO]], %[[DLSE]]
// CHECK-NEXT: %[[DQ:.*]], %[[DBIAS:.*]] = attn.backward by query %[[Q]], %[[K]], %[[V]] state %[[LSE]], %[[DELTA]] gradient %[[DO]] where(%{{.*}}, %{{.*}}, %[[I:.*]], %[[J:.*]], %{{.*}}, %[[JSLOT:.*]]) {
// CHECK-NEXT:   arith.cmpi sle, %[[J]], %[[I]] : i32
// CHECK-NEXT:   arith.cmpi sle, %[[JSLOT]], %[[I]] : i32
// CHECK:      } score(%[[S:.*]], %{{.*}}, %[[H:.*]], %{{.*}}, %[[J:.*]]) {
// CHECK-NEXT:   attn.load %[[BIAS]][%[[H]], %[[J]]]
// CHECK:      } pullback(%[[G:.*]], %{{.*}}, %{{.*}}, %[[H:.*]], %{{.*}}, %[[J:.*]]) {
// CHECK-NEXT:   attn.contribute %[[G]] to %[[BIAS]][%[[H]], %[[J]]]
// CHECK-NEXT:   attn.yield %[[G]]
// CHECK-NEXT: } of %[[BIAS]] :
// Nobody contributes by key, so there is nothing to pull back.
// CHECK-NEXT: %[[DK:.*]], %[[DV:.*]] = attn.backward by key %[[Q]], %[[K]], %[[V]] state %[[LSE]], %[[DELTA]] gradient %[[DO]] where(%{{.*}}, %{{.*}}, %[[J:.*]], %[[I:.*]], %[[JSLOT:.*]], %{{.*}}) {
// CHECK-NEXT:   arith.cmpi sle, %[[J]], %[[I]] : i32
// CHECK-NEXT:   arith.cmpi sle, %[[JSLOT]], %[[I]] : i32
// CHECK:      } score(%[[S:.*]], %{{.*}}, %[[H:.*]], %[[J:.*]], %{{.*}}) {
// CHECK-NEXT:   attn.load %[[BIAS]][%[[H]], %[[J]]]
// CHECK-NOT:  pullback
// CHECK:      return %[[DQ]], %[[DK]], %[[DV]], %[[DBIAS]]
func.func @all(%q: !t, %k: !t, %v: !t, %bias: tensor<?x?xf32>, %unused: f32, %o: !t, %lse: !lse,
               %do: !t, %dlse: !lse) -> (!t, !t, !t, tensor<?x?xf32>) {
  %dq, %dk, %dv, %dbias, %d = attn.attend_grad %q, %k, %v output %o, %lse gradient %do, %dlse
    where(%b, %h, %i, %j, %islot, %jslot) {
      %past = arith.cmpi sle, %j, %i : i32
      %before = arith.cmpi sle, %jslot, %i : i32
      %keep = arith.andi %past, %before : i1
      attn.yield %keep : i1
    } score(%s, %b, %h, %i, %j) {
      %x = attn.load %bias[%h, %j] : tensor<?x?xf32>
      %r = arith.addf %s, %x : f32
      attn.yield %r : f32
    } pullback(%g, %s, %b, %h, %i, %j) {
      attn.contribute %g to %bias[%h, %j] : tensor<?x?xf32>
      attn.contribute %g to %unused : f32
      attn.yield %g : f32
    } of %bias, %unused : !t, !t, !t output !t of tensor<?x?xf32>, f32
  return %dq, %dk, %dv, %dbias : !t, !t, !t, tensor<?x?xf32>
}

// An op that nobody needs is not there.
// CHECK-LABEL: @values
// CHECK: attn.delta
// CHECK-NOT: by query
// CHECK: %{{.*}}, %[[DV:.*]] = attn.backward by key
// CHECK-NEXT: return %[[DV]]
func.func @values(%q: !t, %lse: !lse, %do: !t) -> !t {
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %do : !t, !t, !t output !t
  return %dv : !t
}
