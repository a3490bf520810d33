// The picture is drawn from the predicate: a causal window of 2, cell by cell and in blocks.
// RUN: lacuna-run %s --device=reference --show-mask --input=1x1x4x16xf16=random:1 \
// RUN:   --input=1x1x5x16xf16=random:2 2>&1 | FileCheck %s --match-full-lines
// RUN: lacuna-run %s --device=reference --show-mask --input=1x1x0x16xf16=random:1 \
// RUN:   --input=1x1x5x16xf16=random:2 2>&1 | count 0

//      CHECK:#....
// CHECK-NEXT:##...
// CHECK-NEXT:.##..
// CHECK-NEXT:..##.
// CHECK-NEXT:4 queries x 5 keys, 7 visible (35.0 %)

func.func @window(%q: tensor<?x?x?x16xf16>, %k: tensor<?x?x?x16xf16>) -> tensor<?x?x?x16xf16> {
  %o, %lse = attn.attend %q, %k, %k
    where(%b, %h, %i, %j) {
      %one = arith.constant 1 : i32
      %past = attn.causal %i, %j
      %near = attn.sliding_window %i, %j left %one
      %keep = attn.and %past, %near
      attn.yield %keep : i1
    } : tensor<?x?x?x16xf16>, tensor<?x?x?x16xf16>, tensor<?x?x?x16xf16>
  return %o : tensor<?x?x?x16xf16>
}
