// RUN: lacuna-opt %s --split-input-file --verify-diagnostics --attn-check-spec

!t = tensor<1x2x?x16xf16>
!rows = tensor<1x2x?xi32>
func.func @moves(%q: !t, %rank: !rows, %given: !rows, %bias: tensor<1x2x?xf32>) -> (!t, !t, !t) {
  %order = attn.sort %rank : !rows
  // expected-error@below {{'attn.gather' op the order must be a result of attn.sort or attn.compact}}
  %qs = attn.gather %q by %given : !t, !rows
  %o, %lse = attn.attend %qs, %q, %q : !t, !t, !t
  %os = attn.gather %o by %order : !t, !rows
  // expected-error@below {{'attn.scatter' op the order must be a result of attn.sort or attn.compact}}
  %back = attn.scatter %q by %given : !t, !rows
  // expected-error@below {{result 1 of a spec must be the result of an attn.attend or of its gradient}}
  // expected-error@below {{result 2 of a spec must be the result of an attn.attend or of its gradient, or be merged, scattered or summed from such}}
  return %os, %back, %qs : !t, !t, !t
}

// -----

!rows = tensor<1x2x4xi32>
func.func @constants(%q: tensor<1x2x4x16xf16>, %rank: !rows) {
  // expected-error@below {{'arith.constant' has the type tensor<1x2x4xf32>}}
  %table = arith.constant dense<0.0> : tensor<1x2x4xf32>
  %order = attn.sort %rank : !rows
  // expected-error@below {{'attn.gather' op what is gathered must be an argument of the spec, or made of arguments without attention}}
  %there = attn.gather %table by %order : tensor<1x2x4xf32>, !rows
  // expected-error@below {{'attn.scatter' op what is scattered must be an argument of the spec, or made of arguments without attention}}
  %back = attn.scatter %table by %order : tensor<1x2x4xf32>, !rows
  %o, %lse = attn.attend %q, %q, %q : tensor<1x2x4x16xf16>, tensor<1x2x4x16xf16>, tensor<1x2x4x16xf16>
  return
}

// -----

func.func @sizes(%q: tensor<1x2x?x16xf16>, %rank: tensor<1x4x?xi32>) {
  %order = attn.sort %rank : tensor<1x4x?xi32>
  // expected-error@below {{needs an order of all batches, heads and rows: 'tensor<1x4x?xi32>' does not go with 'tensor<1x2x?x16xf16>'}}
  %qs = attn.gather %q by %order : tensor<1x2x?x16xf16>, tensor<1x4x?xi32>
  return
}

// -----

func.func @sizes(%lse: tensor<1x2x7xf32>, %rank: tensor<1x2x8xi32>) {
  %order = attn.sort %rank : tensor<1x2x8xi32>
  // expected-error@below {{needs an order of all batches, heads and rows}}
  %all = attn.scatter %lse by %order : tensor<1x2x7xf32>, tensor<1x2x8xi32>
  return
}

// -----

func.func @integers(%ids: tensor<1x2x8xi32>) {
  %order = attn.sort %ids : tensor<1x2x8xi32>
  // expected-error@below {{operand #0 must be tensor of f16 or bf16 with the dimensions [batch, heads, sequence, head_dim], or of f16, bf16 or f32 [batch, heads, sequence]}}
  %all = attn.scatter %ids by %order : tensor<1x2x8xi32>, tensor<1x2x8xi32>
  return
}

// -----

func.func @flat(%ids: tensor<8xi32>) {
  // expected-error@below {{operand #0 must be tensor of i32 with the dimensions [batch, heads, sequence]}}
  %order = attn.sort %ids : tensor<8xi32>
  return
}

// -----

!t = tensor<1x2x?x16xf16>
func.func @labels(%q: !t, %lengths: tensor<1x2x?xi32>) -> !t {
  // expected-error@below {{'arith.constant' has the type tensor<1x2x8xi32>}}
  %ranks = arith.constant dense<0> : tensor<1x2x8xi32>
  // expected-error@below {{'attn.sort' op labels must be an argument of the spec, or made of arguments without attention}}
  %order = attn.sort %ranks : tensor<1x2x8xi32>
  // expected-error@below {{'arith.constant' has the type tensor<1x2x8xi1>}}
  %flags = arith.constant dense<true> : tensor<1x2x8xi1>
  // expected-error@below {{'attn.compact' op flags must be an argument of the spec, or made of arguments without attention}}
  %kept, %count = attn.compact %flags : tensor<1x2x8xi1>
  %o, %lse = attn.attend %q at %order, %q, %q at %kept : !t at tensor<1x2x8xi32>, !t, !t at tensor<1x2x8xi32>
  return %o : !t
}
