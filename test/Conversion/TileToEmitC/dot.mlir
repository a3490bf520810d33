// RUN: lacuna-opt %s --split-input-file --convert-tile-to-emitc | FileCheck %s
//
// Products are one asm statement each: ldmatrix at addresses that differ by an
// exclusive or inside a panel and by constants outside, and mma.m16n8k16.

// Scores: queries in shared memory, keys in rows. A product that starts from zero
// has no accumulator as operand.
// CHECK-LABEL: void dot_scores(F32x8 &d, uint32_t query, uint32_t key)
// CHECK-SAME: .reg .b32 a<4>, b<4>;
// CHECK-SAME: mov.f32 z, 0f00000000;
// CHECK-SAME: .reg .b32 p128_1; xor.b32 p128_1, %8, 32;
// CHECK-SAME: xor.b32 p128_3, %8, 96;
// CHECK-SAME: ldmatrix.sync.aligned.m8n8.x4.shared.b16 {a0, a1, a2, a3}, [%8];
// CHECK-SAME: ldmatrix.sync.aligned.m8n8.x4.shared.b16 {b0, b1, b2, b3}, [%10];
// CHECK-SAME: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {a0, a1, a2, a3}, {b0, b1}, {z, z, z, z};
// CHECK-SAME: {%4, %5, %6, %7}, {a0, a1, a2, a3}, {b2, b3}, {z, z, z, z};
// CHECK-SAME: {a0, a1, a2, a3}, [p128_1];
// CHECK-SAME: {b0, b1, b2, b3}, [q128_1];
// CHECK-SAME: {b2, b3}, {%4, %5, %6, %7};
// A panel of 16 columns follows 16 rows of 128 bytes: it has its own lane address.
// CHECK-SAME: {a0, a1, a2, a3}, [%9 + 2048];
// CHECK-SAME: {b0, b1, b2, b3}, [%11 + 2048];
// CHECK-SAME: : \22=f\22(d.x0)
// CHECK-SAME: \22r\22(query + lacuna::rowsFirst<128>() + 2048 * lacuna::warpIndex()), \22r\22(query + lacuna::rowsFirst<32>() + 512 * lacuna::warpIndex())
// CHECK-SAME: \22r\22(key + lacuna::columnsFirst<128>()), \22r\22(key + lacuna::columnsFirst<32>())
// CHECK-SAME: \22memory\22
#scores = #tile.fragment<[query, key], accumulator, warps = 1>
!q = !tile.shared<16x80xbf16, [query, feature]>
!k = !tile.shared<16x80xbf16, [key, feature]>
tile.kernel @scores()
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 5120 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  %queries = tile.alloc at 0 : !tile.ring<1 x !q>
  %keys = tile.alloc at 3072 : !tile.ring<1 x !k>
  %query = tile.slot %queries[%c0] : !tile.ring<1 x !q>
  %key = tile.slot %keys[%c0] : !tile.ring<1 x !k>
  // CHECK-NOT: splat_scores
  %empty = tile.splat %zero : tensor<16x16xf32, #scores>
  // CHECK: verbatim "dot_scores({}, {}, {});"
  %s = tile.dot %query, %key, %empty : !q, !k -> tensor<16x16xf32, #scores>
  tile.return
}

// -----

// Outputs: weights in registers, values in columns (transposed), two blocks of 16
// rows a warp that share every load of the right operand.
// CHECK-LABEL: void dot_outputs(F32x32 &d, const F16x16 &weights, uint32_t key)
// CHECK-NOT: xor.b32 q64_2
// CHECK-SAME: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {b0, b1, b2, b3}, [%40];
// CHECK-SAME: mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%32, %33, %34, %35}, {b0, b1}, {%0, %1, %2, %3};
// CHECK-SAME: {%4, %5, %6, %7}, {%32, %33, %34, %35}, {b2, b3}, {%4, %5, %6, %7};
// CHECK-SAME: {%16, %17, %18, %19}, {%36, %37, %38, %39}, {b0, b1}, {%16, %17, %18, %19};
// CHECK-SAME: {%20, %21, %22, %23}, {%36, %37, %38, %39}, {b2, b3}, {%20, %21, %22, %23};
// CHECK-SAME: {b0, b1, b2, b3}, [q64_1];
// CHECK-SAME: : \22+f\22(d.x0)
// CHECK-SAME: \22r\22(weights.x0)
// CHECK-SAME: \22r\22(key + lacuna::rowsFirst<64>())
#scores = #tile.fragment<[query, key], accumulator, warps = 1>
#packed = #tile.fragment<[query, key], operand, warps = 1>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 1>
!v = !tile.shared<16x32xf16, [key, feature]>
tile.kernel @outputs(%w: f16, %o: f32)
    attributes {schedule = #tile.schedule<query_tile = 32, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 1024 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %values = tile.alloc at 0 : !tile.ring<1 x !v>
  %value = tile.slot %values[%c0] : !tile.ring<1 x !v>
  %weights = tile.splat %w : tensor<32x16xf16, #scores>
  %acc = tile.splat %o : tensor<32x32xf32, #outputs>
  // The registers of an accumulator are those of an operand.
  %packed = tile.convert %weights : tensor<32x16xf16, #scores> -> tensor<32x16xf16, #packed>
  // CHECK: %[[ACC:.*]] = "emitc.variable"{{.*}}F32x32
  // CHECK: verbatim "{} = splat_outputs({});" args %[[ACC]],
  // CHECK: verbatim "dot_outputs({}, {}, {});" args %[[ACC]],
  %d = tile.dot %packed, %value, %acc : tensor<32x16xf16, #packed>, !v -> tensor<32x32xf32, #outputs>
  tile.return
}

// -----

// Queries that stay in registers are loaded once.
// CHECK-LABEL: Bf16x16 load_query(uint32_t slot)
// CHECK-SAME: ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%8];
// CHECK-SAME: {%4, %5, %6, %7}, [p64_1];
#query = #tile.fragment<[query, feature], operand, warps = 2>
!q = !tile.shared<32x32xbf16, [query, feature]>
tile.kernel @query()
    attributes {schedule = #tile.schedule<query_tile = 32, key_tile = 16, warps = 2, stages = 2, query_in_registers = true>,
                shared_bytes = 2048 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc at 0 : !tile.ring<1 x !q>
  %slot = tile.slot %ring[%c0] : !tile.ring<1 x !q>
  // CHECK: call_opaque "load_query"
  %query = tile.load_shared %slot : !q -> tensor<32x32xbf16, #query>
  tile.return
}

// -----

// What all warps have stored, read across its rows: 32 queries, so that two of four warps share
// rows, and each has half of the features.
// CHECK-LABEL: void share_weights(uint32_t slot, const Bf16x16 &x)
// CHECK-SAME: const uint32_t target64 = slot + lacuna::chunkOffset<64>(lacuna::fragmentRow(16), 0) + 2 * lacuna::fragmentColumn();
// CHECK-SAME: lacuna::storeShared(target64, x.x0);
// CHECK-SAME: lacuna::storeShared(target64 + 512, x.x1);
// CHECK-SAME: lacuna::storeShared((target64 ^ 16), x.x2);
// CHECK-LABEL: void dot_outputs(F32x16 &d, uint32_t exchanged, uint32_t key)
// CHECK-SAME: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {a0, a1, a2, a3}, [%16];
// CHECK-SAME: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {b0, b1, b2, b3}, [%17];
// CHECK-SAME: {a0, a1, a2, a3}, [%16 + 1024];
// CHECK-SAME: \22r\22(exchanged + lacuna::columnsFirst<64>(2 * (lacuna::warpIndex() % 2)))
// CHECK-SAME: + 8192 * ((lacuna::warpIndex() / 2) / 2) + lacuna::rowsFirst<128>(4 * ((lacuna::warpIndex() / 2) % 2)))
#s = #tile.schedule<query_tile = 32, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
!ds = tensor<64x32xbf16, #tile.fragment<[key, query], accumulator, warps = 4>>
!dq = tensor<32x64xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
!slot = !tile.shared<64x32xbf16, [key, query]>
!keys = !tile.shared<64x64xbf16, [key, feature]>
tile.kernel @across_rows(%none: bf16, %n: i32)
    attributes {schedule = #s, shared_bytes = 12288 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %zero = arith.constant 0.0 : f32
  %b, %h, %first = tile.block %n, %n, %n of key
  %ring = tile.alloc at 0 : !tile.ring<1 x !slot>
  %key_ring = tile.alloc at 4096 : !tile.ring<1 x !keys>
  %slot = tile.slot %ring[%c0] : !tile.ring<1 x !slot>
  %key = tile.slot %key_ring[%c0] : !tile.ring<1 x !keys>
  %ds = tile.splat %none : !ds
  // CHECK: "share_weights({}, {});"
  tile.store_shared %ds, %slot : !ds, !slot
  tile.barrier
  %empty = tile.splat %zero : !dq
  %dq = tile.dot %slot, %key, %empty : !slot, !keys -> !dq
  tile.return
}
