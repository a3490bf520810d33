// Every message of the operations of plan kernels.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

tile.kernel @k(%ids: !tile.view<?x?xi32>, %i: i64) {
  // expected-error@+1 {{gives 1 and 2 indices for a view of rank 2}}
  %a, %b, %c = tile.load_range %ids[%i] to [%i, %i] : !tile.view<?x?xi32>
  tile.return
}

// -----

tile.kernel @k(%ids: !tile.view<?xi32>, %cells: !tile.view<?x4xi64>, %i: i64) {
  // expected-error@+1 {{has cells of type '!tile.view<?x4xi64>', needs i64, the axes of the table and a last one of 3}}
  %a, %b, %c = tile.load_range %ids[%i] to [%i] cells %cells : !tile.view<?xi32>, !tile.view<?x4xi64>
  tile.return
}

// -----

tile.kernel @k(%ids: !tile.view<?xf32>, %i: i64) {
  // expected-error@+1 {{operand #0 must be view of integers}}
  %a, %b, %c = tile.load_range %ids[%i] to [%i] : !tile.view<?xf32>
  tile.return
}

// -----

tile.kernel @k(%ids: !tile.view<?xi32>, %cells: !tile.view<?x3xi64>, %i: i32) {
  // expected-error@+1 {{gives 2 indices for a view of rank 1}}
  tile.summarize %ids, %cells[%i, %i] : !tile.view<?xi32>, !tile.view<?x3xi64>
  tile.return
}

// -----

tile.kernel @k(%ids: !tile.view<?xi32>, %cells: !tile.view<?x3xi32>, %i: i32) {
  // expected-error@+1 {{has cells of type '!tile.view<?x3xi32>'}}
  tile.summarize %ids, %cells[%i] : !tile.view<?xi32>, !tile.view<?x3xi32>
  tile.return
}

// -----

tile.kernel @k(%lists: !tile.view<?x?x?x?x2xi32>, %counts: !tile.view<?x?x?x2xi32>, %a: i32) {
  // expected-error@+1 {{expected (first, last)}}
  %o = tile.write_runs %lists, %counts[%a, %a, %a] over %a classify(%first) {
    tile.yield
  } : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
  tile.return
}

// -----

tile.kernel @k(%lists: !tile.view<?x?x?x?x2xi32>, %counts: !tile.view<?x?x?x2xi32>, %a: i32) {
  // expected-error@+1 {{must classify a box from one i32 to another by two i1}}
  %o = tile.write_runs %lists, %counts[%a, %a, %a] over %a classify(%first, %last) {
    tile.yield %first, %last : i32, i32
  } : !tile.view<?x?x?x?x2xi32>, !tile.view<?x?x?x2xi32>
  tile.return
}

// -----

tile.kernel @k(%blocks: !tile.view<?x?xi1>, %list: !tile.view<?x?xi32>, %i: i32) {
  // expected-error@+1 {{has ranks that do not go together: a table of rank n has n - 1 indices, a list of rank n, or n - 1 with offsets, and counts or offsets of rank n - 1}}
  %wrong = tile.expand_blocks %blocks[%i, %i] from %list : !tile.view<?x?xi1> from !tile.view<?x?xi32>
  tile.return
}

// -----

tile.kernel @k(%blocks: !tile.view<?x?xi1>, %list: !tile.view<?x?xi32>, %n: !tile.view<?xi32>, %i: i32) {
  // expected-error@+1 {{takes 'counts', 'offsets' or 'bits', not several}}
  %wrong = tile.expand_blocks %blocks[%i] from %list counts %n bits
      : !tile.view<?x?xi1> from !tile.view<?x?xi32> counts !tile.view<?xi32>
  tile.return
}

// -----

tile.kernel @k(%k: !tile.view<?xi32>, %n: i32) {
  // expected-error@+1 {{'tile.part' takes a part along an axis that its view does not have}}
  %part = tile.part %k along 1 from %n to %n : !tile.view<?xi32>
  tile.return
}
