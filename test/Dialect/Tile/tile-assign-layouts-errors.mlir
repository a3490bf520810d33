// RUN: lacuna-opt %s --split-input-file --tile-assign-layouts --verify-diagnostics

// expected-error@+1 {{has no schedule; run tile-choose-schedule first}}
tile.kernel @k(%x: f32) {
  %a = tile.splat %x : tensor<?xf32, #tile.axes<[query]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80"} {
  // expected-error@+1 {{has a tile whose feature extent is not static}}
  %a = tile.splat %x : tensor<?x?xf32, #tile.axes<[query, feature]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32) attributes {schedule = #s, target = "sm_80"} {
  // expected-error@+1 {{has a tile without query rows, which no fragment holds}}
  %a = tile.splat %x : tensor<?x?xf32, #tile.axes<[key, query]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 32, key_tile = 64, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%x: f32, %n: i32) attributes {schedule = #s, target = "sm_80"} {
  %b, %h, %first = tile.block %n, %n, %n of key
  // expected-error@+1 {{has a tile without key rows, which no fragment holds}}
  %a = tile.splat %x : tensor<64xf32, #tile.axes<[feature]>>
  tile.return
}

// -----

#s = #tile.schedule<query_tile = 64, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k() attributes {schedule = #s, target = "sm_80"} {
  // expected-error@+1 {{asks for the features of a tile, which its type says}}
  %features = tile.extent feature
  tile.return
}
