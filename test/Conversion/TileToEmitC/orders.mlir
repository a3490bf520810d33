// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Orders are sorted by a warp, in the digits in which labels differ; rows are moved in
// pieces of 16 bytes, and elements of tables one by one. A lane hashes two rows.

#s = #tile.schedule<query_tile = 64, key_tile = 128, warps = 1, stages = 2, query_in_registers = false>
!rows = !tile.view<?x?x?xi32>

// CHECK: emitc.verbatim "__device__ __forceinline__ void sort_rows(const lacuna::View<3> &labels, const lacuna::View<3> &order, const lacuna::View<3> &scratch, int32_t batch, int32_t head) {
// CHECK-SAME: for (uint32_t left = digits; left; left &= left - 1) {
// CHECK-SAME: return int32_t((labelOf(number, inside) ^ 0x80000000u) >> 5 * digit & 31);
// CHECK-SAME: lacuna::peersOf(key, at < count)
// CHECK: emitc.verbatim "__device__ __forceinline__ void compact_rows(
// CHECK-SAME: if (lane == 0)
// CHECK-SAME: lacuna::storeI32(lacuna::elementAddress<4>(counts, batch, head), place);
// CHECK: verbatim "sort_rows({}, {}, {}, {}, {});"
// CHECK: verbatim "compact_rows({}, {}, {}, {}, {});"
tile.kernel @orders(%labels: !rows, %keep: !tile.view<?x?x?xi1>, %order: !rows, %scratch: !rows,
                    %counts: !tile.view<?x?xi32>, %n: i32)
    attributes {schedule = #s, target = "sm_80", shared_bytes = 0 : i64, plans = @main} {
  tile.sort_rows %labels, %order, %scratch[%n, %n] : !rows, !rows, !rows
  tile.compact_rows %keep, %order, %counts[%n, %n] : !tile.view<?x?x?xi1>, !rows, !tile.view<?x?xi32>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 128, warps = 1, stages = 2, query_in_registers = false>
!rows = !tile.view<?x?x?xi32>
!matrix = !tile.view<?x?x?x24xf16>
!flags = !tile.view<?x?x?xi1>

// CHECK: void gather_rows(const lacuna::View<4> &target
// CHECK-SAME: at < 192; at += 32
// CHECK-SAME: slot = first + at / 3;
// CHECK-SAME: lacuna::movePiece<16>(
// CHECK-SAME: lacuna::elementAddress<2>(target, batch, head, slot, at % 3 * 8),
// CHECK-SAME: lacuna::elementAddress<2>(source, batch, head, row, at % 3 * 8),
// CHECK: void scatter_rows(const lacuna::View<3> &target
// CHECK-SAME: lacuna::movePiece<1>(
// CHECK-SAME: lacuna::elementAddress<1>(target, batch, head, row),
// CHECK-SAME: lacuna::elementAddress<1>(source, batch, head, slot),
// CHECK: emitc.verbatim "// k, from
// CHECK-SAME: moves rows for main, for sm_80
tile.kernel @k(%a: !matrix, %b: !matrix, %x: !flags, %y: !flags, %order: !rows, %n: i32)
    attributes {schedule = #s, target = "sm_80", shared_bytes = 0 : i64, plans = @main} {
  tile.move_rows %a, %b by %order[%n, %n, %n] : !matrix, !rows
  tile.move_rows %x, %y scatter by %order[%n, %n, %n] : !flags, !rows
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 128, warps = 1, stages = 2, query_in_registers = false>
!matrix = !tile.view<?x?x?x24xf16>
!projections = !tile.view<?x?x24xf32>
!rows = !tile.view<?x?x?xi32>

// CHECK: void hash_rows(const lacuna::View<4> &rows, const lacuna::View<3> &projections, int32_t of
// CHECK-SAME: other = row + 32;
// CHECK-SAME: for (int32_t begin = 0; begin < all; begin += 16) {
// CHECK-SAME: for (int32_t feature = 0; feature < 24; feature += 8) {
// CHECK-SAME: lacuna::loadFeaturesF16(
// CHECK-SAME: lacuna::elementAddress<4>(projections, of, begin + n, feature), begin + n < all);
// CHECK: emitc.verbatim "// k, from
// CHECK-SAME: a part of the plan of main, for sm_80
// CHECK: verbatim "hash_rows({}, {}, {}, {}, {}, {}, {});"
tile.kernel @k(%a: !matrix, %r: !projections, %buckets: !rows, %n: i32)
    attributes {schedule = #s, target = "sm_80", shared_bytes = 0 : i64, plans = @main} {
  tile.hash_rows %a by %r[%n] to %buckets[%n, %n, %n] : !matrix, !projections, !rows
  tile.return
}
