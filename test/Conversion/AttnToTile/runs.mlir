// Where the runs of a kernel come from: the intervals of an attend, clamped to the
// keys. Without them every key tile is visited, each with the predicate.
// RUN: lacuna-opt %s --attn-expand-sugar --attn-derive-intervals --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xbf16>

// CHECK-LABEL: tile.kernel @causal_kernel
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : i32
// CHECK-DAG:   %[[LOW:.*]] = arith.constant 0xFF800000 : f32
// CHECK:       %[[QUERIES:.*]] = tile.dim %{{.*}}[2]
// CHECK-NEXT:  %[[KEYS:.*]] = tile.dim %{{.*}}[2]
// CHECK-NEXT:  %{{.*}}, %{{.*}}, %[[FIRST:.*]] = tile.block
// CHECK:       %[[EXTENT:.*]] = tile.extent{{ +}}query
// CHECK-NEXT:  %[[END:.*]] = arith.addi %[[FIRST]], %[[EXTENT]] : i32
// CHECK-NEXT:  %[[PAST:.*]] = arith.minsi %[[END]], %[[QUERIES]] : i32
// CHECK-DAG:   %[[NEXT:.*]] = arith.addi %[[FIRST]], %[[C1]] : i32
// CHECK-DAG:   %[[VISIBLE:.*]] = arith.minsi %[[PAST]], %[[KEYS]] : i32
// CHECK-DAG:   %[[FULL:.*]] = arith.minsi %[[NEXT]], %[[KEYS]] : i32
// CHECK:       tile.interval_runs visible(%[[C0]], %[[VISIBLE]]) full(%[[C0]], %[[FULL]])
// CHECK:       tile.for_runs (%[[KEY:.*]], %[[PARTIAL:.*]]) in
// CHECK:         scf.if %[[PARTIAL]]
// CHECK-NEXT:      tile.map(%[[X:.*]] = %{{.*}}) at(%[[I:.*]] = %[[FIRST]], %[[J:.*]] = %[[KEY]])
// CHECK-NEXT:        %[[EXISTS:.*]] = arith.cmpi slt, %[[J]], %[[KEYS]] : i32
// CHECK-NEXT:        %[[SEEN:.*]] = arith.cmpi sle, %[[J]], %[[I]] : i32
// CHECK-NEXT:        %[[BOTH:.*]] = arith.andi %[[EXISTS]], %[[SEEN]] : i1
// CHECK-NEXT:        %[[Y:.*]] = arith.select %[[BOTH]], %[[X]], %[[LOW]] : f32
// CHECK-NEXT:        tile.yield %[[Y]] : f32
func.func @causal(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t, !t, !t
  return %o : !t
}

// The window is an argument of the kernel.
// CHECK-LABEL: tile.kernel @window_kernel
// CHECK-SAME:    %[[W:[^:]*]]: i32, %{{[^:]*}}: !tile.view
// CHECK:       arith.extsi %[[W]] : i32 to i64
// CHECK:       tile.interval_runs visible(%[[BEGIN:.*]], %{{.*}}) full(%{{.*}}, %{{.*}})
// CHECK:       arith.cmpi slt, %{{.*}}, %[[W]] : i32
func.func @window(%q: !t, %k: !t, %v: !t, %w: i32) -> !t {
  %c0 = arith.constant 0 : i32
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %d = arith.subi %i, %j : i32
      %past = arith.cmpi sge, %d, %c0 : i32
      %near = arith.cmpi slt, %d, %w : i32
      %keep = arith.andi %past, %near : i1
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// A table that is read once bounds the runs, if it can be read at all.
// CHECK-LABEL: tile.kernel @lengths_kernel
// CHECK-SAME:    %[[TABLE:[^:]*]]: !tile.view<?xi32>
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK:       %[[KEYS:.*]] = tile.dim %{{.*}}[2]
// CHECK:       %[[KEYS:.*]] = tile.dim %{{.*}}[2]
// CHECK-NEXT:  %[[B:.*]], %{{.*}}, %{{.*}} = tile.block
// CHECK:       %[[N:.*]], %[[INSIDE:.*]] = tile.read %[[TABLE]][%[[B]]]
// CHECK-NEXT:  %[[END:.*]] = arith.minsi %[[N]], %[[KEYS]] : i32
// CHECK-NEXT:  %[[VISIBLE:.*]] = arith.select %[[INSIDE]], %[[END]], %[[KEYS]] : i32
// CHECK-NEXT:  %[[FULL:.*]] = arith.select %[[INSIDE]], %[[END]], %[[C0]] : i32
// CHECK-NEXT:  tile.interval_runs visible(%[[C0]], %[[VISIBLE]]) full(%[[C0]], %[[FULL]])
func.func @lengths(%q: !t, %k: !t, %v: !t, %lengths: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %n = attn.load %lengths[%b] : tensor<?xi32>
      %inside = attn.prefix %j, %n
      attn.yield %inside : i1
    } : !t, !t, !t
  return %o : !t
}

// Nothing is known of positions from a table.
// CHECK-LABEL: tile.kernel @table_kernel
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK:       %{{.*}} = tile.dim %{{.*}}[2]
// CHECK-NEXT:  %[[KEYS:.*]] = tile.dim %{{.*}}[2]
// CHECK:       tile.interval_runs visible(%[[C0]], %[[KEYS]]) full(%[[C0]], %[[C0]])
func.func @table(%q: !t, %k: !t, %v: !t, %at: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q at %at, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t at tensor<?xi32>, !t, !t
  return %o : !t
}

// Several pairs of intervals make one union; the user's are taken as they are.
// CHECK-LABEL: tile.kernel @sinks_kernel
// CHECK:       tile.interval_runs visible(%[[C0:.*]], %{{.*}}) full(%[[C0]], %{{.*}}) or visible(%{{.*}}, %{{.*}}) full(%{{.*}}, %{{.*}})
func.func @sinks(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    intervals(%b, %h, %first, %last) {
      %c0 = arith.constant 0 : i32
      %c4 = arith.constant 4 : i32
      %begin = arith.subi %first, %c4 : i32
      %end = arith.addi %last, %c4 : i32
      attn.yield %c0, %c4, %c0, %c0, %begin, %end, %last, %first : i32, i32, i32, i32, i32, i32, i32, i32
    } : !t, !t, !t
  return %o : !t
}
