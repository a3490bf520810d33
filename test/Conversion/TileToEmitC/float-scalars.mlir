// RUN: lacuna-opt %s --convert-tile-to-emitc | FileCheck %s
//
// Functions and conversions of floats. f16 and bf16 values live in floats that
// are exact and are rounded after every operation.

#rows = #tile.fragment<[query], row, warps = 1>
!f = tensor<16xf32, #rows>
!h = tensor<16xbf16, #rows>
!e = tensor<16xf16, #rows>
!n = tensor<16xi32, #rows>
!s = tensor<16xi16, #rows>
!b = tensor<16xi1, #rows>

tile.kernel @floats(%z: f32, %i: i32, %c: i1, %t: i16)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %f = tile.splat %z : !f
  %n = tile.splat %i : !n
  %b = tile.splat %c : !b
  %s = tile.splat %t : !s

  // CHECK: call_opaque "fmodf"
  %0 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = arith.remf %x, %y : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "lacuna::minimumOrNan"
  %1 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = arith.minimumf %x, %y : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "lacuna::maximumOrNan"
  %2 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = arith.maximumf %x, %y : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "fminf"
  %3 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = arith.minnumf %x, %y : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "fmaxf"
  %4 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = arith.maxnumf %x, %y : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "fabsf"
  %5 = tile.map(%x = %f) : (!f) -> !f { %r = math.absf %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "ceilf"
  %6 = tile.map(%x = %f) : (!f) -> !f { %r = math.ceil %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "copysignf"
  %7 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = math.copysign %x, %y : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "cosf"
  %8 = tile.map(%x = %f) : (!f) -> !f { %r = math.cos %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "erff"
  %9 = tile.map(%x = %f) : (!f) -> !f { %r = math.erf %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "expf"
  %10 = tile.map(%x = %f) : (!f) -> !f { %r = math.exp %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "exp2f"
  %11 = tile.map(%x = %f) : (!f) -> !f { %r = math.exp2 %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "lacuna::approximateExp2"
  %12 = tile.map(%x = %f) : (!f) -> !f { %r = math.exp2 %x fastmath<afn> : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "expm1f"
  %13 = tile.map(%x = %f) : (!f) -> !f { %r = math.expm1 %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "floorf"
  %14 = tile.map(%x = %f) : (!f) -> !f { %r = math.floor %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "fmaf"
  %15 = tile.map(%x = %f) : (!f) -> !f { %r = math.fma %x, %x, %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "logf"
  %16 = tile.map(%x = %f) : (!f) -> !f { %r = math.log %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "log10f"
  %17 = tile.map(%x = %f) : (!f) -> !f { %r = math.log10 %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "log1pf"
  %18 = tile.map(%x = %f) : (!f) -> !f { %r = math.log1p %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "log2f"
  %19 = tile.map(%x = %f) : (!f) -> !f { %r = math.log2 %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "lacuna::approximateLog2"
  %20 = tile.map(%x = %f) : (!f) -> !f { %r = math.log2 %x fastmath<afn> : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "powf"
  %21 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = math.powf %x, %y : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "roundf"
  %22 = tile.map(%x = %f) : (!f) -> !f { %r = math.round %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "rintf"
  %23 = tile.map(%x = %f) : (!f) -> !f { %r = math.roundeven %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "rsqrtf"
  %24 = tile.map(%x = %f) : (!f) -> !f { %r = math.rsqrt %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "sinf"
  %25 = tile.map(%x = %f) : (!f) -> !f { %r = math.sin %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "sqrtf"
  %26 = tile.map(%x = %f) : (!f) -> !f { %r = math.sqrt %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "tanhf"
  %27 = tile.map(%x = %f) : (!f) -> !f { %r = math.tanh %x : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "truncf"
  %28 = tile.map(%x = %f) : (!f) -> !f { %r = math.trunc %x : f32 tile.yield %r : f32 }
  // CHECK: div %{{.*}} : (f32, f32) -> f32
  %29 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = arith.divf %x, %y : f32 tile.yield %r : f32 }
  // CHECK: call_opaque "lacuna::approximateQuotient"
  %30 = tile.map(%x = %f, %y = %f) : (!f, !f) -> !f { %r = arith.divf %x, %y fastmath<arcp> : f32 tile.yield %r : f32 }
  // CHECK: unary_minus
  %31 = tile.map(%x = %f) : (!f) -> !f { %r = arith.negf %x : f32 tile.yield %r : f32 }

  // The last rounding to 16 bits is left to the instruction that packs two.
  // CHECK: Bf16x2 truncf_rows(const F32x2 &x)
  // CHECK-SAME: r.x0 = lacuna::packBf16(x.x0, x.x1);
  %h = tile.map(%x = %f) : (!f) -> !h { %r = arith.truncf %x : f32 to bf16 tile.yield %r : bf16 }
  // CHECK: F16x2 truncf_rows_2(const F32x2 &x)
  // CHECK-SAME: lacuna::packF16(x.x0, x.x1)
  %e = tile.map(%x = %f) : (!f) -> !e { %r = arith.truncf %x : f32 to f16 tile.yield %r : f16 }
  // CHECK-LABEL: @addf_rows_element(
  // CHECK: %[[SUM:.*]] = add
  // CHECK: call_opaque "lacuna::roundToBf16"(%[[SUM]])
  // CHECK: lacuna::bf16OfBits(uint16_t(x.x0)){{.*}}lacuna::bf16OfBits(uint16_t(x.x0 >> 16))
  %32 = tile.map(%x = %h) : (!h) -> !h { %r = arith.addf %x, %x : bf16 tile.yield %r : bf16 }
  // CHECK: F32x2 extf_rows(const F16x2 &x)
  // CHECK-SAME: r.x1 = lacuna::f16OfBits(uint16_t(x.x0 >> 16));
  %33 = tile.map(%x = %e) : (!e) -> !f { %r = arith.extf %x : f16 to f32 tile.yield %r : f32 }

  // Conversions between integers and floats.
  // CHECK: cast %{{.*}} : i32 to f32
  %34 = tile.map(%x = %n) : (!n) -> !f { %r = arith.sitofp %x : i32 to f32 tile.yield %r : f32 }
  // CHECK: cast %{{.*}} : i32 to ui32
  // CHECK: cast %{{.*}} : ui32 to f32
  %35 = tile.map(%x = %n) : (!n) -> !f { %r = arith.uitofp %x : i32 to f32 tile.yield %r : f32 }
  // CHECK: cast %{{.*}} : f32 to i32
  %36 = tile.map(%x = %f) : (!f) -> !n { %r = arith.fptosi %x : f32 to i32 tile.yield %r : i32 }
  // CHECK: cast %{{.*}} : f32 to ui32
  // CHECK: cast %{{.*}} : ui32 to i32
  %37 = tile.map(%x = %f) : (!f) -> !n { %r = arith.fptoui %x : f32 to i32 tile.yield %r : i32 }
  // CHECK-LABEL: @extsi_rows_element
  // CHECK: cast %{{.*}} : i16 to i32
  %38 = tile.map(%x = %s) : (!s) -> !n { %r = arith.extsi %x : i16 to i32 tile.yield %r : i32 }
  // A true i1 is the number -1.
  // CHECK-LABEL: @extsi_rows_element_2
  // CHECK: cast %{{.*}} : i1 to i32
  // CHECK: unary_minus
  %39 = tile.map(%x = %b) : (!b) -> !n { %r = arith.extsi %x : i1 to i32 tile.yield %r : i32 }
  // CHECK-LABEL: @extui_rows_element
  // CHECK: cast %{{.*}} : i16 to ui16
  // CHECK: cast %{{.*}} : ui16 to i32
  %40 = tile.map(%x = %s) : (!s) -> !n { %r = arith.extui %x : i16 to i32 tile.yield %r : i32 }
  // CHECK-LABEL: @trunci_rows_element
  // CHECK: cast %{{.*}} : i32 to i16
  %41 = tile.map(%x = %n) : (!n) -> !s { %r = arith.trunci %x : i32 to i16 tile.yield %r : i16 }
  // CHECK-LABEL: @trunci_rows_element_2
  // CHECK: bitwise_and
  // CHECK: cmp ne
  %42 = tile.map(%x = %n) : (!n) -> !b { %r = arith.trunci %x : i32 to i1 tile.yield %r : i1 }
  // CHECK-LABEL: @bitcast_rows_element
  // CHECK: call_opaque "__float_as_int"
  %43 = tile.map(%x = %f) : (!f) -> !n { %r = arith.bitcast %x : f32 to i32 tile.yield %r : i32 }
  // CHECK-LABEL: @bitcast_rows_element_2
  // CHECK: call_opaque "__int_as_float"
  %44 = tile.map(%x = %n) : (!n) -> !f { %r = arith.bitcast %x : i32 to f32 tile.yield %r : f32 }
  // CHECK-LABEL: @bitcast_rows_element_3
  // CHECK: call_opaque "lacuna::bitsOfF16"
  %45 = tile.map(%x = %e) : (!e) -> !s { %r = arith.bitcast %x : f16 to i16 tile.yield %r : i16 }
  // CHECK-LABEL: @bitcast_rows_element_4
  // CHECK: call_opaque "lacuna::bf16OfBits"
  %46 = tile.map(%x = %s) : (!s) -> !h { %r = arith.bitcast %x : i16 to bf16 tile.yield %r : bf16 }
  // CHECK-LABEL: @index_cast_rows_element
  // CHECK: cast %{{.*}} : i32 to i64
  // CHECK: cast %{{.*}} : i64 to i32
  %47 = tile.map(%x = %n) : (!n) -> !n {
    %wide = arith.index_cast %x : i32 to index
    %r = arith.index_cast %wide : index to i32
    tile.yield %r : i32
  }
  // CHECK-LABEL: @index_castui_rows_element
  // CHECK: cast %{{.*}} : i32 to ui32
  // CHECK: cast %{{.*}} : ui32 to i64
  %48 = tile.map(%x = %n) : (!n) -> !n {
    %wide = arith.index_castui %x : i32 to index
    %r = arith.index_castui %wide : index to i32
    tile.yield %r : i32
  }

  // Constants: what has no literal is written in bits or as a difference.
  // CHECK-LABEL: @addf_rows_element_2
  // CHECK-DAG: literal "__uint_as_float(0xff800000u)"
  // CHECK-DAG: literal "__uint_as_float(0x7fc00000u)"
  // CHECK-DAG: literal "(-0.5f)"
  // CHECK-DAG: literal "1.0E+10f"
  %49 = tile.map(%x = %f) : (!f) -> !f {
    %low = arith.constant 0xFF800000 : f32
    %nan = arith.constant 0x7FC00000 : f32
    %half = arith.constant -0.5 : f32
    %big = arith.constant 1.0e10 : f32
    %p = arith.addf %low, %nan : f32
    %q = arith.addf %p, %half : f32
    %o = arith.addf %q, %big : f32
    %r = arith.addf %x, %o : f32
    tile.yield %r : f32
  }
  // CHECK-LABEL: @addi_rows_element
  // CHECK-DAG: literal "(-2147483647 - 1)"
  // CHECK-DAG: literal "(-7)"
  %50 = tile.map(%x = %n) : (!n) -> !n {
    %least = arith.constant -2147483648 : i32
    %seven = arith.constant -7 : i32
    %p = arith.maxsi %x, %seven : i32
    %q = arith.maxsi %p, %least : i32
    %r = arith.addi %q, %q : i32
    tile.yield %r : i32
  }
  tile.return
}
