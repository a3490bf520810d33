// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Where runs come from: intervals, which are put in order before the loop, and
// lists, which cursors walk.

#rows = #tile.fragment<[query], row, warps = 1>
#s = #tile.schedule<query_tile = 16, key_tile = 32, warps = 1, stages = 2, query_in_registers = false>

// CHECK-LABEL: emitc.func @three
// CHECK:       %[[V0:.*]] = "emitc.variable"{{.*}}lvalue<!emitc.opaque<"lacuna::Interval">>
// CHECK-NEXT:  verbatim "{} = lacuna::intervalOf({}, {});" args %[[V0]]
// CHECK-NEXT:  %[[F0:.*]] = "emitc.variable"
// CHECK-NEXT:  verbatim "{} = lacuna::intervalOf({}, {});" args %[[F0]]
// CHECK-NEXT:  %[[V1:.*]] = "emitc.variable"
// CHECK:       %[[F1:.*]] = "emitc.variable"
// CHECK:       %[[V2:.*]] = "emitc.variable"
// CHECK:       %[[F2:.*]] = "emitc.variable"
// CHECK:       verbatim "lacuna::sortIntervals({}, {});" args %[[V0]], %[[V1]]
// CHECK-NEXT:  verbatim "lacuna::sortIntervals({}, {});" args %[[V1]], %[[V2]]
// CHECK-NEXT:  verbatim "lacuna::sortIntervals({}, {});" args %[[V0]], %[[V1]]
// CHECK-NEXT:  verbatim "lacuna::sortIntervals({}, {});" args %[[F0]], %[[F1]]
// CHECK:       verbatim "{} = lacuna::joined({}, {});" args %[[F1]], %[[F0]], %[[F1]]
// CHECK-NEXT:  verbatim "{} = lacuna::joined({}, {});" args %[[F2]], %[[F1]], %[[F2]]
// CHECK:       verbatim "{} = lacuna::firstInterval<32>({}, {});" args %[[R0:.*]], %[[V0]], %[[F0]]
// CHECK:       verbatim "{} = lacuna::addInterval<32>({}, {}, {});" args %[[R1:.*]], %[[R0]], %[[V1]], %[[F1]]
// CHECK:       %[[R2:.*]] = "emitc.variable"{{.*}}"lacuna::RunsAnd<lacuna::RunsAnd<lacuna::Runs>>"
// CHECK-NEXT:  verbatim "{} = lacuna::addInterval<32>({}, {}, {});" args %[[R2]], %[[R1]], %[[V2]], %[[F2]]
// CHECK-NEXT:  %[[RUNS:.*]] = load %[[R2]]
// CHECK:       for %[[STEP:.*]] =
// CHECK:         call_opaque "lacuna::entryKey<32>"(%[[RUNS]], %[[STEP]])
tile.kernel @three(%a: i32, %b: i32, %c: i32) attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80"} {
  %runs = tile.interval_runs visible(%a, %b) full(%a, %b) or visible(%b, %c) full(%b, %c)
      or visible(%a, %c) full(%a, %c)
  %last = tile.for_runs (%key, %partial) in %runs iter_args(%l = %a) : i32 {
    tile.yield %key : i32
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 16, key_tile = 32, warps = 1, stages = 2, query_in_registers = false>

// One cursor where the loop computes, one where it loads.
// CHECK-LABEL: emitc.func @list
// CHECK:       %[[RUNS:.*]] = call_opaque "lacuna::listRuns"
// CHECK:       verbatim "{} = lacuna::atRun({}, {});" args %[[CURSOR:.*]], %[[RUNS]]
// CHECK:       verbatim "{} = lacuna::atRun({}, {});" args %[[LEADER:.*]], %[[RUNS]]
// CHECK:       for %[[STEP:.*]] =
// CHECK:         %[[MORE:.*]] = call_opaque "lacuna::hasEntry"(%[[RUNS]], %[[STEP]])
// CHECK:         %[[THERE:.*]] = load %[[LEADER]]
// CHECK:         call_opaque "lacuna::entryKey<32>"(%[[THERE]])
// CHECK:         %[[VALID:.*]] = call_opaque "lacuna::hasEntry"(%[[RUNS]]
// CHECK:         %[[HERE:.*]] = load %[[CURSOR]]
// CHECK:         call_opaque "lacuna::entryKey<32>"(%[[HERE]])
// CHECK:         call_opaque "lacuna::isPartial"(%[[HERE]])
// CHECK:         verbatim "{} = lacuna::moved({}, {}, {});" args %[[LEADER]], %[[RUNS]], %[[THERE]], %[[MORE]]
// CHECK:         verbatim "{} = lacuna::moved({}, {}, {});" args %[[CURSOR]], %[[RUNS]], %[[HERE]], %[[VALID]]
tile.kernel @list(%lists: !tile.view<?x?x?x?x2xi32>, %counts: !tile.view<?x?x?x2xi32>, %a: i32, %z: i32)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80"} {
  %runs = tile.list_runs %lists, %counts[%a, %a, %a]
      : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
  %last = tile.for_runs (%key, %partial, %valid) ahead 1 (%step, %next, %more) in %runs iter_args(%l = %z) : i32 {
    %x = scf.if %valid -> i32 {
      scf.yield %key : i32
    } else {
      scf.yield %next : i32
    }
    %y = arith.select %partial, %x, %l : i32
    tile.yield %y : i32
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 16, key_tile = 32, warps = 1, stages = 2, query_in_registers = false>

// A loop that does not look ahead stands at an entry in every step.
// CHECK-LABEL: emitc.func @synchronous
// CHECK:       verbatim "{} = lacuna::atRun({}, {});" args %[[CURSOR:.*]], %[[RUNS:.*]], %
// CHECK-NOT:   atRun
// CHECK:         verbatim "{} = lacuna::moved({}, {}, {});" args %[[CURSOR]], %{{.*}}, %{{.*}}, %{{.*}}
tile.kernel @synchronous(%lists: !tile.view<?x?x?x?x2xi32>, %counts: !tile.view<?x?x?x2xi32>, %a: i32, %z: i32)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80"} {
  %runs = tile.list_runs %lists, %counts[%a, %a, %a]
      : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
  %last = tile.for_runs (%key, %partial) in %runs iter_args(%l = %z) : i32 {
    tile.yield %key : i32
  }
  tile.return
}
