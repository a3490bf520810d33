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
func.func @table(%q: !t, %ends: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %q, %q intervals(%b, %h, %first, %last) {
    %zero = arith.constant 0 : i32
    // expected-error@+1 {{cannot bound the loop over keys: 'intervals' is scalar code without tables}}
    %end = attn.load %ends[%last] : tensor<?xi32>
    attn.yield %zero, %end, %zero, %zero : i32, i32, i32, i32
  } : !t, !t, !t
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
  // expected-error@+1 {{a spec returns results of attn ops and nothing else}}
  return %q : !t
}

// -----

// CHECK: func.func @other
// CHECK-NOT: tile.
func.func @other(%x: i32) -> i32 {
  return %x : i32
}
