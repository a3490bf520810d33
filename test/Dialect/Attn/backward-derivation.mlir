// What is derived from a mask for rows of keys: intervals of queries, and boxes of keys first.
// RUN: lacuna-opt %s --attn-derive-intervals --attn-choose-mode --attn-derive-classifier --canonicalize --cse --verify-diagnostics | FileCheck %s

!t = tensor<?x?x?x64xbf16>
!lse = tensor<?x?x?xf32>

// A key is seen by the queries behind it; a tile of keys is seen by all from its last on.
// CHECK-LABEL: @causal
// CHECK:      intervals(%{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
// CHECK:        %[[QUERIES:.*]] = arith.index_cast %{{.*}} : index to i32
// CHECK-NEXT:   attn.yield %[[FIRST]], %[[QUERIES]], %[[LAST]], %[[QUERIES]]
// CHECK-NEXT: } mode closed
func.func @causal(%q: !t, %k: !t, %v: !t, %lse: !lse, %do: !t) -> !t {
  // expected-remark@below {{closed: intervals of queries are exact for every tile}}
  %dk, %dv = attn.backward by key %q, %k, %v state %lse, %lse gradient %do
    where(%b, %h, %j, %i) {
      %past = arith.cmpi sle, %j, %i : i32
      attn.yield %past : i1
    } : !t, !t, !t gradient !t
  return %dk : !t
}

// CHECK-LABEL: @documents
// CHECK:      classify(%{{.*}}, %{{.*}}, %[[J0:.*]], %[[J1:.*]], %[[I0:.*]], %[[I1:.*]]) {
// CHECK:        %[[MIN:.*]], %[[MAX:.*]], %{{.*}} = attn.load_range %[[IDS:.*]][%{{.*}}] to [%{{.*}}]
// CHECK:      } mode planned
func.func @documents(%q: !t, %k: !t, %v: !t, %ids: tensor<?xi32>, %lse: !lse, %do: !t) -> !t {
  %dk, %dv = attn.backward by key %q, %k, %v state %lse, %lse gradient %do
    where(%b, %h, %j, %i) {
      // expected-remark@below {{planned: 'attn.load' reads a table at a key}}
      %key = attn.load %ids[%j] : tensor<?xi32>
      %query = attn.load %ids[%i] : tensor<?xi32>
      %same = arith.cmpi eq, %key, %query : i32
      attn.yield %same : i1
    } : !t, !t, !t gradient !t
  return %dk : !t
}

// CHECK-LABEL: @positions
// CHECK:      } mode planned
func.func @positions(%q: !t, %k: !t, %v: !t, %at: tensor<?xi32>, %lse: !lse, %do: !t) -> !t {
  // expected-remark@below {{planned: positions of the keys come from a table}}
  %dk, %dv = attn.backward by key %q, %k, %v at %at state %lse, %lse gradient %do
    where(%b, %h, %j, %i) {
      %past = arith.cmpi sle, %j, %i : i32
      attn.yield %past : i1
    } : !t, !t, !t at tensor<?xi32> gradient !t
  return %dk : !t
}
