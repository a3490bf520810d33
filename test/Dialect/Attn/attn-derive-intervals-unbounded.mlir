// Predicates without a closed form: a remark says so and names the reason.
// RUN: lacuna-opt %s --attn-expand-sugar --attn-derive-intervals --split-input-file --verify-diagnostics -o %t
// RUN: FileCheck %s --input-file=%t --implicit-check-not=intervals

// CHECK-LABEL: @documents
func.func @documents(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>, %v: tensor<?x?x?x64xf16>,
                     %ids: tensor<?xi32>) -> tensor<?x?x?x64xf16> {
  // expected-remark @+1 {{every key tile is visited with the predicate}}
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      // expected-note @+1 {{'attn.load' has no closed form here}}
      %same = attn.document %i, %j in %ids : tensor<?xi32>
      attn.yield %same : i1
    } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  return %o : tensor<?x?x?x64xf16>
}

// -----

// CHECK-LABEL: @table_of_query_positions
func.func @table_of_query_positions(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                                    %v: tensor<?x?x?x64xf16>, %at: tensor<?xi32>)
    -> tensor<?x?x?x64xf16> {
  // expected-remark @+1 {{every key tile is visited with the predicate: the queries of a tile have no first and last position when positions come from a table}}
  %o, %lse = attn.attend %q at %at, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : tensor<?x?x?x64xf16> at tensor<?xi32>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  return %o : tensor<?x?x?x64xf16>
}

// -----

// CHECK-LABEL: @table_of_key_positions
func.func @table_of_key_positions(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                                  %v: tensor<?x?x?x64xf16>, %at: tensor<?xi32>)
    -> tensor<?x?x?x64xf16> {
  // expected-remark @+1 {{every key tile is visited with the predicate}}
  %o, %lse = attn.attend %q, %k, %v at %at
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16> at tensor<?xi32>
  return %o : tensor<?x?x?x64xf16>
}

// -----

// CHECK-LABEL: @product
func.func @product(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>, %v: tensor<?x?x?x64xf16>,
                   %n: i32) -> tensor<?x?x?x64xf16> {
  // expected-remark @+1 {{every key tile is visited with the predicate}}
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      // expected-note @+1 {{'arith.muli' has no closed form here}}
      %area = arith.muli %i, %j : i32
      %keep = arith.cmpi slt, %area, %n : i32
      attn.yield %keep : i1
    } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  return %o : tensor<?x?x?x64xf16>
}

// -----

// CHECK-LABEL: @run_time_step
func.func @run_time_step(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>,
                         %v: tensor<?x?x?x64xf16>, %step: i32) -> tensor<?x?x?x64xf16> {
  // expected-remark @+1 {{every key tile is visited with the predicate}}
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      // expected-note @+1 {{'arith.remsi' has no closed form here}}
      %comb = attn.dilated %i, %j step %step
      attn.yield %comb : i1
    } : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  return %o : tensor<?x?x?x64xf16>
}
