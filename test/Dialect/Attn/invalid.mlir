// What the verifiers of the attn dialect refuse: operands, types, counts.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

func.func @head_dim_12(%x: tensor<1x1x8x12xf16>) {
  // expected-error@below {{'attn.attend' op head_dim of the query must be a multiple of 8 up to 256, but is 12}}
  %o, %lse = attn.attend %x, %x, %x : tensor<1x1x8x12xf16>, tensor<1x1x8x12xf16>, tensor<1x1x8x12xf16>
  return
}

// -----

func.func @head_dim_0(%x: tensor<1x1x8x0xf16>) {
  // expected-error@below {{head_dim of the query must be a multiple of 8 up to 256, but is 0}}
  %o, %lse = attn.attend %x, %x, %x : tensor<1x1x8x0xf16>, tensor<1x1x8x0xf16>, tensor<1x1x8x0xf16>
  return
}

// -----

func.func @value_head_dim_264(%x: tensor<1x1x8x64xf16>, %v: tensor<1x1x8x264xf16>) {
  // expected-error@below {{head_dim of the values must be a multiple of 8 up to 256, but is 264}}
  %o, %lse = attn.attend %x, %x, %v : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x264xf16>
  return
}

// -----

func.func @dynamic_head_dim(%x: tensor<1x1x8x64xf16>, %k: tensor<1x1x8x?xf16>) {
  // expected-error@below {{head_dim of the keys must be static}}
  %o, %lse = attn.attend %x, %k, %x : tensor<1x1x8x64xf16>, tensor<1x1x8x?xf16>, tensor<1x1x8x64xf16>
  return
}

// -----

func.func @head_dims_differ(%x: tensor<1x1x8x64xf16>, %k: tensor<1x1x8x32xf16>) {
  // expected-error@below {{head_dims differ: 64 in the query, 32 in the keys}}
  %o, %lse = attn.attend %x, %k, %x : tensor<1x1x8x64xf16>, tensor<1x1x8x32xf16>, tensor<1x1x8x64xf16>
  return
}

// -----

func.func @batches_differ(%q: tensor<2x1x8x64xf16>, %k: tensor<3x1x8x64xf16>) {
  // expected-error@below {{batch sizes differ: 2 in the query, 3 in the keys}}
  %o, %lse = attn.attend %q, %k, %k : tensor<2x1x8x64xf16>, tensor<3x1x8x64xf16>, tensor<3x1x8x64xf16>
  return
}

// -----

func.func @value_batch_differs(%q: tensor<2x1x8x64xf16>, %k: tensor<?x1x8x64xf16>, %v: tensor<3x1x8x64xf16>) {
  // expected-error@below {{batch sizes differ: 2 in the query, 3 in the values}}
  %o, %lse = attn.attend %q, %k, %v : tensor<2x1x8x64xf16>, tensor<?x1x8x64xf16>, tensor<3x1x8x64xf16>
  return
}

// -----

func.func @key_value_batches_differ(%q: tensor<?x1x8x64xf16>, %k: tensor<2x1x8x64xf16>, %v: tensor<3x1x8x64xf16>) {
  // expected-error@below {{batch sizes differ: 2 in the keys, 3 in the values}}
  %o, %lse = attn.attend %q, %k, %v : tensor<?x1x8x64xf16>, tensor<2x1x8x64xf16>, tensor<3x1x8x64xf16>
  return
}

// -----

func.func @ragged_groups(%q: tensor<1x8x8x64xf16>, %k: tensor<1x3x8x64xf16>) {
  // expected-error@below {{query heads must be a multiple of key heads, but there are 8 and 3}}
  %o, %lse = attn.attend %q, %k, %k : tensor<1x8x8x64xf16>, tensor<1x3x8x64xf16>, tensor<1x3x8x64xf16>
  return
}

// -----

func.func @value_heads_differ(%q: tensor<1x8x8x64xf16>, %k: tensor<1x2x8x64xf16>, %v: tensor<1x4x8x64xf16>) {
  // expected-error@below {{head counts differ: 2 in the keys, 4 in the values}}
  %o, %lse = attn.attend %q, %k, %v : tensor<1x8x8x64xf16>, tensor<1x2x8x64xf16>, tensor<1x4x8x64xf16>
  return
}

// -----

func.func @lengths_differ(%q: tensor<1x1x8x64xf16>, %v: tensor<1x1x9x64xf16>) {
  // expected-error@below {{sequence lengths differ: 8 in the keys, 9 in the values}}
  %o, %lse = attn.attend %q, %q, %v : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x9x64xf16>
  return
}

// -----

func.func @dtypes_differ(%q: tensor<1x1x8x64xf16>, %v: tensor<1x1x8x64xbf16>) {
  // expected-error@below {{element types differ: 'f16' in the query, 'f16' in the keys, 'bf16' in the values}}
  %o, %lse = attn.attend %q, %q, %v : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xbf16>
  return
}

// -----

func.func @rank(%q: tensor<1x8x64xf16>) {
  // expected-error@below {{query, keys and values of an attend must be tensors with the dimensions [batch, heads, sequence, head_dim]}}
  %o, %lse = attn.attend %q, %q, %q : tensor<1x8x64xf16>, tensor<1x8x64xf16>, tensor<1x8x64xf16>
  return
}

// -----

func.func @f32(%q: tensor<1x1x8x64xf32>) {
  // expected-error@below {{must be tensor of f16 or bf16 with the dimensions [batch, heads, sequence, head_dim]}}
  %o, %lse = attn.attend %q, %q, %q : tensor<1x1x8x64xf32>, tensor<1x1x8x64xf32>, tensor<1x1x8x64xf32>
  return
}

// -----

func.func @position_length(%q: tensor<1x1x8x64xf16>, %p: tensor<7xi32>) {
  // expected-error@below {{sequence lengths differ: 8 in the query, 7 in the positions}}
  %o, %lse = attn.attend %q at %p, %q, %q : tensor<1x1x8x64xf16> at tensor<7xi32>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>
  return
}

// -----

func.func @position_batch(%q: tensor<2x1x8x64xf16>, %p: tensor<3x?xi32>) {
  // expected-error@below {{batch sizes differ: 2 in the keys, 3 in the positions}}
  %o, %lse = attn.attend %q, %q, %q at %p : tensor<2x1x8x64xf16>, tensor<2x1x8x64xf16>, tensor<2x1x8x64xf16> at tensor<3x?xi32>
  return
}

// -----

func.func @position_heads(%q: tensor<2x4x8x64xf16>, %p: tensor<2x3x?xi32>) {
  // expected-error@below {{head counts differ: 4 in the keys, 3 in the positions}}
  %o, %lse = attn.attend %q, %q, %q at %p : tensor<2x4x8x64xf16>, tensor<2x4x8x64xf16>, tensor<2x4x8x64xf16> at tensor<2x3x?xi32>
  return
}

// -----

func.func @position_rank(%q: tensor<1x1x8x64xf16>, %p: tensor<1x1x8x64xi32>) {
  // expected-error@below {{positions of the query must be [sequence], [batch, sequence] or [batch, heads, sequence], but have 4 dimensions}}
  %o, %lse = attn.attend %q at %p, %q, %q : tensor<1x1x8x64xf16> at tensor<1x1x8x64xi32>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>
  return
}

// -----

func.func @two_sources(%q: tensor<1x1x8x64xf16>, %k: tensor<1x1x8x64xf16>) {
  // expected-error@below {{has 2 sources, but only one is supported yet}}
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  }, %k, %k : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>
  return
}

// -----

func.func @gather(%q: tensor<1x1x8x64xf16>, %index: tensor<?xi32>) {
  // expected-error@below {{has a source with 'gather', which is not supported yet}}
  %o, %lse = attn.attend %q, %q, %q gather %index : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16> gather tensor<?xi32>
  return
}

// -----

func.func @broadcast(%q: tensor<1x1x8x64xf16>) {
  // expected-error@below {{has a source with 'broadcast', which is not supported yet}}
  %o, %lse = attn.attend %q, %q, %q broadcast : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>
  return
}

// -----

func.func @weight(%q: tensor<1x1x8x64xf16>) {
  // expected-error@below {{has a 'weight' clause, which is not supported yet}}
  %o, %lse = attn.attend %q, %q, %q weight(%p, %b, %h, %i, %j) {
    attn.yield %p : f32
  } : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>
  return
}

// -----

func.func @clause_twice(%q: tensor<1x1x8x64xf16>) {
  %o, %lse = attn.attend %q, %q, %q score(%s, %b, %h, %i, %j) {
    attn.yield %s : f32
  // expected-error@below {{a source has only one 'score' clause}}
  } score(%s, %b, %h, %i, %j) {
    attn.yield %s : f32
  } : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>
  return
}

// -----

// Only the generic form can say these two.
func.func @segments(%q: tensor<1x1x8x64xf16>) {
  // expected-error@below {{needs keys, values, position and index counts, a broadcast flag and 5 regions for each of its sources}}
  %o, %lse = "attn.attend"(%q, %q, %q) <{broadcast = array<i1: false>, index_list_counts = array<i32: 0>, key_position_counts = array<i32: 0>, operandSegmentSizes = array<i32: 1, 0, 1, 1, 0, 0, 0, 0, 0>}> ({
  }) : (tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>) -> (tensor<1x1x8x64xf16>, tensor<1x1x8xf32>)
  return
}

// -----

func.func @two_positions(%q: tensor<1x1x8x64xf16>, %p: i32) {
  // expected-error@below {{takes at most one position operand and one index list per source}}
  %o, %lse = "attn.attend"(%q, %q, %q, %p, %p) <{broadcast = array<i1: false>, index_list_counts = array<i32: 0>, key_position_counts = array<i32: 2>, operandSegmentSizes = array<i32: 1, 0, 1, 1, 2, 0, 0, 0, 0>}> ({
  }, {
  }, {
  }, {
  }, {
  }) : (tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, i32, i32) -> (tensor<1x1x8x64xf16>, tensor<1x1x8xf32>)
  return
}

// -----

func.func @schedule(%q: tensor<1x1x8x64xf16>) {
  // expected-error@below {{schedule parameter 'warps' must be positive, but is -4}}
  %o, %lse = attn.attend %q, %q, %q schedule<query_tile = 64, warps = -4> : tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>, tensor<1x1x8x64xf16>
  return
}
