// Every message of the ops that say where runs come from, of the loop over them, and of a slot
// that a step without an entry has no use for.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

tile.kernel @k(%a: i32) {
  // expected-error@+1 {{takes 4 bounds for each of 1 to 4 pairs of intervals, given 3 bounds}}
  %runs = "tile.interval_runs"(%a, %a, %a) : (i32, i32, i32) -> !tile.runs
  tile.return
}

// -----

tile.kernel @k(%a: i32) {
  // expected-error@+1 {{takes 4 bounds for each of 1 to 4 pairs of intervals, given 20 bounds}}
  %runs = tile.interval_runs visible(%a, %a) full(%a, %a) or visible(%a, %a) full(%a, %a)
      or visible(%a, %a) full(%a, %a) or visible(%a, %a) full(%a, %a)
      or visible(%a, %a) full(%a, %a)
  tile.return
}

// -----

tile.kernel @k(%lists: !tile.view<?x?x?x2xi32>, %counts: !tile.view<?x?x?x2xi32>, %a: i32) {
  // expected-error@+1 {{operand #0 must be view of i32, [batch, head, query tile, run, 2]}}
  %runs = tile.list_runs %lists, %counts[%a, %a, %a]
      : !tile.view<?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
  tile.return
}

// -----

tile.kernel @k(%lists: !tile.view<?x?x?x?x2xi32>, %counts: !tile.view<?x?x?x3xi32>, %a: i32) {
  // expected-error@+1 {{operand #1 must be view of i32, [batch, head, query tile, 2]}}
  %runs = tile.list_runs %lists, %counts[%a, %a, %a]
      : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x3xi32>
  tile.return
}

// -----

tile.kernel @k(%runs: !tile.runs) {
  // expected-error@+1 {{expected (key, partial, valid) drained}}
  tile.for_runs (%key, %partial) drained in %runs {
    tile.leave
  }
  tile.return
}

// -----

tile.kernel @k(%runs: !tile.runs) {
  // expected-error@+1 {{must be left in one place if it is drained, and else nowhere}}
  tile.for_runs (%key, %partial, %valid) drained in %runs {
  }
  tile.return
}

// -----

tile.kernel @k(%runs: !tile.runs) {
  // expected-error@+1 {{must be left in one place if it is drained, and else nowhere}}
  tile.for_runs (%key, %partial) in %runs {
    tile.leave
  }
  tile.return
}

// -----

tile.kernel @k(%runs: !tile.runs, %n: i32) {
  %last = tile.for_runs (%key, %partial, %valid) drained in %runs iter_args(%m = %n) : i32 {
    // expected-error@+1 {{must return the types of the loop's initial values}}
    tile.leave
    tile.yield %m : i32
  }
  tile.return
}

// -----

tile.kernel @k(%n: i32, %more: i1) {
  %ring = tile.alloc : !tile.ring<2 x !tile.shared<64x64xbf16, [key, feature]>>
  %few = tile.alloc : !tile.ring<1 x !tile.shared<32x64xbf16, [query, feature]>>
  // expected-error@+1 {{needs one slot with as many columns and no fewer rows to stand in for it}}
  %slot = tile.slot %ring[%n] if %more else %few
      : !tile.ring<2 x !tile.shared<64x64xbf16, [key, feature]>>,
        !tile.ring<1 x !tile.shared<32x64xbf16, [query, feature]>>
  tile.return
}
