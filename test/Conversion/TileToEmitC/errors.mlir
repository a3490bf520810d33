// RUN: lacuna-opt %s --split-input-file --verify-diagnostics --convert-tile-to-emitc
//
// Only the scheduled contract is printed; what it lacks is an error at its place.

// expected-error@+1 {{cannot be printed: it has no schedule or no target yet (run the schedule passes first)}}
tile.kernel @abstract() {
  tile.return
}

// -----

tile.kernel @no_layout(%z: f32, %o: !tile.view<?xf32>)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  // expected-error@+1 {{: it has no fragment layout yet (run the schedule passes first)}}
  %x = tile.splat %z : tensor<?xf32, #tile.axes<[query]>>
  tile.store %x, %o[%c0] : tensor<?xf32, #tile.axes<[query]>>, !tile.view<?xf32>
  tile.return
}

// -----

#rows = #tile.fragment<[query], row, warps = 1>
tile.kernel @double(%z: f64, %o: !tile.view<?xf64>)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  // expected-error@+1 {{cannot print a tile of 'f64'}}
  %x = tile.splat %z : tensor<16xf64, #rows>
  tile.store %x, %o[%c0] : tensor<16xf64, #rows>, !tile.view<?xf64>
  tile.return
}

// -----

#rows = #tile.fragment<[query], row, warps = 4>
tile.kernel @share(%z: f32, %o: !tile.view<?xf32>)
    attributes {schedule = #tile.schedule<query_tile = 64, key_tile = 16, warps = 4, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  // expected-error@+1 {{4 warps: rows of a warp and columns must be multiples of 16}}
  %x = tile.splat %z : tensor<16xf32, #rows>
  tile.store %x, %o[%c0] : tensor<16xf32, #rows>, !tile.view<?xf32>
  tile.return
}

// -----

tile.kernel @no_offset()
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  // expected-error@+1 {{cannot be printed: shared memory has not been laid out}}
  %ring = tile.alloc : !tile.ring<1 x !tile.shared<16x16xbf16, [key, feature]>>
  tile.return
}

// -----

#rows = #tile.fragment<[query], row, warps = 1>
#scores = #tile.fragment<[query, key], accumulator, warps = 1>
tile.kernel @integer_rows(%z: i32)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %x = tile.splat %z : tensor<16x16xi32, #scores>
  // expected-error@+1 {{cannot be printed: only f32 rows are reduced, not 'i32'}}
  %m = tile.reduce max %x : tensor<16x16xi32, #scores> -> tensor<16xi32, #rows>
  tile.return
}

// -----

#rows = #tile.fragment<[query], row, warps = 1>
#sums = #tile.fragment<[query], partial_row, warps = 1>
tile.kernel @integer_sums(%z: i32)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %x = tile.splat %z : tensor<16xi32, #sums>
  // expected-error@+1 {{cannot be printed: it is neither an accumulator of 16-bit floats that becomes an operand nor a partial row of f32 that becomes a row}}
  %m = tile.convert %x : tensor<16xi32, #sums> -> tensor<16xi32, #rows>
  tile.return
}

// -----

#scores = #tile.fragment<[query, key], accumulator, warps = 1>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 1>
!v = !tile.shared<16x16xbf16, [key, feature]>
tile.kernel @unconverted(%z: f32, %w: bf16)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 512 : i64, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc at 0 : !tile.ring<1 x !v>
  %slot = tile.slot %ring[%c0] : !tile.ring<1 x !v>
  %p = tile.splat %w : tensor<16x16xbf16, #scores>
  %o = tile.splat %z : tensor<16x16xf32, #outputs>
  // expected-error@+1 {{cannot be printed as mma.sync: it needs an f16 or bf16 left operand in shared memory or registers, rows first, a right operand in shared memory, and an f32 accumulator}}
  %d = tile.dot %p, %slot, %o : tensor<16x16xbf16, #scores>, !v -> tensor<16x16xf32, #outputs>
  tile.return
}

// -----

#rows = #tile.fragment<[query], row, warps = 1>
tile.kernel @unknown_op(%z: f32)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %x = tile.splat %z : tensor<16xf32, #rows>
  %y = tile.map(%e = %x) : (tensor<16xf32, #rows>) -> tensor<16xf32, #rows> {
    // expected-error@+1 {{cannot be printed as CUDA: no code is known for it}}
    %r = math.cbrt %e : f32
    tile.yield %r : f32
  }
  tile.return
}

// -----

tile.kernel @two_results(%a: i32, %b: i32)
    attributes {schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  // expected-error@+1 {{cannot be printed as CUDA: it is no scalar operation}}
  %low, %high = arith.mulsi_extended %a, %b : i32
  tile.return
}

// -----

!v = !tile.shared<32x64xbf16, [key, feature]>
#scores = #tile.fragment<[query, key], operand, warps = 2>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 2>
tile.kernel @half_a_warp_group(%z: f32)
    attributes {schedule = #tile.schedule<query_tile = 32, key_tile = 32, warps = 2, stages = 2, query_in_registers = false>,
                shared_bytes = 4096 : i64, target = "sm_90a"} {
  %c0 = arith.constant 0 : i32
  %low = arith.constant 0.0 : bf16
  %ring = tile.alloc at 0 : !tile.ring<1 x !v>
  tile.roles producer registers 24 {
  } consumers registers 240 {
    %slot = tile.slot %ring[%c0] : !tile.ring<1 x !v>
    %p = tile.splat %low : tensor<32x32xbf16, #scores>
    %o = tile.splat %z : tensor<32x64xf32, #outputs>
    // expected-error@+1 {{cannot be printed as wgmma: it needs a right operand in shared memory and 64 rows for each group of 4 warps}}
    %d = tile.dot %p, %slot, %o : tensor<32x32xbf16, #scores>, !v -> tensor<32x64xf32, #outputs>
  }
  tile.return
}

// -----

!columns = tensor<16xf32, #tile.fragment<[key], column, warps = 2>>
tile.kernel @adds_columns(%table: !tile.view<?xf32>, %z: f32, %i: i32)
    attributes {schedule = #tile.schedule<query_tile = 32, key_tile = 16, warps = 2, stages = 2, query_in_registers = false>,
                shared_bytes = 0 : i64, target = "sm_80"} {
  %x = tile.splat %z : !columns
  %y = tile.map(%e = %x) : (!columns) -> !columns {
    // expected-error@+1 {{cannot be printed: every warp holds the columns that it adds}}
    tile.atomic_add %e, %table[%i] : !tile.view<?xf32>
    tile.yield %e : f32
  }
  tile.return
}
