// The gradient function of a spec runs on the reference, from the command line.
// RUN: lacuna-opt %s --attn-differentiate > %t.mlir
// RUN: lacuna-run %t.mlir --device=reference --function=sum_gradient --input=1x3x2x8xf16=0 \
// RUN:   --input=1x1x3x8xf16=0 --input="1x1x3x8xf16=[0 0 0 0 0 0 0 0  1 1 1 1 1 1 1 1  7 7 7 7 7 7 7 7]" \
// RUN:   --input="3xf32=0" --input=1x3x2x8xf16=0 --input=1x3x2xf32=0 --input=1x3x2x8xf16=1 --input=1x3x2xf32=6 \
// RUN:   --output=@%t.q.npy --output=@%t.k.npy --output=- --output=- | FileCheck %s

// Query 0 sees keys 0 and 1 with p = 1/2 each, query 1 sees nothing; three heads share the keys.
// With do = 1, dv of either is 3/2. dp is 0 and 8, delta 4: g = 1/2 (dp - 4 + 6).
// CHECK: 1x1x3x8xf16={{\[\[\[}}[1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5][1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5][0 0 0 0 0 0 0 0]]]]
// CHECK-NEXT: 3xf32=[3 15 0]

// Queries of another length than their gradient, and an index outside of a table.
// RUN: not lacuna-run %t.mlir --device=reference --function=sum_gradient --input=1x1x2x8xf16=0 --input=1x1x3x8xf16=0 --input=1x1x3x8xf16=0 --input=3xf32=0 --input=1x1x2x8xf16=0 --input=1x1x2xf32=0 --input=1x1x1x8xf16=1 --input=1x1x2xf32=0 2>&1 | FileCheck %s --check-prefix=SIZES
// SIZES: error: 'attn.attend_grad' op dimension 2 of the gradient of the output should have size 2, but has 1
// RUN: not lacuna-run %s --device=reference --function=outside --input=1x1x1x8xf16=0 --input=1x1x1xf32=0 --input=0xf32=0 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// OUTSIDE: error: 'attn.contribute' op adds to index 0 of dimension 0, which has size 0, at batch 0, head 0, query 0, key 0

!t = tensor<?x?x?x8xf16>
!lse = tensor<?x?x?xf32>

func.func @sum(%q: !t, %k: !t, %v: !t, %bias: tensor<?xf32>) -> (!t, !lse) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %two = arith.constant 2 : i32
    %near = arith.cmpi slt, %j, %two : i32
    %zero = arith.constant 0 : i32
    %first = arith.cmpi eq, %i, %zero : i32
    %keep = arith.andi %near, %first : i1
    attn.yield %keep : i1
  } score(%s, %b, %h, %i, %j) {
    %x = attn.load %bias[%j] : tensor<?xf32>
    %r = arith.addf %s, %x : f32
    attn.yield %r : f32
  } : !t, !t, !t
  return %o, %lse : !t, !lse
}

func.func @outside(%q: !t, %lse: !lse, %table: tensor<?xf32>) -> tensor<?xf32> {
  %dq, %dk, %dv, %d = attn.attend_grad %q, %q, %q output %q, %lse gradient %q
    pullback(%g, %s, %b, %h, %i, %j) {
      attn.contribute %g to %table[%j] : tensor<?xf32>
      attn.yield %g : f32
    } of %table : !t, !t, !t output !t of tensor<?xf32>
  return %d : tensor<?xf32>
}
