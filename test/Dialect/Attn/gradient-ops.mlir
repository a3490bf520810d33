// The gradient of an attend reads and prints back, as text and as bytecode.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s
// RUN: lacuna-opt %s --emit-bytecode | lacuna-opt | FileCheck %s
// RUN: lacuna-opt %s --mlir-print-op-generic | lacuna-opt | FileCheck %s

!t = tensor<?x?x?x64xf16>
!o = tensor<?x?x?x32xf16>
!lse = tensor<?x?x?xf32>

// CHECK-LABEL: @dense
func.func @dense(%q: !t, %k: !t, %v: !o, %o: !o, %lse: !lse, %do: !o) -> (!t, !t, !o) {
  // CHECK: %[[DQ:.*]], %[[DK:.*]], %[[DV:.*]] = attn.attend_grad %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} output %{{[^ ]*}}, %{{[^ ]*}} gradient %{{[^ ]*}} : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x32xf16> output tensor<?x?x?x32xf16>{{$}}
  %dq, %dk, %dv = attn.attend_grad %q, %k, %v output %o, %lse gradient %do : !t, !t, !o output !o
  // CHECK: return %[[DQ]], %[[DK]], %[[DV]] : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x32xf16>
  return %dq, %dk, %dv : !t, !t, !o
}

// CHECK-LABEL: @clauses
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x?x?x64xf16>, %[[K:[^:]*]]: {{[^,]*}}, %[[V:[^:]*]]: {{[^,]*}}, %[[AT:[^:]*]]: i32, %[[POS:[^:]*]]: tensor<?xi32>, %[[TABLE:[^:]*]]: tensor<?x?xbf16>, %[[CAP:[^:]*]]: f32, %[[SCALE:[^:]*]]: f32
func.func @clauses(%q: !t, %k: !t, %v: !o, %at: i32, %pos: tensor<?xi32>, %table: tensor<?x?xbf16>,
                   %cap: f32, %scale: f32, %o: !o, %lse: !lse, %do: !o, %dlse: !lse)
    -> (tensor<?x?xbf16>, tensor<f32>, tensor<f32>) {
  // CHECK: %{{[^=]*}} = attn.attend_grad %[[Q]] at %[[AT]], %[[K]], %[[V]] at %[[POS]] output %{{.*}}, %{{.*}} gradient %{{.*}}, %{{.*}} where(%{{[^{]*}}) {
  // CHECK: } score(%{{[^{]*}}) {
  // CHECK: } pullback(%[[G:.*]], %{{.*}}, %{{.*}}, %[[HP:.*]], %{{.*}}, %[[JP:.*]], %{{.*}}, %{{.*}}) {
  // CHECK-NEXT: attn.contribute %[[G]] to %[[TABLE]][%[[HP]], %[[JP]]] : tensor<?x?xbf16>
  // CHECK-NEXT: attn.contribute %[[G]] to %[[CAP]] : f32
  // CHECK-NEXT: attn.yield %[[G]] : f32
  // CHECK-NEXT: } scale %[[SCALE]] of %[[TABLE]], %[[CAP]], %[[SCALE]] attributes {note = "kept"} : tensor<?x?x?x64xf16> at i32, tensor<?x?x?x64xf16>, tensor<?x?x?x32xf16> at tensor<?xi32> output tensor<?x?x?x32xf16> of tensor<?x?xbf16>, f32, f32
  %dq, %dk, %dv, %d:3 = attn.attend_grad %q at %at, %k, %v at %pos
    output %o, %lse gradient %do, %dlse
    score(%s, %b, %h, %i, %j) {
      %x = attn.load %table[%h, %j] : tensor<?x?xbf16>
      %wide = arith.extf %x : bf16 to f32
      %sx = arith.addf %s, %wide : f32
      %r = arith.addf %sx, %cap : f32
      attn.yield %r : f32
    } pullback(%g, %s, %b, %h, %i, %j, %islot, %jslot) {
      attn.contribute %g to %table[%h, %j] : tensor<?x?xbf16>
      attn.contribute %g to %cap : f32
      attn.yield %g : f32
    } where(%b, %h, %i, %j, %islot, %jslot) {
      %keep = arith.cmpi sle, %jslot, %islot : i32
      attn.yield %keep : i1
    } scale %scale of %table, %cap, %scale attributes {note = "kept"}
    : !t at i32, !t, !o at tensor<?xi32> output !o of tensor<?x?xbf16>, f32, f32
  return %d#0, %d#1, %d#2 : tensor<?x?xbf16>, tensor<f32>, tensor<f32>
}

// CHECK-LABEL: @ragged
func.func @ragged(%q: tensor<1x8x?x64xf16>, %k: tensor<1x2x?x64xf16>, %n: tensor<5xi32>,
                  %lse: tensor<1x8x?xf32>) -> tensor<1x2x?x64xf16> {
  // CHECK: attn.attend_grad %[[Q:.*]] ragged %[[N:.*]], %[[K:.*]], %[[K]] ragged %[[N]] output %[[Q]], %{{.*}} gradient %[[Q]] : tensor<1x8x?x64xf16> ragged tensor<5xi32>, tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16> ragged tensor<5xi32> output tensor<1x8x?x64xf16>
  %dq, %dk, %dv = attn.attend_grad %q ragged %n, %k, %k ragged %n output %q, %lse gradient %q
    : tensor<1x8x?x64xf16> ragged tensor<5xi32>, tensor<1x2x?x64xf16>,
      tensor<1x2x?x64xf16> ragged tensor<5xi32> output tensor<1x8x?x64xf16>
  return %dk : tensor<1x2x?x64xf16>
}
