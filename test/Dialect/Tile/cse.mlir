// Nothing that waits, synchronises, copies or owns memory is merged or removed,
// and no product is merged across a change of the memory it reads.
// RUN: lacuna-opt %s --cse --canonicalize | FileCheck %s

#scores = #tile.fragment<[query, key], accumulator, warps = 4>
#operand = #tile.fragment<[query, feature], operand, warps = 4>
!query = !tile.shared<64x64xf16, [query, feature]>
!keys = !tile.shared<32x64xf16, [key, feature]>

// CHECK-LABEL: tile.kernel @memory
tile.kernel @memory(%k: !tile.view<?x64xf16>, %o: !tile.view<?x?xf32>, %x: f32) {
  %c0 = arith.constant 0 : i32
  // CHECK: %[[A:.*]] = tile.alloc
  // CHECK: %[[B:.*]] = tile.alloc
  // CHECK: %[[C:.*]] = tile.alloc
  %a = tile.alloc : !tile.ring<1 x !keys>
  %b = tile.alloc : !tile.ring<1 x !keys>
  %c = tile.alloc : !tile.ring<1 x !query>
  // Slots are only names: these two are one.
  // CHECK: %[[AS:.*]] = tile.slot %[[A]]
  // CHECK-NOT: tile.slot %[[A]]
  %as = tile.slot %a[%c0] : !tile.ring<1 x !keys>
  %as2 = tile.slot %a[%c0] : !tile.ring<1 x !keys>
  %bs = tile.slot %b[%c0] : !tile.ring<1 x !keys>
  %cs = tile.slot %c[%c0] : !tile.ring<1 x !query>
  // CHECK-COUNT-2: tile.copy_async {{.*}} to %[[AS]]
  %t0 = tile.copy_async %k[%c0, %c0] to %as : !tile.view<?x64xf16> -> !keys
  %t1 = tile.copy_async %k[%c0, %c0] to %as2 : !tile.view<?x64xf16> -> !keys
  %t2 = tile.copy_async %k[%c0, %c0] to %bs : !tile.view<?x64xf16> -> !keys
  // CHECK: tile.commit
  // CHECK-NEXT: tile.commit
  // CHECK-NEXT: tile.wait pending 0
  // CHECK-NEXT: tile.wait pending 0
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.barrier
  tile.commit
  tile.commit
  tile.wait pending 0
  tile.wait pending 0
  tile.barrier
  tile.barrier
  %zero = tile.splat %x : tensor<64x32xf32, #scores>
  // Equal, with nothing between: one.
  // CHECK: tile.dot
  // CHECK-NOT: tile.dot
  // CHECK: tile.load_shared
  // CHECK-NOT: tile.load_shared
  // CHECK: tile.barrier
  %s0 = tile.dot %cs, %as, %zero : !query, !keys -> tensor<64x32xf32, #scores>
  %s1 = tile.dot %cs, %as, %zero : !query, !keys -> tensor<64x32xf32, #scores>
  %f0 = tile.load_shared %cs : !query -> tensor<64x64xf16, #operand>
  %f1 = tile.load_shared %cs : !query -> tensor<64x64xf16, #operand>
  tile.barrier
  // CHECK-NEXT: tile.dot
  // CHECK-NEXT: tile.load_shared
  %s2 = tile.dot %cs, %as, %zero : !query, !keys -> tensor<64x32xf32, #scores>
  %f2 = tile.load_shared %cs : !query -> tensor<64x64xf16, #operand>
  %s3 = tile.dot %f0, %bs, %s1 : tensor<64x64xf16, #operand>, !keys -> tensor<64x32xf32, #scores>
  %s4 = tile.dot %f1, %bs, %s2 : tensor<64x64xf16, #operand>, !keys -> tensor<64x32xf32, #scores>
  %s5 = tile.dot %f2, %bs, %s0 : tensor<64x64xf16, #operand>, !keys -> tensor<64x32xf32, #scores>
  // CHECK-COUNT-3: tile.store
  tile.store %s3, %o[%c0, %c0] : tensor<64x32xf32, #scores>, !tile.view<?x?xf32>
  tile.store %s4, %o[%c0, %c0] : tensor<64x32xf32, #scores>, !tile.view<?x?xf32>
  tile.store %s5, %o[%c0, %c0] : tensor<64x32xf32, #scores>, !tile.view<?x?xf32>
  tile.return
}
