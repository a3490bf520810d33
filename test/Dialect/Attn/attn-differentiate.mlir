// Gradient functions are made from the predicate and the score of a spec.
// RUN: lacuna-opt %s --attn-differentiate | FileCheck %s

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>

// Without a score there is nothing to pull back, and the state of the forward pass is taken.
// CHECK-LABEL: @causal(
// CHECK-LABEL: @causal_gradient(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x?x?x64xf16>, %[[K:[^:]*]]: tensor<?x?x?x64xf16>, %[[V:[^:]*]]: tensor<?x?x?x64xf16>, %[[O:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "o"}, %[[LSE:[^:]*]]: tensor<?x?x?xf32> {attn.name = "lse"}, %[[DO:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"}, %[[DLSE:[^:]*]]: tensor<?x?x?xf32> {attn.name = "dlse"}) -> (tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>) {
// CHECK-NEXT: %[[DQ:.*]], %[[DK:.*]], %[[DV:.*]] = attn.attend_grad %[[Q]], %[[K]], %[[V]] output %[[O]], %[[LSE]] gradient %[[DO]], %[[DLSE]] where(
// CHECK-NEXT: arith.cmpi sle
// CHECK-NEXT: attn.yield
// CHECK-NEXT: } : tensor
// CHECK-NEXT: return %[[DQ]], %[[DK]], %[[DV]]
func.func @causal(%q: !t, %k: !t, %v: !t) -> (!t, !lse) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t, !t, !t
  return %o, %lse : !t, !lse
}

// What is not returned is computed again; gradients come in the order of arguments; an identity
// hands on its gradient.
// CHECK-LABEL: @output_only_gradient(
// CHECK-SAME: %[[V:[^:]*]]: tensor<?x?x?x64xf16>, %[[SCALE:[^:]*]]: f32, %[[Q:[^:]*]]: tensor<?x?x?x64xf16>, %[[K:[^:]*]]: tensor<?x?x?x64xf16>, %[[DO:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "do"})
// CHECK-NEXT: %[[O:.*]], %[[LSE:.*]] = attn.attend %[[Q]], %[[K]], %[[V]] scale %[[SCALE]] :
// CHECK-NEXT: %[[DQ:.*]], %[[DK:.*]], %[[DV:.*]], %[[DSCALE:.*]] = attn.attend_grad %[[Q]], %[[K]], %[[V]] output %[[O]], %[[LSE]] gradient %[[DO]] scale %[[SCALE]] of %[[SCALE]] :
// CHECK-NEXT: return %[[DV]], %[[DSCALE]], %[[DQ]], %[[DK]]
func.func @output_only(%v: !t, %scale: f32, %q: !t, %k: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    attn.yield %s : f32
  } scale %scale : !t, !t, !t
  return %o : !t
}

// Scalars of the function are part of the score; what the derivative does not need is gone.
// CHECK-LABEL: @alibi_gradient(
// CHECK-SAME: %[[SLOPES:[^:]*]]: tensor<?xf16>, %[[FACTOR:[^:]*]]: f32, %{{[^:]*}}: tensor<?x?x?x64xf16> {attn.name = "o"}
// CHECK-SAME: -> (tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?xf16>, tensor<f32>)
// CHECK: pullback(%[[G:.*]], %{{.*}}, %{{.*}}, %[[H:.*]], %[[I:.*]], %[[J:.*]]) {
// CHECK-NEXT: %[[TWO:.*]] = arith.constant 2.0
// CHECK-NEXT: %[[TWICE:.*]] = arith.mulf %[[FACTOR]], %[[TWO]]
// CHECK-NEXT: %[[X:.*]] = attn.load %[[SLOPES]][%[[H]]]
// CHECK-NEXT: %[[SLOPE:.*]] = arith.extf %[[X]]
// CHECK-NEXT: %[[D:.*]] = arith.subi %[[J]], %[[I]]
// CHECK-NEXT: %[[DISTANCE:.*]] = arith.sitofp %[[D]]
// CHECK-NEXT: %[[BIAS:.*]] = arith.mulf %[[SLOPE]], %[[DISTANCE]]
// CHECK-NEXT: %[[TO_BIAS:.*]] = arith.mulf %[[G]], %[[TWICE]]
// CHECK-NEXT: %[[TO_TWICE:.*]] = arith.mulf %[[G]], %[[BIAS]]
// CHECK-NEXT: %[[TO_SLOPE:.*]] = arith.mulf %[[TO_BIAS]], %[[DISTANCE]]
// CHECK-NEXT: attn.contribute %[[TO_SLOPE]] to %[[SLOPES]][%[[H]]] : tensor<?xf16>
// CHECK-NEXT: %[[TO_FACTOR:.*]] = arith.mulf %[[TO_TWICE]], %[[TWO]]
// CHECK-NEXT: attn.contribute %[[TO_FACTOR]] to %[[FACTOR]] : f32
// CHECK-NEXT: attn.yield %[[G]] : f32
// CHECK-NEXT: } of %[[SLOPES]], %[[FACTOR]] :
func.func @alibi(%q: !t, %k: !t, %v: !t, %slopes: tensor<?xf16>, %factor: f32) -> (!t, !lse) {
  %two = arith.constant 2.0 : f32
  %twice = arith.mulf %factor, %two : f32
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    %x = attn.load %slopes[%h] : tensor<?xf16>
    %slope = arith.extf %x : f16 to f32
    %d = arith.subi %j, %i : i32
    %distance = arith.sitofp %d : i32 to f32
    %bias = arith.mulf %slope, %distance : f32
    %scaled = arith.mulf %bias, %twice : f32
    %biased = arith.addf %s, %scaled : f32
    attn.yield %biased : f32
  } : !t, !t, !t
  return %o, %lse : !t, !lse
}

// A branch stays one, and what is added to a table in it stays in it.
// CHECK-LABEL: @branch_gradient(
// CHECK-SAME: %[[TABLE:[^:]*]]: tensor<?xf32>
// CHECK: pullback(%[[G:.*]], %[[S:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %[[J:.*]]) {
// CHECK: %[[NEAR:.*]] = arith.cmpi
// CHECK-NEXT: %[[DS:.*]] = scf.if %[[NEAR]] -> (f32) {
// CHECK-NEXT: %[[X:.*]] = attn.load %[[TABLE]][%[[J]]]
// CHECK-NEXT: %[[TO_S:.*]] = arith.mulf %[[G]], %[[X]]
// CHECK-NEXT: %[[TO_X:.*]] = arith.mulf %[[G]], %[[S]]
// CHECK-NEXT: attn.contribute %[[TO_X]] to %[[TABLE]][%[[J]]]
// CHECK-NEXT: scf.yield %[[TO_S]]
// CHECK-NEXT: } else {
// CHECK-NEXT: scf.yield %[[G]]
// CHECK: attn.yield %[[DS]]
func.func @branch(%q: !t, %k: !t, %v: !t, %table: tensor<?xf32>) -> (!t, !lse) {
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    %end = arith.constant 7 : i32
    %near = arith.cmpi slt, %j, %end : i32
    %r = scf.if %near -> f32 {
      %x = attn.load %table[%j] : tensor<?xf32>
      %y = arith.mulf %s, %x : f32
      scf.yield %y : f32
    } else {
      scf.yield %s : f32
    }
    attn.yield %r : f32
  } : !t, !t, !t
  return %o, %lse : !t, !lse
}

// A score that is made of steps does not depend on anything.
// CHECK-LABEL: @steps_gradient(
// CHECK: pullback(
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: attn.yield %[[ZERO]]
func.func @steps(%q: !t, %k: !t, %v: !t) -> (!t, !lse) {
  %o, %lse = attn.attend %q, %k, %v score(%s, %b, %h, %i, %j) {
    %r = math.floor %s : f32
    attn.yield %r : f32
  } : !t, !t, !t
  return %o, %lse : !t, !lse
}

// A scale that is computed from floats is part of the score; one that is computed from
// sizes stays.
// CHECK-LABEL: @temperature_gradient(
// CHECK-SAME: %[[T:[^:]*]]: f32, %[[O:[^:]*]]: tensor<?x?x?x64xf16> {attn.name = "o"}
// CHECK-SAME: -> (tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<f32>)
// CHECK: %[[UNIT:.*]] = arith.constant 1.0
// CHECK: attn.attend_grad {{.*}} score(%[[S:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {
// CHECK: %[[SCALE:.*]] = arith.divf %{{.*}}, %[[T]]
// CHECK-NEXT: %[[SCALED:.*]] = arith.mulf %[[S]], %[[SCALE]]
// CHECK-NEXT: attn.yield %[[SCALED]]
// CHECK: pullback(%[[G:.*]], %[[S:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {
// CHECK: attn.contribute %{{.*}} to %[[T]] : f32
// CHECK: } scale %[[UNIT]] of %[[T]] :
func.func @temperature(%q: !t, %k: !t, %v: !t, %t: f32) -> (!t, !lse) {
  %one = arith.constant 1.0 : f32
  %scale = arith.divf %one, %t : f32
  %o, %lse = attn.attend %q, %k, %v scale %scale : !t, !t, !t
  return %o, %lse : !t, !lse
}
// CHECK-LABEL: @by_length_gradient(
// CHECK: %[[SCALE:.*]] = arith.divf
// CHECK-NOT: score
// CHECK: scale %[[SCALE]] :
func.func @by_length(%q: !t, %k: !t, %v: !t) -> (!t, !lse) {
  %axis = arith.constant 2 : index
  %one = arith.constant 1.0 : f32
  %size = tensor.dim %k, %axis : !t
  %keys = arith.index_cast %size : index to i32
  %length = arith.sitofp %keys : i32 to f32
  %scale = arith.divf %one, %length : f32
  %o, %lse = attn.attend %q, %k, %v scale %scale : !t, !t, !t
  return %o, %lse : !t, !lse
}

// Of a log-sum-exp alone.
// CHECK-LABEL: @lse_only_gradient(
// CHECK-SAME: %[[V:[^:]*]]: tensor<?x?x?x64xf16>, %[[DLSE:[^:]*]]: tensor<?x?x?xf32> {attn.name = "dlse"})
// CHECK: %[[O:.*]], %[[LSE:.*]] = attn.attend %
// CHECK: %[[NONE:.*]] = attn.zeros like %[[O]]
// CHECK: attn.attend_grad {{.*}} output %[[O]], %[[LSE]] gradient %[[NONE]], %[[DLSE]] :
func.func @lse_only(%q: !t, %k: !t, %v: !t) -> !lse {
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  return %lse : !lse
}

// Functions that attend to nothing, and gradients, are left unchanged.
// CHECK-LABEL: func.func @other(
// CHECK-NOT: @other_gradient
func.func @other(%x: i32) -> i32 {
  return %x : i32
}
// CHECK-LABEL: func.func @have(
// CHECK-NOT: @have_gradient
func.func @have(%q: !t, %lse: !lse) -> !t {
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %q : !t, !t, !t output !t
  return %dq : !t
}
