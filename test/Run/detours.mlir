// Gradients of what reaches attention by a detour, or leaves it by one: tables in an order,
// scales that are computed, tables of several attends, results in an order, states of which only
// the log-sum-exp counts.
// REQUIRES: nvrtc
// DEFINE: %{target} = sm_80
// DEFINE: %{run} = lacuna-run %t.mlir --device=emulator --target=%{target} --check
// DEFINE: %{q} = 1x4x67x16xbf16
// DEFINE: %{k} = 1x2x67x16xbf16
// DEFINE: %{qkv} = --input=%{q}=random:1 --input=%{k}=random:2 --input=%{k}=random:3
// DEFINE: %{rank} = --input=1x2x67xi32=random:4:0:5
// DEFINE: %{ranks} = --input=1x4x67xi32=random:9:0:5
// DEFINE: %{tables} = --input=1x2x67xbf16=random:5 --input=1x4x67xf32=random:6
// DEFINE: %{f} = 1x4x67x16xf16
// DEFINE: %{twice} = --input=%{f}=random:1 --input=%{f}=random:2 --input=%{f}=random:3 --input=1x4x67x18xbf16=random:7 --input=0.5 --input=1.5 --input=%{f}=random:8
// DEFINE: %{do} = --input=%{q}=random:7
// DEFINE: %{dlse} = --input=1x4x67xf32=random:8
// DEFINE: %{all} = %{run} --function=tables_gradient %{qkv} %{rank} %{ranks} %{tables} %{do} 2>&1 | FileCheck %s \
// DEFINE:   && %{run} --function=temperature_gradient %{qkv} --input=5.0 %{do} 2>&1 | FileCheck %s \
// DEFINE:   && %{run} --function=read_twice_gradient %{twice} 2>&1 | FileCheck %s \
// DEFINE:   && %{run} --function=lse_only_gradient %{qkv} %{dlse} 2>&1 | FileCheck %s
// DEFINE: %{differences} = %build/test/unit/Reference/check-gradient %s
// DEFINE: %{small} = 1x4x13x16xbf16=random:1 1x2x13x16xbf16=random:2 1x2x13x16xbf16=random:3
// RUN: %{differences} tables %{small} 1x2x13xi32=random:4:0:5 1x4x13xi32=random:9:0:5 1x2x13xbf16=random:5 1x4x13xf32=random:6
// RUN: %{differences} temperature %{small} 5.0
// RUN: %{differences} read_twice %{small} 1x4x13x11xbf16=random:7 0.5 1.5
// RUN: %{differences} lse_only %{small}
// RUN: %{differences} merged_lse %{small} 1x4x13xi32=random:4:0:5
// RUN: %{differences} results %{small} 1x4x13xi32=random:4:0:5
// RUN: lacuna-opt %s --attn-differentiate > %t.mlir
// RUN: %{all}
// RUN: %{run} --function=results_gradient %{qkv} %{ranks} %{do} %{do} 2>&1 | FileCheck %s
// REDEFINE: %{target} = sm_90a
// RUN: %{all}
// RUN: %{run} --function=merged_lse_gradient %{qkv} %{ranks} %{dlse} 2>&1 | FileCheck %s
// CHECK: check passed

!t = tensor<?x?x?x16xbf16>
!f = tensor<?x?x?x16xf16>
!lse = tensor<?x?x?xf32>
!rows = tensor<?x?x?xi32>
!narrow = tensor<?x?x?xbf16>

// A table in the order of the keys and as it is, and one that is brought back from an order.
func.func @tables(%q: !t, %k: !t, %v: !t, %rank: !rows, %ranks: !rows, %bias: !narrow, %gate: !lse) -> !t {
  %two = arith.constant 2 : i32
  %order = attn.sort %rank : !rows
  %other = attn.sort %ranks : !rows
  %ks = attn.gather %k by %order : !t, !rows
  %vs = attn.gather %v by %order : !t, !rows
  %sorted = attn.gather %bias by %order : !narrow, !rows
  %back = attn.scatter %gate by %other : !lse, !rows
  %o, %lse = attn.attend %q, %ks, %vs at %order where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } score(%s, %b, %h, %i, %j, %islot, %jslot) {
    %kh = arith.divui %h, %two : i32
    %near = attn.load %sorted[%b, %kh, %jslot] : !narrow
    %first = attn.load %bias[%b, %kh, %islot] : !narrow
    %x = arith.extf %near : bf16 to f32
    %y = arith.extf %first : bf16 to f32
    %z = attn.load %back[%b, %h, %i] : !lse
    %scaled = arith.mulf %s, %z : f32
    %xy = arith.mulf %x, %y : f32
    %r = arith.addf %scaled, %xy : f32
    attn.yield %r : f32
  } : !t, !t, !t at !rows
  return %o : !t
}

func.func @temperature(%q: !t, %k: !t, %v: !t, %t: f32) -> !t {
  %one = arith.constant 1.0 : f32
  %scale = arith.divf %one, %t : f32
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } score(%s, %b, %h, %i, %j) {
    %capped = arith.minimumf %s, %t : f32
    %flat = math.tanh %capped : f32
    attn.yield %flat : f32
  } scale %scale : !t, !t, !t
  return %o : !t
}

// A table without an axis of features, and scalars that are narrow, in two attends.
func.func @read_twice(%q: !f, %k: !f, %v: !f, %bias: tensor<?x?x?x?xbf16>, %a: f16, %c: bf16) -> !f {
  %three = arith.constant 3 : i32
  %nine = arith.constant 9 : i32
  %wide = arith.extf %a : f16 to f32
  %o0, %lse0 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } score(%s, %b, %h, %i, %j) {
    %near = arith.shrui %j, %three : i32
    %x = attn.load %bias[%b, %h, %i, %near] : tensor<?x?x?x?xbf16>
    %y = arith.extf %x : bf16 to f32
    %z = arith.mulf %y, %wide : f32
    %r = arith.addf %s, %z : f32
    attn.yield %r : f32
  } : !f, !f, !f
  %o1, %lse1 = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %later = arith.cmpi sgt, %j, %i : i32
    attn.yield %later : i1
  } score(%s, %b, %h, %i, %j) {
    %eighth = arith.shrui %j, %three : i32
    %far = arith.addi %eighth, %nine : i32
    %x = attn.load %bias[%b, %h, %i, %far] : tensor<?x?x?x?xbf16>
    %y = arith.extf %x : bf16 to f32
    %z = arith.extf %c : bf16 to f32
    %yz = arith.mulf %y, %z : f32
    %r = arith.subf %s, %yz : f32
    attn.yield %r : f32
  } : !f, !f, !f
  %o, %lse = attn.merge (%o0, %lse0), (%o1, %lse1) : !f
  return %o : !f
}

// The first ten rows see no key.
func.func @lse_only(%q: !t, %k: !t, %v: !t) -> !lse {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %ten = arith.constant 10 : i32
    %early = arith.subi %i, %ten : i32
    %past = attn.causal %early, %j
    attn.yield %past : i1
  } : !t, !t, !t
  return %lse : !lse
}

// One state is seen by the merge only, the other in an order.
func.func @merged_lse(%q: !t, %k: !t, %v: !t, %ranks: !rows) -> !lse {
  %order = attn.sort %ranks : !rows
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
  return %lse : !lse
}

func.func @results(%q: !t, %k: !t, %v: !t, %ranks: !rows) -> (!t, !t) {
  %order = attn.sort %ranks : !rows
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  %os = attn.gather %o by %order : !t, !rows
  return %o, %os : !t, !t
}
