// Sequences one behind the other: what regions are told, lengths of 0, and wrong offsets.
// DEFINE: %{run} = lacuna-run %s --device=reference
// Sequences of 2, 0 and 3 queries; of 1, 2 and 2 keys. The score of the only key that a row
// sees is made of all it is told.
// RUN: %{run} --function=told --input=1x1x5x8xf16=0 --input=1x1x5x8xf16=0 --input="4xi32=[0 2 2 5]" --input="4xi32=[0 1 3 5]" --input="5xi32=[7 7 7 8 9]" --output=- | FileCheck %s --check-prefix=TOLD
// TOLD: {{\[\[\[}}70000 70110 92021 92131 92241]]]
// RUN: not %{run} --function=told --input=1x1x5x8xf16=0 --input=1x1x5x8xf16=0 --input="4xi32=[0 2 2 5]" --input="4xi32=[0 1 3 5]" --input="4xi32=0" 2>&1 | FileCheck %s --check-prefix=PLACE
// PLACE: 'attn.load' op reads index 4 of dimension 0, which has size 4, at sequence 2, head 0, query 0, key 1

// The same as documents of one sequence, bit for bit.
// DEFINE: %{input} = --input=1x4x20x8xf16=random:1 --input=1x2x23x8xf16=random:2
// RUN: %{run} --function=causal %{input} --input="5xi32=[0 9 9 12 20]" --input="5xi32=[0 7 12 12 23]" --output=@%t.ragged.npy
// RUN: %{run} --function=documents %{input} --input="20xi32=[0 0 0 0 0 0 0 0 0 2 2 2 3 3 3 3 3 3 3 3]" --input="23xi32=[0 0 0 0 0 0 0 1 1 1 1 1 3 3 3 3 3 3 3 3 3 3 3]" --input="20xi32=[0 1 2 3 4 5 6 7 8 0 1 2 0 1 2 3 4 5 6 7]" --input="23xi32=[0 1 2 3 4 5 6 0 1 2 3 4 0 1 2 3 4 5 6 7 8 9 10]" --output=@%t.documents.npy
// RUN: cmp %t.ragged.npy %t.documents.npy

// Of one sequence, or none.
// RUN: %{run} --function=causal --show-mask --input=1x1x3x8xf16=0 --input=1x1x5x8xf16=0 --input="3xi32=[0 3 3]" --input="3xi32=[0 2 5]" 2>&1 | FileCheck %s --check-prefix=MASK
// MASK: #.
// MASK-NEXT: ##
// MASK-NEXT: ##
// MASK-NEXT: 3 queries x 2 keys, 5 visible
// RUN: %{run} --function=causal --input=1x1x0x8xf16=0 --input=1x1x0x8xf16=0 --input="1xi32=0" --input="1xi32=0" --output=- | FileCheck %s --check-prefix=NONE
// NONE: {{\[\[\[}}]]]

// Wrong offsets.
// DEFINE: %{wrong} = not %{run} --function=causal --input=1x1x5x8xf16=0 --input=1x1x5x8xf16=0
// RUN: %{wrong} --input="3xi32=[0 6 5]" --input="3xi32=[0 2 5]" 2>&1 | FileCheck %s --check-prefix=DESCENDS
// DESCENDS: 'attn.attend' op has the offset 5 at place 2 of those of the query, but they ascend from 0 to the number of rows, 5
// RUN: %{wrong} --input="3xi32=[0 2 5]" --input="3xi32=[1 2 5]" 2>&1 | FileCheck %s --check-prefix=FIRST
// FIRST: has the offset 1 at place 0 of those of the keys
// RUN: %{wrong} --input="3xi32=[0 2 5]" --input="3xi32=[0 2 6]" 2>&1 | FileCheck %s --check-prefix=LAST
// LAST: has the offset 6 at place 2 of those of the keys, but they ascend from 0 to the number of rows, 5
// RUN: %{wrong} --input="3xi32=[0 2 5]" --input="2xi32=[0 5]" 2>&1 | FileCheck %s --check-prefix=NUMBERS
// NUMBERS: numbers of offsets differ: 3 in the query, 2 in the keys
// RUN: %{wrong} --input="0xi32=0" --input="0xi32=0" 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: has no offsets, needs one more than sequences
// RUN: not %{run} --function=causal --input=2x1x5x8xf16=0 --input=2x1x5x8xf16=0 --input="2xi32=[0 5]" --input="2xi32=[0 5]" 2>&1 | FileCheck %s --check-prefix=BATCH
// BATCH: is ragged, so its tensors have a batch of 1, but have 2

!t = tensor<?x?x?x8xf16>
!n = tensor<?xi32>
func.func @told(%q: !t, %k: !t, %m: !n, %n: !n, %x: !n) -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q ragged %m, %k, %k ragged %n where(%b, %h, %i, %j) {
    %c2 = arith.constant 2 : i32
    %first = arith.divui %b, %c2 : i32
    %only = arith.cmpi eq, %j, %first : i32
    attn.yield %only : i1
  } score(%s, %b, %h, %i, %j, %islot, %jslot) {
    %ten = arith.constant 10 : i32
    %element = attn.load %x[%jslot] : !n
    %0 = arith.muli %element, %ten : i32
    %1 = arith.addi %0, %b : i32
    %2 = arith.muli %1, %ten : i32
    %3 = arith.addi %2, %i : i32
    %4 = arith.muli %3, %ten : i32
    %5 = arith.addi %4, %islot : i32
    %6 = arith.muli %5, %ten : i32
    %7 = arith.addi %6, %j : i32
    %r = arith.sitofp %7 : i32 to f32
    attn.yield %r : f32
  } : !t ragged !n, !t, !t ragged !n
  return %lse : tensor<?x?x?xf32>
}

func.func @causal(%q: !t, %k: !t, %m: !n, %n: !n) -> !t {
  %o, %lse = attn.attend %q ragged %m, %k, %k ragged %n where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t ragged !n, !t, !t ragged !n
  return %o : !t
}

func.func @documents(%q: !t, %k: !t, %m: !n, %n: !n, %iat: !n, %jat: !n) -> !t {
  %o, %lse = attn.attend %q at %iat, %k, %k at %jat where(%b, %h, %i, %j, %islot, %jslot) {
    %past = attn.causal %i, %j
    %mine = attn.load %m[%islot] : !n
    %its = attn.load %n[%jslot] : !n
    %same = arith.cmpi eq, %mine, %its : i32
    %keep = attn.and %past, %same
    attn.yield %keep : i1
  } : !t at !n, !t, !t at !n
  return %o : !t
}
