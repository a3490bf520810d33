// How arguments are written, and how results come back: as text and as .npy.
// RUN: rm -rf %t && mkdir %t

// What a result says is what a file holds, in either direction; bf16 travels as f32.
// RUN: lacuna-run %s --device=reference --function=rows --input=1x2x3x8xbf16=0 --input=1x1x1x8xbf16=random:7 --output=@%t/o.npy
// RUN: lacuna-run %s --device=reference --function=rows --input=1x2x3x8xbf16=0 --input=1x1x1x8xbf16=random:7 --output=- > %t/o.txt
// RUN: lacuna-run %s --device=reference --function=one --input=@%t/o.npy --output=- > %t/one.txt
// RUN: diff %t/o.txt %t/one.txt
// RUN: %python -c "import sys; head = open(sys.argv[1], 'rb').read(128); assert b\"'<f4'\" in head and b'(1,2,3,8' in head.replace(b', ', b',')" %t/o.npy

// Every way to write elements; scalars of every kind.
// RUN: lacuna-run %s --device=reference --function=table --input=1x1x6x8xf16=0 --input=6xi32=steps:2 --input=2 --output=- | FileCheck %s --check-prefix=STEPS
// RUN: not lacuna-run %s --device=reference --function=table --input=1x1x6x8xf16=0 --input="6xi32=[5, -4 3,2 1 0]" --input=-0x --output=- 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: lacuna-run %s --device=reference --function=table --input=1x1x6x8xf16=0 --input=6xi32=random:1:7:7 --input=1 --output=- | FileCheck %s --check-prefix=RANGE
// RUN: lacuna-run %s --device=reference --function=table --input=1x1x6x8xf16=0 --input=6xi32=random:1 --input=0 --output=- | FileCheck %s --check-prefix=RANDOM
// RUN: lacuna-run %s --device=reference --function=flag --input=1x1x1x8xf16=0 --input=true --input=-2.5e-1 --output=- | FileCheck %s --check-prefix=FLAG
// RUN: lacuna-run %s --device=reference --function=flag --input=1x1x1x8xf16=0 --input=false --input=4 --output=- | FileCheck %s --check-prefix=NO-FLAG
// STEPS: 1x1x6xf32={{\[\[\[}}2 2 3 3 4 4]]]
// NUMBER: lacuna-run: error: --input=-0x: is no i32, nor SHAPExTYPE=VALUES, nor @file.npy
// RANGE: {{\[\[\[}}8 8 8 8 8 8]]]
// RANDOM: {{\[\[\[}}[[#]] [[#]] [[#]] [[#]] [[#]] [[#]]]]]
// FLAG: {{\[\[\[}}-0.25]]]
// NO-FLAG: {{\[\[\[}}-4]]]

!t = tensor<?x?x?x8xbf16>
func.func @rows(%q: !t, %k: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %k : !t, !t, !t
  return %o : !t
}
func.func @one(%v: !t) -> !t {
  // Each row attends to itself alone.
  %o, %lse = attn.attend %v, %v, %v where(%b, %h, %i, %j) {
    %self = arith.cmpi eq, %i, %j : i32
    attn.yield %self : i1
  } : !t, !t, !t
  return %o : !t
}

!h = tensor<?x?x?x8xf16>
// The score of a row's own key is its element of the table plus n.
func.func @table(%q: !h, %table: tensor<?xi32>, %n: i32) -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %self = arith.cmpi eq, %i, %j : i32
    attn.yield %self : i1
  } score(%s, %b, %h, %i, %j) {
    %x = attn.load %table[%i] : tensor<?xi32>
    %y = arith.addi %x, %n : i32
    %r = arith.sitofp %y : i32 to f32
    attn.yield %r : f32
  } : !h, !h, !h
  return %lse : tensor<?x?x?xf32>
}
func.func @flag(%q: !h, %flag: i1, %x: f32) -> tensor<?x?x?xf32> {
  %minus = arith.negf %x : f32
  %chosen = arith.select %flag, %x, %minus : f32
  %o, %lse = attn.attend %q, %q, %q score(%s, %b, %h, %i, %j) {
    attn.yield %chosen : f32
  } : !h, !h, !h
  return %lse : tensor<?x?x?xf32>
}
