// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Tiles to and from global memory without shared memory: rows and columns outside
// the view are neither read nor written.

#rows = #tile.fragment<[query], row, warps = 1>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 1>
#schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>

// Pairs of 16-bit elements, as far as the view has columns; one lane of four
// stores a value per row.
// CHECK-LABEL: void store_outputs(const lacuna::View<2> &view, int32_t i0, int32_t i1, const Bf16x8 &x)
// CHECK-SAME: const int32_t row = i0 + lacuna::fragmentRow(16);
// CHECK-SAME: const uint64_t address = lacuna::elementAddress<2>(view, row, column);
// CHECK-SAME: const int64_t step = 16 * view.stride[0];
// CHECK-SAME: if (row < view.dim[0]) {
// CHECK-SAME: lacuna::store32(address, x.x0);
// CHECK-NOT:  address + 16
// CHECK-SAME: if (row + 8 < view.dim[0]) {
// CHECK-SAME: lacuna::store32(address + step, x.x1);
// CHECK:      void store_rows(const lacuna::View<1> &view, int32_t i0, const F32x2 &x)
// CHECK-SAME: if (!lacuna::speaksForRow())
// CHECK-SAME: lacuna::storeF32(address, x.x0);
// CHECK-SAME: lacuna::storeF32(address + step, x.x1);
// CHECK:      F32x2 load_rows(const lacuna::View<1> &view, int32_t i0)
// CHECK-SAME: r.x0 = lacuna::loadF32(address, row < view.dim[0]);
// CHECK-SAME: r.x1 = lacuna::loadF32(address + step, row + 8 < view.dim[0]);
tile.kernel @static_columns(%o: !tile.view<?x8xbf16>, %lse: !tile.view<?xf32>, %first: i32, %z: bf16, %l: f32)
    attributes {schedule = #schedule, shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %out = tile.splat %z : tensor<16x16xbf16, #outputs>
  tile.store %out, %o[%first, %c0] : tensor<16x16xbf16, #outputs>, !tile.view<?x8xbf16>
  %rows = tile.splat %l : tensor<16xf32, #rows>
  tile.store %rows, %lse[%first] : tensor<16xf32, #rows>, !tile.view<?xf32>
  %again = tile.load %lse[%first] : !tile.view<?xf32> -> tensor<16xf32, #rows>
  tile.return
}

// -----

#outputs = #tile.fragment<[query, feature], accumulator, warps = 1>
#schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>

// Columns known at run time are checked one by one.
// CHECK-LABEL: F16x8 load_outputs(
// CHECK-SAME: r.x0 = lacuna::load16(address, row < view.dim[0] && column < view.dim[1]) | uint32_t(lacuna::load16(address + 2, row < view.dim[0] && column + 1 < view.dim[1])) << 16;
// CHECK-LABEL: void store_outputs(
// CHECK-SAME: if (column < view.dim[1]) lacuna::store16(address, uint16_t(x.x0));
// CHECK-SAME: if (column + 1 < view.dim[1]) lacuna::store16(address + 2, uint16_t(x.x0 >> 16));
// CHECK-LABEL: void store_outputs_2(
// CHECK-SAME: if (column + 9 < view.dim[1]) lacuna::storeF32(address + 36, x.x5);
tile.kernel @dynamic_columns(%t: !tile.view<?x?xf16>, %u: !tile.view<?x?xf32>, %first: i32, %z: f32)
    attributes {schedule = #schedule, shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %x = tile.load %t[%first, %c0] : !tile.view<?x?xf16> -> tensor<16x16xf16, #outputs>
  tile.store %x, %t[%first, %c0] : tensor<16x16xf16, #outputs>, !tile.view<?x?xf16>
  %y = tile.splat %z : tensor<16x16xf32, #outputs>
  tile.store %y, %u[%first, %c0] : tensor<16x16xf32, #outputs>, !tile.view<?x?xf32>
  tile.return
}

// -----

// Rows of packed heads have addresses of their own, with one axis for features or none.
// CHECK-LABEL: void store_outputs(const lacuna::PackedView<4, 3> &view
// CHECK-SAME: const uint64_t address0 = lacuna::elementAddress<2>(view, i0, i1, row, column);
// CHECK-SAME: const uint64_t address8 = lacuna::elementAddress<2>(view, i0, i1, row + 8, column);
// CHECK-SAME: if (row + 8 < view.dim[2]) {
// CHECK-SAME: lacuna::store32(address8, x.x1);
// CHECK:      void store_rows(const lacuna::PackedView<3, 3> &view
// CHECK-SAME: const uint64_t address8 = lacuna::elementAddress<4>(view, i0, i1, row + 8);
// CHECK-SAME: lacuna::storeF32(address8, x.x1);
// CHECK:      F32x2 load_rows(const lacuna::PackedView<3, 3> &view
// CHECK-SAME: r.x1 = lacuna::loadF32(address8, row + 8 < view.dim[2]);
#rows = #tile.fragment<[query], row, warps = 1>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 1>
#schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>
!o = !tile.view<?x6x?x8xbf16>
!lse = !tile.view<?x6x?xf32>
tile.kernel @packed(%o: !o, %lse: !lse, %first: i32, %z: bf16, %l: f32)
    attributes {schedule = #schedule, shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %to = tile.pack_heads %o by 3 : !o
  %out = tile.splat %z : tensor<16x16xbf16, #outputs>
  tile.store %out, %to[%c0, %c0, %first, %c0] : tensor<16x16xbf16, #outputs>, !tile.view<?x2x?x8xbf16, heads = 3>
  %sums = tile.pack_heads %lse by 3 : !lse
  %rows = tile.splat %l : tensor<16xf32, #rows>
  tile.store %rows, %sums[%c0, %c0, %first] : tensor<16xf32, #rows>, !tile.view<?x2x?xf32, heads = 3>
  %again = tile.load %sums[%c0, %c0, %first] : !tile.view<?x2x?xf32, heads = 3> -> tensor<16xf32, #rows>
  tile.return
}

// -----

// A column's elements are the same in all rows of lanes and in all warps. Columns that a
// matrix surely has are not checked, and pairs of them are loaded at once.
// CHECK-LABEL: F32x4 load_columns(const lacuna::View<1> &view, int32_t i0)
// CHECK-SAME: const int32_t row = i0 + lacuna::fragmentColumn();
// CHECK-SAME: const uint64_t address = lacuna::elementAddress<4>(view, row);
// CHECK-SAME: r.x1 = lacuna::loadF32(address + 4, row + 1 < view.dim[0]);
// CHECK-SAME: r.x2 = lacuna::loadF32(address + 32, row + 8 < view.dim[0]);
// CHECK-LABEL: F32x4 load_columns_2(const lacuna::PackedView<3, 3> &view
// CHECK-SAME: r.x3 = lacuna::loadF32(lacuna::elementAddress<4>(view, i0, i1, row + 9), row + 9 < view.dim[2]);
// CHECK-LABEL: Bf16x8 load_features(const lacuna::View<2> &view
// CHECK-SAME: r.x1 = lacuna::load32(address + step, row + 8 < view.dim[0]);
// CHECK-SAME: r.x2 = 0;
#columns = #tile.fragment<[query], column, warps = 2>
#schedule = #tile.schedule<query_tile = 16, key_tile = 32, warps = 2, stages = 2, query_in_registers = false>
tile.kernel @columns(%lse: !tile.view<?xf32>, %heads: !tile.view<?x6x?xf32>, %k: !tile.view<?x8xbf16>, %n: i32)
    attributes {schedule = #schedule, shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %b, %h, %first = tile.block %n, %n, %n of key
  %l = tile.load %lse[%n] : !tile.view<?xf32> -> tensor<16xf32, #columns>
  %packed = tile.pack_heads %heads by 3 : !tile.view<?x6x?xf32>
  %m = tile.load %packed[%n, %n, %n] : !tile.view<?x2x?xf32, heads = 3> -> tensor<16xf32, #columns>
  %f = tile.load %k[%first, %c0] : !tile.view<?x8xbf16> -> tensor<32x16xbf16, #tile.fragment<[key, feature], accumulator, warps = 2>>
  tile.return
}

// -----

#outputs = #tile.fragment<[query, feature], accumulator, warps = 1>
#shared = #tile.fragment<[query, feature], accumulator, warps = 2>

// Additions of pairs where the extent is known and even, else of single elements.
// CHECK-LABEL: void add_outputs(const lacuna::View<2> &view, int32_t i0, int32_t i1, const F32x8 &x)
// CHECK-SAME: const int64_t step = 32 * view.stride[0];
// CHECK-SAME: if (row < view.dim[0]) {
// CHECK-SAME: lacuna::addPairF32(address, x.x0, x.x1);
// CHECK-NOT:  address + 32
// CHECK-SAME: if (row + 8 < view.dim[0]) {
// CHECK-SAME: lacuna::addPairF32(address + 1 * step, x.x2, x.x3);
// CHECK-LABEL: void add_outputs_2(
// CHECK-SAME: lacuna::addF32(address + 36, x.x5, column + 9 < view.dim[1]);
// Of two warps with the same rows each has 16 columns; the second one's are not all there.
// CHECK-LABEL: void add_outputs_3(
// CHECK-SAME: const int32_t row = i0 + lacuna::fragmentRow(16, 1);
// CHECK-SAME: const int32_t column = i1 + lacuna::fragmentColumn() + 16 * (lacuna::warpIndex() / 1);
// CHECK-SAME: if (column + 8 < view.dim[1]) lacuna::addPairF32(address + 32, x.x4, x.x5);
tile.kernel @adds(%s: !tile.view<?x8xf32>, %u: !tile.view<?x?xf32>, %t: !tile.view<?x24xf32>, %first: i32, %z: f32)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %x = tile.splat %z : tensor<16x16xf32, #outputs>
  tile.store %x, %s[%first, %c0] add : tensor<16x16xf32, #outputs>, !tile.view<?x8xf32>
  tile.store %x, %u[%first, %c0] add : tensor<16x16xf32, #outputs>, !tile.view<?x?xf32>
  %y = tile.splat %z : tensor<16x32xf32, #shared>
  tile.store %y, %t[%first, %c0] add : tensor<16x32xf32, #shared>, !tile.view<?x24xf32>
  tile.return
}
