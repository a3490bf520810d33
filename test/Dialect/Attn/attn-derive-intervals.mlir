// Which keys a tile of queries can see, per mask: visible_begin, visible_end,
// full_begin, full_end, once or several times. Numbers are held by the unit test, the
// shape of the code here.
// RUN: lacuna-opt %s --attn-expand-sugar --attn-derive-intervals --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: @causal
// CHECK:     intervals(%{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : i32
// CHECK:       %[[VISIBLE:.*]] = arith.addi %[[LAST]], %[[C1]] : i32
// CHECK-NEXT:  %[[FULL:.*]] = arith.addi %[[FIRST]], %[[C1]] : i32
// CHECK-NEXT:  attn.yield %[[C0]], %[[VISIBLE]], %[[C0]], %[[FULL]]
func.func @causal(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t, !t, !t
  return %o : !t
}

// A constant window needs no clamp.
// CHECK-LABEL: @constant_window
// CHECK:     intervals(%{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : i32
// CHECK-DAG:   %[[W:.*]] = arith.constant -127 : i32
// CHECK:       %[[BEGIN:.*]] = arith.addi %[[FIRST]], %[[W]] : i32
// CHECK-NEXT:  %[[END:.*]] = arith.addi %[[LAST]], %[[C1]] : i32
// CHECK-NEXT:  %[[FULL_BEGIN:.*]] = arith.addi %[[LAST]], %[[W]] : i32
// CHECK-NEXT:  %[[FULL_END:.*]] = arith.addi %[[FIRST]], %[[C1]] : i32
// CHECK-NEXT:  attn.yield %[[BEGIN]], %[[END]], %[[FULL_BEGIN]], %[[FULL_END]]
func.func @constant_window(%q: !t, %k: !t, %v: !t) -> !t {
  %left = arith.constant 127 : i32
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %near = attn.sliding_window %i, %j left %left
      %keep = attn.and %past, %near
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// A window of any run-time width: i64 where first - width could wrap, and
// nothing visible when the width is not positive.
// CHECK-LABEL: @window
// CHECK-SAME:    %[[W:[^:]*]]: i32)
// CHECK:     intervals(%{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : i32
// CHECK-DAG:   %[[LOW:.*]] = arith.constant 0 : i64
// CHECK-DAG:   %[[ONE:.*]] = arith.constant 1 : i64
// CHECK-DAG:   %[[HIGH:.*]] = arith.constant 2147483647 : i64
// CHECK:       %[[F:.*]] = arith.extsi %[[FIRST]] : i32 to i64
// CHECK-NEXT:  %[[WIDE:.*]] = arith.extsi %[[W]] : i32 to i64
// CHECK-NEXT:  %[[D:.*]] = arith.subi %[[F]], %[[WIDE]] : i64
// CHECK-NEXT:  %[[B:.*]] = arith.addi %[[D]], %[[ONE]] : i64
// CHECK-NEXT:  %[[B1:.*]] = arith.minsi %[[B]], %[[HIGH]] : i64
// CHECK-NEXT:  %[[B2:.*]] = arith.maxsi %[[B1]], %[[LOW]] : i64
// CHECK-NEXT:  %[[BEGIN:.*]] = arith.trunci %[[B2]] : i64 to i32
// CHECK-NEXT:  %[[E:.*]] = arith.addi %[[LAST]], %[[C1]] : i32
// CHECK-NEXT:  %[[SOME:.*]] = arith.cmpi sge, %[[W]], %[[C1]] : i32
// CHECK-NEXT:  %[[END:.*]] = arith.select %[[SOME]], %[[E]], %[[C0]] : i32
// CHECK:       attn.yield %[[BEGIN]], %[[END]], %{{.*}}, %{{.*}} : i32, i32, i32, i32
func.func @window(%q: !t, %k: !t, %v: !t, %w: i32) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %c0 = arith.constant 0 : i32
      %d = arith.subi %i, %j : i32
      %past = arith.cmpi sge, %d, %c0 : i32
      %near = arith.cmpi slt, %d, %w : i32
      %keep = arith.andi %past, %near : i1
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// CHECK-LABEL: @prefix_lm
// CHECK-SAME:    %[[P:[^:]*]]: i32)
// CHECK:     intervals(%{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : i32
// CHECK:       %[[L:.*]] = arith.addi %[[LAST]], %[[C1]] : i32
// CHECK-NEXT:  %[[END:.*]] = arith.maxsi %[[L]], %[[P]] : i32
// CHECK-NEXT:  %[[F:.*]] = arith.addi %[[FIRST]], %[[C1]] : i32
// CHECK-NEXT:  %[[FULL:.*]] = arith.maxsi {{.*}} : i32
// CHECK-NEXT:  attn.yield %[[C0]], %[[END]], %[[C0]], %[[FULL]]
func.func @prefix_lm(%q: !t, %k: !t, %v: !t, %p: i32) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %prompt = attn.prefix %j, %p
      %keep = attn.or %past, %prompt
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// The bottom-right diagonal: last + keys - queries + 1.
// CHECK-LABEL: @bottom_right
// CHECK:     %[[QUERIES:.*]] = tensor.dim %{{.*}}, %{{.*}} : tensor<?x?x?x64xf16>
// CHECK:     %[[KEYS:.*]] = tensor.dim
// CHECK:     intervals(%{{.*}}, %{{.*}}, %{{.*}}, %[[LAST:.*]]) {
// CHECK:       %[[L:.*]] = arith.extsi %[[LAST]] : i32 to i64
// CHECK-NEXT:  %[[N32:.*]] = arith.index_cast %[[KEYS]] : index to i32
// CHECK-NEXT:  %[[N:.*]] = arith.extsi %[[N32]] : i32 to i64
// CHECK-NEXT:  %[[S:.*]] = arith.addi %[[L]], %[[N]] : i64
// CHECK-NEXT:  %[[M32:.*]] = arith.index_cast %[[QUERIES]] : index to i32
// CHECK-NEXT:  %[[M:.*]] = arith.extsi %[[M32]] : i32 to i64
// CHECK-NEXT:  arith.subi %[[S]], %[[M]] : i64
func.func @bottom_right(%q: !t, %k: !t, %v: !t) -> !t {
  %c2 = arith.constant 2 : index
  %m = tensor.dim %q, %c2 : !t
  %n = tensor.dim %k, %c2 : !t
  %difference = arith.subi %n, %m : index
  %offset = arith.index_cast %difference : index to i32
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j offset %offset
      attn.yield %past : i1
    } : !t, !t, !t
  return %o : !t
}

// Key slots are positions less the offset of the keys.
// CHECK-LABEL: @shifted_keys
// CHECK:     intervals(%{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:   %[[C99:.*]] = arith.constant -99 : i32
// CHECK:       %[[END:.*]] = arith.addi %[[LAST]], %[[C99]] : i32
// CHECK-NEXT:  %[[FULL:.*]] = arith.addi %[[FIRST]], %[[C99]] : i32
// CHECK-NEXT:  attn.yield %[[C0]], %[[END]], %[[C0]], %[[FULL]]
func.func @shifted_keys(%q: !t, %k: !t, %v: !t) -> !t {
  %c100 = arith.constant 100 : i32
  %o, %lse = attn.attend %q, %k, %v at %c100
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t, !t, !t at i32
  return %o : !t
}

// A table says nothing, but the rest of the predicate does.
// CHECK-LABEL: @causal_documents
// CHECK:     intervals(%{{.*}}, %{{.*}}, %{{.*}}, %[[LAST:.*]]) {
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : i32
// CHECK:       %[[END:.*]] = arith.addi %[[LAST]], %[[C1]] : i32
// CHECK-NEXT:  attn.yield %[[C0]], %[[END]], %[[C0]], %[[C0]]
func.func @causal_documents(%q: !t, %k: !t, %v: !t, %ids: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %same = attn.document %i, %j in %ids : tensor<?xi32>
      %keep = attn.and %past, %same
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// A table read once per batch is a scalar.
// CHECK-LABEL: @lengths
// CHECK-SAME:    %[[LENGTHS:[^:]*]]: tensor<?xi32>)
// CHECK:     intervals(%[[B:.*]], %{{.*}}, %{{.*}}, %{{.*}}) {
// CHECK-NEXT:  %[[C0:.*]] = arith.constant 0 : i32
// CHECK-NEXT:  %[[N:.*]] = attn.load %[[LENGTHS]][%[[B]]] : tensor<?xi32>
// CHECK-NEXT:  attn.yield %[[C0]], %[[N]], %[[C0]], %[[N]]
func.func @lengths(%q: !t, %k: !t, %v: !t, %lengths: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %n = attn.load %lengths[%b] : tensor<?xi32>
      %inside = attn.prefix %j, %n
      attn.yield %inside : i1
    } : !t, !t, !t
  return %o : !t
}

// CHECK-LABEL: @never
// CHECK:     intervals({{.*}}) {
// CHECK-NEXT:  %[[C0:.*]] = arith.constant 0 : i32
// CHECK-NEXT:  attn.yield %[[C0]], %[[C0]], %[[C0]], %[[C0]]
func.func @never(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %no = arith.constant false
      attn.yield %no : i1
    } : !t, !t, !t
  return %o : !t
}

// Intervals that are there already stay.
// CHECK-LABEL: @given
// CHECK:     intervals({{.*}}) {
// CHECK-NEXT:  %[[C7:.*]] = arith.constant 7 : i32
// CHECK-NEXT:  attn.yield %[[C7]], %[[C7]], %[[C7]], %[[C7]]
func.func @given(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } intervals(%b, %h, %first, %last) {
      %c7 = arith.constant 7 : i32
      attn.yield %c7, %c7, %c7, %c7 : i32, i32, i32, i32
    } : !t, !t, !t
  return %o : !t
}

// Sinks and a window: two intervals, each with its own full keys.
// CHECK-LABEL: @sinks
// CHECK:       %[[SINKS:.*]] = arith.constant 4 : i32
// CHECK:     intervals(%{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : i32
// CHECK-DAG:   %[[W:.*]] = arith.constant -99 : i32
// CHECK:       %[[BEGIN:.*]] = arith.addi %[[FIRST]], %[[W]] : i32
// CHECK-NEXT:  %[[END:.*]] = arith.addi %[[LAST]], %[[C1]] : i32
// CHECK-NEXT:  %[[SINK_END:.*]] = arith.minsi %[[END]], %[[SINKS]] : i32
// CHECK-NEXT:  %[[FULL_END:.*]] = arith.addi %[[FIRST]], %[[C1]] : i32
// CHECK-NEXT:  %[[FROM:.*]] = arith.addi %[[LAST]], %[[W]] : i32
// CHECK-NEXT:  %[[FULL_SINKS:.*]] = arith.minsi %[[FULL_END]], %[[SINKS]] : i32
// CHECK-NEXT:  %[[FULL_BEGIN:.*]] = arith.maxsi %[[FROM]], %[[C0]] : i32
// CHECK-NEXT:  attn.yield %[[BEGIN]], %[[END]], %[[C0]], %[[FULL_SINKS]], %[[C0]], %[[SINK_END]], %[[FULL_BEGIN]], %[[FULL_END]] :
func.func @sinks(%q: !t, %k: !t, %v: !t) -> !t {
  %left = arith.constant 99 : i32
  %sinks = arith.constant 4 : i32
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      %near = attn.sliding_window %i, %j left %left
      %sink = attn.prefix %j, %sinks
      %either = attn.or %near, %sink
      %keep = attn.and %past, %either
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}
