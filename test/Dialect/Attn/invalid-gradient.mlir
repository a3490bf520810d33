// What attn.attend_grad and attn.contribute refuse.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

!t = tensor<?x?x?x64xf16>
func.func @heads(%q: tensor<1x3x?x64xf16>, %k: tensor<1x2x?x64xf16>, %lse: tensor<1x3x?xf32>) {
  // expected-error@below {{'attn.attend_grad' op query heads must be a multiple of key heads, but there are 3 and 2}}
  %dq, %dk, %dv = attn.attend_grad %q, %k, %k output %q, %lse gradient %q
    : tensor<1x3x?x64xf16>, tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16> output tensor<1x3x?x64xf16>
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @output(%q: !t, %v: tensor<?x?x?x32xf16>, %lse: tensor<?x?x?xf32>) {
  // expected-error@below {{has an output of the type 'tensor<?x?x?x64xf16>', but an attend of these operands yields 'tensor<?x?x?x32xf16>'}}
  %dq, %dk, %dv = attn.attend_grad %q, %q, %v output %q, %lse gradient %q
    : !t, !t, tensor<?x?x?x32xf16> output !t
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @state(%q: !t, %lse: tensor<?x?x?xf32>) {
  // expected-error@below {{an output has the dimensions [batch, query heads, queries, head_dim]}}
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %q : !t, !t, !t output tensor<f16>
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @twice(%q: !t, %c: f32, %lse: tensor<?x?x?xf32>) {
  // expected-error@below {{is asked twice for the gradient of value 1 of those after 'of'}}
  %dq, %dk, %dv, %d:2 = attn.attend_grad %q, %q, %q output %q, %lse gradient %q of %c, %c
    : !t, !t, !t output !t of f32, f32
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @clause(%q: !t, %lse: tensor<?x?x?xf32>) {
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %q
    score(%s, %b, %h, %i, %j) {
      attn.yield %s : f32
    // expected-error@below {{a source has only one 'score' clause}}
    } score(%s, %b, %h, %i, %j) {
      attn.yield %s : f32
    } : !t, !t, !t output !t
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @arguments(%q: !t, %lse: tensor<?x?x?xf32>) {
  // expected-error@below {{'pullback' takes (f32, f32, i32, i32, i32, i32), and two more i32 for the slots if wanted, but has (f32, f32, i32, i32, i32)}}
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %q
    pullback(%g, %s, %b, %h, %i) {
      attn.yield %g : f32
    } : !t, !t, !t output !t
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @unasked(%q: !t, %c: f32, %lse: tensor<?x?x?xf32>) {
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %q
    pullback(%g, %s, %b, %h, %i, %j) {
      // expected-error@below {{region op 'attn.contribute' contributes to a value that does not follow 'of'}}
      attn.contribute %g to %c : f32
      attn.yield %g : f32
    } : !t, !t, !t output !t
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @elsewhere(%q: !t, %c: f32, %lse: tensor<?x?x?xf32>) {
  %dq, %dk, %dv, %d = attn.attend_grad %q, %q, %q output %q, %lse gradient %q
    score(%s, %b, %h, %i, %j) {
      // expected-error@below {{region op 'attn.contribute' is allowed only in 'pullback'}}
      attn.contribute %s to %c : f32
      attn.yield %s : f32
    } of %c : !t, !t, !t output !t of f32
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @forward(%q: !t, %c: f32) {
  %o, %lse = attn.attend %q, %q, %q
    score(%s, %b, %h, %i, %j) {
      // expected-error@below {{region op 'attn.contribute' is allowed only in 'pullback'}}
      attn.contribute %s to %c : f32
      attn.yield %s : f32
    } : !t, !t, !t
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @range(%q: !t, %table: tensor<?xi32>, %lse: tensor<?x?x?xf32>) {
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %q
    where(%b, %h, %i, %j) {
      %yes = arith.constant true
      %first = arith.extsi %j : i32 to i64
      // expected-error@below {{region op 'attn.load_range' is allowed only in 'classify'}}
      %min, %max, %signature = attn.load_range %table[%first] to [%first] : tensor<?xi32>
      attn.yield %yes : i1
    } : !t, !t, !t output !t
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @indices(%q: !t, %table: tensor<?x?xf32>, %lse: tensor<?x?x?xf32>) {
  %dq, %dk, %dv, %d = attn.attend_grad %q, %q, %q output %q, %lse gradient %q
    pullback(%g, %s, %b, %h, %i, %j) {
      // expected-error@below {{needs one index per dimension of its target: the target has 2, but there are 1 indices}}
      attn.contribute %g to %table[%h] : tensor<?x?xf32>
      attn.yield %g : f32
    } of %table : !t, !t, !t output !t of tensor<?x?xf32>
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @delta(%o: !t, %dlse: tensor<2x?x?xf32>) {
  // expected-error@below {{has a gradient of lse of the type 'tensor<2x?x?xf32>', but lse is 'tensor<?x?x?xf32>'}}
  %delta = attn.delta %o gradient %o, %dlse : !t, tensor<2x?x?xf32>
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @by_key(%q: !t, %c: f32, %lse: tensor<?x?x?xf32>) {
  // expected-error@below {{is by key, but only one by query yields gradients of values after 'of'}}
  %dk, %dv, %d = attn.backward by key %q, %q, %q state %lse, %lse gradient %q of %c
    : !t, !t, !t gradient !t of f32
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @adds(%q: !t, %lse: tensor<?x?x?xf32>) {
  // expected-error@below {{is by query and sums the gradient of queries, so it cannot add to it}}
  %dq = attn.backward by query %q, %q, %q state %lse, %lse gradient %q adding query
    : !t, !t, !t gradient !t
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @output_gradient(%q: !t, %v: tensor<?x?x?x32xf16>, %lse: tensor<?x?x?xf32>) {
  // expected-error@below {{has a gradient of the output of the type 'tensor<?x?x?x64xf16>', but an attend of these operands yields 'tensor<?x?x?x32xf16>'}}
  %dq = attn.backward by query %q, %q, %v state %lse, %lse gradient %q
    : !t, !t, tensor<?x?x?x32xf16> gradient !t
  return
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @box(%q: !t, %table: tensor<?xi32>, %lse: tensor<?x?x?xf32>) {
  %dk, %dv = attn.backward by key %q, %q, %q state %lse, %lse gradient %q
    classify(%b, %h, %j_first, %j_last, %i_first, %i_last) {
      // expected-error@below {{region op 'attn.load' is not allowed in 'classify': a box is read by attn.load_range}}
      %x = attn.load %table[%j_first] : tensor<?xi32>
      %see = arith.cmpi sle, %x, %i_last : i32
      attn.yield %see, %see : i1, i1
    } : !t, !t, !t gradient !t
  return
}
