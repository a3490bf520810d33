// What each kind of predicate becomes on a box. Soundness and precision are held
// against brute force by the unit tests; here is what is emitted, and how little.
// RUN: lacuna-opt %s --attn-expand-sugar --attn-derive-classifier --canonicalize --split-input-file | FileCheck %s

!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @causal
// CHECK:      classify(%{{.*}}, %{{.*}}, %[[IF:.*]], %[[IL:.*]], %[[JF:.*]], %[[JL:.*]]) {
// CHECK-NEXT:   %[[SEE:.*]] = arith.cmpi sle, %[[JF]], %[[IL]] : i32
// CHECK-NEXT:   %[[HIDE:.*]] = arith.cmpi slt, %[[IF]], %[[JL]] : i32
// CHECK-NEXT:   attn.yield %[[SEE]], %[[HIDE]] : i1, i1
// CHECK-NEXT: } :
func.func @causal(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %keep = attn.causal %i, %j
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// A scalar is a number in the sums. Both halves of the window together ask whether
// there is a window at all: 0 <= w.
// CHECK-LABEL: @window
// CHECK-SAME:    %[[W:[^:]*]]: i32)
// CHECK:      classify(%{{.*}}, %{{.*}}, %[[IF:.*]], %[[IL:.*]], %[[JF:.*]], %[[JL:.*]]) {
// CHECK-DAG:    %[[WIDTH:.*]] = arith.extsi %[[W]]
// CHECK-DAG:    %[[FIRST:.*]] = arith.extsi %[[IF]]
// CHECK-DAG:    %[[END:.*]] = arith.extsi %[[JL]]
// CHECK-DAG:    %[[C0:.*]] = arith.constant 0 : i64
// CHECK-DAG:    %[[PAST:.*]] = arith.cmpi sle, %[[JF]], %[[IL]]
// CHECK-DAG:    %[[FAR:.*]] = arith.addi %[[END]], %[[WIDTH]]
// CHECK-DAG:    %[[NEAR:.*]] = arith.cmpi sle, %[[FIRST]], %[[FAR]]
// CHECK-DAG:    %[[ANY:.*]] = arith.cmpi sge, %[[WIDTH]], %[[C0]]
// CHECK:        arith.andi
func.func @window(%q: !t, %w: i32) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    %near = attn.sliding_window %i, %j left %w
    %keep = attn.and %past, %near
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// Terms that cancel are gone: j < (i + 7) - i - 6 says nothing of i.
// CHECK-LABEL: @cancels
// CHECK:      classify(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[JF:.*]], %[[JL:.*]]) {
// CHECK-DAG:    %[[C0:.*]] = arith.constant 0 : i64
// CHECK-DAG:    %[[FIRST:.*]] = arith.extsi %[[JF]]
// CHECK-DAG:    %[[LAST:.*]] = arith.extsi %[[JL]]
// CHECK-DAG:    %[[SEE:.*]] = arith.cmpi sle, %[[FIRST]], %[[C0]]
// CHECK-DAG:    %[[HIDE:.*]] = arith.cmpi sgt, %[[LAST]], %[[C0]]
// CHECK-NEXT:   attn.yield %[[SEE]], %[[HIDE]]
func.func @cancels(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %c7 = arith.constant 7 : i32
    %c6 = arith.constant 6 : i32
    %a = arith.addi %i, %c7 : i32
    %d = arith.subi %a, %i : i32
    %e = arith.subi %d, %c6 : i32
    %keep = arith.cmpi slt, %j, %e : i32
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// Labels: extremes both ways, and signatures for `==`. A second read of the same
// elements is the first one.
// CHECK-LABEL: @documents
// CHECK-SAME:    %[[IDS:[^:]*]]: tensor<?x?xi32>)
// CHECK:      classify(%[[B:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {
// CHECK-DAG:    %[[ROW:.*]] = arith.extsi %[[B]]
// CHECK:        %[[QMIN:.*]], %[[QMAX:.*]], %[[QSET:.*]] = attn.load_range %[[IDS]][%[[ROW]], %{{.*}}] to [%[[ROW]], %{{.*}}]
// CHECK:        %[[KMIN:.*]], %[[KMAX:.*]], %[[KSET:.*]] = attn.load_range
// CHECK-DAG:    arith.cmpi sle, %[[QMIN]], %[[KMAX]]
// CHECK-DAG:    arith.cmpi sle, %[[KMIN]], %[[QMAX]]
// CHECK-DAG:    arith.andi %[[QSET]], %[[KSET]]
// CHECK-NOT:    load_range
// CHECK:        arith.cmpi slt, %[[KMIN]], %[[QMAX]]
// CHECK-NOT:    load_range
// CHECK:        attn.yield
func.func @documents(%q: !t, %ids: tensor<?x?xi32>) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %same = attn.document %i, %j in %ids[%b] : tensor<?x?xi32>
    %again = attn.document %i, %j in %ids[%b] : tensor<?x?xi32>
    %keep = attn.and %same, %again
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// i64 labels are compared; there is no difference that could overflow.
// CHECK-LABEL: @wide
// CHECK:      classify
// CHECK-NOT:    arith.subi
// CHECK:        attn.yield
func.func @wide(%q: !t, %ids: tensor<?xi64>) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %same = attn.document %i, %j in %ids : tensor<?xi64>
    attn.yield %same : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// Blocks by a constant: quotients of the corners.
// CHECK-LABEL: @blocks
// CHECK:      classify(
// CHECK-COUNT-4: arith.divsi {{.*}} : i64
// CHECK-NOT:     arith.divsi
// CHECK:         arith.cmpi sle
// CHECK:         attn.yield
func.func @blocks(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %c64 = arith.constant 64 : i32
    %x = arith.divsi %i, %c64 : i32
    %y = arith.divsi %j, %c64 : i32
    %keep = arith.cmpi eq, %x, %y : i32
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// A remainder is two ranges when the box wraps; a step of 0 cannot trap.
// CHECK-LABEL: @dilated
// CHECK-SAME:    %[[STEP:[^:]*]]: i32)
// CHECK:      classify
// CHECK-DAG:    %[[C0:.*]] = arith.constant 0 : i64
// CHECK-DAG:    %[[C1:.*]] = arith.constant 1 : i64
// CHECK-DAG:    %[[WIDE:.*]] = arith.extsi %[[STEP]]
// CHECK:        %[[SIZE:.*]] = arith.maxsi %[[WIDE]], %{{.*}}
// CHECK:        %[[NONE:.*]] = arith.cmpi eq, %[[SIZE]], %[[C0]]
// CHECK:        %[[PERIOD:.*]] = arith.select %[[NONE]], %[[C1]], %[[SIZE]]
// CHECK:        arith.floordivsi %{{.*}}, %[[PERIOD]]
// CHECK:        arith.floordivsi %{{.*}}, %[[PERIOD]]
// CHECK-NOT:    arith.floordivsi
// CHECK:        attn.yield
func.func @dilated(%q: !t, %step: i32) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %keep = attn.dilated %i, %j step %step
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// |i - j| <= r is two half-planes: a maximum inside of a comparison is split.
// CHECK-LABEL: @near
// CHECK:      classify
// CHECK-NOT:    arith.maxsi
// CHECK:        attn.yield
func.func @near(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %c9 = arith.constant 9 : i32
    %d = arith.subi %i, %j : i32
    %a = math.absi %d : i32
    %keep = arith.cmpi sle, %a, %c9 : i32
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// Under its guard a table is read up to where the guard allows.
// CHECK-LABEL: @guarded
// CHECK-SAME:    %[[KEPT:[^:]*]]: tensor<8xi1>)
// CHECK:      classify(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[JF:.*]], %[[JL:.*]]) {
// CHECK-DAG:    %[[C7:.*]] = arith.constant 7 : i64
// CHECK-DAG:    %[[LAST:.*]] = arith.extsi %[[JL]]
// CHECK:        %[[END:.*]] = arith.minsi %[[LAST]], %[[C7]]
// CHECK:        attn.load_range %[[KEPT]][%{{.*}}] to [%[[END]]] : tensor<8xi1>
func.func @guarded(%q: !t, %kept: tensor<8xi1>) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %c8 = arith.constant 8 : i32
    %false = arith.constant false
    %inside = arith.cmpi slt, %j, %c8 : i32
    %keep = scf.if %inside -> i1 {
      %bit = attn.load %kept[%j] : tensor<8xi1>
      scf.yield %bit : i1
    } else {
      scf.yield %false : i1
    }
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// A matrix of bits is read over the box: some bit set, some bit clear.
// CHECK-LABEL: @bits
// CHECK:      classify
// CHECK-DAG:    %[[C0:.*]] = arith.constant 0 : i64
// CHECK:        %[[MIN:.*]], %[[MAX:.*]], %{{.*}} = attn.load_range
// CHECK-DAG:    %[[SEE:.*]] = arith.cmpi sgt, %[[MAX]], %[[C0]]
// CHECK-DAG:    %[[HIDE:.*]] = arith.cmpi sle, %[[MIN]], %[[C0]]
// CHECK:        attn.yield %[[SEE]], %[[HIDE]]
func.func @bits(%q: !t, %ancestors: tensor<?x?xi1>) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %keep = attn.load %ancestors[%i, %j] : tensor<?x?xi1>
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
// With positions, slots have bounds of their own.
// CHECK-LABEL: @slots
// CHECK:      classify(%{{.*}}, %{{.*}}, %[[IF:.*]], %[[IL:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[SF:.*]], %[[SL:.*]]) {
// CHECK-DAG:    arith.cmpi sle, %[[SF]], %[[IL]]
// CHECK-DAG:    arith.cmpi slt, %[[IF]], %[[SL]]
func.func @slots(%q: !t, %at: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q at %at, %q, %q at %at where(%b, %h, %i, %j, %islot, %jslot) {
    %keep = attn.causal %i, %jslot
    attn.yield %keep : i1
  } : !t at tensor<?xi32>, !t, !t at tensor<?xi32>
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
!n = tensor<?xi32>
// So they have in a ragged batch, where a sequence begins anywhere.
// CHECK-LABEL: @ragged_slots
// CHECK:      classify(%{{.*}}, %{{.*}}, %[[IF:.*]], %[[IL:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[SF:.*]], %[[SL:.*]]) {
// CHECK-DAG:    arith.cmpi sle, %[[SF]], %[[IL]]
// CHECK-DAG:    arith.cmpi slt, %[[IF]], %[[SL]]
func.func @ragged_slots(%q: !t, %n: !n) -> !t {
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %n where(%b, %h, %i, %j, %islot, %jslot) {
    %keep = attn.causal %i, %jslot
    attn.yield %keep : i1
  } : !t ragged !n, !t, !t ragged !n
  return %o : !t
}
