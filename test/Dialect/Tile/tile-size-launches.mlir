// RUN: lacuna-opt %s --split-input-file --tile-size-launches --verify-diagnostics | FileCheck %s

#s = #tile.schedule<query_tile = 128, key_tile = 32, warps = 4, stages = 2, query_in_registers = false>
tile.kernel @k(%q: !tile.view<?xf32>) attributes {schedule = #s, shared_bytes = 4096, target = "sm_80"} {
  tile.return
}
// CHECK-LABEL: tile.program @p
tile.program @p(%q: tensor<?xf32>) {
  %c1 = arith.constant 1 : index
  // CHECK: tile.launch @k
  // CHECK-SAME: {query_tile = 128 : i64, shared_bytes = 4096 : i64, threads = 128 : i64}
  tile.launch @k batches %c1 heads %c1 queries %c1 (%q) : tensor<?xf32>
  tile.return
}

// -----

// A kernel that is emitted already was sized before; its launch is unchanged.
func.func private @k(i64)
// CHECK-LABEL: tile.program @p
tile.program @p(%q: tensor<?xf32>) {
  %c1 = arith.constant 1 : index
  // CHECK: {query_tile = 64 : i64, shared_bytes = 0 : i64, threads = 32 : i64}
  tile.launch @k batches %c1 heads %c1 queries %c1 (%q) {query_tile = 64, threads = 32, shared_bytes = 0} : tensor<?xf32>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.view<?xf32>) {
  tile.return
}
tile.program @p(%q: tensor<?xf32>) {
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{launches 'k', whose schedule is not complete}}
  tile.launch @k batches %c1 heads %c1 queries %c1 (%q) : tensor<?xf32>
  tile.return
}
