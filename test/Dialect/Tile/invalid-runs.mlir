// Every message of the ops that say where runs come from.
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
