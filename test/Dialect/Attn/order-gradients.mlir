// Gradients of what an order moves: results' gradients are gathered, arguments' scattered.
// What is made is a spec again.
// RUN: lacuna-opt %s --attn-differentiate | FileCheck %s
// RUN: lacuna-opt %s --attn-differentiate | lacuna-opt --attn-check-spec

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>
!rows = tensor<?x?x?xi32>

// CHECK-LABEL: @sorted_gradient(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x?x?x64xf16>, %[[K:[^:]*]]: {{[^,]*}}, %[[V:[^:]*]]: {{[^,]*}}, %[[RANK:[^:]*]]: tensor<?x?x?xi32>, %[[O:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "o"}, %[[LSE:[^:]*]]: tensor<?x?x?xf32> {attn.name = "lse"}, %[[DO:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"}, %[[DLSE:[^:]*]]: tensor<?x?x?xf32> {attn.name = "dlse"})
// CHECK: %[[ORDER:.*]] = attn.sort %[[RANK]]
// CHECK-DAG: %[[QS:.*]] = attn.gather %[[Q]] by %[[ORDER]]
// CHECK-DAG: %[[OS:.*]] = attn.gather %[[O]] by %[[ORDER]]
// CHECK-DAG: %[[LSES:.*]] = attn.gather %[[LSE]] by %[[ORDER]]
// CHECK-DAG: %[[DOS:.*]] = attn.gather %[[DO]] by %[[ORDER]]
// CHECK: %[[DQS:.*]], %[[DK:.*]], %[[DVS:.*]] = attn.attend_grad %[[QS]] at %[[ORDER]], %[[K]], %{{.*}} output %[[OS]], %[[LSES]] gradient %[[DOS]], %{{.*}}
// CHECK-DAG: %[[DQ:.*]] = attn.scatter %[[DQS]] by %[[ORDER]]
// CHECK-DAG: %[[DV:.*]] = attn.scatter %[[DVS]] by %[[ORDER]]
// CHECK: return %[[DQ]], %[[DK]], %[[DV]]
func.func @sorted(%q: !t, %k: !t, %v: !t, %rank: !rows) -> (!t, !lse) {
  %order = attn.sort %rank : !rows
  %qs = attn.gather %q by %order : !t, !rows
  %vs = attn.gather %v by %order : !t, !rows
  %os, %lses = attn.attend %qs at %order, %k, %vs where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t at !rows, !t, !t
  %o = attn.scatter %os by %order : !t, !rows
  %lse = attn.scatter %lses by %order : !lse, !rows
  return %o, %lse : !t, !lse
}

// Tables in an order, or back from one, have gradients, which go the other way; a table that
// is read as it is too gets the sum.
// CHECK-LABEL: @tables_gradient(
// CHECK-SAME: %[[RANK:[^:]*]]: tensor<?x?x?xi32>, %[[BIAS:[^:]*]]: tensor<?x?x?xf16>, %[[GATE:[^:]*]]: tensor<?x?x?xf32>,
// CHECK: %[[ORDER:.*]] = attn.sort %[[RANK]]
// CHECK-DAG: %[[SORTED:.*]] = attn.gather %[[BIAS]] by %[[ORDER]]
// CHECK-DAG: %[[BACK:.*]] = attn.scatter %[[GATE]] by %[[ORDER]]
// CHECK: %dq, %dk, %dv, %[[D:.*]], %[[DSORTED:.*]], %[[DBACK:.*]] = attn.attend_grad
// CHECK: } of %[[BIAS]], %[[SORTED]], %[[BACK]] :
// CHECK: %[[DGATE:.*]] = attn.gather %[[DBACK]] by %[[ORDER]]
// CHECK: %[[MOVED:.*]] = attn.scatter %[[DSORTED]] by %[[ORDER]]
// CHECK: %[[DBIAS:.*]] = attn.sum %[[D]], %[[MOVED]]
// CHECK: return %{{.*}}, %{{.*}}, %{{.*}}, %[[DBIAS]], %[[DGATE]]
func.func @tables(%q: !t, %k: !t, %v: !t, %rank: !rows, %bias: tensor<?x?x?xf16>, %gate: !lse) -> (!t, !lse) {
  %order = attn.sort %rank : !rows
  %sorted = attn.gather %bias by %order : tensor<?x?x?xf16>, !rows
  %back = attn.scatter %gate by %order : !lse, !rows
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    %near = attn.load %sorted[%b, %h, %j] : tensor<?x?x?xf16>
    %far = attn.load %bias[%b, %h, %i] : tensor<?x?x?xf16>
    %sum = arith.addf %near, %far : f16
    %x = arith.extf %sum : f16 to f32
    %z = attn.load %back[%b, %h, %i] : !lse
    %scaled = arith.mulf %s, %z : f32
    %r = arith.addf %scaled, %x : f32
    attn.yield %r : f32
  } : !t, !t, !t
  return %o, %lse : !t, !lse
}

// What is returned in an order only.
// CHECK-LABEL: @returned_gradient(
// CHECK-SAME: %[[DOS:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"})
// CHECK: %[[DO:.*]] = attn.scatter %[[DOS]] by
// CHECK: attn.attend_grad {{.*}} gradient %[[DO]] :
func.func @returned(%q: !t, %k: !t, %v: !t, %rank: !rows) -> !t {
  %order = attn.sort %rank : !rows
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  %os = attn.gather %o by %order : !t, !rows
  return %os : !t
}

// What is one table in the end has one gradient.
// CHECK-LABEL: @same_gradient(
// CHECK-SAME: %[[BIAS:[^:]*]]: tensor<?x?x?xf32>, %[[O:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "o"}
// CHECK: %[[SORTED:.*]] = attn.gather %[[BIAS]] by
// CHECK: } of %[[BIAS]], %[[SORTED]] :
func.func @same(%q: !t, %k: !t, %v: !t, %rank: !rows, %bias: !lse) -> (!t, !lse) {
  %order = attn.sort %rank : !rows
  %sorted = attn.gather %bias by %order : !lse, !rows
  %again = attn.gather %bias by %order : !lse, !rows
  %back = attn.scatter %sorted by %order : !lse, !rows
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    %x = attn.load %sorted[%b, %h, %j] : !lse
    %y = attn.load %again[%b, %h, %i] : !lse
    %z = attn.load %back[%b, %h, %i] : !lse
    %w = attn.load %bias[%b, %h, %j] : !lse
    %xy = arith.addf %x, %y : f32
    %zw = arith.mulf %z, %w : f32
    %xyzw = arith.addf %xy, %zw : f32
    %r = arith.addf %s, %xyzw : f32
    attn.yield %r : f32
  } : !t, !t, !t
  return %o, %lse : !t, !lse
}

// Buckets are integers: what is hashed has no gradient by them, and projections have none.
// CHECK-LABEL: @hashed_gradient(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x?x?x64xf16>, %[[K:[^:]*]]: {{[^,]*}}, %[[V:[^:]*]]: {{[^,]*}}, %[[R:[^:]*]]: tensor<?x?x64xf32>
// CHECK: %[[BUCKET:.*]] = attn.hash %[[Q]] by %[[R]]
// CHECK: %[[ORDER:.*]] = attn.sort %[[BUCKET]]
// CHECK: %[[DQS:.*]], %[[DK:.*]], %[[DV:.*]] = attn.attend_grad
// CHECK: %[[DQ:.*]] = attn.scatter %[[DQS]] by %[[ORDER]]
// CHECK: return %[[DQ]], %[[DK]], %[[DV]] :
func.func @hashed(%q: !t, %k: !t, %v: !t, %projections: tensor<?x?x64xf32>) -> !t {
  %bucket = attn.hash %q by %projections : !t, tensor<?x?x64xf32>
  %order = attn.sort %bucket : !rows
  %qs = attn.gather %q by %order : !t, !rows
  %os, %lses = attn.attend %qs at %order, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t at !rows, !t, !t
  %o = attn.scatter %os by %order : !t, !rows
  return %o : !t
}
