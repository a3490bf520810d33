// What has no gradient is refused where it stands.
// RUN: lacuna-opt %s --split-input-file --attn-differentiate --verify-diagnostics

!t = tensor<?x?x?x64xf16>
func.func @bits(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    // expected-error@below {{'arith.bitcast' op has no derivative: there is no rule for it, so it can take no score, and nothing that is made of tables or arguments of floats}}
    %bits = arith.bitcast %s : f32 to i32
    %next = arith.addi %bits, %h : i32
    %r = arith.bitcast %next : i32 to f32
    attn.yield %r : f32
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @branch(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    %past = arith.cmpi sle, %j, %i : i32
    %r = scf.if %past -> f32 {
      // expected-error@below {{'arith.bitcast' op has no derivative: there is no rule for it, so it can take no score, and nothing that is made of tables or arguments of floats}}
      %bits = arith.bitcast %s : f32 to i32
      %next = arith.addi %bits, %h : i32
      %y = arith.bitcast %next : i32 to f32
      scf.yield %y : f32
    } else {
      scf.yield %s : f32
    }
    attn.yield %r : f32
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @scale(%q: !t, %k: !t, %v: !t, %exponent: f32, %n: i32) -> !t {
  // expected-error@below {{'arith.bitcast' op has no derivative: there is no rule for it, so it can take no score, and nothing that is made of tables or arguments of floats}}
  %bits = arith.bitcast %exponent : f32 to i32
  %next = arith.addi %bits, %n : i32
  %scale = arith.bitcast %next : i32 to f32
  %o, %lse = attn.attend %q, %k, %v scale %scale : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>
// expected-error@below {{has no place for its gradient: there is a function @f_gradient; rename one of them}}
func.func @f(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  return %o : !t
}
func.func @f_gradient(%x: i32) -> i32 {
  return %x : i32
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @no_spec(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  // expected-error@below {{result 0 of a spec must be the result of an attn.attend or of its gradient}}
  return %q : !t
}
