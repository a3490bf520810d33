// The operations of plan kernels read and print back.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s

!lists = !tile.view<?x?x?x?x2xi32>
!counts = !tile.view<?x?x?x2xi32>
!order = !tile.view<?x?x?xi32>

// CHECK-LABEL: tile.kernel @summaries
tile.kernel @summaries(%ids: !tile.view<?x?xi8>, %cells: !tile.view<?x?x3xi64>, %b: i32, %first: i32)
    attributes {plans = @main} {
  // CHECK: tile.summarize %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] : <?x?xi8>, <?x?x3xi64>
  tile.summarize %ids, %cells[%b, %first] : !tile.view<?x?xi8>, !tile.view<?x?x3xi64>
  tile.return
}

// CHECK-LABEL: tile.kernel @lists
// CHECK-SAME: attributes {plans = @main, transposed}
tile.kernel @lists(%ids: !tile.view<?x?xi1>, %cells: !tile.view<?x?x3xi64>, %lists: !lists,
                   %counts: !counts, %b: i32, %h: i32, %row: i32, %keys: i32)
    attributes {plans = @main, transposed} {
  %c0 = arith.constant 0 : i64
  // CHECK: %{{.*}} = tile.write_runs %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] over %{{.*}} classify(%[[FIRST:.*]], %[[LAST:.*]]) {
  %overflow = tile.write_runs %lists, %counts[%b, %h, %row] over %keys classify(%first, %last) {
    // CHECK: %[[I:.*]] = arith.extsi %[[FIRST]]
    %i = arith.extsi %first : i32 to i64
    %j = arith.extsi %last : i32 to i64
    // CHECK: %{{.*}}, %{{.*}}, %{{.*}} = tile.load_range %{{.*}}[%{{.*}}, %[[I]]] to [%{{.*}}, %{{.*}}] cells %{{.*}} : <?x?xi1>, !tile.view<?x?x3xi64>
    %min, %max, %signature = tile.load_range %ids[%c0, %i] to [%c0, %j] cells %cells
        : !tile.view<?x?xi1>, !tile.view<?x?x3xi64>
    // CHECK: tile.load_range %{{.*}}[%{{.*}}, %[[I]]] to [%{{.*}}, %[[I]]] : <?x?xi1>
    %x, %y, %z = tile.load_range %ids[%c0, %i] to [%c0, %i] : !tile.view<?x?xi1>
    %see = arith.cmpi sgt, %max, %c0 : i64
    %hide = arith.cmpi eq, %x, %c0 : i64
    // CHECK: tile.yield %{{.*}}, %{{.*}} : i1, i1
    tile.yield %see, %hide : i1, i1
  } : !lists, !counts
  tile.return
}

// CHECK-LABEL: tile.kernel @rank
tile.kernel @rank(%counts: !counts, %order: !order, %scratch: !order, %b: i32, %h: i32, %n: i32)
    attributes {plans = @main} {
  // CHECK: tile.order_rows %{{.*}}, %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] heads %{{.*}} : <?x?x?x2xi32>, <?x?x?xi32>, <?x?x?xi32>
  tile.order_rows %counts, %order, %scratch[%b, %h] heads %n : !counts, !order, !order
  tile.return
}

// CHECK-LABEL: tile.kernel @main
tile.kernel @main(%order: !order, %n: i32) {
  // CHECK: tile.block %{{.*}}, %{{.*}}, %{{.*}} order %{{.*}} : !tile.view<?x?x?xi32>
  %b, %h, %first = tile.block %n, %n, %n order %order : !order
  // CHECK: tile.block %{{.*}}, %{{.*}}, %{{.*}} groups_of %{{.*}} order %{{.*}} : !tile.view<?x?x?xi32>
  %b1, %h1, %first1 = tile.block %n, %n, %n groups_of %n order %order : !order
  // CHECK: tile.block %{{.*}}, %{{.*}}, %{{.*}} groups_of %{{[^ ]*}}{{$}}
  %b2, %h2, %first2 = tile.block %n, %n, %n groups_of %n
  tile.return
}

// CHECK-LABEL: tile.program @p
tile.program @p(%q: tensor<?x64xf16>) {
  %c0 = arith.constant 0 : index
  %queries = tensor.dim %q, %c0 : tensor<?x64xf16>
  // CHECK: tile.tile_count %{{.*}} along key of @main
  %tiles = tile.tile_count %queries along key of @main
  // CHECK: tile.cache_bytes of @main
  %cache = tile.cache_bytes of @main
  tile.return
}

// CHECK-LABEL: tile.kernel @blocks
tile.kernel @blocks(%blocks: !tile.view<?x?x?x?xi1>, %list: !tile.view<?x?x?x?xi32>,
                    %flat: !tile.view<?x?x?xi32>, %numbers: !tile.view<?x?x?xi32>, %b: i32,
                    %h: i32, %first: i32) attributes {plans = @main} {
  // CHECK: %{{.*}} = tile.expand_blocks %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] from %{{.*}} : <?x?x?x?xi1> from <?x?x?x?xi32>
  %0 = tile.expand_blocks %blocks[%b, %h, %first] from %list
      : !tile.view<?x?x?x?xi1> from !tile.view<?x?x?x?xi32>
  // CHECK: tile.expand_blocks %{{.*}} from %{{.*}} counts %{{.*}} : <?x?x?x?xi1> from <?x?x?x?xi32> counts !tile.view<?x?x?xi32>
  %1 = tile.expand_blocks %blocks[%b, %h, %first] from %list counts %numbers
      : !tile.view<?x?x?x?xi1> from !tile.view<?x?x?x?xi32> counts !tile.view<?x?x?xi32>
  // CHECK: tile.expand_blocks %{{.*}} from %{{.*}} offsets %{{.*}} : <?x?x?x?xi1> from <?x?x?xi32> offsets !tile.view<?x?x?xi32>
  %2 = tile.expand_blocks %blocks[%b, %h, %first] from %flat offsets %numbers
      : !tile.view<?x?x?x?xi1> from !tile.view<?x?x?xi32> offsets !tile.view<?x?x?xi32>
  // CHECK: tile.expand_blocks %{{.*}} from %{{.*}} bits : <?x?x?x?xi1> from <?x?x?x?xi32>
  %3 = tile.expand_blocks %blocks[%b, %h, %first] from %list bits
      : !tile.view<?x?x?x?xi1> from !tile.view<?x?x?x?xi32>
  tile.return
}

// Lists may also be part of the kernel.
// CHECK-LABEL: tile.kernel @tables
tile.kernel @tables(%counts: !counts, %b: i32, %h: i32, %row: i32, %queries: i32) {
  // CHECK: %[[LISTS:.*]] = tile.table dense<{{.*}}> : tensor<1x1x2x1x2xi32>
  %lists = tile.table dense<[[[[[0, 3]], [[0, 5]]]]]> : tensor<1x1x2x1x2xi32>
  // CHECK: tile.list_runs %[[LISTS]], %{{.*}} : <1x1x2x1x2xi32>, <?x?x?x2xi32>
  %runs = tile.list_runs %lists, %counts[%b, %h, %row] : !tile.view<1x1x2x1x2xi32>, !counts
  // CHECK: tile.table dense<{{.*}}> : tensor<1x1x2xi32> {note = "kept"}
  %order = tile.table dense<[[[1, 0]]]> : tensor<1x1x2xi32> {note = "kept"}
  %batch, %head, %first = tile.block %b, %h, %queries order %order : !tile.view<1x1x2xi32>
  tile.return
}
