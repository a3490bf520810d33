// RUN: lacuna-opt %s --split-input-file --tile-verify-scheduled --verify-diagnostics
//
// scheduled.mlir is accepted; here is what is not.

// expected-error@+1 {{lacks a schedule, a target or a shared memory size}}
tile.kernel @k() attributes {target = "sm_80"} {
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
// expected-error@+1 {{has unknown target 'sm_75'; expected one of sm_80, }}
tile.kernel @k() attributes {schedule = #s, target = "sm_75", shared_bytes = 0} {
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
// expected-error@+1 {{needs 131072 bytes of shared memory per block, sm_86 has 101376}}
tile.kernel @k() attributes {schedule = #s, target = "sm_86", shared_bytes = 131072} {
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%k: !tile.view<?x64xbf16>, %key: i32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %c0 = arith.constant 0 : i32
  // expected-error@+1 {{'tile.load' op belongs to the abstract contract}}
  %tile = tile.load %k[%key, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16, #tile.axes<[key, feature]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  // expected-error@+1 {{has a tile of type 'tensor<?xf32, #tile.axes<[query]>>', needs static extents and a fragment}}
  %rows = tile.splat %x : tensor<?xf32, #tile.axes<[query]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  // expected-error@+1 {{has a tile over 2 warps in a kernel of 4}}
  %rows = tile.splat %x : tensor<64xf32, #tile.fragment<[query], row, warps = 2>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  // expected-error@+1 {{has a tile of 32 rows, needs a multiple of 16 for each of 4 warps}}
  %rows = tile.splat %x : tensor<32xf32, #tile.fragment<[query], row, warps = 4>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  // expected-error@+1 {{has a tile of 40 columns, needs a multiple of 16}}
  %o = tile.splat %x : tensor<64x40xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
  tile.return
}

// -----

// Two warps for each 16 rows share the columns.
#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %shared = tile.splat %x : tensor<32x64xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
  // expected-error@+1 {{has a tile of 48 columns, needs a multiple of 32}}
  %o = tile.splat %x : tensor<32x48xf32, #tile.fragment<[query, feature], accumulator, warps = 4>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  // expected-error@+1 {{has a tile of rank 2 in a fragment of kind row}}
  %o = tile.splat %x : tensor<64x48xf32, #tile.fragment<[query, feature], row, warps = 4>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  // expected-error@+1 {{packs 'f32', operands have 16 bits}}
  %o = tile.splat %x : tensor<64x48xf32, #tile.fragment<[query, feature], operand, warps = 4>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#scores = #tile.fragment<[query, key], accumulator, warps = 4>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 4>
!keys = !tile.shared<64x64xbf16, [key, feature]>
tile.kernel @k(%x: bf16, %y: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 8192} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc at 0 : !tile.ring<1 x !keys>
  %v = tile.slot %ring[%c0] : !tile.ring<1 x !keys>
  %p = tile.splat %x : tensor<64x64xbf16, #scores>
  %o = tile.splat %y : tensor<64x64xf32, #outputs>
  // expected-error@+1 {{reads its left side from neither a slot nor an operand fragment}}
  %r = tile.dot %p, %v, %o : tensor<64x64xbf16, #scores>, !keys -> tensor<64x64xf32, #outputs>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#packed = #tile.fragment<[query, key], operand, warps = 4>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 4>
#keys = #tile.fragment<[key, feature], accumulator, warps = 4>
tile.kernel @k(%x: bf16, %y: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %p = tile.splat %x : tensor<64x64xbf16, #packed>
  %v = tile.splat %x : tensor<64x64xbf16, #keys>
  %o = tile.splat %y : tensor<64x64xf32, #outputs>
  // expected-error@+1 {{must read its right side from a slot}}
  %r = tile.dot %p, %v, %o : tensor<64x64xbf16, #packed>, tensor<64x64xbf16, #keys> -> tensor<64x64xf32, #outputs>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#packed = #tile.fragment<[query, key], operand, warps = 4>
#outputs = #tile.fragment<[query, feature], accumulator, warps = 4>
!keys = !tile.shared<64x64xbf16, [key, feature]>
tile.kernel @k(%x: bf16) attributes {schedule = #s, target = "sm_80", shared_bytes = 8192} {
  %c0 = arith.constant 0 : i32
  %ring = tile.alloc at 0 : !tile.ring<1 x !keys>
  %v = tile.slot %ring[%c0] : !tile.ring<1 x !keys>
  %p = tile.splat %x : tensor<64x64xbf16, #packed>
  %o = tile.splat %x : tensor<64x64xbf16, #outputs>
  // expected-error@+1 {{must add to an accumulator of f32}}
  %r = tile.dot %p, %v, %o : tensor<64x64xbf16, #packed>, !keys -> tensor<64x64xbf16, #outputs>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#sums = #tile.fragment<[query], partial_row, warps = 4>
#rows = #tile.fragment<[query], row, warps = 4>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %parts = tile.splat %x : tensor<64xf32, #sums>
  // expected-error@+1 {{makes whole values of parts of sums; convert them first}}
  %r = tile.map(%a = %parts) : (tensor<64xf32, #sums>) -> tensor<64xf32, #rows> {
    tile.yield %a : f32
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#sums = #tile.fragment<[query], partial_row, warps = 4>
tile.kernel @k(%x: f32, %v: !tile.view<?xf32>, %i: i32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %parts = tile.splat %x : tensor<64xf32, #sums>
  // expected-error@+1 {{stores parts of sums; convert them first}}
  tile.store %parts, %v[%i] : tensor<64xf32, #sums>, !tile.view<?xf32>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%c: i1) attributes {schedule = #s, target = "sm_80", shared_bytes = 8192} {
  scf.if %c {
    // expected-error@+1 {{must stand in the body of the kernel}}
    %ring = tile.alloc at 0 : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k() attributes {schedule = #s, target = "sm_80", shared_bytes = 8192} {
  // expected-error@+1 {{has no offset; run tile-allocate-shared first}}
  %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k() attributes {schedule = #s, target = "sm_80", shared_bytes = 16384} {
  // expected-error@+1 {{begins at byte 512, must begin at a multiple of 1024}}
  %ring = tile.alloc at 512 : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
tile.kernel @k() attributes {schedule = #s, target = "sm_90a", shared_bytes = 32} {
  // expected-error@+1 {{begins at byte 8, must begin at a multiple of 16}}
  %mailbox = tile.alloc_mailbox at 8 : !tile.mailbox
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k() attributes {schedule = #s, target = "sm_80", shared_bytes = 16384} {
  // expected-error@+1 {{ends at byte 17408 of 16384}}
  %ring = tile.alloc at 1024 : !tile.ring<2 x !tile.shared<64x64xbf16, [key, feature]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k() attributes {schedule = #s, target = "sm_80", shared_bytes = 24576} {
  %keys = tile.alloc at 0 : !tile.ring<2 x !tile.shared<64x64xbf16, [key, feature]>>
  // expected-error@+1 {{overlaps another ring}}
  %values = tile.alloc at 8192 : !tile.ring<2 x !tile.shared<64x64xbf16, [key, feature]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 32, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
#column = #tile.fragment<[query], column, warps = 4>
tile.kernel @k(%v: !tile.view<?xf32>, %i: i32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %b, %h, %first = tile.block %i, %i, %i of key
  %columns = tile.load %v[%i] : !tile.view<?xf32> -> tensor<32xf32, #column>
  // expected-error@+1 {{stores columns, which every warp holds}}
  tile.store %columns, %v[%i] : tensor<32xf32, #column>, !tile.view<?xf32>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 32, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%v: !tile.view<?xf32>, %i: i32) attributes {schedule = #s, target = "sm_80", shared_bytes = 0} {
  %b, %h, %first = tile.block %i, %i, %i of key
  // expected-error@+1 {{has a tile of 40 columns, needs a multiple of 16}}
  %columns = tile.load %v[%i] : !tile.view<?xf32> -> tensor<40xf32, #tile.fragment<[query], column, warps = 4>>
  tile.return
}
