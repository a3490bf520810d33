// Every message of the operations of kernels of orders.
// RUN: lacuna-opt %s --split-input-file --verify-diagnostics

!rows = !tile.view<?x?x?xi32>
tile.kernel @k(%keep: !tile.view<?x?xi1>, %order: !rows, %counts: !tile.view<?x?xi32>, %n: i32) {
  // expected-error@+1 {{needs flags [batch, head, row] of i1, not '!tile.view<?x?xi1>'}}
  tile.compact_rows %keep, %order, %counts[%n, %n] : !tile.view<?x?xi1>, !rows, !tile.view<?x?xi32>
  tile.return
}

// -----

!rows = !tile.view<?x?x?xi32>
!odd = !tile.view<?x?x?x12xf16>
tile.kernel @k(%x: !odd, %order: !rows, %n: i32) {
  // expected-error@+1 {{moves elements of [batch, head, row], or rows of a multiple of 16 bytes of [batch, head, row, feature], not '!tile.view<?x?x?x12xf16>'}}
  tile.move_rows %x, %x by %order[%n, %n, %n] : !odd, !rows
  tile.return
}

// -----

!rows = !tile.view<?x?x?xi32>
!odd = !tile.view<?x?x?x12xf16>
tile.kernel @k(%x: !odd, %r: !tile.view<?x?x12xf32>, %buckets: !rows, %n: i32) {
  // expected-error@+1 {{needs rows [batch, head, row, feature] of f16 or bf16 with a multiple of 8 features, not '!tile.view<?x?x?x12xf16>'}}
  tile.hash_rows %x by %r[%n] to %buckets[%n, %n, %n] : !odd, !tile.view<?x?x12xf32>, !rows
  tile.return
}

// -----

!rows = !tile.view<?x?x?xi32>
tile.kernel @k(%x: !tile.view<?x?x?x16xf16>, %r: !tile.view<?x?x8xf32>, %buckets: !rows, %n: i32) {
  // expected-error@+1 {{needs projections [head, projection, feature] of f32 with 16 features, not '!tile.view<?x?x8xf32>'}}
  tile.hash_rows %x by %r[%n] to %buckets[%n, %n, %n] : !tile.view<?x?x?x16xf16>, !tile.view<?x?x8xf32>, !rows
  tile.return
}
