// What the conversion refuses, at the op that is in its way. Functions that do not
// attend are left as they are.
// RUN: lacuna-opt %s --split-input-file --convert-attn-to-tile --allow-unregistered-dialect \
// RUN:   --verify-diagnostics | FileCheck %s

!t = tensor<?x?x?x16xf16>
func.func @sugar(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@+1 {{'attn.causal' op must be expanded before it can be lowered (attn-expand-sugar)}}
    %keep = attn.causal %i, %j
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x16xf16>
func.func @mode(%q: !t) -> !t {
  // expected-error@+1 {{'attn.attend' op in mode 'baked' has no runs; they are made for given arguments}}
  %o, %lse = attn.attend %q, %q, %q mode baked : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x6x?x16xf16>
!k = tensor<?x2x?x16xf16>
func.func @other_groups(%q: !t, %k: !k) -> !t {
  // expected-error@+1 {{the schedule has 2 heads computed together, but a key head has 3 query heads}}
  %o, %lse = attn.attend %q, %k, %k schedule<heads = 2> : !t, !k, !k
  return %o : !t
}

// -----

!t = tensor<?x?x?x16xf16>
func.func @own_masks(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // expected-error@+1 {{the schedule has 4 heads computed together, but the mask tells query heads of a key head apart}}
    %keep = arith.cmpi sle, %j, %h : i32
    attn.yield %keep : i1
  } schedule<heads = 4> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x16xf16>
func.func @foreign(%q: !t) -> !t {
  // expected-error@+1 {{'test.tune' is not allowed: a spec holds scalar arithmetic, tensor.dim and attn ops}}
  "test.tune"() : () -> ()
  %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x16xf16>
// expected-error@+1 {{has branches, but a spec is straight-line code}}
func.func @branch(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
  "test.jump"()[^end] : () -> ()
^end:
  return %o : !t
}

// -----

!t = tensor<?x?x?x16xf16>
func.func @argument(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
  // expected-error@+1 {{a spec returns results of attention and nothing else}}
  return %q : !t
}

// -----

// CHECK: func.func @other
// CHECK-NOT: tile.
func.func @other(%x: i32) -> i32 {
  return %x : i32
}

// -----

!t = tensor<?x?x?x16xf16>
func.func @gradient(%q: !t, %lse: tensor<?x?x?xf32>) -> !t {
  // expected-error@+1 {{'attn.attend_grad' op must be split before it can be lowered (attn-split-gradients)}}
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %q : !t, !t, !t output !t
  return %dq : !t
}
