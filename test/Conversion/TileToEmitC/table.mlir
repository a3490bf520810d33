// A table is an array in a function that makes a view of it.
// RUN: lacuna-opt %s --convert-tile-to-emitc | FileCheck %s

#s = #tile.schedule<query_tile = 64, key_tile = 128, warps = 4, stages = 2, query_in_registers = false>

// CHECK:      emitc.verbatim "__device__ __forceinline__ lacuna::View<4> main_table() {
// CHECK-SAME:   alignas(16) static const int32_t elements[8] = {1, 2, 3, 4, 5, 6, 7, 8};
// CHECK-SAME:   return {lacuna::tableAddress(elements), {8, 4, 2}, {1, 2, 2, 2}};
// CHECK:      emitc.verbatim "__device__ __forceinline__ lacuna::View<1> main_table_2() {
// CHECK-SAME:   alignas(16) static const int32_t elements[2] = {-7, -7};
// CHECK-SAME:   return {lacuna::tableAddress(elements), {2}};
// No array is without elements.
// CHECK:      alignas(16) static const int32_t elements[1] = {};
// CHECK-SAME:   return {lacuna::tableAddress(elements), {0, 1}, {1, 0, 1}};
// CHECK:      emitc.func @main
// CHECK:        %[[VIEW:.*]] = call_opaque "main_table"() : () -> !emitc.opaque<"lacuna::View<4>">
tile.kernel @main(%x: i32) attributes {schedule = #s, shared_bytes = 0 : i64, target = "sm_80"} {
  %0 = tile.table dense<[[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]> : tensor<1x2x2x2xi32>
  %1 = tile.table dense<-7> : tensor<2xi32>
  %2 = tile.table dense<> : tensor<1x0x1xi32>
  %value, %inside = tile.read %0[%x, %x, %x, %x] : !tile.view<1x2x2x2xi32>
  tile.return
}
