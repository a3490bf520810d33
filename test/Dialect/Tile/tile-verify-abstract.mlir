// RUN: lacuna-opt %s --split-input-file --tile-verify-abstract --verify-diagnostics

#keys = #tile.axes<[key, feature]>
tile.kernel @accepted(%k: !tile.view<?x64xbf16>, %key: i32) {
  %c0 = arith.constant 0 : i32
  %tile = tile.load %k[%key, %c0] : !tile.view<?x64xbf16> -> tensor<?x64xbf16, #keys>
  tile.return
}

// -----

// expected-error@+1 {{has a schedule, a target or a shared memory size; an abstract kernel has none}}
tile.kernel @k() attributes {target = "sm_80"} {
  tile.return
}

// -----

tile.kernel @k() {
  // expected-error@+1 {{'tile.barrier' op belongs to the scheduled contract}}
  tile.barrier
  tile.return
}

// -----

tile.kernel @k() {
  // expected-error@+1 {{'tile.meet' op belongs to the scheduled contract}}
  tile.meet
  tile.return
}

// -----

tile.kernel @k(%keys: i32) {
  %c0 = arith.constant 0 : i32
  %runs = tile.interval_runs visible(%c0, %keys) full(%c0, %keys)
  // expected-error@+1 {{looks ahead or is drained, which only a schedule decides}}
  tile.for_runs (%key, %partial, %valid) ahead 1 (%step, %next, %more) in %runs {
  }
  tile.return
}

// -----

tile.kernel @k() {
  // expected-error@+1 {{asks for the features of a tile, which its type says}}
  %features = tile.extent feature
  tile.return
}

// -----

tile.kernel @k(%x: f32) {
  // expected-error@+1 {{has a tile with a fragment layout, which only a schedule assigns}}
  %rows = tile.splat %x : tensor<64xf32, #tile.fragment<[query], row, warps = 4>>
  tile.return
}

// -----

tile.kernel @k(%x: f32) {
  // expected-error@+1 {{has a tile whose extent along query must be open until it is scheduled}}
  %rows = tile.splat %x : tensor<64xf32, #tile.axes<[query]>>
  tile.return
}

// -----

tile.kernel @k(%x: f32) {
  // expected-error@+1 {{has a tile whose extent along feature must be static}}
  %rows = tile.splat %x : tensor<?x?xf32, #tile.axes<[query, feature]>>
  tile.return
}

// -----

// expected-error@+1 {{has a value of type '!tile.shared<64x64xbf16, [key, feature]>', which only a schedule places}}
tile.kernel @k(%keys: !tile.shared<64x64xbf16, [key, feature]>) {
  tile.return
}
