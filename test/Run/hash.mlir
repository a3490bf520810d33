// Kernels put every row into the bucket that the reference has for it: a query sees the key
// whose number is its bucket, and that key's value is its output.
// REQUIRES: nvrtc
// DEFINE: %{run} = lacuna-run %s --device=emulator --check
// DEFINE: %{f16} = %{run} --function=f16 --target=sm_80
// DEFINE: %{bf16} = %{run} --function=bf16 --target=sm_90a
// RUN: %{f16} --input=1x1x0x8xf16=0 --input=1x1x2x8xf16=random:2 --input=1x1x8xf32=random:3 2>&1 | FileCheck %s
// RUN: %{f16} --input=2x6x31x8xf16=random:1 --input=2x3x34x8xf16=random:2 --input=3x17x8xf32=random:3 2>&1 | FileCheck %s
// RUN: %{f16} --input=1x4x67x8xf16=random:1 --input=1x1x64x8xf16=random:2 --input=1x32x8xf32=random:3 2>&1 | FileCheck %s
// RUN: %{f16} --input=1x2x5x8xf16=random:1 --input=1x1x2x8xf16=random:2 --input=2x0x8xf32=0 2>&1 | FileCheck %s
// RUN: %{bf16} --input=1x5x129x136xbf16=random:1 --input=1x5x18x136xbf16=random:2 --input=5x9x136xf32=random:3 2>&1 | FileCheck %s
// RUN: %{bf16} --input=2x2x1x136xbf16=random:1 --input=2x1x2x136xbf16=random:2 --input=2x1x136xf32=random:3 2>&1 | FileCheck %s

// Ties, which values of one bit give, and what is no number: of the first projection, and of
// all, which leaves the first bucket.
// RUN: %{f16} --input=1x1x127x8xf16=chance:1:0.5 --input=1x1x12x8xf16=random:2 "--input=1x6x8xf32=[1 1 0 0 0 0 0 0  0 0 1 1 0 0 0 0  1 0 1 0 0 0 0 0  0 1 0 1 0 0 0 0  -1 -1 0 0 0 0 0 0  0 0 -1 -1 0 0 0 0]" 2>&1 | FileCheck %s
// RUN: %{f16} --input=1x1x127x8xf16=random:1 --input=1x1x8x8xf16=random:2 "--input=1x4x8xf32=[nan 0 0 0 0 0 0 0  0 1 0 0 0 0 0 0  0 0 0 inf 0 0 0 0  0 0 0 0 0 -inf 0 0]" 2>&1 | FileCheck %s
// RUN: %{f16} --input=1x1x2x8xf16=random:1 --input=1x1x4x8xf16=random:2 --input=1x2x8xf32=nan 2>&1 | FileCheck %s

// Rows of a ragged batch are those of its tensors: buckets are read by slots.
// RUN: %{run} --function=ragged --target=sm_80 --input=1x2x70x8xf16=random:1 "--input=4xi32=[0 3 3 70]" --input=1x4x8xf32=random:3 2>&1 | FileCheck %s
// CHECK: check passed

// RUN: not lacuna-run %s --device=emulator --function=f16 --target=sm_80 --input=1x3x1x8xf16=1 --input=1x1x2x8xf16=0 --input=2x1x8xf32=1 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: heads of %projections is 2, needs to divide heads of %q, 3

!f16 = tensor<?x?x?x8xf16>
!bf16 = tensor<?x?x?x136xbf16>

func.func @f16(%q: !f16 {attn.name = "q"}, %k: !f16, %projections: tensor<?x?x8xf32> {attn.name = "projections"}) -> !f16 {
  %bucket = attn.hash %q by %projections : !f16, tensor<?x?x8xf32>
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %mine = attn.load %bucket[%b, %h, %i] : tensor<?x?x?xi32>
    %same = arith.cmpi eq, %mine, %j : i32
    attn.yield %same : i1
  } : !f16, !f16, !f16
  return %o : !f16
}

func.func @bf16(%q: !bf16, %k: !bf16, %projections: tensor<?x?x136xf32>) -> !bf16 {
  %bucket = attn.hash %q by %projections : !bf16, tensor<?x?x136xf32>
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %mine = attn.load %bucket[%b, %h, %i] : tensor<?x?x?xi32>
    %same = arith.cmpi eq, %mine, %j : i32
    attn.yield %same : i1
  } : !bf16, !bf16, !bf16
  return %o : !bf16
}

func.func @ragged(%q: !f16, %n: tensor<?xi32>, %projections: tensor<1x4x8xf32>) -> !f16 {
  %zero = arith.constant 0 : i32
  %bucket = attn.hash %q by %projections : !f16, tensor<1x4x8xf32>
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %n
    where(%b, %h, %i, %j, %i_slot, %j_slot) {
      %mine = attn.load %bucket[%zero, %h, %i_slot] : tensor<?x?x?xi32>
      %its = attn.load %bucket[%zero, %h, %j_slot] : tensor<?x?x?xi32>
      %same = arith.cmpi eq, %mine, %its : i32
      attn.yield %same : i1
    } : !f16 ragged tensor<?xi32>, !f16, !f16 ragged tensor<?xi32>
  return %o : !f16
}
