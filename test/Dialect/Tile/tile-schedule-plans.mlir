// RUN: lacuna-opt %s --split-input-file --tile-schedule-plans | FileCheck %s

// Lists take the tiles of the kernel that walks them; segments have a size of their
// own.
// CHECK-LABEL: tile.kernel @lists
// CHECK-SAME:  schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 1, stages = 2, query_in_registers = false>, target = "sm_80"
tile.kernel @lists() attributes {plans = @main} {
  tile.return
}
// CHECK-LABEL: tile.kernel @columns
// CHECK-SAME:  query_tile = 64, key_tile = 128, warps = 1
tile.kernel @columns() attributes {plans = @main, transposed} {
  tile.return
}
// CHECK-LABEL: tile.kernel @summary
// CHECK-SAME:  query_tile = 2048, key_tile = 64, warps = 1
tile.kernel @summary(%ids: !tile.view<?xi32>, %cells: !tile.view<?x3xi64>, %i: i32)
    attributes {plans = @main} {
  tile.summarize %ids, %cells[%i] : !tile.view<?xi32>, !tile.view<?x3xi64>
  tile.return
}
// CHECK-LABEL: tile.kernel @blocks
// CHECK-SAME:  query_tile = 16, key_tile = 64, warps = 1
tile.kernel @blocks(%blocks: !tile.view<?x?xi1>, %list: !tile.view<?x?xi32>, %i: i32)
    attributes {plans = @main} {
  %wrong = tile.expand_blocks %blocks[%i] from %list : !tile.view<?x?xi1> from !tile.view<?x?xi32>
  tile.return
}
// CHECK-LABEL: tile.kernel @moved
// CHECK-SAME:  query_tile = 64, key_tile = 64, warps = 1
tile.kernel @moved(%rows: !tile.view<?x?x?xf32>, %order: !tile.view<?x?x?xi32>, %i: i32)
    attributes {plans = @main} {
  tile.move_rows %rows, %rows by %order[%i, %i, %i] : !tile.view<?x?x?xf32>, !tile.view<?x?x?xi32>
  tile.return
}
// CHECK-LABEL: tile.kernel @hashed
// CHECK-SAME:  query_tile = 64, key_tile = 64, warps = 1
tile.kernel @hashed(%rows: !tile.view<?x?x?x8xf16>, %projections: !tile.view<?x?x8xf32>,
                    %buckets: !tile.view<?x?x?xi32>, %i: i32) attributes {plans = @main} {
  tile.hash_rows %rows by %projections[%i] to %buckets[%i, %i, %i]
      : !tile.view<?x?x?x8xf16>, !tile.view<?x?x8xf32>, !tile.view<?x?x?xi32>
  tile.return
}
tile.kernel @main() attributes {
    schedule = #tile.schedule<query_tile = 128, key_tile = 64, warps = 4, stages = 2, query_in_registers = true>,
    target = "sm_80"} {
  tile.return
}
// CHECK-LABEL: tile.program @p
// CHECK:       %[[M:.*]] = tensor.dim
// CHECK:       %[[C128:.*]] = arith.constant 128 : index
// CHECK:       arith.ceildivsi %[[M]], %[[C128]] : index
// CHECK:       %[[C64:.*]] = arith.constant 64 : index
// CHECK:       arith.ceildivsi %[[M]], %[[C64]] : index
tile.program @p(%q: tensor<?xf16>) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %q, %c0 : tensor<?xf16>
  %rows = tile.tile_count %m along query of @main
  %columns = tile.tile_count %m along key of @main
  // CHECK: arith.constant 20971520 : index
  %cache = tile.cache_bytes of @main
  tile.return
}

// -----

// What has a schedule keeps it.
// CHECK-LABEL: tile.kernel @lists
// CHECK-SAME:  query_tile = 16, key_tile = 16
tile.kernel @lists() attributes {plans = @main,
    schedule = #tile.schedule<query_tile = 16, key_tile = 16, warps = 1, stages = 2, query_in_registers = false>} {
  tile.return
}
