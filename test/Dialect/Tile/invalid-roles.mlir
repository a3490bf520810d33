// Every message of the operations of roles.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

tile.kernel @k() {
  // expected-error@+1 {{gives a role 20 registers, must be a multiple of 8 from 24 to 240}}
  tile.roles producer registers 20 {
  } consumers registers 240 {
  }
  tile.return
}

// -----

tile.kernel @k() {
  // expected-error@+1 {{gives a role 248 registers, must be a multiple of 8 from 24 to 240}}
  tile.roles producer registers 24 {
  } consumers registers 248 {
  }
  tile.return
}

// -----

tile.kernel @k(%map: !tile.copy_map<64x64xbf16>, %i: i32) {
  %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x96xbf16, [key, feature]>>
  %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
  %slot = tile.slot %ring[%i] : !tile.ring<1 x !tile.shared<64x96xbf16, [key, feature]>>
  // expected-error@+1 {{has 1 maps for a slot with panels of 2 widths}}
  tile.copy_bulk (%map)[%i, %i, %i, %i] to %slot signals %filled[%i]
      : (!tile.copy_map<64x64xbf16>) -> !tile.shared<64x96xbf16, [key, feature]>, !tile.barriers<1>
  tile.return
}

// -----

tile.kernel @k(%map: !tile.copy_map<32x64xbf16>, %i: i32) {
  %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
  %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
  %slot = tile.slot %ring[%i] : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
  // expected-error@+1 {{has a map of type '!tile.copy_map<32x64xbf16>', its slot needs '!tile.copy_map<64x64xbf16>'}}
  tile.copy_bulk (%map)[%i, %i, %i, %i] to %slot signals %filled[%i]
      : (!tile.copy_map<32x64xbf16>) -> !tile.shared<64x64xbf16, [key, feature]>, !tile.barriers<1>
  tile.return
}

// -----

tile.kernel @k(%map: !tile.copy_map<64x64xbf16>, %i: i32) {
  %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
  %filled = tile.alloc_barriers arrivals 1 : !tile.barriers<1>
  %slot = tile.slot %ring[%i] : !tile.ring<1 x !tile.shared<64x64xbf16, [key, feature]>>
  // expected-error@+1 {{has 2 indices, must have 4}}
  tile.copy_bulk (%map)[%i, %i] to %slot signals %filled[%i]
      : (!tile.copy_map<64x64xbf16>) -> !tile.shared<64x64xbf16, [key, feature]>, !tile.barriers<1>
  tile.return
}

// -----

tile.kernel @k(%n: i32, %x: f32) {
  // expected-error@+1 {{must pass an item and the carried values to its region, and yield their types}}
  tile.for_items (%item) below %n iter_args(%a = %n) : i32 {
    tile.yield %x : f32
  }
  tile.return
}

// -----

// expected-error@+1 {{a ring has 0 barriers, needs at least 1}}
tile.kernel @k(%barriers: !tile.barriers<0>) {
  tile.return
}

// -----

// expected-error@+1 {{query_tile is 256 and key_tile 64 over 8 warps, with roles one must be 64 for each 4 warps}}
#s = #tile.schedule<query_tile = 256, key_tile = 64, warps = 8, stages = 2, query_in_registers = false, roles = true>
tile.kernel @k() attributes {schedule = #s} {
  tile.return
}

// -----

tile.kernel @k(%view: !tile.view<?x?xf32>, %i: i32) {
  %ring = tile.alloc : !tile.ring<1 x !tile.shared<64xf32, [query]>>
  %filled = tile.alloc_barriers arrivals 32 : !tile.barriers<1>
  tile.roles producer registers 24 {
    %slot = tile.slot %ring[%i] : !tile.ring<1 x !tile.shared<64xf32, [query]>>
    // expected-error@+1 {{belongs to a producer that is a warp}}
    tile.copy_vector %view[%i, %i] to %slot signals %filled[%i]
        : !tile.view<?x?xf32> -> !tile.shared<64xf32, [query]>, !tile.barriers<1>
  } consumers registers 240 {
  }
  tile.return
}

// -----

tile.kernel @k(%view: !tile.view<?x?xf16>, %i: i32) {
  %ring = tile.alloc : !tile.ring<1 x !tile.shared<64x64xf16, [query, feature]>>
  %filled = tile.alloc_barriers arrivals 32 : !tile.barriers<1>
  tile.roles producer warp registers 24 {
    %slot = tile.slot %ring[%i] : !tile.ring<1 x !tile.shared<64x64xf16, [query, feature]>>
    // expected-error@+1 {{copies 'f16' to '!tile.shared<64x64xf16, [query, feature]>', must be a vector of f32}}
    tile.copy_vector %view[%i, %i] to %slot signals %filled[%i]
        : !tile.view<?x?xf16> -> !tile.shared<64x64xf16, [query, feature]>, !tile.barriers<1>
  } consumers registers 240 {
  }
  tile.return
}

// -----

tile.kernel @k(%view: !tile.view<?x?xf32>, %i: i32) {
  %ring = tile.alloc : !tile.ring<1 x !tile.shared<64xf32, [query]>>
  %filled = tile.alloc_barriers arrivals 32 : !tile.barriers<1>
  tile.roles producer warp registers 24 {
    %slot = tile.slot %ring[%i] : !tile.ring<1 x !tile.shared<64xf32, [query]>>
    // expected-error@+1 {{has 1 indices for a view of rank 2}}
    tile.copy_vector %view[%i] to %slot signals %filled[%i]
        : !tile.view<?x?xf32> -> !tile.shared<64xf32, [query]>, !tile.barriers<1>
  } consumers registers 240 {
  }
  tile.return
}
