// Clauses of a gradient that say nothing go, and so do contributions of 0.
// RUN: lacuna-opt %s --canonicalize | FileCheck %s

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>

// CHECK-LABEL: @silent
func.func @silent(%q: !t, %k: !t, %v: !t, %o: !t, %lse: !lse, %do: !t) -> !t {
  %zero = arith.constant 0 : i32
  // CHECK-NEXT: attn.attend_grad %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} output %{{[^ ]*}}, %{{[^ ]*}} gradient %{{[^ ]*}} : tensor
  %dq, %dk, %dv = attn.attend_grad %q at %zero, %k, %v at %zero output %o, %lse gradient %do
    where(%b, %h, %i, %j) {
      %yes = arith.constant true
      attn.yield %yes : i1
    } score(%s, %b, %h, %i, %j) {
      attn.yield %s : f32
    } pullback(%g, %s, %b, %h, %i, %j) {
      attn.yield %g : f32
    } : !t at i32, !t, !t at i32 output !t
  return %dq : !t
}

// CHECK-LABEL: @contributes
func.func @contributes(%q: !t, %k: !t, %v: !t, %c: f32, %o: !t, %lse: !lse, %do: !t)
    -> tensor<f32> {
  // CHECK: pullback(%[[G:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {
  // CHECK-NEXT: attn.contribute %[[G]] to
  // CHECK-NEXT: attn.yield %[[G]]
  %dq, %dk, %dv, %dc = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
    pullback(%g, %s, %b, %h, %i, %j) {
      %none = arith.constant 0.0 : f32
      attn.contribute %none to %c : f32
      attn.contribute %g to %c : f32
      attn.yield %g : f32
    } of %c : !t, !t, !t output !t of f32
  return %dc : tensor<f32>
}
