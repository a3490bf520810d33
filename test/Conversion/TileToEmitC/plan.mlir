// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Plan kernels: the loops over boxes, cells and rows are printed, around primitives.

#s = #tile.schedule<query_tile = 64, key_tile = 128, warps = 1, stages = 2, query_in_registers = false>

// A classifier is a function of its own; constants and values from outside come along.
// CHECK:       emitc.verbatim "__device__ __forceinline__ lacuna::Range range_of_box(const lacuna::View<2> &table, const lacuna::View<3> &cells, int64_t first0, int64_t last0, int64_t first1, int64_t last1) {
// CHECK-SAME:    if (!lacuna::isSpan(first1, last1, table.dim[1]))
// CHECK-SAME:    const int32_t step = lacuna::summaryStep(int32_t(first1), int32_t(last1), table.dim[1]);
// CHECK-SAME:    if (step == 1)
// CHECK-SAME:    lacuna::rangeOf(lacuna::loadI32(lacuna::elementAddress<4>(table, i0, at), true))
// CHECK-SAME:    lacuna::loadRange(lacuna::elementAddress<8>(cells, i0, lacuna::cellPlace(step, at), 0), true)
// CHECK:       emitc.func @classify_box(%[[FIRST:.*]]: i32, %[[LAST:.*]]: i32, %{{.*}}: !emitc.opaque<"const lacuna::View<2> &">, %{{.*}}: !emitc.opaque<"const lacuna::View<3> &">, %{{.*}}: i64) -> !emitc.opaque<"lacuna::BoxClass">
// CHECK:         call_opaque "range_of_box"
// CHECK:         call_opaque "lacuna::boxClass"
// CHECK:       emitc.verbatim "__device__ __forceinline__ bool write_runs(const lacuna::View<5> &lists, const lacuna::View<4> &counts, int32_t batch, int32_t head, int32_t row, int32_t keys, const lacuna::View<2> &x0, const lacuna::View<3> &x1, int64_t x2) {
// CHECK-SAME:    for (int32_t group = 0; group < tiles; group += 1024)
// CHECK-SAME:    lacuna::keyBox<128>(begin, 32, keys);
// CHECK-SAME:    classify_box(box.first, box.last, x0, x1, x2);
// CHECK-SAME:    lacuna::keyBox<128>(own, 1, keys);
// CHECK-SAME:    lacuna::addTiles(writer, tile, seen, partial);
// CHECK:       emitc.verbatim "// lists, from {{.*}}\0A// a part of the plan of main, for sm_80"
// CHECK:       emitc.func @lists
// CHECK:         call_opaque "write_runs"
tile.kernel @lists(%ids: !tile.view<?x?xi32>, %cells: !tile.view<?x?x3xi64>,
                   %lists: !tile.view<?x?x?x?x2xi32>, %counts: !tile.view<?x?x?x2xi32>, %b: i32,
                   %keys: i32, %label: i64)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80", plans = @main} {
  %c0 = arith.constant 0 : i64
  %overflow = tile.write_runs %lists, %counts[%b, %b, %b] over %keys classify(%first, %last) {
    %i = arith.extsi %first : i32 to i64
    %j = arith.extsi %last : i32 to i64
    %min, %max, %signature = tile.load_range %ids[%c0, %i] to [%c0, %j] cells %cells
        : !tile.view<?x?xi32>, !tile.view<?x?x3xi64>
    %see = arith.cmpi sge, %max, %label : i64
    %hide = arith.cmpi slt, %min, %label : i64
    tile.yield %see, %hide : i1, i1
  } : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 2048, key_tile = 128, warps = 1, stages = 2, query_in_registers = false>

// A table of bits; the elements of a cell are one lane's.
// CHECK:       emitc.verbatim "__device__ __forceinline__ void summarize(const lacuna::View<1> &table, const lacuna::View<2> &cells, int32_t first) {
// CHECK-SAME:    begin = first + lane * 64;
// CHECK-SAME:    lacuna::rangeOf(lacuna::loadI1(lacuna::elementAddress<1>(table, at), true))
// CHECK-SAME:    place = first / 2048 * 33;
// CHECK-SAME:    range = lacuna::rangeOfWarp(range);
// CHECK:       verbatim "summarize({}, {}, {});"
tile.kernel @summary(%bits: !tile.view<?xi1>, %cells: !tile.view<?x3xi64>, %first: i32)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80", plans = @main} {
  tile.summarize %bits, %cells[%first] : !tile.view<?xi1>, !tile.view<?x3xi64>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 32, key_tile = 128, warps = 1, stages = 2, query_in_registers = false>

// A few elements are read without cells.
// CHECK:       emitc.verbatim "__device__ __forceinline__ lacuna::Range range_of_box(const lacuna::View<1> &table, int64_t first0, int64_t last0) {
// CHECK-SAME:    if (last0 - first0 >= 256)
// CHECK-NOT:     cells
// CHECK:       emitc.verbatim "__device__ __forceinline__ void order_rows
// CHECK-SAME:    lacuna::sumBefore(place)
// CHECK:       verbatim "order_rows({}, {}, {}, {}, {}, {});"
// CHECK:       verbatim "{} = lacuna::blockInOrder<32>({}, {}, {}, {});"
tile.kernel @order(%table: !tile.view<?xi8>, %counts: !tile.view<?x?x?x2xi32>, %order: !tile.view<?x?x?xi32>,
                   %at: i64, %n: i32)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80", plans = @main} {
  %min, %max, %signature = tile.load_range %table[%at] to [%at] : !tile.view<?xi8>
  tile.order_rows %counts, %order, %order[%n, %n] heads %n
      : !tile.view<?x?x?x2xi32>, !tile.view<?x?x?xi32>, !tile.view<?x?x?xi32>
  %b, %h, %i = tile.block %n, %n, %n order %order : !tile.view<?x?x?xi32>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 16, key_tile = 128, warps = 1, stages = 2, query_in_registers = false>

// Every number of a list is checked before it becomes an address.
// CHECK:       emitc.verbatim "__device__ __forceinline__ bool expand_row(const lacuna::View<3> &blocks, int32_t i0, int32_t row, const lacuna::View<2> &list, const lacuna::View<2> &offsets) {
// CHECK-SAME:    bool wrong = begin < 0 || next < begin || next > places;
// CHECK-SAME:    const int32_t end = wrong ? begin : next;
// CHECK-SAME:    const bool inside = uint32_t(column) < uint32_t(columns);
// CHECK-SAME:    if (inside)
// CHECK-SAME:    wrong |= !inside;
// CHECK:       emitc.verbatim "__device__ __forceinline__ bool expand_blocks(const lacuna::View<3> &blocks, int32_t i0, int32_t first, const lacuna::View<2> &list, const lacuna::View<2> &offsets) {
// CHECK-SAME:    row < first + 16 && row < rows
// CHECK:       %[[WRONG:.*]] = call_opaque "expand_blocks"
// CHECK:       "lacuna::report({}, 1u << 3, {});"
tile.kernel @csr(%blocks: !tile.view<?x?x?xi1>, %list: !tile.view<?x?xi32>,
                 %offsets: !tile.view<?x?xi32>, %status: !tile.status, %i: i32)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80", plans = @main} {
  %wrong = tile.expand_blocks %blocks[%i, %i] from %list offsets %offsets
      : !tile.view<?x?x?xi1> from !tile.view<?x?xi32> offsets !tile.view<?x?xi32>
  tile.report %status, 3 if %wrong
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 16, key_tile = 128, warps = 1, stages = 2, query_in_registers = false>

// Counts bound the places that are read; padding needs none; a bit is one lane's.
// CHECK:         bool wrong = uint32_t(count) > uint32_t(places);
// CHECK-SAME:    const int32_t end = wrong ? 0 : count;
// CHECK:         wrong |= !inside && column != -1;
// CHECK:         column / 32 < places) >> lane & 1);
// CHECK-SAME:    return places != (columns + 31) / 32 || last >> columns % 32 != 0;
tile.kernel @lists(%blocks: !tile.view<?x?xi1>, %list: !tile.view<?x?xi32>,
                   %counts: !tile.view<?xi32>, %i: i32)
    attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80", plans = @main} {
  %0 = tile.expand_blocks %blocks[%i] from %list counts %counts
      : !tile.view<?x?xi1> from !tile.view<?x?xi32> counts !tile.view<?xi32>
  %1 = tile.expand_blocks %blocks[%i] from %list : !tile.view<?x?xi1> from !tile.view<?x?xi32>
  %2 = tile.expand_blocks %blocks[%i] from %list bits : !tile.view<?x?xi1> from !tile.view<?x?xi32>
  tile.return
}
