// RUN: lacuna-opt %s --split-input-file --tile-pipeline --canonicalize --verify-diagnostics | FileCheck %s

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 3, query_in_registers = false>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
!query = !tile.shared<64x64xf16, [query, feature]>
!keys = !tile.shared<32x64xf16, [key, feature]>

// CHECK-LABEL: tile.kernel @looks_two_ahead
// CHECK-SAME: %[[Q:[a-z0-9]+]]: !tile.view<?x64xf16>, %[[K:[a-z0-9]+]]: !tile.view<?x64xf16>, %[[BASE:[a-z0-9]+]]: i32
tile.kernel @looks_two_ahead(%q: !tile.view<?x64xf16>, %k: !tile.view<?x64xf16>, %base: i32, %runs: !tile.runs)
    attributes {schedule = #s, target = "sm_80"} {
  // CHECK-DAG: %[[C2:.*]] = arith.constant 2 : i32
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  // CHECK: %[[QR:.*]] = tile.alloc : <1 x
  // CHECK: %[[KR:.*]] = tile.alloc : <3 x
  %query_ring = tile.alloc : !tile.ring<1 x !query>
  %key_ring = tile.alloc : !tile.ring<1 x !keys>
  // The query travels with the first keys.
  // CHECK: %[[QS:.*]] = tile.slot %[[QR]]
  // CHECK-NEXT: tile.copy_async %[[Q]]
  // CHECK-NEXT: tile.splat
  // CHECK-NEXT: tile.for_runs (%{{.*}}, %[[PARTIAL:.*]], %[[VALID:.*]]) ahead 2 (%[[STEP:.*]], %[[NEXT:.*]], %[[MORE:.*]]) in
  %query = tile.slot %query_ring[%c0] : !tile.ring<1 x !query>
  %t = tile.copy_async %q[%base, %c0] to %query : !tile.view<?x64xf16> -> !query
  tile.commit(%t)
  tile.wait pending 0
  tile.barrier
  %s0 = tile.splat %zero : tensor<64x32xf32, #scores>
  %r = tile.for_runs (%key, %partial) in %runs iter_args(%a = %s0) : tensor<64x32xf32, #scores> {
    // CHECK-NEXT: tile.wait pending 1
    // CHECK-NEXT: tile.barrier
    // CHECK-NEXT: scf.if %[[MORE]] {
    // CHECK-NEXT: %[[AT:.*]] = arith.addi %[[NEXT]], %[[BASE]]
    // CHECK-NEXT: %[[KS:.*]] = tile.slot %[[KR]][%[[STEP]]]
    // CHECK-NEXT: tile.copy_async %[[K]][%[[AT]], %{{.*}}] to %[[KS]]
    // CHECK-NEXT: }
    // CHECK-NEXT: tile.commit{{$}}
    // CHECK-NEXT: %[[NOW:.*]] = scf.if %[[VALID]]
    // CHECK-NEXT: %[[BACK:.*]] = arith.subi %[[STEP]], %[[C2]]
    // CHECK-NEXT: %[[OLD:.*]] = tile.slot %[[KR]][%[[BACK]]]
    // CHECK-NEXT: tile.dot %[[QS]], %[[OLD]]
    // CHECK: scf.if %[[PARTIAL]]
    // CHECK-NOT: tile.barrier
    // CHECK-NOT: tile.wait
    // CHECK: tile.yield %[[NOW]]
    tile.barrier
    %at = arith.addi %key, %base : i32
    %slot = tile.slot %key_ring[%c0] : !tile.ring<1 x !keys>
    %kt = tile.copy_async %k[%at, %c0] to %slot : !tile.view<?x64xf16> -> !keys
    tile.commit(%kt)
    tile.wait pending 0
    tile.barrier
    %s = tile.dot %query, %slot, %a : !query, !keys -> tensor<64x32xf32, #scores>
    %b = scf.if %partial -> tensor<64x32xf32, #scores> {
      scf.yield %a : tensor<64x32xf32, #scores>
    } else {
      %t2 = tile.dot %query, %slot, %s : !query, !keys -> tensor<64x32xf32, #scores>
      scf.yield %t2 : tensor<64x32xf32, #scores>
    }
    tile.yield %b : tensor<64x32xf32, #scores>
  }
  tile.return
}

// -----

// A query read into registers before the loop is waited for there.
#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = true>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
#operand = #tile.fragment<[query, feature], operand, warps = 4>
!query = !tile.shared<64x64xf16, [query, feature]>
!keys = !tile.shared<32x64xf16, [key, feature]>
// CHECK-LABEL: tile.kernel @query_in_registers
tile.kernel @query_in_registers(%q: !tile.view<?x64xf16>, %k: !tile.view<?x64xf16>, %runs: !tile.runs)
    attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  %query_ring = tile.alloc : !tile.ring<1 x !query>
  %key_ring = tile.alloc : !tile.ring<1 x !keys>
  %query = tile.slot %query_ring[%c0] : !tile.ring<1 x !query>
  // CHECK: tile.copy_async
  // CHECK-NEXT: tile.commit
  // CHECK-NEXT: tile.wait pending 0
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.load_shared
  %t = tile.copy_async %q[%c0, %c0] to %query : !tile.view<?x64xf16> -> !query
  tile.commit(%t)
  tile.wait pending 0
  tile.barrier
  %f = tile.load_shared %query : !query -> tensor<64x64xf16, #operand>
  %s0 = tile.splat %zero : tensor<64x32xf32, #scores>
  // CHECK: tile.for_runs {{.*}} ahead 1
  // CHECK-NEXT: tile.wait pending 0
  %r = tile.for_runs (%key, %partial) in %runs iter_args(%a = %s0) : tensor<64x32xf32, #scores> {
    tile.barrier
    %slot = tile.slot %key_ring[%c0] : !tile.ring<1 x !keys>
    %kt = tile.copy_async %k[%key, %c0] to %slot : !tile.view<?x64xf16> -> !keys
    tile.commit(%kt)
    tile.wait pending 0
    tile.barrier
    %s = tile.dot %f, %slot, %a : tensor<64x64xf16, #operand>, !keys -> tensor<64x32xf32, #scores>
    tile.yield %s : tensor<64x32xf32, #scores>
  }
  tile.return
}

// -----

// Without copies there is nothing to start ahead.
#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
// CHECK-LABEL: tile.kernel @no_copies
// CHECK-NOT: ahead
tile.kernel @no_copies(%runs: !tile.runs) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %last = tile.for_runs (%key, %partial) in %runs iter_args(%a = %c0) : i32 {
    tile.yield %key : i32
  }
  tile.return
}

// -----

// An address that the loop computes is not known ahead.
#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
!keys = !tile.shared<32x64xf16, [key, feature]>
// CHECK-LABEL: tile.kernel @carried_address
// CHECK-NOT: ahead
tile.kernel @carried_address(%k: !tile.view<?x64xf16>, %runs: !tile.runs) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc : !tile.ring<1 x !keys>
  // expected-remark@+1 {{is not pipelined: the address of a copy depends on what the loop computes}}
  %last = tile.for_runs (%key, %partial) in %runs iter_args(%a = %c0) : i32 {
    tile.barrier
    %slot = tile.slot %ring[%c0] : !tile.ring<1 x !keys>
    %t = tile.copy_async %k[%a, %c0] to %slot : !tile.view<?x64xf16> -> !keys
    tile.commit(%t)
    tile.wait pending 0
    tile.barrier
    tile.yield %key : i32
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
!keys = !tile.shared<32x64xf16, [key, feature]>
// CHECK-LABEL: tile.kernel @other_form
// CHECK-NOT: ahead
tile.kernel @other_form(%k: !tile.view<?x64xf16>, %runs: !tile.runs) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc : !tile.ring<1 x !keys>
  // expected-remark@+1 {{is not pipelined: its copies are not in the form that tile-place-operands gives them}}
  tile.for_runs (%key, %partial) in %runs {
    %slot = tile.slot %ring[%c0] : !tile.ring<1 x !keys>
    %t = tile.copy_async %k[%key, %c0] to %slot : !tile.view<?x64xf16> -> !keys
    tile.commit(%t)
    tile.wait pending 0
    tile.barrier
  }
  // expected-remark@+1 {{is not pipelined: its body synchronises by itself}}
  tile.for_runs (%key, %partial) in %runs {
    tile.barrier
    %ring2 = tile.alloc : !tile.ring<1 x !keys>
    %slot = tile.slot %ring2[%c0] : !tile.ring<1 x !keys>
    %t = tile.copy_async %k[%key, %c0] to %slot : !tile.view<?x64xf16> -> !keys
    tile.commit(%t)
    tile.wait pending 0
    tile.barrier
    tile.barrier
  }
  tile.return
}

// -----

!keys = !tile.shared<32x64xf16, [key, feature]>
// expected-error@+1 {{has no schedule; run tile-choose-schedule first}}
tile.kernel @no_schedule(%k: !tile.view<?x64xf16>, %runs: !tile.runs) {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc : !tile.ring<1 x !keys>
  tile.for_runs (%key, %partial) in %runs {
    %slot = tile.slot %ring[%c0] : !tile.ring<1 x !keys>
    %t = tile.copy_async %k[%key, %c0] to %slot : !tile.view<?x64xf16> -> !keys
  }
  tile.return
}

// -----

// A loop inside of another is filled and drained in each turn of that. What is copied
// before both travels with the first columns.
#s = #tile.schedule<query_tile = 32, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#scores = #tile.fragment<[key, query], accumulator, warps = 4>
!keys = !tile.shared<64x64xf16, [key, feature]>
!queries = !tile.shared<32x64xf16, [query, feature]>
// CHECK-LABEL: tile.kernel @loop_over_heads
tile.kernel @loop_over_heads(%k: !tile.view<?x64xf16>, %q: !tile.view<?x?x64xf16>, %heads: i32, %runs: !tile.runs)
    attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  %b, %hk, %first = tile.block %c1, %c1, %heads of key
  %key_ring = tile.alloc : !tile.ring<1 x !keys>
  // CHECK: tile.alloc : <2 x
  %query_ring = tile.alloc : !tile.ring<1 x !queries>
  // CHECK: tile.copy_async
  // CHECK-NOT: tile.wait
  // CHECK: scf.for %[[HEAD:.*]] = %{{.*}} {
  // CHECK-NEXT: tile.for_runs {{.*}} ahead 1 (%{{.*}}, %[[NEXT:.*]], %{{.*}}) in
  // CHECK-NEXT: tile.wait pending 0
  // CHECK-NEXT: tile.barrier
  // CHECK: tile.copy_async %{{.*}}[%[[HEAD]], %[[NEXT]], %{{.*}}]
  %keys = tile.slot %key_ring[%c0] : !tile.ring<1 x !keys>
  %t = tile.copy_async %k[%first, %c0] to %keys : !tile.view<?x64xf16> -> !keys
  tile.commit(%t)
  tile.wait pending 0
  tile.barrier
  %s0 = tile.splat %zero : tensor<64x32xf32, #scores>
  scf.for %head = %c0 to %heads step %c1 : i32 {
    tile.for_runs (%query, %partial) in %runs {
      tile.barrier
      %slot = tile.slot %query_ring[%c0] : !tile.ring<1 x !queries>
      %qt = tile.copy_async %q[%head, %query, %c0] to %slot : !tile.view<?x?x64xf16> -> !queries
      tile.commit(%qt)
      tile.wait pending 0
      tile.barrier
      %s = tile.dot %keys, %slot, %s0 : !keys, !queries -> tensor<64x32xf32, #scores>
    }
  }
  tile.return
}

// -----

// Tiles that are read into registers before the loop are waited for once.
#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = true>
#operand = #tile.fragment<[query, feature], operand, warps = 4>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
!query = !tile.shared<64x64xf16, [query, feature]>
!keys = !tile.shared<32x64xf16, [key, feature]>
!fragment = tensor<64x64xf16, #operand>
// CHECK-LABEL: tile.kernel @two_operands
// CHECK: %[[A:.*]] = tile.slot
// CHECK-NEXT: tile.copy_async
// CHECK-NEXT: %[[B:.*]] = tile.slot
// CHECK-NEXT: %[[TOKEN:.*]] = tile.copy_async
// CHECK-NEXT: tile.commit(%[[TOKEN]])
// CHECK-NEXT: tile.wait pending 0
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load_shared %[[A]]
// CHECK-NEXT: tile.load_shared %[[B]]
// CHECK: tile.for_runs
tile.kernel @two_operands(%q: !tile.view<?x64xf16>, %first: i32, %runs: !tile.runs) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  %ring0 = tile.alloc : !tile.ring<1 x !query>
  %ring1 = tile.alloc : !tile.ring<1 x !query>
  %ring2 = tile.alloc : !tile.ring<1 x !keys>
  %slot0 = tile.slot %ring0[%c0] : !tile.ring<1 x !query>
  %t0 = tile.copy_async %q[%first, %c0] to %slot0 : !tile.view<?x64xf16> -> !query
  tile.commit(%t0)
  tile.wait pending 0
  tile.barrier
  %a = tile.load_shared %slot0 : !query -> !fragment
  %slot1 = tile.slot %ring1[%c0] : !tile.ring<1 x !query>
  %t1 = tile.copy_async %q[%first, %c0] to %slot1 : !tile.view<?x64xf16> -> !query
  tile.commit(%t1)
  tile.wait pending 0
  tile.barrier
  %b = tile.load_shared %slot1 : !query -> !fragment
  %s0 = tile.splat %zero : tensor<64x32xf32, #scores>
  %r = tile.for_runs (%key, %partial) in %runs iter_args(%x = %s0) : tensor<64x32xf32, #scores> {
    tile.barrier
    %slot = tile.slot %ring2[%c0] : !tile.ring<1 x !keys>
    %t = tile.copy_async %q[%key, %c0] to %slot : !tile.view<?x64xf16> -> !keys
    tile.commit(%t)
    tile.wait pending 0
    tile.barrier
    %s = tile.dot %a, %slot, %x : !fragment, !keys -> tensor<64x32xf32, #scores>
    %u = tile.dot %b, %slot, %s : !fragment, !keys -> tensor<64x32xf32, #scores>
    tile.yield %u : tensor<64x32xf32, #scores>
  }
  tile.return
}

// -----

// A barrier at which warps exchange an operand is none of the copies', and stays.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
!ds = tensor<64x64xf16, #tile.fragment<[key, query], accumulator, warps = 4>>
!dq = tensor<64x64xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
!keys = !tile.shared<64x64xf16, [key, feature]>
!exchanged = !tile.shared<64x64xf16, [key, query]>
// CHECK-LABEL: tile.kernel @exchange
tile.kernel @exchange(%k: !tile.view<?x64xf16>, %ds: !ds, %dq0: !dq, %runs: !tile.runs)
    attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %key_ring = tile.alloc : !tile.ring<1 x !keys>
  %ring = tile.alloc : !tile.ring<1 x !exchanged>
  // CHECK: tile.for_runs {{.*}} ahead 1
  %sum = tile.for_runs (%query, %partial) in %runs iter_args(%a = %dq0) : !dq {
    tile.barrier
    %kt = tile.slot %key_ring[%c0] : !tile.ring<1 x !keys>
    %t = tile.copy_async %k[%query, %c0] to %kt : !tile.view<?x64xf16> -> !keys
    tile.commit(%t)
    tile.wait pending 0
    tile.barrier
    // CHECK: scf.if %{{.*}} -> (tensor<64x64xf32,
    // CHECK: tile.store_shared
    // CHECK-NEXT: tile.barrier
    // CHECK-NEXT: tile.dot
    %slot = tile.slot %ring[%c0] : !tile.ring<1 x !exchanged>
    tile.store_shared %ds, %slot : !ds, !exchanged
    tile.barrier
    %dq = tile.dot %slot, %kt, %a : !exchanged, !keys -> !dq
    tile.yield %dq : !dq
  }
  tile.return
}
