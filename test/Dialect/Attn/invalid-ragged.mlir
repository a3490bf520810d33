// What attn.attend refuses of offsets.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

!t = tensor<1x1x?x16xf16>
func.func @query_only(%q: !t, %n: tensor<?xi32>) {
  // expected-error@below {{has offsets of the query only; a ragged attend needs those of both}}
  %o, %lse = attn.attend %q ragged %n, %q, %q : !t ragged tensor<?xi32>, !t, !t
  return
}

// -----

!t = tensor<1x1x?x16xf16>
func.func @keys_only(%q: !t, %n: tensor<?xi32>) {
  // expected-error@below {{has offsets of the keys only; a ragged attend needs those of both}}
  %o, %lse = attn.attend %q, %q, %q ragged %n : !t, !t, !t ragged tensor<?xi32>
  return
}

// -----

func.func @batch(%q: tensor<?x1x?x16xf16>, %k: tensor<2x1x?x16xf16>, %n: tensor<?xi32>) {
  // expected-error@below {{is ragged, so its tensors have a batch of 1, but one has 2}}
  %o, %lse = attn.attend %q ragged %n, %k, %k ragged %n
    : tensor<?x1x?x16xf16> ragged tensor<?xi32>, tensor<2x1x?x16xf16>, tensor<2x1x?x16xf16> ragged tensor<?xi32>
  return
}

// -----

!t = tensor<1x1x?x16xf16>
func.func @none(%q: !t, %n: tensor<?xi32>, %m: tensor<0xi32>) {
  // expected-error@below {{has no offsets, needs one more than sequences}}
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %m : !t ragged tensor<?xi32>, !t, !t ragged tensor<0xi32>
  return
}

// -----

!t = tensor<1x1x?x16xf16>
func.func @numbers(%q: !t, %n: tensor<3xi32>, %m: tensor<4xi32>) {
  // expected-error@below {{numbers of offsets differ: 3 in the query, 4 in the keys}}
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %m : !t ragged tensor<3xi32>, !t, !t ragged tensor<4xi32>
  return
}

// -----

!t = tensor<1x1x?x16xf16>
func.func @rank(%q: !t, %n: tensor<?x?xi32>) {
  // expected-error@below {{must be tensor of i32 offsets, [batch + 1], but got 'tensor<?x?xi32>'}}
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %n : !t ragged tensor<?x?xi32>, !t, !t ragged tensor<?x?xi32>
  return
}

// -----

func.func @runs(%q: tensor<1x1x32x16xf16>, %n: tensor<?xi32>) {
  // expected-error@below {{has runs, which need a static number of offsets}}
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %n mode baked
    runs<query_tile = 32, key_tile = 32, lists = dense<[[[[[0, 3]]]]]> : tensor<1x1x1x1x2xi32>,
         order = dense<[[[0]]]> : tensor<1x1x1xi32>>
    : tensor<1x1x32x16xf16> ragged tensor<?xi32>, tensor<1x1x32x16xf16>, tensor<1x1x32x16xf16> ragged tensor<?xi32>
  return
}

// -----

func.func @pieces(%q: tensor<1x1x32x16xf16>, %n: tensor<3xi32>) {
  // expected-error@below {{has runs of 1 query tiles, but 32 queries have room for 3}}
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %n mode baked
    runs<query_tile = 32, key_tile = 32, lists = dense<[[[[[0, 3]]]]]> : tensor<1x1x1x1x2xi32>,
         order = dense<[[[0]]]> : tensor<1x1x1xi32>>
    : tensor<1x1x32x16xf16> ragged tensor<3xi32>, tensor<1x1x32x16xf16>, tensor<1x1x32x16xf16> ragged tensor<3xi32>
  return
}
