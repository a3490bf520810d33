// RUN: lacuna-opt %s --split-input-file --tile-schedule-plans --verify-diagnostics

// expected-error@+1 {{takes the tiles of 'main', which is no kernel with a schedule}}
tile.kernel @lists() attributes {plans = @main} {
  tile.return
}
tile.kernel @main() {
  tile.return
}

// -----

tile.program @p(%n: index) {
  // expected-error@+1 {{takes the tiles of 'main', which is no kernel with a schedule}}
  %rows = tile.tile_count %n along query of @main
  tile.return
}

// -----

tile.program @p(%n: index) {
  // expected-error@+1 {{counts tiles along features, which are not tiled}}
  %rows = tile.tile_count %n along feature of @main
  tile.return
}

// -----

tile.program @p() {
  // expected-error@+1 {{takes the tiles of 'main', which is no kernel with a schedule}}
  %cache = tile.cache_bytes of @main
  tile.return
}

// -----

tile.kernel @main() attributes {
    schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>,
    target = "sm_1"} {
  tile.return
}
tile.program @p() {
  // expected-error@+1 {{asks for the cache of 'sm_1', which is no target}}
  %cache = tile.cache_bytes of @main
  tile.return
}
