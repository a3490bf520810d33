// RUN: lacuna-opt %s --split-input-file --tile-make-persistent | FileCheck %s

#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
!queries = !tile.shared<128x64xf16, [query, feature]>
!keys = !tile.shared<64x64xf16, [key, feature]>

// The producer finds the share of the grid for each item, and the consumers hear of it
// when they have the queries; entries and items are counted through, and queries are freed
// behind the last entry.
// CHECK-LABEL: tile.kernel @attend
// CHECK-SAME:  persistent
// CHECK-NOT:   tile.block
// CHECK:       %[[QF:.*]] = tile.alloc_barriers arrivals 1 : <1>
// CHECK-NEXT:  %[[QE:.*]] = tile.alloc_barriers arrivals 8 : <1>
// CHECK-NEXT:  %[[MAILBOX:.*]] = tile.alloc_mailbox
// CHECK:       %[[PADDED:.*]] = arith.addi %[[QUERIES:.*]], %{{.*}}
// CHECK:       %[[TILES:.*]] = arith.divui %[[PADDED]]
// CHECK-NEXT:  %[[ROWS:.*]] = arith.muli %[[BATCHES:.*]], %[[HEADS:.*]] :
// CHECK-NEXT:  %[[ITEMS:.*]] = arith.muli %[[ROWS]], %[[TILES]]
// CHECK-NEXT:  tile.roles producer registers 24 {
// CHECK-NEXT:    tile.for_items (%[[ITEM:.*]]) below %[[ITEMS]] iter_args(%[[N:.*]] = %{{.*}}, %[[USE:.*]] = %{{.*}}) : i32, i32 {
// CHECK-NEXT:      %[[B:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block %[[BATCHES]], %[[HEADS]], %[[QUERIES]] item %[[ITEM]]
// CHECK-NEXT:      %[[END:.*]] = arith.addi %[[FIRST]]
// CHECK-NEXT:      %[[RUNS:.*]] = tile.interval_runs visible(%{{.*}}, %[[END]])
// CHECK-NEXT:      tile.slot
// CHECK-NEXT:      tile.await_freed %[[QE]][%[[USE]]]
// CHECK-NEXT:      tile.send_block %[[B]], %[[H]], %[[FIRST]] to %[[MAILBOX]]
// CHECK-NEXT:      tile.expect %[[QF]][%[[USE]]]
// CHECK-NEXT:      tile.copy_bulk{{.*}}[%[[B]], %[[H]], %[[FIRST]], %{{.*}}]{{.*}} signals %[[QF]][%[[USE]]]
// CHECK-NEXT:      %[[AFTER:.*]] = tile.for_runs (%{{.*}}, %{{.*}}) in %[[RUNS]] iter_args(%{{.*}} = %[[N]])
// CHECK:           %[[NEXT:.*]] = arith.addi %[[USE]]
// CHECK-NEXT:      tile.yield %[[AFTER]], %[[NEXT]] : i32, i32
// CHECK:       } consumers registers 240 {
// CHECK-NEXT:    tile.for_items (%[[ITEM:.*]]) below %[[ITEMS]] iter_args(%[[N:.*]] = %{{.*}}, %[[USE:.*]] = %{{.*}}) : i32, i32 {
// CHECK-NEXT:      tile.await_filled %[[QF]][%[[USE]]]
// CHECK-NEXT:      %{{.*}}, %{{.*}}, %[[FIRST:.*]] = tile.receive_block %[[MAILBOX]]
// CHECK-NEXT:      %[[END:.*]] = arith.addi %[[FIRST]]
// CHECK-NEXT:      %[[RUNS:.*]] = tile.interval_runs visible(%{{.*}}, %[[END]])
// CHECK-NEXT:      %[[AFTER:.*]] = tile.for_runs {{.*}} in %[[RUNS]] iter_args(%{{.*}} = %[[N]])
// CHECK:           tile.release %[[QE]][%[[USE]]]
// CHECK:           tile.yield %[[AFTER]], %{{.*}} : i32, i32
tile.kernel @attend(%qmap: !tile.copy_map<128x64xf16>, %kmap: !tile.copy_map<64x64xf16>, %batches: i32, %heads: i32, %queries: i32)
    attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %b, %h, %first = tile.block %batches, %heads, %queries
  %end = arith.addi %first, %c1 : i32
  %runs = tile.interval_runs visible(%c0, %end) full(%c0, %c0)
  %qr = tile.alloc : !tile.ring<1 x !queries>
  %kr = tile.alloc : !tile.ring<2 x !keys>
  %qf = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
  %kf = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
  %ke = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
  tile.barrier
  tile.roles producer registers 24 {
    %qs = tile.slot %qr[%c0] : !tile.ring<1 x !queries>
    tile.expect %qf[%c0] bytes 16384 : !tile.barriers<1>
    tile.copy_bulk (%qmap)[%b, %h, %first, %c0] to %qs signals %qf[%c0]
        : (!tile.copy_map<128x64xf16>) -> !queries, !tile.barriers<1>
    %n = tile.for_runs (%key, %partial) in %runs iter_args(%use = %c0) : i32 {
      %ks = tile.slot %kr[%use] : !tile.ring<2 x !keys>
      tile.await_freed %ke[%use] : !tile.barriers<2>
      tile.expect %kf[%use] bytes 8192 : !tile.barriers<2>
      tile.copy_bulk (%kmap)[%b, %h, %key, %c0] to %ks signals %kf[%use]
          : (!tile.copy_map<64x64xf16>) -> !keys, !tile.barriers<2>
      %next = arith.addi %use, %c1 : i32
      tile.yield %next : i32
    }
  } consumers registers 240 {
    tile.await_filled %qf[%c0] : !tile.barriers<1>
    %n = tile.for_runs (%key, %partial) in %runs iter_args(%use = %c0) : i32 {
      tile.await_filled %kf[%use] : !tile.barriers<2>
      tile.release %ke[%use] : !tile.barriers<2>
      %next = arith.addi %use, %c1 : i32
      tile.yield %next : i32
    }
  }
  tile.return
}

// -----

// Roles without a loop that counts its entries stay as they are.
#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
// CHECK-LABEL: tile.kernel @nothing
// CHECK-NOT:   tile.for_items
tile.kernel @nothing(%batches: i32) attributes {schedule = #s, target = "sm_90a"} {
  %b, %h, %first = tile.block %batches, %batches, %batches
  tile.roles producer registers 24 {
  } consumers registers 240 {
  }
  tile.return
}

// -----

// Entries are counted through a loop around that over runs, and what is filled once is
// freed behind the outermost.
#s = #tile.schedule<query_tile = 64, key_tile = 128, warps = 8, stages = 2, query_in_registers = false, roles = true>
!keys = !tile.shared<128x64xf16, [key, feature]>
!queries = !tile.shared<64x64xf16, [query, feature]>
// CHECK-LABEL: tile.kernel @by_key
// CHECK:       %[[KF:.*]] = tile.alloc_barriers arrivals 1 : <1>
// CHECK-NEXT:  %[[KE:.*]] = tile.alloc_barriers arrivals 8 : <1>
// CHECK:       tile.roles producer registers 24 {
// CHECK:         tile.for_items {{.*}} iter_args(%[[N:.*]] = %{{.*}}, %[[USE:.*]] = %{{.*}}) : i32, i32 {
// CHECK:           %[[AFTER:.*]] = scf.for {{.*}} iter_args(%[[M:.*]] = %[[N]]) -> (i32)
// CHECK:             tile.for_runs {{.*}} iter_args(%{{.*}} = %[[M]])
// CHECK:           tile.yield %[[AFTER]], %{{.*}} : i32, i32
// CHECK:       } consumers registers 240 {
// CHECK:         tile.for_items {{.*}} iter_args(%[[N:.*]] = %{{.*}}, %[[USE:.*]] = %{{.*}}) : i32, i32 {
// CHECK-NEXT:      tile.await_filled %[[KF]][%[[USE]]]
// CHECK:           %[[AFTER:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[N]]) -> (i32)
// CHECK:           }
// CHECK:           tile.release %[[KE]][%[[USE]]]
// CHECK:           tile.yield %[[AFTER]], %{{.*}} : i32, i32
tile.kernel @by_key(%kmap: !tile.copy_map<128x64xf16>, %batches: i32, %heads: i32, %keys: i32)
    attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %b, %h, %first = tile.block %batches, %heads, %keys of key
  %runs = tile.interval_runs visible(%first, %keys) full(%c0, %c0)
  %kr = tile.alloc : !tile.ring<1 x !keys>
  %kf = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
  %qe = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
  tile.barrier
  tile.roles producer registers 24 {
    %ks = tile.slot %kr[%c0] : !tile.ring<1 x !keys>
    tile.expect %kf[%c0] bytes 16384 : !tile.barriers<1>
    tile.copy_bulk (%kmap)[%b, %h, %first, %c0] to %ks signals %kf[%c0]
        : (!tile.copy_map<128x64xf16>) -> !keys, !tile.barriers<1>
    %n = scf.for %head = %c0 to %heads step %c1 iter_args(%before = %c0) -> (i32) : i32 {
      %after = tile.for_runs (%query, %partial) in %runs iter_args(%use = %before) : i32 {
        tile.await_freed %qe[%use] : !tile.barriers<2>
        %next = arith.addi %use, %c1 : i32
        tile.yield %next : i32
      }
      scf.yield %after : i32
    }
  } consumers registers 240 {
    tile.await_filled %kf[%c0] : !tile.barriers<1>
    %n = scf.for %head = %c0 to %heads step %c1 iter_args(%before = %c0) -> (i32) : i32 {
      %after = tile.for_runs (%query, %partial) in %runs iter_args(%use = %before) : i32 {
        tile.await_filled %qe[%use] : !tile.barriers<2>
        %next = arith.addi %use, %c1 : i32
        tile.yield %next : i32
      }
      scf.yield %after : i32
    }
  }
  tile.return
}
