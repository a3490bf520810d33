// Heads of a key head are computed together where nothing tells them apart and no tile of
// rows costs more; remarks say so, or why not.
// RUN: lacuna-opt %s --attn-expand-sugar --canonicalize --attn-choose-mode --attn-share-heads --split-input-file --verify-diagnostics | FileCheck %s

!q = tensor<?x32x?x64xf16>
!k = tensor<?x8x?x64xf16>

// What is pinned of the schedule stays.
// CHECK-LABEL: @dense
// CHECK:     schedule<query_tile = 64, heads = 4> mode closed
func.func @dense(%q: !q, %k: !k) -> !q {
  // expected-remark @+2 {{closed: intervals of keys are exact}}
  // expected-remark @+1 {{4 query heads of a key head load its keys and values once}}
  %o, %lse = attn.attend %q, %k, %k schedule<query_tile = 64> : !q, !k, !k
  return %o : !q
}

// CHECK-LABEL: @pinned
// CHECK:     schedule<heads = 1> mode closed
func.func @pinned(%q: !q, %k: !k) -> !q {
  // expected-remark @+1 {{closed: intervals of keys are exact}}
  %o, %lse = attn.attend %q, %k, %k schedule<heads = 1> : !q, !k, !k
  return %o : !q
}

// The number of the key head is the same for all of them.
// CHECK-LABEL: @key_heads
// CHECK:     schedule<heads = 4> mode planned
func.func @key_heads(%q: !q, %k: !k, %blocks: tensor<8x?x?xi1>) -> !q {
  %axis = arith.constant 1 : index
  %all = tensor.dim %q, %axis : !q
  %few = tensor.dim %k, %axis : !k
  %share = arith.divui %all, %few : index
  %group = arith.index_cast %share : index to i32
  // expected-remark @+1 {{4 query heads of a key head load its keys and values once}}
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %key_head = arith.divui %h, %group : i32
    // expected-remark @+1 {{planned}}
    %keep = attn.block_mask %i, %j in %blocks[%key_head] block 64 x 64 : tensor<8x?x?xi1>
    attn.yield %keep : i1
  } : !q, !k, !k
  return %o : !q
}

// Half of the heads of a group are something else.
// CHECK-LABEL: @half_groups
// CHECK:     } mode closed
func.func @half_groups(%q: !q, %k: !k) -> !q {
  // expected-remark @+1 {{closed: intervals of keys are exact}}
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %c2 = arith.constant 2 : i32
    // expected-remark @+1 {{each query head loads keys and values for itself: the mask tells query heads of a key head apart}}
    %pair = arith.divui %h, %c2 : i32
    %keep = arith.cmpi sle, %j, %pair : i32
    attn.yield %keep : i1
  } : !q, !k, !k
  return %o : !q
}

// A score function may tell them apart, but looks at the head of every element then.
// CHECK-LABEL: @slopes
// CHECK:     } mode closed
func.func @slopes(%q: !q, %k: !k, %slopes: tensor<32xf32>) -> !q {
  // expected-remark @+1 {{closed: intervals of keys are exact}}
  %o, %lse = attn.attend %q, %k, %k score(%s, %b, %h, %i, %j) {
    // expected-remark @+1 {{each query head loads keys and values for itself: the score function would look at the head of every element}}
    %slope = attn.load %slopes[%h] : tensor<32xf32>
    %biased = arith.addf %s, %slope : f32
    attn.yield %biased : f32
  } : !q, !k, !k
  return %o : !q
}

// CHECK-LABEL: @positions
// CHECK:     attn.attend %{{[^ ]*}} at %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} mode closed
func.func @positions(%q: !q, %k: !k, %at: tensor<?x32x?xi32>) -> !q {
  // expected-remark @+2 {{closed: intervals of keys are exact}}
  // expected-remark @+1 {{each query head loads keys and values for itself: every query head has positions of its own}}
  %o, %lse = attn.attend %q at %at, %k, %k : !q at tensor<?x32x?xi32>, !k, !k
  return %o : !q
}

// Numbers of heads that are known at launch, and heads that share nothing.
// CHECK-LABEL: @unknown
// CHECK-NOT: schedule
func.func @unknown(%q: tensor<?x?x?x64xf16>, %k: !k) -> (tensor<?x?x?x64xf16>, !k) {
  // expected-remark @+1 {{closed: intervals of keys are exact}}
  %o, %lse = attn.attend %q, %k, %k : tensor<?x?x?x64xf16>, !k, !k
  // expected-remark @+1 {{closed: intervals of keys are exact}}
  %p, %also = attn.attend %k, %k, %k : !k, !k, !k
  return %o, %p : tensor<?x?x?x64xf16>, !k
}

// -----

!q = tensor<?x8x5x64xf16>
!k = tensor<?x1x?x64xf16>

// A few queries: one tile of rows instead of eight is worth it.
// CHECK-LABEL: @few
// CHECK:     schedule<heads = 8> mode closed
func.func @few(%q: !q, %k: !k, %slopes: tensor<?xf32>) -> !q {
  // expected-remark @+2 {{closed: intervals of keys are exact}}
  // expected-remark @+1 {{8 query heads of a key head load its keys and values once: 1 instead of 8 tiles of 64 rows}}
  %o, %lse = attn.attend %q, %k, %k score(%s, %b, %h, %i, %j) {
    %slope = attn.load %slopes[%h] : tensor<?xf32>
    %biased = arith.addf %s, %slope : f32
    attn.yield %biased : f32
  } : !q, !k, !k
  return %o : !q
}

// -----

!q = tensor<1x6x?x64xf16>
!few = tensor<1x6x20x64xf16>
!k = tensor<1x2x?x64xf16>

// CHECK-LABEL: @three
// CHECK:     attn.attend %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} mode closed
// CHECK:     schedule<heads = 3> mode closed
func.func @three(%q: !q, %p: !few, %k: !k) -> (!q, !few) {
  // expected-remark @+2 {{closed: intervals of keys are exact}}
  // expected-remark @+1 {{each query head loads keys and values for itself: tiles of 64 rows do not hold groups of 3 heads evenly}}
  %o, %lse = attn.attend %q, %k, %k : !q, !k, !k
  // expected-remark @+2 {{closed: intervals of keys are exact}}
  // expected-remark @+1 {{3 query heads of a key head load its keys and values once}}
  %u, %also = attn.attend %p, %k, %k : !few, !k, !k
  return %o, %u : !q, !few
}

// CHECK-LABEL: @baked
// CHECK-NOT: schedule
func.func @baked(%q: !q, %k: !k) -> !q {
  // expected-remark @+1 {{baked runs are those of tiles of one head}}
  %o, %lse = attn.attend %q, %k, %k mode baked : !q, !k, !k
  return %o : !q
}
