// What has no gradient, or none yet, is refused where it stands.
// RUN: lacuna-opt %s --split-input-file --attn-differentiate --verify-diagnostics

!t = tensor<?x?x?x64xf16>
func.func @bits(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    // expected-error@below {{'arith.bitcast' op has no derivative: there is no rule for it}}
    %bits = arith.bitcast %s : f32 to i32
    %r = arith.bitcast %bits : i32 to f32
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
      // expected-error@below {{'arith.bitcast' op has no derivative: there is no rule for it}}
      %bits = arith.bitcast %s : f32 to i32
      %y = arith.bitcast %bits : i32 to f32
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
func.func @scale(%q: !t, %k: !t, %v: !t, %temperature: f32) -> !t {
  %one = arith.constant 1.0 : f32
  %scale = arith.divf %one, %temperature : f32
  // expected-error@below {{has a scale that is computed from argument 3, whose gradient is not supported yet}}
  %o, %lse = attn.attend %q, %k, %v scale %scale : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>
func.func @lse_only(%q: !t, %k: !t, %v: !t) -> tensor<?x?x?xf32> {
  // expected-error@below {{has an output that nothing depends on, only its log-sum-exp, which is not supported yet}}
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  return %lse : tensor<?x?x?xf32>
}

// -----

!t = tensor<?x?x?x64xf16>
// expected-error@below {{has no place for its gradient: there is a function @f_gradient}}
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

// -----

!t = tensor<1x1x?x64xf16>
!rows = tensor<1x1x?xi32>
func.func @gathered_bias(%q: !t, %k: !t, %v: !t, %rank: !rows, %bias: tensor<1x1x?xf32>) -> !t {
  %order = attn.sort %rank : !rows
  %sorted = attn.gather %bias by %order : tensor<1x1x?xf32>, !rows
  // expected-error@below {{has a score that reads a gathered table, whose gradient is not supported yet}}
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    %x = attn.load %sorted[%b, %h, %j] : tensor<1x1x?xf32>
    %biased = arith.addf %s, %x : f32
    attn.yield %biased : f32
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>
func.func @merged_lse_only(%q: !t, %k: !t, %v: !t, %o0: !t, %lse0: !lse) -> !lse {
  %o1, %lse1 = attn.attend %q, %k, %v : !t, !t, !t
  // expected-error@below {{has an output that nothing depends on, only its log-sum-exp, which is not supported yet}}
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %lse : !lse
}
