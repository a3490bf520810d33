// Runs that would make a kernel miss a query tile, or visit what is not there.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

!t = tensor<1x1x100x64xf16>
func.func @no_tile(%q: !t) -> !t {
  // expected-error@+2 {{runs are of tiles of at least one query and one key}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 0, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @wrong_element(%q: !t) -> !t {
  // expected-error@+2 {{lists of runs have the type 'tensor<1x1x2x1x2xi64>', need i32 and [batches, heads, query tiles, capacity, 2]}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi64>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @wrong_pairs(%q: !t) -> !t {
  // expected-error@+2 {{lists of runs have the type 'tensor<1x1x2x1x3xi32>'}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<0> : tensor<1x1x2x1x3xi32>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @wrong_order(%q: !t) -> !t {
  // expected-error@+2 {{the order of query tiles has the type 'tensor<1x1x3xi32>', needs i32 and the first three axes of the lists}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>, order = dense<[[[1, 0, 2]]]> : tensor<1x1x3xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @tile_twice(%q: !t) -> !t {
  // expected-error@+2 {{the order of query tiles must name each of 2 once, but names 1}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>, order = dense<[[[1, 1]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @no_such_tile(%q: !t) -> !t {
  // expected-error@+2 {{the order of query tiles must name each of 2 once, but names 2}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>, order = dense<[[[0, 2]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @descending(%q: !t) -> !t {
  // expected-error@+2 {{runs of query tile 1 must ascend, hold one tile at least and be followed by zeros}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3], [0, 0]], [[1, 3], [0, 2]]]]]> : tensor<1x1x2x2x2xi32>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @gap(%q: !t) -> !t {
  // expected-error@+2 {{runs of query tile 0 must ascend, hold one tile at least and be followed by zeros}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 0], [0, 3]], [[1, 3], [0, 0]]]]]> : tensor<1x1x2x2x2xi32>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @not_baked(%q: !t) -> !t {
  // expected-error@+1 {{has runs, which need the mode 'baked'}}
  %o, %lse = attn.attend %q, %q, %q
    mode planned runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x64xf16>
func.func @open_length(%q: !t) -> !t {
  // expected-error@+1 {{has runs, which need static sequence lengths}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x200x64xf16>
func.func @other_length(%q: !t) -> !t {
  // expected-error@+1 {{has runs of 2 query tiles, but 200 queries have 4}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @past_the_end(%q: !t) -> !t {
  // expected-error@+1 {{has runs up to key tile 2, but 100 keys have 2}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<[[[[[0, 3]], [[0, 7]]]]]> : tensor<1x1x2x1x2xi32>, order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x3x100x64xf16>
func.func @other_heads(%q: !t) -> !t {
  // expected-error@+1 {{has runs of 2 heads, needs 1 or as many as the query has}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<0> : tensor<1x2x2x1x2xi32>, order = dense<[[[0, 1], [3, 2]]]> : tensor<1x2x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>
func.func @other_batches(%q: !t) -> !t {
  // expected-error@+1 {{has runs of 2 batches, needs 1 or as many as the query has}}
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<0> : tensor<2x1x2x1x2xi32>, order = dense<[[[0, 1]], [[1, 0]]]> : tensor<2x1x2xi32>> : !t, !t, !t
  return %o : !t
}
