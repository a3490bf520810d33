// The kernels of a gradient as ops read and print back, as text and as bytecode.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s
// RUN: lacuna-opt %s --emit-bytecode | lacuna-opt | FileCheck %s
// RUN: lacuna-opt %s --mlir-print-op-generic | lacuna-opt | FileCheck %s

!t = tensor<?x?x?x64xf16>
!o = tensor<?x?x?x32xf16>
!lse = tensor<?x?x?xf32>

// CHECK-LABEL: @dense
func.func @dense(%q: !t, %k: !t, %v: !o, %o: !o, %lse: !lse, %do: !o, %dlse: !lse)
    -> (!t, !t, !o, !t) {
  // CHECK: %[[DELTA:.*]] = attn.delta %[[O:.*]] gradient %[[DO:.*]] : tensor<?x?x?x32xf16>{{$}}
  %delta = attn.delta %o gradient %do : !o
  // CHECK: %[[LESS:.*]] = attn.delta %[[O]] gradient %[[DO]], %{{.*}} : tensor<?x?x?x32xf16>, tensor<?x?x?xf32>
  %less = attn.delta %o gradient %do, %dlse : !o, !lse
  // CHECK: %[[DK:.*]], %[[DV:.*]] = attn.backward by key %[[Q:.*]], %[[K:.*]], %[[V:.*]] state %[[LSE:.*]], %[[DELTA]] gradient %[[DO]] : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x32xf16> gradient tensor<?x?x?x32xf16>{{$}}
  %dk, %dv = attn.backward by key %q, %k, %v state %lse, %delta gradient %do : !t, !t, !o gradient !o
  // CHECK: %[[DQ:.*]] = attn.backward by query %[[Q]], %[[K]], %[[V]] state %[[LSE]], %[[LESS]] gradient %[[DO]] mode planned : tensor
  %dq = attn.backward by query %q, %k, %v state %lse, %less gradient %do mode planned
    : !t, !t, !o gradient !o
  return %dk, %dk, %dv, %dq : !t, !t, !o, !t
}

// CHECK-LABEL: @adding
func.func @adding(%q: !t, %v: !o, %lse: !lse) -> (!t, !t, !o) {
  // CHECK: %[[DK:.*]], %[[DV:.*]], %[[DQ:.*]] = attn.backward by key {{.*}} gradient %{{.*}} adding query mode closed : {{.*}} gradient tensor<?x?x?x32xf16>
  // CHECK-NEXT: return %[[DQ]], %[[DK]], %[[DV]]
  %dk, %dv, %dq = attn.backward by key %q, %q, %v state %lse, %lse gradient %v adding query mode closed
    : !t, !t, !o gradient !o
  return %dq, %dk, %dv : !t, !t, !o
}

// CHECK-LABEL: @clauses
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x?x?x64xf16>, %[[AT:[^:]*]]: i32, %[[POS:[^:]*]]: tensor<?xi32>, %[[SCALE:[^:]*]]: f32
func.func @clauses(%q: !t, %at: i32, %pos: tensor<?xi32>, %scale: f32, %lse: !lse)
    -> (!t, tensor<f32>) {
  // CHECK: attn.backward by key %[[Q]] at %[[AT]], %[[Q]], %[[Q]] at %[[POS]] state %{{.*}}, %{{.*}} gradient %[[Q]] where(%{{[^{]*}}) {
  // CHECK: } intervals(%{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}) {
  // CHECK: } classify(%{{[^{]*}}) {
  // CHECK: } scale %[[SCALE]] attributes {note = "kept"} : tensor<?x?x?x64xf16> at i32, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16> at tensor<?xi32> gradient tensor<?x?x?x64xf16>
  %dk, %dv = attn.backward by key %q at %at, %q, %q at %pos state %lse, %lse gradient %q
    where(%b, %h, %j, %i, %jslot, %islot) {
      %keep = arith.cmpi sle, %jslot, %islot : i32
      attn.yield %keep : i1
    } intervals(%b, %h, %first, %last) {
      attn.yield %first, %last, %first, %last : i32, i32, i32, i32
    } classify(%b, %h, %j_first, %j_last, %i_first, %i_last, %jslot_first, %jslot_last,
               %islot_first, %islot_last) {
      %see = arith.cmpi sle, %jslot_first, %islot_last : i32
      %hide = arith.cmpi sgt, %jslot_last, %islot_first : i32
      attn.yield %see, %hide : i1, i1
    } scale %scale attributes {note = "kept"}
    : !t at i32, !t, !t at tensor<?xi32> gradient !t
  // CHECK: attn.backward by query {{.*}} score(%{{[^{]*}}) {
  // CHECK: } pullback(%{{[^{]*}}) {
  // CHECK: } scale %[[SCALE]] of %[[SCALE]] : {{.*}} gradient tensor<?x?x?x64xf16> of f32
  %dq, %dscale = attn.backward by query %q, %q, %q state %lse, %lse gradient %q
    score(%s, %b, %h, %i, %j) {
      %r = arith.mulf %s, %s : f32
      attn.yield %r : f32
    } pullback(%g, %s, %b, %h, %i, %j) {
      %half = arith.mulf %g, %s : f32
      %r = arith.addf %half, %half : f32
      attn.yield %r : f32
    } scale %scale of %scale : !t, !t, !t gradient !t of f32
  return %dk, %dscale : !t, tensor<f32>
}

// CHECK-LABEL: @ragged
func.func @ragged(%q: tensor<1x8x?x64xf16>, %k: tensor<1x2x?x64xf16>, %n: tensor<5xi32>,
                  %lse: tensor<1x8x?xf32>) -> tensor<1x2x?x64xf16> {
  // CHECK: attn.backward by key %[[Q:.*]] ragged %[[N:.*]], %[[K:.*]], %[[K]] ragged %[[N]] state %{{.*}} gradient %[[Q]] : tensor<1x8x?x64xf16> ragged tensor<5xi32>, tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16> ragged tensor<5xi32> gradient tensor<1x8x?x64xf16>
  %dk, %dv = attn.backward by key %q ragged %n, %k, %k ragged %n state %lse, %lse gradient %q
    : tensor<1x8x?x64xf16> ragged tensor<5xi32>, tensor<1x2x?x64xf16>,
      tensor<1x2x?x64xf16> ragged tensor<5xi32> gradient tensor<1x8x?x64xf16>
  return %dk : tensor<1x2x?x64xf16>
}
