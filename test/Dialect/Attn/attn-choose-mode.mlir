// Closed form where it is exact, a plan elsewhere; remarks say why, where the reason
// stands. The IR with `auto`, then with a mode that was asked for.
// RUN: lacuna-opt %s --attn-expand-sugar --attn-choose-mode --split-input-file --verify-diagnostics | FileCheck %s
// RUN: lacuna-opt %s --attn-expand-sugar --attn-choose-mode=mode=closed --split-input-file 2>&1 | FileCheck %s --check-prefix=CLOSED --implicit-check-not='mode planned'
// RUN: lacuna-opt %s --attn-expand-sugar --attn-choose-mode=mode=planned --split-input-file 2>&1 | FileCheck %s --check-prefix=PLANNED --implicit-check-not='mode closed'
// RUN: not lacuna-opt %s --attn-expand-sugar --attn-choose-mode=mode=open --split-input-file 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown mode 'open'; choose auto, closed, planned or baked

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @dense
// CHECK:     mode closed
// PLANNED:   mode planned
func.func @dense(%q: !t, %k: !t, %v: !t) -> !t {
  // expected-remark @+1 {{closed: intervals of keys are exact for every tile}}
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @window
// CHECK:     mode closed
func.func @window(%q: !t, %k: !t, %v: !t, %w: i32, %p: i32) -> !t {
  // expected-remark @+1 {{closed: intervals of keys are exact for every tile}}
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %near = attn.sliding_window %i, %j left %w right %w
      %prompt = attn.prefix %j, %p
      %keep = attn.and %near, %prompt
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// What is read once per batch is a scalar.
// CHECK-LABEL: @lengths
// CHECK:     mode closed
func.func @lengths(%q: !t, %k: !t, %v: !t, %lengths: tensor<?xi32>) -> !t {
  // expected-remark @+1 {{closed: intervals of keys are exact for every tile}}
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %n = attn.load %lengths[%b] : tensor<?xi32>
      %inside = attn.prefix %j, %n
      attn.yield %inside : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @live_keys
// CHECK:     mode planned
// CLOSED:    remark: closed, not exact: 'attn.load' reads a table at a key
// CLOSED:    mode closed
// PLANNED:   remark: planned: 'attn.load' reads a table at a key
func.func @live_keys(%q: !t, %k: !t, %v: !t, %live: tensor<?x?xi1>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j, %islot, %jslot) {
      %past = attn.causal %i, %j
      // expected-remark @+1 {{planned: 'attn.load' reads a table at a key}}
      %kept = attn.load %live[%b, %jslot] : tensor<?x?xi1>
      %keep = attn.and %past, %kept
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @starts
// CHECK:     mode planned
func.func @starts(%q: !t, %k: !t, %v: !t, %start: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      // expected-remark @+1 {{planned: 'attn.load' reads a table at a query}}
      %first = attn.load %start[%i] : tensor<?xi32>
      %keep = arith.cmpi sge, %j, %first : i32
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @ancestors
// CHECK:     mode planned
func.func @ancestors(%q: !t, %k: !t, %v: !t, %tree: tensor<?x?xi1>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      // expected-remark @+1 {{planned: 'attn.load' reads a table at a query and a key}}
      %keep = attn.load %tree[%i, %j] : tensor<?x?xi1>
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @table_of_query_positions
// CHECK:     mode planned
func.func @table_of_query_positions(%q: !t, %k: !t, %v: !t, %at: tensor<?xi32>) -> !t {
  // expected-remark @+1 {{planned: positions of the queries come from a table}}
  %o, %lse = attn.attend %q at %at, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t at tensor<?xi32>, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @table_of_key_positions
// CHECK:     mode planned
func.func @table_of_key_positions(%q: !t, %k: !t, %v: !t, %at: tensor<?xi32>) -> !t {
  // expected-remark @+1 {{planned: positions of the keys come from a table}}
  %o, %lse = attn.attend %q, %k, %v at %at
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t, !t, !t at tensor<?xi32>
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @product
// CHECK:     mode planned
func.func @product(%q: !t, %k: !t, %v: !t, %n: i32) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      // expected-remark @+1 {{planned: 'arith.muli' multiplies two unknowns}}
      %area = arith.muli %i, %j : i32
      %keep = arith.cmpi slt, %area, %n : i32
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @run_time_step
// CHECK:     mode planned
func.func @run_time_step(%q: !t, %k: !t, %v: !t, %step: i32) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      // expected-remark @+1 {{planned: 'arith.remsi' divides by what is no positive constant}}
      %comb = attn.dilated %i, %j step %step
      attn.yield %comb : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// Keys a step apart are no interval, though every step is known.
// CHECK-LABEL: @comb
// CHECK:     mode planned
func.func @comb(%q: !t, %k: !t, %v: !t) -> !t {
  %c4 = arith.constant 4 : i32
  // expected-remark @+1 {{planned: visible keys form no union of at most 4 intervals}}
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %comb = attn.dilated %i, %j step %c4
      attn.yield %comb : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// Blocks of constant size are intervals, and so are two of them.
// CHECK-LABEL: @star
// CHECK:     mode closed
func.func @star(%q: !t, %k: !t, %v: !t) -> !t {
  // expected-remark @+1 {{closed: intervals of keys are exact for every tile}}
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %c0 = arith.constant 0 : i32
      %size = arith.constant 4096 : i32
      %past = attn.causal %i, %j
      %mine = arith.divui %i, %size : i32
      %other = arith.divui %j, %size : i32
      %own = arith.cmpi eq, %mine, %other : i32
      %anchor = arith.cmpi eq, %other, %c0 : i32
      %block = arith.ori %own, %anchor : i1
      %keep = arith.andi %past, %block : i1
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>

// A mode that stands there stays, unless another one is asked for.
// CHECK-LABEL: @pinned
// CHECK:     mode baked
// CLOSED-LABEL: @pinned
// CLOSED:    mode closed
func.func @pinned(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v mode baked : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>

// Runs that are there are used, whatever is asked for; the remark says what for.
// CHECK-LABEL: @causal
// CHECK:     mode baked
// CLOSED-LABEL: @causal
// CLOSED:    mode baked
func.func @causal(%q: !t) -> !t {
  // expected-remark @+1 {{baked: 3 of 4 tiles visited, in 2 runs; saves nothing: intervals of keys are exact for every tile}}
  %o, %lse = attn.attend %q, %q, %q
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } mode baked runs<query_tile = 64, key_tile = 64,
                      lists = dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>,
                      order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>

// CHECK-LABEL: @documents
// CHECK:     mode baked
func.func @documents(%q: !t, %ids: tensor<100xi32>) -> !t {
  // expected-remark @+1 {{baked: 2 of 4 tiles visited, in 2 runs; saves the kernels of a plan}}
  %o, %lse = attn.attend %q, %q, %q
    where(%b, %h, %i, %j) {
      %same = attn.document %i, %j in %ids : tensor<100xi32>
      attn.yield %same : i1
    } mode baked runs<query_tile = 64, key_tile = 64,
                      lists = dense<[[[[[0, 2]], [[1, 3]]]]]> : tensor<1x1x2x1x2xi32>,
                      order = dense<[[[1, 0]]]> : tensor<1x1x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x100x64xf16>

// Room for a tile more than 100 rows have, for each of two sequences.
// CHECK-LABEL: @sequences
// CHECK:     mode baked
func.func @sequences(%q: !t, %n: tensor<3xi32>, %ids: tensor<100xi32>) -> !t {
  // expected-remark @+1 {{baked: 3 of 8 tiles visited, in 2 runs; saves the kernels of a plan but that which cuts sequences}}
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %n
    where(%b, %h, %i, %j) {
      %same = attn.document %i, %j in %ids : tensor<100xi32>
      attn.yield %same : i1
    } mode baked runs<query_tile = 64, key_tile = 64,
                      lists = dense<[[[[[0, 5]], [[0, 3]], [[0, 0]], [[0, 0]]]]]> : tensor<1x1x4x1x2xi32>,
                      order = dense<[[[0, 1, 2, 3]]]> : tensor<1x1x4xi32>>
    : !t ragged tensor<3xi32>, !t, !t ragged tensor<3xi32>
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>
!n = tensor<?xi32>

// Lengths that come from offsets are scalars of a sequence.
// CHECK-LABEL: @ragged
// CHECK:     mode closed
func.func @ragged(%q: !t, %k: !t, %m: !n, %n: !n) -> !t {
  %c1 = arith.constant 1 : i32
  // expected-remark @+1 {{closed: intervals of keys are exact for every tile}}
  %o, %lse = attn.attend %q ragged %m, %k, %k ragged %n where(%b, %h, %i, %j) {
    %next = arith.addi %b, %c1 : i32
    %q0 = attn.load %m[%b] : !n
    %q1 = attn.load %m[%next] : !n
    %k0 = attn.load %n[%b] : !n
    %k1 = attn.load %n[%next] : !n
    %queries = arith.subi %q1, %q0 : i32
    %keys = arith.subi %k1, %k0 : i32
    %more = arith.subi %keys, %queries : i32
    %past = attn.causal %i, %j offset %more
    attn.yield %past : i1
  } : !t ragged !n, !t, !t ragged !n
  return %o : !t
}

// -----

!t = tensor<?x?x?x64xf16>
!n = tensor<?xi32>

// CHECK-LABEL: @ragged_slots
// CHECK:     mode planned
func.func @ragged_slots(%q: !t, %n: !n) -> !t {
  // expected-remark @+1 {{planned: the slots of a sequence follow from offsets}}
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %n where(%b, %h, %i, %j, %islot, %jslot) {
    %seen = arith.cmpi sle, %jslot, %i : i32
    attn.yield %seen : i1
  } : !t ragged !n, !t, !t ragged !n
  return %o : !t
}
