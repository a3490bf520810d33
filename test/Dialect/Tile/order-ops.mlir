// The operations of kernels of orders read and print back.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s

!rows = !tile.view<?x?x?xi32>
!matrix = !tile.view<?x?x?x64xf16>
!numbers = !tile.view<?x?x?xf32>

// CHECK-LABEL: tile.kernel @orders
tile.kernel @orders(%labels: !rows, %keep: !tile.view<?x?x?xi1>, %order: !rows, %scratch: !rows,
                    %counts: !tile.view<?x?xi32>, %b: i32, %h: i32) attributes {plans = @main} {
  // CHECK: tile.sort_rows %{{.*}}, %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] : <?x?x?xi32>, <?x?x?xi32>, <?x?x?xi32>
  tile.sort_rows %labels, %order, %scratch[%b, %h] : !rows, !rows, !rows
  // CHECK: tile.compact_rows %{{.*}}, %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] : <?x?x?xi1>, <?x?x?xi32>, <?x?xi32>
  tile.compact_rows %keep, %order, %counts[%b, %h] : !tile.view<?x?x?xi1>, !rows, !tile.view<?x?xi32>
  tile.return
}

// CHECK-LABEL: tile.kernel @hashes
tile.kernel @hashes(%rows: !matrix, %projections: !tile.view<?x?x64xf32>, %buckets: !rows, %n: i32)
    attributes {plans = @main} {
  // CHECK: tile.hash_rows %{{.*}} by %{{.*}}[%{{.*}}] to %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] : <?x?x?x64xf16>, <?x?x64xf32>, <?x?x?xi32>
  tile.hash_rows %rows by %projections[%n] to %buckets[%n, %n, %n] : !matrix, !tile.view<?x?x64xf32>, !rows
  tile.return
}

// CHECK-LABEL: tile.kernel @moves
tile.kernel @moves(%a: !matrix, %b: !matrix, %x: !numbers, %y: !numbers, %order: !rows, %n: i32)
    attributes {plans = @main} {
  // CHECK: tile.move_rows %{{.*}}, %{{.*}} by %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] : <?x?x?x64xf16>, <?x?x?xi32>
  tile.move_rows %a, %b by %order[%n, %n, %n] : !matrix, !rows
  // CHECK: tile.move_rows %{{.*}}, %{{.*}} scatter by %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] : <?x?x?xf32>, <?x?x?xi32>
  tile.move_rows %x, %y scatter by %order[%n, %n, %n] : !numbers, !rows
  tile.return
}

tile.kernel @main() {
  tile.return
}
