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

// -----

func.func @features(%q: tensor<?x?x?x16xf16>, %r: tensor<?x?x32xf32>) {
  // expected-error@below {{needs projections of as many features as rows have: 'tensor<?x?x32xf32>' does not go with 'tensor<?x?x?x16xf16>'}}
  %bucket = attn.hash %q by %r : tensor<?x?x?x16xf16>, tensor<?x?x32xf32>
  return
}

// -----

func.func @head_dim(%q: tensor<?x?x?x12xf16>, %r: tensor<?x?x12xf32>) {
  // expected-error@below {{head_dim of the rows must be a multiple of 8}}
  %bucket = attn.hash %q by %r : tensor<?x?x?x12xf16>, tensor<?x?x12xf32>
  return
}

// -----

func.func @heads(%q: tensor<?x6x?x16xf16>, %r: tensor<4x?x16xf32>) {
  // expected-error@below {{needs a number of heads that is a multiple of that of the projections, but 6 is none of 4}}
  %bucket = attn.hash %q by %r : tensor<?x6x?x16xf16>, tensor<4x?x16xf32>
  return
}

// -----

func.func @no_heads(%q: tensor<?x6x?x16xf16>, %r: tensor<0x?x16xf32>) {
  // expected-error@below {{but 6 is none of 0}}
  %bucket = attn.hash %q by %r : tensor<?x6x?x16xf16>, tensor<0x?x16xf32>
  return
}

// -----

func.func @flat(%q: tensor<?x?x?x16xf16>, %r: tensor<?x16xf32>) {
  // expected-error@below {{operand #1 must be tensor of f32 with the dimensions [heads, projections, head_dim]}}
  %bucket = attn.hash %q by %r : tensor<?x?x?x16xf16>, tensor<?x16xf32>
  return
}

// -----

!t = tensor<?x?x?x16xf16>
func.func @hashed(%q: !t, %rank: tensor<?x?x?xi32>, %r: tensor<1x4x16xf32>) -> !t {
  %order = attn.sort %rank : tensor<?x?x?xi32>
  %qs = attn.gather %q by %order : !t, tensor<?x?x?xi32>
  // expected-error@below {{'attn.hash' op what is hashed must be an argument of the spec}}
  %bucket = attn.hash %qs by %r : !t, tensor<1x4x16xf32>
  // expected-error@below {{'arith.constant' has the type tensor<1x1x16xf32>}}
  %one = arith.constant dense<1.0> : tensor<1x1x16xf32>
  // expected-error@below {{'attn.hash' op the tensor of projections must be an argument of the spec}}
  %other = attn.hash %q by %one : !t, tensor<1x1x16xf32>
  %o, %lse = attn.attend %qs at %bucket, %q, %q at %other
    : !t at tensor<?x?x?xi32>, !t, !t at tensor<?x?x?xi32>
  return %o : !t
}
