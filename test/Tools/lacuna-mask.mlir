// A map is what a plan visits, tile by tile, at any size.
// DEFINE: %{keys} = --input=1x2x64x16xf16 --input=1x1x64x16xf16
// RUN: lacuna-mask %s --function=window %{keys} --input=9 --tile=8x8 | FileCheck %s --match-full-lines
//      CHECK:+.......
// CHECK-NEXT:++......
// CHECK-NEXT:+++.....
// CHECK-NEXT:.+++....
// CHECK-NEXT:..+++...
// CHECK-NEXT:...+++..
// CHECK-NEXT:....+++.
// CHECK-NEXT:.....+++
// CHECK-NEXT:@window: 64 queries x 64 keys, 8 x 8 tiles of 8 x 8: empty 43 (67.19 %), full 0 (0.00 %), partial 21 (32.81 %)
// CHECK-NEXT:visible elements: 595 (14.53 %)
// CHECK-NEXT:masks: 1 for 1 batches, 1 for 2 heads
// CHECK-NEXT:mode: closed
// CHECK-NEXT:  {{.*}}lacuna-mask.mlir{{.*}}: closed: intervals of keys are exact for every tile

// Tiles need not be square, nor divide the lengths.
// RUN: lacuna-mask %s --function=window %{keys} --input=30 --tile=20x10 | FileCheck %s --check-prefix=UNEVEN --match-full-lines
//      UNEVEN:++.....
// UNEVEN-NEXT:+#++...
// UNEVEN-NEXT:.++#++.
// UNEVEN-NEXT:...+##+
// UNEVEN-NEXT:@window: 64 queries x 64 keys, 4 x 7 tiles of 20 x 10: empty 13 (46.43 %), full 4 (14.29 %), partial 11 (39.29 %)
// UNEVEN-NEXT:visible elements: 1519 (37.08 %)

// Large grids are reduced; elements are still counted one by one.
// RUN: lacuna-mask %s --function=window --input=1x2x1048576x16xf16 --input=1x1x1048576x16xf16 --input=4095 -o %t.png -o %t.txt -o %t.svg | FileCheck %s --check-prefix=LARGE --match-full-lines
//      LARGE:@window: 1048576 queries x 1048576 keys, 8192 x 8192 tiles of 128 x 128: empty 66839056 (99.60 %), full 253456 (0.38 %), partial 16352 (0.02 %)
// LARGE-NEXT:visible elements: 4286580736 (0.39 %)
// RUN: FileCheck %s --check-prefix=REDUCED --input-file=%t.txt
//      REDUCED:{{^\+\.{255}$}}
// REDUCED-NEXT:{{^\+\+\.{254}$}}
// RUN: %python %S/Inputs/png_pixels.py %t.png 0,0 512,512 510,512 100,600 | FileCheck %s --check-prefix=PIXELS
//      PIXELS:1024 x 1024
// PIXELS-NEXT:0,0 #9ba6ac
// PIXELS-NEXT:512,512 #9ba6ac
// PIXELS-NEXT:510,512 #1f4e79
// PIXELS-NEXT:100,600 #ffffff
// RUN: FileCheck %s --check-prefix=DRAWING --input-file=%t.svg
//      DRAWING:<svg xmlns="http://www.w3.org/2000/svg" width="{{[0-9]+}}" height="1048"
//      DRAWING:<rect x="0" y="0" width="4" height="4" fill="#{{[0-9a-f]+}}"/>
//      DRAWING:@window: 1048576 queries x 1048576 keys
// RUN: lacuna-mask %s --function=window %{keys} --input=9 --tile=8x8 --caption=near -o %t.near.svg
// RUN: FileCheck %s --check-prefix=CAPTION --input-file=%t.near.svg
//      CAPTION:viewBox="0 0 192 216"
//      CAPTION:<text x="0" y="209" font-family="monospace" font-size="11">near</text>

// Heads and batches that have masks of their own are chosen to be drawn.
// RUN: lacuna-mask %s --function=heads %{keys} "--input=2xi32=[10,40]" --tile=16x16 --head=1 | FileCheck %s --check-prefix=HEADS --match-full-lines
//      HEADS:##+.
// HEADS-NEXT:##+.
// HEADS-NEXT:##+.
// HEADS-NEXT:##+.
// HEADS-NEXT:@heads: 64 queries x 64 keys, 4 x 4 tiles of 16 x 16: empty 16 (50.00 %), full 8 (25.00 %), partial 8 (25.00 %)
// HEADS-NEXT:visible elements: 3200 (39.06 %)
// HEADS-NEXT:masks: 1 for 1 batches, 2 for 2 heads
// HEADS-NEXT:mode: {{closed|planned}}

// Refinement proves what a classifier alone cannot.
// RUN: lacuna-mask %s --function=remainders %{keys} --tile=32x32 --refine=0 --elements=0 | FileCheck %s --check-prefix=COARSE
// RUN: lacuna-mask %s --function=remainders %{keys} --tile=32x32 --elements=0 | FileCheck %s --check-prefix=FINE
// COARSE:partial 4 (100.00 %)
// FINE:empty 4 (100.00 %)

func.func @window(%q: tensor<?x?x?x16xf16>, %k: tensor<?x?x?x16xf16>, %left: i32)
    -> tensor<?x?x?x16xf16> {
  %o, %lse = attn.attend %q, %k, %k
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %near = attn.sliding_window %i, %j left %left
      %keep = attn.and %past, %near
      attn.yield %keep : i1
    } : tensor<?x?x?x16xf16>, tensor<?x?x?x16xf16>, tensor<?x?x?x16xf16>
  return %o : tensor<?x?x?x16xf16>
}

func.func @heads(%q: tensor<?x?x?x16xf16>, %k: tensor<?x?x?x16xf16>, %length: tensor<?xi32>)
    -> tensor<?x?x?x16xf16> {
  %o, %lse = attn.attend %q, %k, %k
    where(%b, %h, %i, %j) {
      %n = attn.load %length[%h] : tensor<?xi32>
      %keep = arith.cmpi slt, %j, %n : i32
      attn.yield %keep : i1
    } : tensor<?x?x?x16xf16>, tensor<?x?x?x16xf16>, tensor<?x?x?x16xf16>
  return %o : tensor<?x?x?x16xf16>
}

// i mod 8 is j mod 8 and is not: that the two are one key is seen on single remainders.
func.func @remainders(%q: tensor<?x?x?x16xf16>, %k: tensor<?x?x?x16xf16>)
    -> tensor<?x?x?x16xf16> {
  %o, %lse = attn.attend %q, %k, %k
    where(%b, %h, %i, %j) {
      %c8 = arith.constant 8 : i32
      %c3 = arith.constant 3 : i32
      %row = arith.remsi %i, %c8 : i32
      %column = arith.remsi %j, %c8 : i32
      %product = arith.muli %row, %column : i32
      %odd = arith.remsi %product, %c3 : i32
      %sum = arith.addi %row, %column : i32
      %c14 = arith.constant 14 : i32
      %c0 = arith.constant 0 : i32
      %last = arith.cmpi eq, %sum, %c14 : i32
      %third = arith.cmpi eq, %odd, %c0 : i32
      %keep = arith.andi %last, %third : i1
      attn.yield %keep : i1
    } : tensor<?x?x?x16xf16>, tensor<?x?x?x16xf16>, tensor<?x?x?x16xf16>
  return %o : tensor<?x?x?x16xf16>
}
