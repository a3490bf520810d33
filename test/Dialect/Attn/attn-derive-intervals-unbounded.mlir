// Predicates without a closed form stay without intervals; what attn-choose-mode says
// of them is in its own test.
// RUN: lacuna-opt %s --attn-expand-sugar --attn-derive-intervals | FileCheck %s --implicit-check-not=intervals

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @documents
func.func @documents(%q: !t, %k: !t, %v: !t, %ids: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %same = attn.document %i, %j in %ids : tensor<?xi32>
      attn.yield %same : i1
    } : !t, !t, !t
  return %o : !t
}

// CHECK-LABEL: @table_of_query_positions
func.func @table_of_query_positions(%q: !t, %k: !t, %v: !t, %at: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q at %at, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t at tensor<?xi32>, !t, !t
  return %o : !t
}

// CHECK-LABEL: @table_of_key_positions
func.func @table_of_key_positions(%q: !t, %k: !t, %v: !t, %at: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v at %at
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t, !t, !t at tensor<?xi32>
  return %o : !t
}

// CHECK-LABEL: @product
func.func @product(%q: !t, %k: !t, %v: !t, %n: i32) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %area = arith.muli %i, %j : i32
      %keep = arith.cmpi slt, %area, %n : i32
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// CHECK-LABEL: @run_time_step
func.func @run_time_step(%q: !t, %k: !t, %v: !t, %step: i32) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %comb = attn.dilated %i, %j step %step
      attn.yield %comb : i1
    } : !t, !t, !t
  return %o : !t
}
