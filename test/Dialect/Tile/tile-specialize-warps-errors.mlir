// RUN: lacuna-opt %s --split-input-file --tile-specialize-warps --verify-diagnostics

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#keys = #tile.axes<[key, feature]>
!k = !tile.view<?x?x?x64xf16>
tile.kernel @k(%k: !k, %key: i32, %c: i1) attributes {schedule = #s, target = "sm_90a"} {
  scf.if %c {
    // expected-error@+1 {{must stand in the body of the kernel or of its loop over runs}}
    %kt = tile.load %k[%key, %key, %key, %key] : !k -> tensor<32x64xf16, #keys>
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#keys = #tile.axes<[key, feature]>
!k = !tile.view<?x?x?x64xf16>
tile.kernel @k(%k: !k, %key: i32) attributes {schedule = #s, target = "sm_90a"} {
  %runs = tile.interval_runs visible(%key, %key) full(%key, %key)
  tile.for_runs (%a, %p) in %runs {
    %kt = tile.load %k[%key, %key, %a, %key] : !k -> tensor<32x64xf16, #keys>
  }
  tile.for_runs (%a, %p) in %runs {
    // expected-error@+1 {{stands in a second loop over runs, which has no producer}}
    %kt = tile.load %k[%key, %key, %a, %key] : !k -> tensor<32x64xf16, #keys>
  }
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#keys = #tile.axes<[key, feature]>
!k = !tile.view<?x?x?x64xf16>
tile.kernel @k(%k: !k, %key: i32) attributes {schedule = #s, target = "sm_90a"} {
  // expected-error@+1 {{must load a tile of two static extents; run tile-assign-layouts first}}
  %kt = tile.load %k[%key, %key, %key, %key] : !k -> tensor<?x64xf16, #keys>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#keys = #tile.axes<[key, feature]>
!k = !tile.view<?x?x?x64xf32>
tile.kernel @k(%k: !k, %key: i32) attributes {schedule = #s, target = "sm_90a"} {
  // expected-error@+1 {{loads 'f32' for a product, which multiplies f16 or bf16}}
  %kt = tile.load %k[%key, %key, %key, %key] : !k -> tensor<32x64xf32, #keys>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#queries = #tile.axes<[query, feature]>
!q = !tile.view<?x?x?x64xf16>
tile.kernel @k(%q: !q, %row: i32) attributes {schedule = #s, target = "sm_90a"} {
  // expected-error@+1 {{feeds 'tile.store', but a loaded tile can only be a factor of 'tile.dot'}}
  %qt = tile.load %q[%row, %row, %row, %row] : !q -> tensor<128x64xf16, #queries>
  tile.store %qt, %q[%row, %row, %row, %row] : tensor<128x64xf16, #queries>, !q
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#keys = #tile.axes<[key, feature]>
!k = !tile.view<?x?x64xf16>
tile.kernel @k(%k: !k, %key: i32) attributes {schedule = #s, target = "sm_90a"} {
  // expected-error@+1 {{has 3 indices, but the copy engine takes 4}}
  %kt = tile.load %k[%key, %key, %key] : !k -> tensor<32x64xf16, #keys>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#keys = #tile.axes<[key, feature]>
!k = !tile.view<?x?x?x64xf16>
tile.kernel @k(%k: !k, %key: i32) attributes {schedule = #s, target = "sm_90a"} {
  %heads = tile.part %k along 1 from %key to %key : !k
  // expected-error@+1 {{reads what is neither an argument of the kernel nor some of the rows of one, nor one of packed heads}}
  %kt = tile.load %heads[%key, %key, %key, %key] : !k -> tensor<32x64xf16, #keys>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#queries = #tile.axes<[query, feature]>
!q = !tile.view<?x6x?x64xf16>
tile.kernel @k(%q: !q, %row: i32) attributes {schedule = #s, target = "sm_90a"} {
  %packed = tile.pack_heads %q by 3 : !q
  // expected-error@+1 {{loads 128 rows, needs whole groups of 3 heads}}
  %qt = tile.load %packed[%row, %row, %row, %row] : !tile.view<?x2x?x64xf16, heads = 3> -> tensor<128x64xf16, #queries>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 8, stages = 2, query_in_registers = false, roles = true>
#keys = #tile.axes<[key, feature]>
!k = !tile.view<?x?x?x64xf16>
tile.kernel @k(%k: !k, %key: i32, %c: i1) attributes {schedule = #s, target = "sm_90a"} {
  %runs = tile.interval_runs visible(%key, %key) full(%key, %key)
  scf.if %c {
    tile.for_runs (%a, %p) in %runs {
      // expected-error@+1 {{stands in a loop over runs that the producer cannot have: only 'scf.for' may be around it}}
      %kt = tile.load %k[%key, %key, %a, %key] : !k -> tensor<32x64xf16, #keys>
    }
  }
  tile.return
}
