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
