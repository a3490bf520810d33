// RUN: lacuna-opt %s --split-input-file --tile-overlap-products | FileCheck %s

#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
!queries = !tile.shared<128x64xf16, [query, feature]>
!keys = !tile.shared<64x64xf16, [key, feature]>
!scores = tensor<128x64xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
!packed = tensor<128x64xf16, #tile.fragment<[query, key], accumulator, warps = 8>>
!weights = tensor<128x64xf16, #tile.fragment<[query, key], operand, warps = 8>>
!outputs = tensor<128x64xf32, #tile.fragment<[query, feature], accumulator, warps = 8>>
!rows = tensor<128xf32, #tile.fragment<[query], row, warps = 8>>

// The product with the next keys is started before the product with the values is
// waited for.
// CHECK-LABEL: tile.kernel @attend
tile.kernel @attend(%runs: !tile.runs, %output: !tile.view<?x?x?x64xf32>, %b: i32)
    attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  // CHECK: %[[QUERIES:.*]] = tile.alloc :
  %qr = tile.alloc : !tile.ring<1 x !queries>
  %q = tile.slot %qr[%c0] : !tile.ring<1 x !queries>
  %kr = tile.alloc : !tile.ring<2 x !keys>
  %vr = tile.alloc : !tile.ring<2 x !keys>
  // CHECK: %[[KF:.*]] = tile.alloc_barriers arrivals 1 :
  %kf = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
  // CHECK: %[[KE:.*]] = tile.alloc_barriers arrivals 2 :
  %ke = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
  // CHECK: %[[VF:.*]] = tile.alloc_barriers arrivals 1 :
  %vf = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
  // CHECK: %[[VE:.*]] = tile.alloc_barriers arrivals 2 :
  %ve = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
  tile.barrier
  tile.roles producer registers 24 {
  } consumers registers 240 {
    %none = tile.splat %zero : !outputs
    %factors = tile.splat %half : !rows
    // CHECK:      tile.open_turns
    // CHECK:      %[[NONE:.*]] = tile.splat %{{.*}} : tensor<128x64xf16, {{.*}}operand
    // CHECK:      %[[LOOP:.*]]:3 = tile.for_runs (%{{.*}}, %{{.*}}, %[[VALID:.*]]) drained in {{.*}} iter_args(%[[O:.*]] = %{{.*}}, %[[N:.*]] = %{{.*}}, %[[BEFORE:.*]] = %[[NONE]])
    %r:2 = tile.for_runs (%key, %partial) in %runs iter_args(%o = %none, %n = %c0) : !outputs, i32 {
      // CHECK-NEXT: tile.slot %{{.*}}[%[[N]]] if %[[VALID]] else %[[QUERIES]]
      // CHECK-NEXT: scf.if %[[VALID]] {
      // CHECK-NEXT:   tile.await_filled %[[KF]][%[[N]]]
      // CHECK-NEXT: }
      %ks = tile.slot %kr[%n] : !tile.ring<2 x !keys>
      tile.await_filled %kf[%n] : !tile.barriers<2>
      %empty = tile.splat %zero : !scores
      // CHECK:      tile.await_turn
      // CHECK-NEXT: %[[S:.*]] = tile.dot {{.*}} async
      // CHECK-NEXT: tile.commit_dots
      // CHECK-NEXT: %[[LATER:.*]] = arith.cmpi ne, %[[N]]
      // CHECK-NEXT: %[[ADDING:.*]] = scf.if %[[LATER]]
      // CHECK-NEXT:   %[[LAST:.*]] = arith.subi %[[N]]
      // CHECK-NEXT:   %[[V:.*]] = tile.slot %{{.*}}[%[[LAST]]]
      // CHECK-NEXT:   %[[SUM:.*]] = tile.dot %[[BEFORE]], %[[V]], %[[O]] async
      // CHECK-NEXT:   scf.yield %[[SUM]]
      // CHECK-NEXT: } else {
      // CHECK-NEXT:   scf.yield %[[O]]
      // CHECK-NEXT: }
      // CHECK-NEXT: tile.commit_dots
      // CHECK-NEXT: tile.pass_turn
      // CHECK-NEXT: %[[SCORES:.*]] = tile.await_dots pending 1(%[[S]])
      // The step behind the last entry has started the last product with values.
      // CHECK-NEXT: tile.leave %[[ADDING]], %[[N]], %[[BEFORE]]
      // CHECK-NEXT: tile.release %[[KE]][%[[N]]]
      // CHECK-NEXT: tile.await_filled %[[VF]][%[[N]]]
      // CHECK-NEXT: %[[DONE:.*]]:2 = tile.await_dots pending 0(%[[ADDING]], %[[SCORES]])
      // Zeros need not be scaled.
      // CHECK-NEXT: %[[CHANGES:.*]] = arith.andi %{{.*}}, %[[LATER]]
      // CHECK-NEXT: scf.if %[[LATER]] {
      // CHECK-NEXT:   %[[LAST:.*]] = arith.subi %[[N]]
      // CHECK-NEXT:   tile.release %[[VE]][%[[LAST]]]
      // CHECK-NEXT: }
      // CHECK-NEXT: %[[SCALED:.*]] = scf.if %[[CHANGES]]
      // CHECK-NEXT:   tile.map(%{{.*}} = %[[DONE]]#0, %{{.*}} = %{{.*}})
      // CHECK:      tile.map(%{{.*}} = %[[DONE]]#1)
      // CHECK:      %[[W:.*]] = tile.convert
      // CHECK-NEXT: %[[NEXT:.*]] = arith.addi %[[N]]
      // CHECK-NEXT: tile.yield %[[SCALED]], %[[NEXT]], %[[W]]
      %s = tile.dot %q, %ks, %empty : !queries, !keys -> !scores
      tile.release %ke[%n] : !tile.barriers<2>
      %scaled = scf.if %partial -> (!outputs) {
        %less = tile.map(%x = %o, %f = %factors) : (!outputs, !rows) -> !outputs {
          %y = arith.mulf %x, %f : f32
          tile.yield %y : f32
        }
        scf.yield %less : !outputs
      } else {
        scf.yield %o : !outputs
      }
      %p = tile.map(%x = %s) : (!scores) -> !packed {
        %y = arith.truncf %x : f32 to f16
        tile.yield %y : f16
      }
      %vs = tile.slot %vr[%n] : !tile.ring<2 x !keys>
      tile.await_filled %vf[%n] : !tile.barriers<2>
      %w = tile.convert %p : !packed -> !weights
      %sum = tile.dot %w, %vs, %scaled : !weights, !keys -> !outputs
      tile.release %ve[%n] : !tile.barriers<2>
      %next = arith.addi %n, %c1 : i32
      tile.yield %sum, %next : !outputs, i32
    }
    // CHECK:      %[[ALL:.*]] = tile.await_dots pending 0(%[[LOOP]]#0)
    // CHECK-NEXT: %[[ANY:.*]] = arith.cmpi ne, %[[LOOP]]#1
    // CHECK-NEXT: scf.if %[[ANY]] {
    // CHECK-NEXT:   %[[LAST:.*]] = arith.subi %[[LOOP]]#1
    // CHECK-NEXT:   tile.release %[[VE]][%[[LAST]]]
    // CHECK-NEXT: }
    // CHECK-NEXT: tile.store %[[ALL]]
    tile.store %r#0, %output[%b, %b, %b, %c0] : !outputs, !tile.view<?x?x?x64xf32>
  }
  tile.return
}

// -----

// A loop with one product has nothing to overlap it with.
#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
!keys = !tile.shared<64x64xf16, [key, feature]>
!weights = tensor<128x64xf16, #tile.fragment<[query, key], operand, warps = 8>>
!outputs = tensor<128x64xf32, #tile.fragment<[query, feature], accumulator, warps = 8>>
// CHECK-LABEL: tile.kernel @one
// CHECK-NOT:   async
tile.kernel @one(%runs: !tile.runs, %w: !weights, %v: !keys, %o: !outputs) attributes {schedule = #s, target = "sm_90a"} {
  tile.roles producer registers 24 {
  } consumers registers 240 {
    %r = tile.for_runs (%key, %partial) in %runs iter_args(%a = %o) : !outputs {
      %sum = tile.dot %w, %v, %a : !weights, !keys -> !outputs
      tile.yield %sum : !outputs
    }
  }
  tile.return
}

// -----

// Keys that are also the values are released with their own entry.
#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
!queries = !tile.shared<128x64xf16, [query, feature]>
!keys = !tile.shared<64x64xf16, [key, feature]>
!scores = tensor<128x64xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
!packed = tensor<128x64xf16, #tile.fragment<[query, key], accumulator, warps = 8>>
!weights = tensor<128x64xf16, #tile.fragment<[query, key], operand, warps = 8>>
!outputs = tensor<128x64xf32, #tile.fragment<[query, feature], accumulator, warps = 8>>
// CHECK-LABEL: tile.kernel @same
// CHECK-NOT:   async
tile.kernel @same(%runs: !tile.runs, %empty: !scores, %none: !outputs)
    attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %qr = tile.alloc : !tile.ring<1 x !queries>
  %q = tile.slot %qr[%c0] : !tile.ring<1 x !queries>
  %ring = tile.alloc : !tile.ring<2 x !keys>
  %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
  %freed = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
  tile.roles producer registers 24 {
  } consumers registers 240 {
    %r:2 = tile.for_runs (%key, %partial) in %runs iter_args(%o = %none, %n = %c0) : !outputs, i32 {
      %kv = tile.slot %ring[%n] : !tile.ring<2 x !keys>
      tile.await_filled %filled[%n] : !tile.barriers<2>
      %s = tile.dot %q, %kv, %empty : !queries, !keys -> !scores
      %p = tile.map(%x = %s) : (!scores) -> !packed {
        %y = arith.truncf %x : f32 to f16
        tile.yield %y : f16
      }
      %w = tile.convert %p : !packed -> !weights
      %sum = tile.dot %w, %kv, %o : !weights, !keys -> !outputs
      tile.release %freed[%n] : !tile.barriers<2>
      tile.yield %sum, %n : !outputs, i32
    }
  }
  tile.return
}

// -----

// Values that have one slot only come when the last ones are released.
#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
!queries = !tile.shared<128x64xf16, [query, feature]>
!keys = !tile.shared<64x64xf16, [key, feature]>
!scores = tensor<128x64xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
!packed = tensor<128x64xf16, #tile.fragment<[query, key], accumulator, warps = 8>>
!weights = tensor<128x64xf16, #tile.fragment<[query, key], operand, warps = 8>>
!outputs = tensor<128x64xf32, #tile.fragment<[query, feature], accumulator, warps = 8>>
// CHECK-LABEL: tile.kernel @one_slot
// CHECK-NOT:   async
tile.kernel @one_slot(%runs: !tile.runs, %empty: !scores, %none: !outputs)
    attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %qr = tile.alloc : !tile.ring<1 x !queries>
  %q = tile.slot %qr[%c0] : !tile.ring<1 x !queries>
  %kr = tile.alloc : !tile.ring<1 x !keys>
  %kf = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
  %ring = tile.alloc : !tile.ring<1 x !keys>
  %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
  %freed = tile.alloc_barriers arrivals 2 : !tile.barriers<1>
  tile.roles producer registers 24 {
  } consumers registers 240 {
    %r:2 = tile.for_runs (%key, %partial) in %runs iter_args(%o = %none, %n = %c0) : !outputs, i32 {
      %k = tile.slot %kr[%n] : !tile.ring<1 x !keys>
      tile.await_filled %kf[%n] : !tile.barriers<1>
      %s = tile.dot %q, %k, %empty : !queries, !keys -> !scores
      %p = tile.map(%x = %s) : (!scores) -> !packed {
        %y = arith.truncf %x : f32 to f16
        tile.yield %y : f16
      }
      %vs = tile.slot %ring[%n] : !tile.ring<1 x !keys>
      tile.await_filled %filled[%n] : !tile.barriers<1>
      %w = tile.convert %p : !packed -> !weights
      %sum = tile.dot %w, %vs, %o : !weights, !keys -> !outputs
      tile.release %freed[%n] : !tile.barriers<1>
      tile.yield %sum, %n : !outputs, i32
    }
  }
  tile.return
}

// -----

// Too few queries to stand in for keys that do not come.
#s = #tile.schedule<query_tile = 128, key_tile = 256, warps = 8, stages = 2, query_in_registers = false, roles = true>
!queries = !tile.shared<128x64xf16, [query, feature]>
!keys = !tile.shared<256x64xf16, [key, feature]>
!scores = tensor<128x256xf32, #tile.fragment<[query, key], accumulator, warps = 8>>
!packed = tensor<128x256xf16, #tile.fragment<[query, key], accumulator, warps = 8>>
!weights = tensor<128x256xf16, #tile.fragment<[query, key], operand, warps = 8>>
!outputs = tensor<128x64xf32, #tile.fragment<[query, feature], accumulator, warps = 8>>
// CHECK-LABEL: tile.kernel @few
// CHECK-NOT:   async
tile.kernel @few(%runs: !tile.runs, %empty: !scores, %none: !outputs)
    attributes {schedule = #s, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %qr = tile.alloc : !tile.ring<1 x !queries>
  %q = tile.slot %qr[%c0] : !tile.ring<1 x !queries>
  %kr = tile.alloc : !tile.ring<2 x !keys>
  %kf = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
  %ring = tile.alloc : !tile.ring<2 x !keys>
  %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
  %freed = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
  tile.roles producer registers 24 {
  } consumers registers 240 {
    %r:2 = tile.for_runs (%key, %partial) in %runs iter_args(%o = %none, %n = %c0) : !outputs, i32 {
      %k = tile.slot %kr[%n] : !tile.ring<2 x !keys>
      tile.await_filled %kf[%n] : !tile.barriers<2>
      %s = tile.dot %q, %k, %empty : !queries, !keys -> !scores
      %p = tile.map(%x = %s) : (!scores) -> !packed {
        %y = arith.truncf %x : f32 to f16
        tile.yield %y : f16
      }
      %vs = tile.slot %ring[%n] : !tile.ring<2 x !keys>
      tile.await_filled %filled[%n] : !tile.barriers<2>
      %w = tile.convert %p : !packed -> !weights
      %sum = tile.dot %w, %vs, %o : !weights, !keys -> !outputs
      tile.release %freed[%n] : !tile.barriers<2>
      tile.yield %sum, %n : !outputs, i32
    }
  }
  tile.return
}
