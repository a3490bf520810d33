// Kernels of rows: merged states, their gradients, sums and zeros.
// RUN: lacuna-opt %s --attn-to-tile | FileCheck %s

!t = tensor<?x?x?x64xbf16>
!lse = tensor<?x?x?xf32>

// Weights of states, then outputs, each loaded where it is added.
// CHECK-LABEL: tile.kernel @merged_merge(
// CHECK-SAME: %[[O0:.*]]: !tile.view<?x?x?x64xbf16>, %[[O1:.*]]: !tile.view<?x?x?x64xbf16>, %[[LSE0:.*]]: !tile.view<?x?x?xf32>, %[[LSE1:.*]]: !tile.view<?x?x?xf32>, %[[O:.*]]: !tile.view<?x?x?x64xbf16>, %[[LSE:.*]]: !tile.view<?x?x?xf32>)
// CHECK: %[[L0:.*]] = tile.load %[[LSE0]]
// CHECK: %[[L1:.*]] = tile.load %[[LSE1]]
// CHECK: %[[MAX:.*]] = tile.map(%{{.*}} = %[[L0]], %{{.*}} = %[[L1]])
// CHECK: arith.maxnumf
// CHECK: %[[SHIFT:.*]] = tile.map(%{{.*}} = %[[MAX]])
// CHECK: %[[E0:.*]] = tile.map(%{{.*}} = %[[L0]], %{{.*}} = %[[SHIFT]])
// CHECK: %[[E1:.*]] = tile.map(%{{.*}} = %[[L1]], %{{.*}} = %[[SHIFT]])
// CHECK: %[[TOTAL:.*]] = tile.map(%{{.*}} = %[[E0]], %{{.*}} = %[[E1]])
// CHECK: %[[INVERSE:.*]] = tile.map(%{{.*}} = %[[TOTAL]])
// CHECK: arith.divf
// CHECK: %[[W0:.*]] = tile.map(%{{.*}} = %[[E0]], %{{.*}} = %[[INVERSE]])
// CHECK: %[[W1:.*]] = tile.map(%{{.*}} = %[[E1]], %{{.*}} = %[[INVERSE]])
// CHECK: %[[X0:.*]] = tile.load %[[O0]]
// CHECK: tile.map(%{{.*}} = %[[X0]], %{{.*}} = %[[W0]])
// CHECK: %[[X1:.*]] = tile.load %[[O1]]
// CHECK: tile.map(%{{.*}} = %[[X1]], %{{.*}} = %[[W1]])
// CHECK: tile.store %{{.*}}, %[[O]]
// CHECK: tile.map(%{{.*}} = %[[TOTAL]], %{{.*}} = %[[SHIFT]])
// CHECK: math.log2
// CHECK: tile.store %{{.*}}, %[[LSE]]
// CHECK-LABEL: tile.program @merged(
// CHECK: tile.expect_equal %{{.*}} "batch of argument 2", %{{.*}} "batch of argument 0"
// CHECK: tile.launch @merged_merge batches %{{.*}} heads %{{.*}} rows %{{.*}}(%arg0, %arg2, %arg1, %arg3, %{{.*}}, %{{.*}})
func.func @merged(%o0: !t, %lse0: !lse, %o1: !t, %lse1: !lse) -> (!t, !lse) {
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %o, %lse : !t, !lse
}

// What nobody uses is not computed: there is no reduction without gradients of lse.
// CHECK-LABEL: tile.kernel @outputs_merge_grad(
// CHECK-NOT: tile.reduce
// CHECK-COUNT-2: tile.store
// CHECK-NOT: tile.store
// CHECK: tile.return
func.func @outputs(%o0: !t, %lse0: !lse, %o1: !t, %lse1: !lse, %do: !t) -> (!t, !t) {
  %do0, %do1, %dlse0, %dlse1 = attn.merge_grad (%o0, %lse0), (%o1, %lse1) gradient %do : !t
  return %do0, %do1 : !t, !t
}

// CHECK-LABEL: tile.kernel @lses_merge_grad(
// CHECK-COUNT-2: tile.reduce add
// CHECK-COUNT-1: tile.store
// CHECK-NOT: tile.store
// CHECK: tile.return
func.func @lses(%o0: !t, %lse0: !lse, %o1: !t, %lse1: !lse, %do: !t, %dlse: !lse) -> !lse {
  %do0, %do1, %dlse0, %dlse1 = attn.merge_grad (%o0, %lse0), (%o1, %lse1) gradient %do, %dlse : !t
  return %dlse1 : !lse
}

// The same, unless its last axis can be one of features.
// CHECK-LABEL: tile.kernel @square_sum(
// CHECK-SAME: %[[A:.*]]: !tile.view<?x?x?x?xbf16>, %[[B:.*]]: !tile.view<?x?x?x?xbf16>, %[[SUM:.*]]: !tile.view<?x?x?x?xbf16>)
// CHECK: %[[COLUMNS:.*]] = tile.dim %[[A]][3]
// CHECK: tile.block %c1_i32, %{{.*}}, %[[COLUMNS]]
// CHECK: tile.load %[[A]][{{.*}}] : <?x?x?x?xbf16> -> tensor<?xbf16, #tile.axes<[query]>>
func.func @square(%a: tensor<?x?x?x?xbf16>, %b: tensor<?x?x?x?xbf16>) -> tensor<?x?x?x?xbf16> {
  %sum = attn.sum %a, %b : tensor<?x?x?x?xbf16>
  return %sum : tensor<?x?x?x?xbf16>
}

// Of what zeros are like, only the sizes are read.
// CHECK-LABEL: tile.kernel @none_zeros(
// CHECK-SAME: %[[LIKE:.*]]: !tile.view<?x?x?x64xbf16>, %[[ZEROS:.*]]: !tile.view<?x?x?x64xbf16>)
// CHECK-NOT: tile.load
// CHECK: tile.splat %{{.*}} : tensor<?x64xf32,
// CHECK: tile.store %{{.*}}, %[[ZEROS]]
func.func @none(%o: !t) -> !t {
  %zeros = attn.zeros like %o : !t
  return %zeros : !t
}

// A table has rows along its last axis, and one batch.
// CHECK-LABEL: tile.kernel @table_sum(
// CHECK-SAME: %[[A:.*]]: !tile.view<?x?xbf16>, %[[SUM:.*]]: !tile.view<?x?xbf16>)
// CHECK-DAG: %[[ROWS:.*]] = tile.dim %[[A]][1]
// CHECK-DAG: %[[HEADS:.*]] = tile.dim %[[A]][0]
// CHECK: tile.block %c1_i32, %[[HEADS]], %[[ROWS]]
// CHECK: %[[X:.*]] = tile.load %[[A]]
// CHECK: tile.map(%{{.*}} = %[[X]], %{{.*}} = %[[X]])
// CHECK: tile.store %{{.*}}, %[[SUM]]
func.func @table(%q: !t, %k: !t, %v: !t, %o: !t, %lse: !lse, %do: !t, %bias: tensor<?x?xbf16>)
    -> tensor<?x?xbf16> {
  %dq, %dk, %dv, %d = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
    score(%s, %b, %h, %i, %j) {
      %x = attn.load %bias[%h, %j] : tensor<?x?xbf16>
      %y = arith.extf %x : bf16 to f32
      %r = arith.addf %s, %y : f32
      attn.yield %r : f32
    } pullback(%g, %s, %b, %h, %i, %j) {
      attn.contribute %g to %bias[%h, %j] : tensor<?x?xbf16>
      attn.yield %g : f32
    } of %bias : !t, !t, !t output !t of tensor<?x?xbf16>
  %twice = attn.sum %d, %d : tensor<?x?xbf16>
  return %twice : tensor<?x?xbf16>
}
