// RUN: lacuna-opt %s --canonicalize --split-input-file | FileCheck %s

!t = tensor<1x1x?x16xf16>
// A predicate that is true for every pair is no predicate, and has no tile classes.
// CHECK-LABEL: @always_true
// CHECK: attn.attend %{{.*}}, %{{.*}}, %{{.*}} :
func.func @always_true(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %self = arith.cmpi sle, %i, %i : i32
    %later = arith.cmpi sgt, %j, %i : i32
    %past = attn.causal %i, %j
    %any = attn.or %later, %past, %self
    %keep = attn.and %self, %any
    attn.yield %keep : i1
  } classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
    %may_hide = arith.cmpi sgt, %j_last, %i_first : i32
    %may_see = arith.constant true
    attn.yield %may_see, %may_hide : i1, i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// A predicate that is never true stays, as its shortest form.
// CHECK-LABEL: @always_false
// CHECK: where(%{{.*}}) {
// CHECK-NEXT: %[[FALSE:.*]] = arith.constant false
// CHECK-NEXT: attn.yield %[[FALSE]] : i1
// CHECK-NEXT: } :
func.func @always_false(%q: !t, %ids: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %same = attn.document %i, %j in %ids : tensor<?xi32>
    %never = arith.cmpi sgt, %i, %i : i32
    %keep = attn.and %same, %never
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @identity_score
// CHECK: attn.attend %{{.*}}, %{{.*}}, %{{.*}} :
func.func @identity_score(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q score(%s, %b, %h, %i, %j) {
    %dead = math.exp %s : f32
    attn.yield %s : f32
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @score_of_a_capture
// CHECK: score(
func.func @score_of_a_capture(%q: !t, %x: f32) -> !t {
  %o, %lse = attn.attend %q, %q, %q score(%s, %b, %h, %i, %j) {
    attn.yield %x : f32
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @zero_offsets
// CHECK: attn.attend %[[Q:.*]], %[[Q]], %[[Q]] : tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>
func.func @zero_offsets(%q: !t) -> !t {
  %zero = arith.constant 0 : i32
  %o, %lse = attn.attend %q at %zero, %q, %q at %zero : !t at i32, !t, !t at i32
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @offsets_that_count
// CHECK: attn.attend %[[Q:.*]] at %[[AT:.*]], %[[Q]], %[[Q]] at %{{.*}} : tensor<1x1x?x16xf16> at i32, tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16> at i32
func.func @offsets_that_count(%q: !t, %n: i32) -> !t {
  %one = arith.constant 1 : i32
  %o, %lse = attn.attend %q at %one, %q, %q at %n : !t at i32, !t, !t at i32
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// Constants fold where they are used; a load is not moved out of its if, since
// its index may be legal only there.
// CHECK-LABEL: @folded
// CHECK-NEXT: attn.attend
// CHECK-SAME: where(%{{.*}}, %{{.*}}, %[[I:.*]], %[[J:.*]]) {
// CHECK-NEXT: %[[C8:.*]] = arith.constant 8 : i32
// CHECK-NEXT: %[[NEAR:.*]] = arith.cmpi slt, %[[J]], %[[C8]] : i32
// CHECK-NEXT: scf.if %[[NEAR]]
// CHECK: attn.load
func.func @folded(%q: !t, %table: tensor<8xi1>) -> !t {
  %three = arith.constant 3 : i32
  %five = arith.constant 5 : i32
  %true = arith.constant true
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %eight = arith.addi %three, %five : i32
    %near = arith.cmpi slt, %j, %eight : i32
    %keep = scf.if %near -> i1 {
      %bit = attn.load %table[%j] : tensor<8xi1>
      scf.yield %bit : i1
    } else {
      %last = arith.cmpi eq, %j, %i : i32
      scf.yield %last : i1
    }
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// An attend without users goes.
// CHECK-LABEL: @unused
// CHECK-NEXT: return
func.func @unused(%q: !t) {
  %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
  return
}
