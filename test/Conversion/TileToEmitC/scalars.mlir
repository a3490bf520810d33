// RUN: lacuna-opt %s --convert-tile-to-emitc --emitc-fold-scalar-code --form-expressions | FileCheck %s
//
// Every scalar operation that a spec may use, in maps of one operation each, so
// that each function is one expression.

#rows = #tile.fragment<[query], row, warps = 1>
!f = tensor<16xf32, #rows>
!n = tensor<16xi32, #rows>
!m = tensor<16xi8, #rows>
!b = tensor<16xi1, #rows>

tile.kernel @scalars(%z: f32, %i: i32, %c: i1, %small: i8)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %f = tile.splat %z : !f
  %n = tile.splat %i : !n
  %b = tile.splat %c : !b
  %m = tile.splat %small : !m

  // Integers are signed; unsigned operations cast.
  // CHECK-LABEL: emitc.func @addi_rows_element
  // CHECK: add %{{.*}}, %{{.*}} : (i32, i32) -> i32
  %n0 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.addi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @subi_rows_element
  // CHECK: sub
  %n1 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.subi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @muli_rows_element
  // CHECK: mul
  %n2 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.muli %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @divsi_rows_element
  // CHECK: div %{{.*}} : (i32, i32) -> i32
  %n3 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.divsi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @divui_rows_element
  // CHECK: div %{{.*}} : (ui32, ui32) -> ui32
  %n4 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.divui %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @remsi_rows_element
  // CHECK: rem %{{.*}} : (i32, i32) -> i32
  %n5 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.remsi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @remui_rows_element
  // CHECK: rem %{{.*}} : (ui32, ui32) -> ui32
  %n6 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.remui %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @floordivsi_rows_element
  // CHECK: call_opaque "lacuna::floorDivide<int32_t>"
  %n7 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.floordivsi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @ceildivsi_rows_element
  // CHECK: call_opaque "lacuna::ceilDivide<int32_t>"(%{{.*}}) : (i32, i32) -> i32
  %n8 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.ceildivsi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @ceildivui_rows_element
  // CHECK: call_opaque "lacuna::ceilDivide<uint32_t>"(%{{.*}}) : (ui32, ui32) -> ui32
  %n9 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.ceildivui %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @minsi_rows_element
  // CHECK: call_opaque "lacuna::smaller<int32_t>"(%{{.*}}) : (i32, i32) -> i32
  %n10 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.minsi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @minui_rows_element
  // CHECK: call_opaque "lacuna::smaller<uint32_t>"(%{{.*}}) : (ui32, ui32) -> ui32
  %n11 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.minui %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @maxsi_rows_element
  // CHECK: call_opaque "lacuna::larger<int32_t>"(%{{.*}}) : (i32, i32) -> i32
  %n12 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.maxsi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @maxui_rows_element
  // CHECK: call_opaque "lacuna::larger<uint32_t>"(%{{.*}}) : (ui32, ui32) -> ui32
  %n13 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.maxui %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @andi_rows_element
  // CHECK: bitwise_and
  %n14 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.andi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @ori_rows_element
  // CHECK: bitwise_or
  %n15 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.ori %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @xori_rows_element
  // CHECK: bitwise_xor
  %n16 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.xori %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @shli_rows_element
  // CHECK: bitwise_left_shift %{{.*}} : (ui32, ui32) -> ui32
  %n17 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.shli %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @shrsi_rows_element
  // CHECK: bitwise_right_shift %{{.*}} : (i32, i32) -> i32
  %n18 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.shrsi %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @shrui_rows_element
  // CHECK: bitwise_right_shift %{{.*}} : (ui32, ui32) -> ui32
  %n19 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !n { %r = arith.shrui %x, %y : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @absi_rows_element
  // CHECK: call_opaque "lacuna::absolute<int32_t>"
  %n20 = tile.map(%x = %n) : (!n) -> !n { %r = math.absi %x : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @ctlz_rows_element
  // CHECK: call_opaque "lacuna::leadingZeros<uint32_t>"(%{{.*}}) : (ui32) -> i32
  %n21 = tile.map(%x = %n) : (!n) -> !n { %r = math.ctlz %x : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @cttz_rows_element
  // CHECK: call_opaque "lacuna::trailingZeros<uint32_t>"(%{{.*}}) : (ui32) -> i32
  %n22 = tile.map(%x = %n) : (!n) -> !n { %r = math.cttz %x : i32 tile.yield %r : i32 }
  // CHECK-LABEL: emitc.func @ctpop_rows_element
  // CHECK: call_opaque "lacuna::countOnes<uint32_t>"(%{{.*}}) : (ui32) -> i32
  %n23 = tile.map(%x = %n) : (!n) -> !n { %r = math.ctpop %x : i32 tile.yield %r : i32 }

  // C computes in int: a narrow result is cut to its width.
  // CHECK-LABEL: emitc.func @addi_rows_element_2
  // CHECK: add %{{.*}} : (i8, i8) -> i8
  // CHECK: cast %{{.*}} : i8 to ui8
  // CHECK: cast %{{.*}} : ui8 to i8
  %m0 = tile.map(%x = %m, %y = %m) : (!m, !m) -> !m { %r = arith.addi %x, %y : i8 tile.yield %r : i8 }

  // Booleans: logic, and not where one side is true.
  // CHECK-LABEL: emitc.func @andi_rows_element_2
  // CHECK: logical_and
  %b0 = tile.map(%x = %b, %y = %b) : (!b, !b) -> !b { %r = arith.andi %x, %y : i1 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @ori_rows_element_2
  // CHECK: logical_or
  %b1 = tile.map(%x = %b, %y = %b) : (!b, !b) -> !b { %r = arith.ori %x, %y : i1 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @xori_rows_element_2
  // CHECK: cmp ne
  %b2 = tile.map(%x = %b, %y = %b) : (!b, !b) -> !b { %r = arith.xori %x, %y : i1 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @xori_rows_element_3
  // CHECK: logical_not
  %b3 = tile.map(%x = %b) : (!b) -> !b {
    %true = arith.constant true
    %r = arith.xori %x, %true : i1
    tile.yield %r : i1
  }

  // Comparisons: an unordered one is the negation of its opposite.
  // CHECK-LABEL: emitc.func @cmpi_rows_element
  // CHECK: cmp lt, %{{.*}} : (i32, i32) -> i1
  %b4 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !b { %r = arith.cmpi slt, %x, %y : i32 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @cmpi_rows_element_2
  // CHECK: cmp ge, %{{.*}} : (ui32, ui32) -> i1
  %b5 = tile.map(%x = %n, %y = %n) : (!n, !n) -> !b { %r = arith.cmpi uge, %x, %y : i32 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @cmpi_rows_element_3
  // CHECK-SAME:  (%[[X:.*]]: i1, %[[Y:.*]]: i1)
  // CHECK: cmp lt, %{{.*}} : (i1, i1) -> i1
  %b6 = tile.map(%x = %b, %y = %b) : (!b, !b) -> !b { %r = arith.cmpi slt, %x, %y : i1 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @cmpf_rows_element
  // CHECK: cmp eq
  %b7 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !b { %r = arith.cmpf oeq, %x, %y : f32 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @cmpf_rows_element_2
  // CHECK: cmp ge
  // CHECK: logical_not
  %b8 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !b { %r = arith.cmpf ult, %x, %y : f32 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @cmpf_rows_element_3
  // CHECK: cmp lt
  // CHECK: cmp gt
  // CHECK: logical_or
  %b9 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !b { %r = arith.cmpf one, %x, %y : f32 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @cmpf_rows_element_4
  // CHECK: logical_or
  // CHECK: logical_not
  %b10 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !b { %r = arith.cmpf ueq, %x, %y : f32 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @cmpf_rows_element_5
  // CHECK: logical_and
  %b11 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !b { %r = arith.cmpf ord, %x, %y : f32 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @cmpf_rows_element_6
  // CHECK: literal "true"
  %b12 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !b { %r = arith.cmpf true, %x, %y : f32 tile.yield %r : i1 }
  // CHECK-LABEL: emitc.func @select_rows_element
  // CHECK: conditional
  %f0 = tile.map(%x = %b, %y = %f, %w = %f) : (!b, !f, !f) -> !f { %r = arith.select %x, %y, %w : f32 tile.yield %r : f32 }
  tile.return
}
