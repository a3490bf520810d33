// Merged states are those of one softmax, and gradients go through merges, sums and orders.
// REQUIRES: nvrtc
// DEFINE: %{run} = lacuna-run %t.mlir --device=emulator --check
// DEFINE: %{qkv} = --input=1x2x70x16xbf16=random:1 --input=1x2x70x16xbf16=random:2 --input=1x2x70x16xbf16=random:3
// DEFINE: %{o} = --input=1x2x70x16xbf16=random:4
// DEFINE: %{lse} = --input=1x2x70xf32=random:5
// DEFINE: %{biases} = --input=2x70xf32=random:6 --input=2xbf16=random:7 --input=0.2
// RUN: lacuna-opt %s --attn-differentiate > %t.mlir
// RUN: %{run} --function=parts --target=sm_80 %{qkv} 2>&1 | FileCheck %s
// RUN: %{run} --function=parts --target=sm_90a %{qkv} --output=@%t.parts.npy --output=@%t.lse.npy 2>&1 | FileCheck %s
// RUN: lacuna-run %t.mlir --function=whole --device=reference %{qkv} --output=@%t.whole.npy
// RUN: %python -c "import sys; f = [open(p, 'rb').read()[128:] for p in sys.argv[1:]]; import struct; a, b = (struct.unpack(f'<{len(x)//4}f', x) for x in f); sys.exit(max(abs(x - y) for x, y in zip(a, b)) > 0.03)" %t.parts.npy %t.whole.npy
// RUN: %{run} --function=received_gradient --target=sm_80 %{qkv} %{o} %{lse} %{o} 2>&1 | FileCheck %s
// RUN: %{run} --function=self_gradient --target=sm_80 %{o} %{o} 2>&1 | FileCheck %s
// RUN: lacuna-run %t.mlir --function=biased --device=reference %{qkv} %{biases} --output=@%t.o.npy --output=@%t.lse.npy
// RUN: %{run} --function=biased_gradient --target=sm_80 %{qkv} %{biases} --input=@%t.o.npy --input=@%t.lse.npy %{o} %{lse} 2>&1 | FileCheck %s
// RUN: %{run} --function=sorted_gradient --target=sm_90a %{qkv} --input=1x2x70xi32=random:4:0:5 %{o} 2>&1 | FileCheck %s
// RUN: %{run} --function=received --mode=baked --target=sm_80 %{qkv} %{o} %{lse} 2>&1 | FileCheck %s
// RUN: %{run} --function=thrice --mode=baked --target=sm_90a %{qkv} %{o} %{lse} %{o} 2>&1 | FileCheck %s
// RUN: lacuna-compile %t.mlir --function=thrice --mode=baked --target=sm_90a --emit=attn %{qkv} %{o} %{lse} %{o} | FileCheck %s --check-prefix=TILES
// TILES: runs<query_tile = [[#QUERIES:]], key_tile = [[#KEYS:]],
// TILES: runs<query_tile = [[#QUERIES]], key_tile = [[#KEYS]],
// CHECK: check passed
// RUN: not lacuna-run %t.mlir --function=received --device=emulator --target=sm_80 %{qkv} %{o} --input=1x2x69xf32=0 2>&1 | FileCheck %s --check-prefix=SIZES
// SIZES: sequence length of %lse0 is 69, needs to equal sequence length of %o0, 70
// RUN: not lacuna-run %t.mlir --function=received --device=reference %{qkv} %{o} --input=1x2x69xf32=0 2>&1 | FileCheck %s --check-prefix=STATES
// STATES: needs states of the same batches, heads and rows
// RUN: not lacuna-run %t.mlir --function=unlike --device=reference %{qkv} %{o} %{lse} --input=1x2x71x16xbf16=0 2>&1 | FileCheck %s --check-prefix=TERMS
// TERMS: needs terms of one shape

!t = tensor<?x?x?x16xbf16>
!lse = tensor<?x?x?xf32>
!rows = tensor<?x?x?xi32>

func.func @whole(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %ten = arith.constant 10 : i32
    %enough = arith.cmpi sge, %i, %ten : i32
    attn.yield %enough : i1
  } : !t, !t, !t
  return %o : !t
}

// The first rows see no key in either source, row 69 all in one of them.
func.func @parts(%q: !t, %k: !t, %v: !t) -> (!t, !lse) {
  %o0, %lse0 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %ten = arith.constant 10 : i32
    %enough = arith.cmpi sge, %i, %ten : i32
    %past = arith.cmpi sle, %j, %i : i32
    %seen = attn.and %enough, %past
    attn.yield %seen : i1
  } : !t, !t, !t
  %o1, %lse1 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %ten = arith.constant 10 : i32
    %enough = arith.cmpi sge, %i, %ten : i32
    %later = arith.cmpi sgt, %j, %i : i32
    %seen = attn.and %enough, %later
    attn.yield %seen : i1
  } : !t, !t, !t
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %o, %lse : !t, !lse
}

func.func @received(%q: !t {attn.name = "q"}, %k: !t, %v: !t, %o0: !t {attn.name = "o0"}, %lse0: !lse {attn.name = "lse0"}) -> !t {
  %o1, %lse1 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t, !t, !t
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %o : !t
}

// What is baked of one state, its length or its heads, is baked of all.
func.func @thrice(%q: !t, %k: !t, %v: !t, %o0: !t, %lse0: !lse, %p: !t) -> (!t, !lse) {
  %o1, %lse1 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t, !t, !t
  %o2, %lse2 = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  %o3, %lse3 = attn.attend %p, %k, %v where(%b, %h, %i, %j) {
    %later = arith.cmpi sgt, %j, %i : i32
    %zero = arith.constant 0 : i32
    %first = arith.cmpi eq, %h, %zero : i32
    %keep = attn.and %later, %first
    attn.yield %keep : i1
  } : !t, !t, !t
  %o, %lse = attn.merge (%o3, %lse3), (%o2, %lse2) : !t
  return %o, %lse : !t, !lse
}

func.func @self(%x: !t) -> !t {
  %o, %lse = attn.attend %x, %x, %x : !t, !t, !t
  return %o : !t
}

// Both sources read the same tables and have the same scale.
func.func @biased(%q: !t, %k: !t, %v: !t, %bias: tensor<?x?xf32>, %sink: tensor<?xbf16>,
                  %scale: f32) -> (!t, !lse) {
  %o0, %lse0 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } score(%s, %b, %h, %i, %j) {
    %x = attn.load %bias[%h, %j] : tensor<?x?xf32>
    %narrow = attn.load %sink[%h] : tensor<?xbf16>
    %y = arith.extf %narrow : bf16 to f32
    %z = arith.addf %s, %x : f32
    %r = arith.addf %z, %y : f32
    attn.yield %r : f32
  } scale %scale : !t, !t, !t
  %o1, %lse1 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %later = arith.cmpi sgt, %j, %i : i32
    attn.yield %later : i1
  } score(%s, %b, %h, %i, %j) {
    %x = attn.load %bias[%h, %i] : tensor<?x?xf32>
    %narrow = attn.load %sink[%h] : tensor<?xbf16>
    %y = arith.extf %narrow : bf16 to f32
    %z = arith.mulf %s, %x : f32
    %r = arith.subf %z, %y : f32
    attn.yield %r : f32
  } scale %scale : !t, !t, !t
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %o, %lse : !t, !lse
}

// What was sorted is merged with what was not.
func.func @sorted(%q: !t, %k: !t, %v: !t, %rank: !rows) -> !t {
  %order = attn.sort %rank : !rows
  %qs = attn.gather %q by %order : !t, !rows
  %os, %lses = attn.attend %qs at %order, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t at !rows, !t, !t
  %o0 = attn.scatter %os by %order : !t, !rows
  %lse0 = attn.scatter %lses by %order : !lse, !rows
  %o1, %lse1 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %later = arith.cmpi sgt, %j, %i : i32
    attn.yield %later : i1
  } : !t, !t, !t
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !t
  return %o : !t
}

func.func @unlike(%q: !t, %k: !t, %v: !t, %o: !t, %lse: !lse, %x: !t) -> !t {
  %dq, %dk, %dv = attn.attend_grad %q, %k, %v output %o, %lse gradient %o : !t, !t, !t output !t
  %ex, %ek, %ev = attn.attend_grad %q, %x, %x output %o, %lse gradient %o : !t, !t, !t output !t
  %sum = attn.sum %dk, %ek : !t
  return %sum : !t
}
