// RUN: lacuna-opt %s --split-input-file --verify-diagnostics --attn-check-spec

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>
func.func @one(%o: !t, %lse: !lse) {
  // expected-error@below {{needs two states at least, but has 1}}
  %m, %n = attn.merge (%o, %lse) : !t
  return
}

// -----

func.func @scalar(%o: tensor<f16>, %lse: tensor<f32>) {
  // expected-error@below {{an output has the dimensions [batch, query heads, queries, head_dim]}}
  %m, %n = attn.merge (%o, %lse), (%o, %lse) : tensor<f16>
  return
}

// -----

!t = tensor<?x?x?x64xf16>
!u = tensor<?x?x?x32xf16>
!lse = tensor<?x?x?xf32>
func.func @types(%o: !t, %p: !u, %lse: !lse) {
  // expected-error@below {{has a state of 'tensor<?x?x?x32xf16>' and 'tensor<?x?x?xf32>', but needs 'tensor<?x?x?x64xf16>' and 'tensor<?x?x?xf32>'}}
  %m, %n = "attn.merge"(%o, %p, %lse, %lse) : (!t, !u, !lse, !lse) -> (!t, !lse)
  return
}

// -----

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>
func.func @result(%o: !t, %lse: !lse) {
  // expected-error@below {{yields a log-sum-exp of 'tensor<1x?x?xf32>', which does not belong to 'tensor<?x?x?x64xf16>'}}
  %m, %n = "attn.merge"(%o, %o, %lse, %lse) : (!t, !t, !lse, !lse) -> (!t, tensor<1x?x?xf32>)
  return
}

// -----

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>
func.func @gradient_of_lse(%o: !t, %lse: !lse, %dlse: tensor<1x?x?xf32>) {
  // expected-error@below {{has a gradient of the log-sum-exp of 'tensor<1x?x?xf32>', but needs 'tensor<?x?x?xf32>'}}
  %a:4 = "attn.merge_grad"(%o, %o, %lse, %lse, %o, %dlse)
    {operandSegmentSizes = array<i32: 2, 2, 1, 1>}
    : (!t, !t, !lse, !lse, !t, tensor<1x?x?xf32>) -> (!t, !t, !lse, !lse)
  return
}

// -----

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>
func.func @gradients(%o: !t, %lse: !lse) {
  // expected-error@below {{yields a gradient for every output and log-sum-exp, of their types}}
  %a:2 = "attn.merge_grad"(%o, %o, %lse, %lse, %o)
    {operandSegmentSizes = array<i32: 2, 2, 1, 0>} : (!t, !t, !lse, !lse, !t) -> (!t, !lse)
  return
}

// -----

func.func @sum(%x: tensor<?xf32>) {
  // expected-error@below {{needs two terms at least, but has 1}}
  %s = attn.sum %x : tensor<?xf32>
  return
}

// -----

!t = tensor<?x?x?x64xf16>
!lse = tensor<?x?x?xf32>
func.func @order(%o: !t, %lse: !lse, %rank: tensor<?x?x?xi32>) -> !t {
  %m, %n = attn.merge (%o, %lse), (%o, %lse) : !t
  // expected-error@below {{'attn.sum' op what is summed must be gradients, or arguments of the spec}}
  %s = attn.sum %m, %o : !t
  return %s : !t
}

// -----

!t = tensor<?x?x?x52xf16>
!lse = tensor<?x?x?xf32>
func.func @head_dim(%o: !t, %lse: !lse) {
  // expected-error@below {{head_dim of the outputs must be a multiple of 8 up to 256, but is 52}}
  %m, %n = attn.merge (%o, %lse), (%o, %lse) : !t
  return
}
