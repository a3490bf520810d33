// Orders and tables in them are steps of the plan; queries, keys and values are gathered,
// and results scattered, in every launch. Sizes are compared once.
// RUN: lacuna-opt %s --attn-expand-sugar --convert-attn-to-tile | FileCheck %s

!t = tensor<?x?x?x16xf16>
!rows = tensor<?x?x?xi32>
func.func @sorted(%q: !t, %labels: !rows, %keep: tensor<?x?x?xi1>) -> (!t, tensor<?x?x?xf32>) {
  %order = attn.sort %labels : !rows
  %unused = attn.sort %order : !rows
  %mine = attn.gather %labels by %order : !rows, !rows
  %kept, %count = attn.compact %keep : tensor<?x?x?xi1>
  %qs = attn.gather %q by %order : !t, !rows
  %ks = attn.gather %q by %kept : !t, !rows
  %o, %lse = attn.attend %qs at %order, %ks, %ks at %kept where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    %label = attn.load %mine[%b, %h, %i] : !rows
    %kept_keys = attn.load %count[%b, %h] : tensor<?x?xi32>
    %keep_pair = arith.cmpi slt, %label, %kept_keys : i32
    %both = attn.and %past, %keep_pair
    attn.yield %both : i1
  } : !t at !rows, !t, !t at !rows
  %os = attn.scatter %o by %order : !t, !rows
  %lses = attn.scatter %lse by %order : tensor<?x?x?xf32>, !rows
  return %os, %lses : !t, tensor<?x?x?xf32>
}

// CHECK: tile.kernel @sorted_gather0(%[[SOURCE:.*]]: !tile.view<?x?x?x16xf16>, %[[ORDER:.*]]: !tile.view<?x?x?xi32>, %[[TARGET:.*]]: !tile.view<?x?x?x16xf16>) attributes {plans = @sorted_kernel}
// CHECK: %[[B:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block
// CHECK: tile.move_rows %[[TARGET]], %[[SOURCE]] by %[[ORDER]][%[[B]], %[[H]], %[[FIRST]]]
// CHECK: tile.kernel @sorted_kernel(
// CHECK: tile.kernel @sorted_scatter3(
// CHECK: tile.move_rows %{{.*}}, %{{.*}} scatter by
// CHECK: tile.kernel @sorted_order0(%[[LABELS:.*]]: !tile.view<?x?x?xi32>, %[[ORDER:.*]]: !tile.view<?x?x?xi32>, %[[SCRATCH:.*]]: !tile.view<?x?x?xi32>) attributes {plans = @sorted_kernel}
// CHECK: tile.sort_rows %[[LABELS]], %[[ORDER]], %[[SCRATCH]][
// CHECK: tile.kernel @sorted_order1(
// CHECK: tile.move_rows {{.*}} : <?x?x?xi32>, <?x?x?xi32>
// CHECK: tile.kernel @sorted_order2(%[[KEEP:.*]]: !tile.view<?x?x?xi1>, %[[ORDER:.*]]: !tile.view<?x?x?xi32>, %[[COUNT:.*]]: !tile.view<?x?xi32>)
// CHECK: tile.compact_rows %[[KEEP]], %[[ORDER]], %[[COUNT]][

// CHECK: tile.program @sorted(%[[Q:.*]]: tensor<?x?x?x16xf16>, %[[L:.*]]: tensor<?x?x?xi32>, %[[K:.*]]: tensor<?x?x?xi1>)
// CHECK: %[[SORTED:.*]] = tile.new_tensor
// CHECK: tile.launch plan @sorted_order0 {{.*}} rows %c1{{.*}}(%[[L]], %[[SORTED]], %{{.*}})
// CHECK: tile.launch plan @sorted_order1 {{.*}}(%[[L]], %[[SORTED]], %{{.*}})
// CHECK: tile.launch plan @sorted_order2
// CHECK: tile.expect_equal %{{.*}} "batch of the order of argument 1", %{{.*}} "batch of argument 0"
// CHECK: tile.expect_equal %{{.*}} "heads of the order of argument 1", %{{.*}} "heads of argument 0"
// CHECK: tile.expect_equal %{{.*}} "sequence length of the order of argument 1", %{{.*}} "sequence length of argument 0"
// CHECK: %[[QS:.*]] = tile.new_tensor
// CHECK: tile.expect_equal %{{.*}} "batch of the order of argument 2"
// CHECK: %[[KS:.*]] = tile.new_tensor
// CHECK: tile.launch @sorted_gather0 {{.*}}(%[[Q]], %[[SORTED]], %[[QS]])
// CHECK: tile.launch @sorted_gather1
// CHECK: tile.launch @sorted_kernel {{.*}}(%[[QS]], %[[KS]],
// CHECK: tile.launch @sorted_scatter3
// CHECK: tile.launch @sorted_scatter4

// A gradient of the caller, and that of a table in an order, whose sizes are the table's.
// CHECK: tile.program @moved(
// CHECK: tile.expect_equal %{{.*}} "sequence length of the order of %rank", %{{.*}} "sequence length of %do"
// CHECK: tile.expect_equal %{{.*}} "sequence length of the order of %rank", %{{.*}} "sequence length of %bias"
// CHECK: tile.expect_equal %{{.*}} "sequence length of %do back from the order of %rank", %{{.*}} "sequence length of argument 0"
// CHECK-NOT: expect_equal
// CHECK: tile.launch @moved_scatter0 {{.*}}(%{{.*}}, %{{.*}}, %[[DO:.*]]) :
// CHECK: tile.launch @moved_gather1 {{.*}}(%{{.*}}, %{{.*}}, %[[BIAS:.*]]) :
// CHECK: tile.launch @moved_by_query {{.*}}, %[[DO]], %[[BIAS]],
// CHECK: tile.launch @moved_by_query_sum0_finish batches %[[B:.*]] heads %[[H:.*]] rows %[[N:.*]](%{{.*}}, %[[D:.*]]) :
// CHECK: tile.launch @moved_scatter3 batches %[[B]] heads %[[H]] rows %[[N]](%[[D]],
func.func @moved(%q: !t, %k: !t, %v: !t, %lse: tensor<?x?x?xf32>, %delta: tensor<?x?x?xf32>,
                 %do: !t {attn.name = "do"}, %rank: !rows {attn.name = "rank"},
                 %bias: tensor<?x?x?xf16> {attn.name = "bias"}) -> tensor<?x?x?xf16> {
  %order = attn.sort %rank : !rows
  %moved = attn.scatter %do by %order : !t, !rows
  %sorted = attn.gather %bias by %order : tensor<?x?x?xf16>, !rows
  %dq, %d = attn.backward by query %q, %k, %v state %lse, %delta gradient %moved
    pullback(%g, %s, %b, %h, %i, %j) {
      attn.contribute %g to %sorted[%b, %h, %j] : tensor<?x?x?xf16>
      attn.yield %g : f32
    } of %sorted : !t, !t, !t gradient !t of tensor<?x?x?xf16>
  %back = attn.scatter %d by %order : tensor<?x?x?xf16>, !rows
  return %back : tensor<?x?x?xf16>
}

// Buckets are made first; a head of the projections serves heads that follow each other.
// CHECK: tile.kernel @hashed_hash0(%[[Q:.*]]: !tile.view<?x6x?x16xf16>, %[[R:.*]]: !tile.view<?x?x16xf32>, %[[BUCKETS:.*]]: !tile.view<?x6x?xi32>) attributes {plans = @hashed_kernel}
// CHECK: %[[B:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block
// CHECK: %[[HEADS:.*]] = tile.dim %[[R]][0]
// CHECK: %[[SHARE:.*]] = arith.divui %{{.*}}, %[[HEADS]] : i32
// CHECK: %[[OF:.*]] = arith.divui %[[H]], %[[SHARE]] : i32
// CHECK: tile.hash_rows %[[Q]] by %[[R]][%[[OF]]] to %[[BUCKETS]][%[[B]], %[[H]], %[[FIRST]]]
// CHECK: tile.kernel @hashed_order1(
// CHECK: tile.sort_rows
// CHECK: tile.program @hashed(%[[Q:.*]]: tensor<?x6x?x16xf16>, %[[R:.*]]: tensor<?x?x16xf32>)
// CHECK: tile.expect_divides %{{.*}} "heads of argument 1", %{{.*}} "heads of argument 0"
// CHECK: %[[ROWS:.*]] = tensor.dim %[[Q]], %c2
// CHECK: %[[BUCKETS:.*]] = tile.new_tensor
// CHECK: tile.launch plan @hashed_hash0 {{.*}} rows %[[ROWS]](%[[Q]], %[[R]], %[[BUCKETS]])
// CHECK: tile.launch plan @hashed_order1 {{.*}} rows %c1{{.*}}(%[[BUCKETS]],
func.func @hashed(%q: tensor<?x6x?x16xf16>, %r: tensor<?x?x16xf32>) -> tensor<?x6x?x16xf16> {
  %bucket = attn.hash %q by %r : tensor<?x6x?x16xf16>, tensor<?x?x16xf32>
  %order = attn.sort %bucket : tensor<?x6x?xi32>
  %qs = attn.gather %q by %order : tensor<?x6x?x16xf16>, tensor<?x6x?xi32>
  %o, %lse = attn.attend %qs, %q, %q
    : tensor<?x6x?x16xf16>, tensor<?x6x?x16xf16>, tensor<?x6x?x16xf16>
  return %o : tensor<?x6x?x16xf16>
}
