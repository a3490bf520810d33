// Ops on states of attention read and print back.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s

!t = tensor<?x4x?x64xbf16>
!lse = tensor<?x4x?xf32>

// CHECK-LABEL: @merge
func.func @merge(%o0: !t, %lse0: !lse, %o1: !t, %lse1: !lse, %o2: !t, %lse2: !lse) -> (!t, !lse) {
  // CHECK: %o, %lse = attn.merge (%arg0, %arg1), (%arg2, %arg3), (%arg4, %arg5) : tensor<?x4x?x64xbf16>
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1), (%o2, %lse2) : !t
  return %o, %lse : !t, !lse
}

// CHECK-LABEL: @gradient
func.func @gradient(%o0: !t, %lse0: !lse, %o1: !t, %lse1: !lse, %do: !t, %dlse: !lse)
    -> (!t, !t, !lse, !t) {
  // CHECK: %do, %do_0, %dlse, %dlse_1 = attn.merge_grad (%arg0, %arg1), (%arg2, %arg3) gradient %arg4, %arg5 : tensor<?x4x?x64xbf16>
  %do0, %do1, %dlse0, %dlse1 = attn.merge_grad (%o0, %lse0), (%o1, %lse1) gradient %do, %dlse : !t
  // CHECK: attn.merge_grad (%arg0, %arg1), (%arg2, %arg3) gradient %arg4 {note} : tensor<?x4x?x64xbf16>
  %do2, %do3, %dlse2, %dlse3 = attn.merge_grad (%o0, %lse0), (%o1, %lse1) gradient %do {note} : !t
  // CHECK: %sum = attn.sum %do, %do_0, %do_2 : tensor<?x4x?x64xbf16>
  %sum = attn.sum %do0, %do1, %do2 : !t
  return %sum, %do3, %dlse1, %do1 : !t, !t, !lse, !t
}

// CHECK-LABEL: @zeros
func.func @zeros(%o: !t) {
  // CHECK: %zeros = attn.zeros like %{{.*}} {note} : tensor<?x4x?x64xbf16>
  %zeros = attn.zeros like %o {note} : !t
  return
}

// CHECK-LABEL: @sums
func.func @sums(%x: tensor<f32>, %y: tensor<f32>, %a: tensor<?xf16>, %b: tensor<?xf16>) {
  // CHECK: attn.sum %{{.*}}, %{{.*}} : tensor<f32>
  %s = attn.sum %x, %y : tensor<f32>
  // CHECK: attn.sum %{{.*}}, %{{.*}} : tensor<?xf16>
  %t = attn.sum %a, %b : tensor<?xf16>
  return
}
