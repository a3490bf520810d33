// RUN: lacuna-opt %s --convert-tile-to-emitc | FileCheck %s
//
// A constant prints as a value of its own type: functions of two equal types,
// such as the smaller of two, would not be found otherwise.

// CHECK-LABEL: emitc.func @constants
// CHECK-DAG: literal "2147483647ll" : i64
// CHECK-DAG: literal "(-9223372036854775807ll - 1)" : i64
// CHECK-DAG: literal "int16_t(7)" : i16
// CHECK-DAG: literal "7" : i32
tile.kernel @constants(%a: i64, %b: i16, %c: i32, %lse: !tile.view<?xf32>)
    attributes {schedule = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %large = arith.constant 2147483647 : i64
  %least = arith.constant -9223372036854775808 : i64
  %short = arith.constant 7 : i16
  %plain = arith.constant 7 : i32
  %0 = arith.minsi %a, %large : i64
  %1 = arith.maxsi %0, %least : i64
  %2 = arith.minsi %b, %short : i16
  %3 = arith.minsi %c, %plain : i32
  %4 = arith.trunci %1 : i64 to i32
  %5 = arith.extsi %2 : i16 to i32
  %6 = arith.addi %4, %5 : i32
  %7 = arith.addi %6, %3 : i32
  %8 = arith.sitofp %7 : i32 to f32
  %rows = tile.splat %8 : tensor<64xf32, #tile.fragment<[query], row, warps = 4>>
  tile.store %rows, %lse[%plain] : tensor<64xf32, #tile.fragment<[query], row, warps = 4>>, !tile.view<?xf32>
  tile.return
}
