// RUN: lacuna-opt %s --split-input-file --tile-allocate-shared --verify-diagnostics | FileCheck %s

// CHECK-LABEL: tile.kernel @in_order
// CHECK-SAME: shared_bytes = 23552 : i64
tile.kernel @in_order() attributes {target = "sm_80"} {
  // CHECK: tile.alloc at 0 : <1 x !tile.shared<64x80xbf16
  // CHECK: tile.alloc at 10240 : <2 x !tile.shared<32x80xbf16
  // The second ring ends at 20480 + 3 * 512, which is no multiple of 1024.
  // CHECK: tile.alloc at 20480 : <3 x !tile.shared<16x16xbf16
  // CHECK: tile.alloc at 22528 : <1 x !tile.shared<32x16xbf16
  %q = tile.alloc : !tile.ring<1 x !tile.shared<64x80xbf16, [query, feature]>>
  %k = tile.alloc : !tile.ring<2 x !tile.shared<32x80xbf16, [key, feature]>>
  %s = tile.alloc : !tile.ring<3 x !tile.shared<16x16xbf16, [key, feature]>>
  %v = tile.alloc : !tile.ring<1 x !tile.shared<32x16xbf16, [key, feature]>>
  tile.return
}

// -----

// What roles share lies behind the rings.
// CHECK-LABEL: tile.kernel @roles
// CHECK-SAME: shared_bytes = 8240 : i64
tile.kernel @roles() attributes {target = "sm_90a"} {
  // CHECK: tile.alloc_barriers arrivals 1 at 8208 : <2>
  // CHECK: tile.alloc_mailbox at 8192
  // CHECK: tile.alloc_barriers arrivals 2 at 8224 : <2>
  // CHECK: tile.alloc at 0
  %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<2>
  %mailbox = tile.alloc_mailbox : !tile.mailbox
  %freed = tile.alloc_barriers arrivals 2 : !tile.barriers<2>
  %k = tile.alloc : !tile.ring<2 x !tile.shared<32x64xbf16, [key, feature]>>
  tile.return
}

// -----

// A layout that is complete is unchanged.
// CHECK-LABEL: tile.kernel @placed
// CHECK-SAME: shared_bytes = 8192 : i64
tile.kernel @placed() attributes {target = "sm_80", shared_bytes = 8192} {
  // CHECK: tile.alloc at 2048
  %q = tile.alloc at 2048 : !tile.ring<1 x !tile.shared<32x64xbf16, [query, feature]>>
  tile.return
}

// -----

// CHECK-LABEL: tile.kernel @nothing
// CHECK-SAME: shared_bytes = 0 : i64
tile.kernel @nothing() attributes {target = "sm_80"} {
  tile.return
}

// -----

// CHECK-LABEL: tile.kernel @abstract()
// CHECK-NOT: shared_bytes
tile.kernel @abstract() {
  tile.return
}

// -----

// expected-error@+1 {{needs 131072 bytes of shared memory per block, sm_86 has 101376}}
tile.kernel @too_much() attributes {target = "sm_86"} {
  %q = tile.alloc : !tile.ring<4 x !tile.shared<128x128xbf16, [query, feature]>>
  tile.return
}

// -----

// expected-error@+1 {{has no target; run tile-choose-schedule first}}
tile.kernel @no_target() {
  %q = tile.alloc : !tile.ring<1 x !tile.shared<64x64xbf16, [query, feature]>>
  tile.return
}

// -----

// expected-error@+1 {{has unknown target 'sm_75'; expected one of sm_80, }}
tile.kernel @unknown() attributes {target = "sm_75"} {
  tile.return
}
