// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Copies to shared memory: 128 threads take 16-byte chunks, rows and columns
// outside the view become zero, and threads that a panel has no row for write
// nothing at all.

// 16 rows of a 64-column panel at once; every thread has a row.
// CHECK-LABEL: copy_32x128
// CHECK-NOT:   if (row
// CHECK-SAME:  lacuna::copyAsync(target, source, rows > 0);
// CHECK-SAME:  lacuna::copyAsync(target + 2048, source + step, rows > 16);
// CHECK-SAME:  lacuna::copyAsync(target + 4096, source + 128, rows > 0);
!wide = !tile.shared<32x128xbf16, [key, feature]>
tile.kernel @wide(%k: !tile.view<?x128xbf16>, %key: i32)
    attributes {schedule = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>,
                shared_bytes = 8192 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc at 0 : !tile.ring<1 x !wide>
  %slot = tile.slot %ring[%c0] : !tile.ring<1 x !wide>
  %token = tile.copy_async %k[%key, %c0] to %slot : !tile.view<?x128xbf16> -> !wide
  tile.commit(%token)
  tile.return
}

// -----

// Rows of packed heads are no equal steps apart.
// CHECK-LABEL: copy_32x64(const lacuna::PackedView<4, 3> &view
// CHECK-SAME:  const uint64_t source0 = lacuna::elementAddress<2>(view, i0, i1, i2 + row, i3 + 8 * chunk);
// CHECK-SAME:  const uint64_t source16 = lacuna::elementAddress<2>(view, i0, i1, i2 + row + 16, i3 + 8 * chunk);
// CHECK-SAME:  const int32_t rows = view.dim[2] - i2 - int32_t(row);
// CHECK-SAME:  lacuna::copyAsync(target + 2048, source16, rows > 16);
// CHECK:       func @packed
// CHECK:       call_opaque "lacuna::packHeads<3>"
!packed = !tile.shared<32x64xbf16, [query, feature]>
tile.kernel @packed(%q: !tile.view<?x?x?x64xbf16>, %i: i32)
    attributes {schedule = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>,
                shared_bytes = 4096 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %rows = tile.pack_heads %q by 3 : !tile.view<?x?x?x64xbf16>
  %ring = tile.alloc at 0 : !tile.ring<1 x !packed>
  %slot = tile.slot %ring[%c0] : !tile.ring<1 x !packed>
  %token = tile.copy_async %rows[%i, %i, %i, %c0] to %slot : !tile.view<?x?x?x64xbf16, heads = 3> -> !packed
  tile.commit(%token)
  tile.return
}

// -----

// A 16-column panel has 2 chunks in a row, so 64 threads for 32 rows; columns
// 72 to 79 are padding.
// CHECK-LABEL: copy_32x80
// CHECK-SAME:  lacuna::copyAsync(target, source, rows > 0);
// CHECK-SAME:  if (row < 32) lacuna::copyAsync(target + 4096, source + 128, rows > 0 && chunk < 1);
!narrow = !tile.shared<32x80xbf16, [key, feature]>
tile.kernel @narrow(%k: !tile.view<?x72xbf16>, %key: i32)
    attributes {schedule = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>,
                shared_bytes = 8192 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc at 0 : !tile.ring<1 x !narrow>
  %slot = tile.slot %ring[%c0] : !tile.ring<1 x !narrow>
  %token = tile.copy_async %k[%key, %c0] to %slot : !tile.view<?x72xbf16> -> !narrow
  tile.commit(%token)
  tile.return
}

// -----

// 32 rows of a 32-column panel at once: the second time only 16 are left.
// CHECK-LABEL: copy_48x32
// CHECK-SAME:  lacuna::copyAsync(target, source, rows > 0);
// CHECK-SAME:  if (row < 16) lacuna::copyAsync(target + 2048, source + step, rows > 32);
!tall = !tile.shared<48x32xbf16, [key, feature]>
tile.kernel @tall(%k: !tile.view<?x32xbf16>, %key: i32)
    attributes {schedule = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>,
                shared_bytes = 8192 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc at 0 : !tile.ring<1 x !tall>
  %slot = tile.slot %ring[%c0] : !tile.ring<1 x !tall>
  %token = tile.copy_async %k[%key, %c0] to %slot : !tile.view<?x32xbf16> -> !tall
  tile.commit(%token)
  tile.return
}

// -----

// Vectors are copied by elements, as many threads as there are, and read by pairs.
// CHECK-LABEL: void copy_48(const lacuna::View<2> &view, int32_t i0, int32_t i1, uint32_t slot)
// CHECK-SAME: lacuna::copyElementAsync(slot + 4 * threadIdx.x, lacuna::elementAddress<4>(view, i0, i1 + int32_t(threadIdx.x)), i1 + int32_t(threadIdx.x) < view.dim[1]);
// CHECK-SAME: if (threadIdx.x < 16)
// CHECK-SAME: lacuna::copyElementAsync(slot + 128 + 4 * threadIdx.x, lacuna::elementAddress<4>(view, i0, i1 + int32_t(threadIdx.x + 32)), i1 + int32_t(threadIdx.x + 32) < view.dim[1]);
// CHECK-LABEL: F32x12 load_columns(uint32_t slot)
// CHECK-SAME: slot += 4 * lacuna::fragmentColumn();
// CHECK-SAME: lacuna::loadPair(slot + 32, r.x2, r.x3);
tile.kernel @vector(%lse: !tile.view<?x?xf32>, %h: i32, %query: i32)
    attributes {schedule = #tile.schedule<query_tile = 48, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 1024 : i64, target = "sm_80"} {
  %b, %hk, %first = tile.block %h, %h, %h of key
  %ring = tile.alloc at 0 : !tile.ring<1 x !tile.shared<48xf32, [query]>>
  %slot = tile.slot %ring[%h] : !tile.ring<1 x !tile.shared<48xf32, [query]>>
  %token = tile.copy_async %lse[%h, %query] to %slot : !tile.view<?x?xf32> -> !tile.shared<48xf32, [query]>
  %columns = tile.load_shared %slot : !tile.shared<48xf32, [query]> -> tensor<48xf32, #tile.fragment<[query], column, warps = 1>>
  tile.return
}
