// Gradients of what an order moves: results' gradients are gathered, arguments' scattered.
// RUN: lacuna-opt %s --attn-differentiate | FileCheck %s

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
