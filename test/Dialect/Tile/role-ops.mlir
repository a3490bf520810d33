// The operations of roles read and print back.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s

#schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
!keys = !tile.shared<64x96xbf16, [key, feature]>
!ring = !tile.ring<2 x !keys>
!qring = !tile.ring<1 x !tile.shared<128x96xbf16, [query, feature]>>
!scores = tensor<128x64xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
!queries = tensor<128x96xbf16, #tile.fragment<[query, feature], operand, warps = 8>>
!rows = tensor<128xf32, #tile.fragment<[query], row, warps = 8>>

// CHECK-LABEL: tile.kernel @roles
// CHECK-SAME: schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
tile.kernel @roles(%wide: !tile.copy_map<64x64xbf16>, %narrow: !tile.copy_map<64x32xbf16>, %q: !queries,
                   %m: !rows, %b: i32, %h: i32, %row: i32) attributes {schedule = #schedule, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  %ring = tile.alloc : !ring
  // CHECK: %[[FILLED:.*]] = tile.alloc_barriers arrivals 1 : <2>
  %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
  // CHECK: %[[FREED:.*]] = tile.alloc_barriers arrivals 2 at 24592 : <2>
  %freed = tile.alloc_barriers arrivals 2 at 24592 : !tile.barriers<2>
  // CHECK: tile.alloc_mailbox : !tile.mailbox
  %mailbox = tile.alloc_mailbox : !tile.mailbox
  // CHECK: %[[MAILBOX:.*]] = tile.alloc_mailbox at 24608 : !tile.mailbox
  %other = tile.alloc_mailbox at 24608 : !tile.mailbox
  tile.barrier
  // CHECK: tile.roles producer registers 24 {
  tile.roles producer registers 24 {
    %slot = tile.slot %ring[%c0] : !ring
    // CHECK: tile.await_freed %[[FREED]][%{{.*}}] : <2>
    tile.await_freed %freed[%c0] : !tile.barriers<2>
    // CHECK: tile.send_block %{{.*}}, %{{.*}}, %{{.*}} to %[[MAILBOX]] : !tile.mailbox
    tile.send_block %b, %h, %row to %other : !tile.mailbox
    // CHECK: tile.expect %[[FILLED]][%{{.*}}] bytes 12288 : <2>
    tile.expect %filled[%c0] bytes 12288 : !tile.barriers<2>
    // CHECK: tile.copy_bulk(%{{.*}}, %{{.*}}) [%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}] to %{{.*}} signals %[[FILLED]][%{{.*}}]
    tile.copy_bulk (%wide, %narrow)[%b, %h, %row, %c0] to %slot signals %filled[%c0]
        : (!tile.copy_map<64x64xbf16>, !tile.copy_map<64x32xbf16>) -> !keys, !tile.barriers<2>
  // CHECK: } consumers registers 240 {
  } consumers registers 240 {
    // CHECK: tile.open_turns
    tile.open_turns
    // CHECK: tile.await_filled %[[FILLED]][%{{.*}}] : <2>
    tile.await_filled %filled[%c0] : !tile.barriers<2>
    // CHECK: %{{.*}}, %{{.*}}, %{{.*}} = tile.receive_block %[[MAILBOX]] : !tile.mailbox
    %batch, %head, %first = tile.receive_block %other : !tile.mailbox
    %slot = tile.slot %ring[%c0] : !ring
    %none = tile.splat %zero : !scores
    // CHECK: tile.await_turn
    tile.await_turn
    // CHECK: %[[STARTED:.*]] = tile.dot %{{.*}}, %{{.*}}, %{{.*}} async :
    %started = tile.dot %q, %slot, %none async : !queries, !keys -> !scores
    // CHECK: tile.commit_dots
    tile.commit_dots
    // CHECK: tile.pass_turn
    tile.pass_turn
    // CHECK: tile.meet_warp
    tile.meet_warp
    // CHECK: tile.meet{{$}}
    tile.meet
    // CHECK: tile.meet publishing{{$}}
    tile.meet publishing
    // CHECK: %[[SCORES:.*]]:2 = tile.await_dots pending 1(%[[STARTED]], %{{.*}}) : tensor<128x64xf32,
    %scores, %same = tile.await_dots pending 1(%started, %m) : !scores, !rows
    // CHECK: tile.await_dots pending 0
    tile.await_dots pending 0
    // CHECK: tile.release %[[FREED]][%{{.*}}] : <2>
    tile.release %freed[%c0] : !tile.barriers<2>
    // CHECK: tile.any_differs %{{.*}}, %[[SCORES]]#1 : tensor<128xf32
    %differs = tile.any_differs %m, %same : !rows
  }
  tile.return
}

// CHECK-LABEL: tile.kernel @drained
tile.kernel @drained(%runs: !tile.runs, %n: i32) {
  %ring = tile.alloc : !ring
  // CHECK: %[[Q:.*]] = tile.alloc : <1 x
  %q = tile.alloc : !qring
  // CHECK: tile.for_runs (%{{.*}}, %{{.*}}, %[[VALID:.*]]) drained in %{{.*}} iter_args(%[[M:.*]] = %{{.*}}) : i32 {
  %last = tile.for_runs (%key, %partial, %valid) drained in %runs iter_args(%m = %n) : i32 {
    // CHECK: tile.slot %{{.*}}[%[[M]]] if %[[VALID]] else %[[Q]] : <2 x {{.*}}>, !tile.ring<1 x {{.*}}>
    %slot = tile.slot %ring[%m] if %valid else %q : !ring, !qring
    // CHECK: tile.leave %[[M]] : i32
    tile.leave %m : i32
    tile.yield %key : i32
  }
  // CHECK: tile.for_runs (%{{.*}}, %{{.*}}, %{{.*}}) drained in
  tile.for_runs (%key, %partial, %valid) drained in %runs {
    // CHECK: tile.leave
    tile.leave
  }
  tile.return
}

// CHECK-LABEL: tile.kernel @items
tile.kernel @items(%batches: i32, %heads: i32, %queries: i32, %order: !tile.view<?x?x?xi32>, %count: i32)
    attributes {persistent} {
  // CHECK: tile.for_items (%[[ITEM:.*]]) below %{{.*}} iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}}) : i32, i32 {
  tile.for_items (%item) below %count iter_args(%a = %batches, %b = %heads) : i32, i32 {
    // CHECK: tile.block %{{.*}}, %{{.*}}, %{{.*}} item %[[ITEM]] order %{{.*}} : !tile.view<?x?x?xi32>
    %batch, %head, %first = tile.block %batches, %heads, %queries item %item order %order : !tile.view<?x?x?xi32>
    // CHECK: tile.yield %[[B]], %[[A]] : i32, i32
    tile.yield %b, %a : i32, i32
  }
  // CHECK: tile.for_items (%{{.*}}) below %{{.*}} {
  tile.for_items (%item) below %count {
  }
  tile.return
}

// CHECK-LABEL: tile.kernel @vector
tile.kernel @vector(%lse: !tile.view<?x?x?xf32>, %b: i32, %query: i32) {
  %ring = tile.alloc : !tile.ring<2 x !tile.shared<64xf32, [query]>>
  %filled = tile.alloc_barriers arrivals 32 : !tile.barriers<2>
  tile.barrier
  // CHECK: tile.roles producer warp registers 56 {
  tile.roles producer warp registers 56 {
    %slot = tile.slot %ring[%b] : !tile.ring<2 x !tile.shared<64xf32, [query]>>
    // CHECK: tile.copy_vector %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] to %{{.*}} signals %{{.*}}[%{{.*}}] : <?x?x?xf32> -> <64xf32, [query]>, <2>
    tile.copy_vector %lse[%b, %b, %query] to %slot signals %filled[%b]
        : !tile.view<?x?x?xf32> -> !tile.shared<64xf32, [query]>, !tile.barriers<2>
  } consumers registers 224 {
  }
  tile.return
}
