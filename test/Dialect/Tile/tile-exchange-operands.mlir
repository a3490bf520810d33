// RUN: lacuna-opt %s --split-input-file --tile-exchange-operands | FileCheck %s

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
!ds = tensor<64x64xbf16, #tile.fragment<[key, query], accumulator, warps = 4>>
!dp = tensor<64x64xf32, #tile.fragment<[key, query], accumulator, warps = 4>>
!packed = tensor<64x64xbf16, #tile.fragment<[key, query], operand, warps = 4>>
!dk = tensor<64x64xf32, #tile.fragment<[key, feature], accumulator, warps = 4>>
!dq = tensor<64x64xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
!k = !tile.shared<64x64xbf16, [key, feature]>
!q = !tile.shared<64x64xbf16, [query, feature]>

// Stored as soon as it is there; the warps meet before the product that reads it. The
// product that sums over its columns keeps it in registers.
// CHECK-LABEL: tile.kernel @any
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[RING:.*]] = tile.alloc : <1 x !tile.shared<64x64xbf16, [key, query]>>
// CHECK:      tile.for_runs
// CHECK-NEXT:   %[[DS:.*]] = tile.map
// CHECK:        %[[SLOT:.*]] = tile.slot %[[RING]][%[[C0]]]
// CHECK-NEXT:   tile.store_shared %[[DS]], %[[SLOT]]
// CHECK-NEXT:   %[[PACKED:.*]] = tile.convert %[[DS]]
// CHECK-NEXT:   tile.dot %[[PACKED]]
// CHECK-NEXT:   tile.barrier
// CHECK-NEXT:   tile.dot %[[SLOT]], %{{.*}}, %{{.*}} : !tile.shared<64x64xbf16, [key, query]>, !tile.shared<64x64xbf16, [key, feature]>
tile.kernel @any(%runs: !tile.runs, %dp: !dp, %kt: !k, %qt: !q, %dk0: !dk, %dq0: !dq, %n: i32) attributes {schedule = #s, target = "sm_80"} {
  %b, %h, %first = tile.block %n, %n, %n of key
  %sum = tile.for_runs (%query, %partial) in %runs iter_args(%dk = %dk0) : !dk {
    %ds = tile.map(%x = %dp) : (!dp) -> !ds {
      %y = arith.truncf %x : f32 to bf16
      tile.yield %y : bf16
    }
    %packed = tile.convert %ds : !ds -> !packed
    %next = tile.dot %packed, %qt, %dk : !packed, !q -> !dk
    %dq = tile.dot %ds, %kt, %dq0 : !ds, !k -> !dq
    tile.yield %next : !dk
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 128, warps = 8, stages = 2, query_in_registers = false, roles = true>
!ds = tensor<128x64xbf16, #tile.fragment<[key, query], accumulator, warps = 8>>
!dp = tensor<128x64xf32, #tile.fragment<[key, query], accumulator, warps = 8>>
!dq = tensor<64x64xf32, #tile.fragment<[query, feature], accumulator, warps = 8>>
!k = !tile.shared<128x64xbf16, [key, feature]>

// Consumers meet without the producer, and no entry begins with a barrier: they meet before
// they store, too, when products of the entry before have read the slot.
// CHECK-LABEL: tile.kernel @roles
// CHECK:      %[[DS:.*]] = tile.map
// CHECK:      %[[SLOT:.*]] = tile.slot
// CHECK-NEXT: tile.meet{{$}}
// CHECK-NEXT: tile.store_shared %[[DS]], %[[SLOT]]
// CHECK-NEXT: tile.meet publishing
// CHECK-NEXT: tile.dot %[[SLOT]]
tile.kernel @roles(%runs: !tile.runs, %dp: !dp, %kt: !k, %dq0: !dq, %n: i32) attributes {schedule = #s, target = "sm_90a"} {
  %b, %h, %first = tile.block %n, %n, %n of key
  tile.for_runs (%query, %partial) in %runs {
    %ds = tile.map(%x = %dp) : (!dp) -> !ds {
      %y = arith.truncf %x : f32 to bf16
      tile.yield %y : bf16
    }
    %dq = tile.dot %ds, %kt, %dq0 : !ds, !k -> !dq
  }
  tile.return
}
