// RUN: lacuna-opt %s --split-input-file --tile-place-operands --verify-diagnostics

#keys = #tile.axes<[key, feature]>
// expected-error@+1 {{has no schedule; run tile-choose-schedule first}}
tile.kernel @k(%k: !tile.view<?x64xf16>, %key: i32) {
  %c0 = arith.constant 0 : i32
  %kt = tile.load %k[%key, %c0] : !tile.view<?x64xf16> -> tensor<32x64xf16, #keys>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
#keys = #tile.axes<[key, feature]>
tile.kernel @k(%k: !tile.view<?x64xf16>, %key: i32, %c: i1) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  scf.if %c {
    // expected-error@+1 {{must stand in the body of the kernel or of its loop over runs}}
    %kt = tile.load %k[%key, %c0] : !tile.view<?x64xf16> -> tensor<32x64xf16, #keys>
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
#keys = #tile.axes<[key, feature]>
tile.kernel @k(%k: !tile.view<?x64xf16>, %key: i32) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  // expected-error@+1 {{must load a tile of two static extents; run tile-assign-layouts first}}
  %kt = tile.load %k[%key, %c0] : !tile.view<?x64xf16> -> tensor<?x64xf16, #keys>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
#keys = #tile.axes<[key, feature]>
tile.kernel @k(%k: !tile.view<?x64xf32>, %key: i32) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  // expected-error@+1 {{loads 'f32' for a product, which multiplies f16 or bf16}}
  %kt = tile.load %k[%key, %c0] : !tile.view<?x64xf32> -> tensor<32x64xf32, #keys>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
#queries = #tile.axes<[query, feature]>
tile.kernel @k(%q: !tile.view<?x64xf16>, %row: i32) attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  // expected-error@+1 {{feeds 'tile.map', but a loaded tile can only be an operand of 'tile.dot'}}
  %qt = tile.load %q[%row, %c0] : !tile.view<?x64xf16> -> tensor<64x64xf16, #queries>
  %b = tile.map(%x = %qt) : (tensor<64x64xf16, #queries>) -> tensor<64x64xf16, #tile.fragment<[query, feature], accumulator, warps = 4>> {
    tile.yield %x : f16
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
#queries = #tile.axes<[query, feature]>
#scores = #tile.axes<[query, key]>
#keys = #tile.axes<[key, feature]>
tile.kernel @k(%q: !tile.view<?x64xf16>, %k: !tile.view<?x64xf16>, %s: !tile.view<?x?xf16>, %row: i32)
    attributes {schedule = #s, target = "sm_80"} {
  %c0 = arith.constant 0 : i32
  %qt = tile.load %q[%row, %c0] : !tile.view<?x64xf16> -> tensor<64x64xf16, #queries>
  %kt = tile.load %k[%row, %c0] : !tile.view<?x64xf16> -> tensor<32x64xf16, #keys>
  // expected-error@+1 {{feeds the accumulator of a 'tile.dot'}}
  %st = tile.load %s[%row, %c0] : !tile.view<?x?xf16> -> tensor<64x32xf16, #scores>
  %d = tile.dot %qt, %kt, %st : tensor<64x64xf16, #queries>, tensor<32x64xf16, #keys> -> tensor<64x32xf16, #scores>
  tile.return
}
