// What the verifiers refuse inside the clauses of an attend.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect

!t = tensor<1x1x8x64xf16>
func.func @missing_argument(%q: !t) {
  // expected-error@below {{'where' takes (i32, i32, i32, i32), and two more i32 for the slots if wanted, but has (i32, i32)}}
  %o, %lse = attn.attend %q, %q, %q where(%i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @interval_slots(%q: !t) {
  // expected-error@below {{'intervals' takes (i32, i32, i32, i32), but has (i32, i32, i32, i32, i32, i32)}}
  %o, %lse = attn.attend %q, %q, %q intervals(%b, %h, %first, %last, %x, %y) {
    attn.yield %b, %h, %x, %y : i32, i32, i32, i32
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @interval_pairs(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q intervals(%b, %h, %x, %y) {
    // expected-error@below {{must yield (i32, i32, i32, i32) from 'intervals', but yields (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32)}}
    attn.yield %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y, %x, %y
        : i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @yield_type(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{'attn.yield' op must yield (i1) from 'where', but yields (i32)}}
    attn.yield %j : i32
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @terminator(%q: !t) {
  // expected-error@below {{'where' must end in attn.yield}}
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    "other.end"(%j) : (i32) -> ()
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @impure(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{region op 'func.call' is not allowed: regions are pure scalar code (arith, math, scf.if, tensor.dim, attn.load)}}
    %keep = func.call @external(%i, %j) : (i32, i32) -> i1
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}
func.func private @external(i32, i32) -> i1

// -----

!t = tensor<1x1x8x64xf16>
func.func @unregistered(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{region op 'other.op' is not allowed}}
    %keep = "other.op"() : () -> i1
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @loop(%q: !t) {
  %true = arith.constant true
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{region op 'scf.for' is not allowed: the only control flow in a region is scf.if}}
    %keep = scf.for %n = %i to %j step %b iter_args(%x = %true) -> i1 : i32 {
      scf.yield %x : i1
    }
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @nested(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{region op 'attn.attend' cannot be nested in another attend}}
    %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
    %keep = attn.causal %i, %j
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @f64(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q score(%s, %b, %h, %i, %j) {
    // expected-error@below {{region op 'arith.extf' has the type f64, but scalars are i1, i8, i16, i32, i64, f16, bf16, f32 or index}}
    %wide = arith.extf %s : f32 to f64
    %back = arith.truncf %wide : f64 to f32
    attn.yield %back : f32
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @vector(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{region op 'arith.constant' has the type vector<4xi1>, but scalars are}}
    %four = arith.constant dense<true> : vector<4xi1>
    %keep = attn.causal %i, %j
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @tensor_in_if(%q: !t, %c: i1) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{region op 'scf.if' has the type tensor<1x1x8x64xf16>, but scalars are}}
    %either = scf.if %c -> !t {
      scf.yield %q : !t
    } else {
      scf.yield %q : !t
    }
    attn.yield %c : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @dim(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %axis = arith.index_cast %i : i32 to index
    // expected-error@below {{region op 'tensor.dim' needs a constant dimension of its tensor}}
    %n = tensor.dim %q, %axis : !t
    %keep = attn.causal %i, %j
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @load(%q: !t, %table: tensor<?x?xi1>) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{needs one index per dimension of its table: the table has 2, but there are 1 indices}}
    %keep = attn.load %table[%j] : tensor<?x?xi1>
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @window(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{needs a bound: 'left', 'right' or both}}
    %keep = attn.sliding_window %i, %j
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @document(%q: !t, %ids: tensor<?x?xi32>) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{needs an index for every dimension of its table but the last: the table has 2 dimensions, but there are 0 indices}}
    %keep = attn.document %i, %j in %ids : tensor<?x?xi32>
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @load_range(%q: !t, %table: tensor<?x?xi32>) {
  %o, %lse = attn.attend %q, %q, %q classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
    %first = arith.extsi %j_first : i32 to i64
    // expected-error@below {{needs one index per dimension of its table at either end: the table has 2, but there are 2 and 1 indices}}
    %min, %max, %signature = attn.load_range %table[%first, %first] to [%first] : tensor<?x?xi32>
    %see = arith.cmpi slt, %min, %max : i64
    attn.yield %see, %see : i1, i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @load_range_of_floats(%q: !t, %table: tensor<?xf32>) {
  %o, %lse = attn.attend %q, %q, %q classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
    %first = arith.extsi %j_first : i32 to i64
    // expected-error@below {{must be tensor of i1, i8, i16, i32 or i64}}
    %min, %max, %signature = attn.load_range %table[%first] to [%first] : tensor<?xf32>
    %see = arith.cmpi slt, %min, %max : i64
    attn.yield %see, %see : i1, i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @load_range_of_an_element(%q: !t, %table: tensor<?xi32>) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %first = arith.extsi %j : i32 to i64
    // expected-error@below {{region op 'attn.load_range' is allowed only in 'classify'}}
    %min, %max, %signature = attn.load_range %table[%first] to [%first] : tensor<?xi32>
    %see = arith.cmpi slt, %min, %max : i64
    attn.yield %see : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @load_of_a_box(%q: !t, %table: tensor<?xi1>) {
  %o, %lse = attn.attend %q, %q, %q classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
    // expected-error@below {{region op 'attn.load' is not allowed in 'classify': a box is read by attn.load_range}}
    %see = attn.load %table[%j_first] : tensor<?xi1>
    attn.yield %see, %see : i1, i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @classify_without_slots(%q: !t) {
  // expected-error@below {{'classify' takes (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32), but has (i32, i32, i32, i32, i32, i32)}}
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j, %islot, %jslot) {
    %past = attn.causal %islot, %jslot
    attn.yield %past : i1
  } classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
    %see = arith.cmpi sle, %j_first, %i_last : i32
    attn.yield %see, %see : i1, i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @block_mask(%q: !t, %blocks: tensor<?x?x?xi1>) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{needs an index for every dimension of its table but the last two: the table has 3 dimensions, but there are 0 indices}}
    %keep = attn.block_mask %i, %j in %blocks block 64 x 64 : tensor<?x?x?xi1>
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}

// -----

!t = tensor<1x1x8x64xf16>
func.func @block_size(%q: !t, %blocks: tensor<?x?xi1>) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@below {{attribute 'key_block' failed to satisfy constraint: 32-bit signless integer attribute whose value is positive}}
    %keep = attn.block_mask %i, %j in %blocks block 64 x 0 : tensor<?x?xi1>
    attn.yield %keep : i1
  } : !t, !t, !t
  return
}
