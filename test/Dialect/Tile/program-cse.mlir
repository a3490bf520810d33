// Tensors that a program makes are as many as it says, even if they look alike.
// RUN: lacuna-opt %s --cse --canonicalize | FileCheck %s

tile.kernel @k(%a: !tile.view<?xf32>, %b: !tile.view<4xf32>) {
  tile.return
}

// CHECK-LABEL: tile.program @p
tile.program @p(%q: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c0 : tensor<?xf32>
  // CHECK: %[[X:.*]] = tile.new_tensor(%{{.*}}) : tensor<?xf32>
  // CHECK-NEXT: %[[Y:.*]] = tile.new_tensor(%{{.*}}) : tensor<?xf32>
  // CHECK-NEXT: %[[S:.*]] = tile.new_tensor() : tensor<4xf32>
  // CHECK-NEXT: %[[T:.*]] = tile.new_tensor() : tensor<4xf32>
  // One that nothing writes goes.
  // CHECK-NOT: tile.new_tensor
  %x = tile.new_tensor(%n) : tensor<?xf32>
  %y = tile.new_tensor(%n) : tensor<?xf32>
  %s = tile.new_tensor() : tensor<4xf32>
  %t = tile.new_tensor() : tensor<4xf32>
  %unused = tile.new_tensor() : tensor<4xf32>
  // CHECK: tile.launch @k {{.*}}(%[[X]], %[[S]])
  // CHECK: tile.launch @k {{.*}}(%[[Y]], %[[T]])
  tile.launch @k batches %c1 heads %c1 rows %n (%x, %s) : tensor<?xf32>, tensor<4xf32>
  tile.launch @k batches %c1 heads %c1 rows %n (%y, %t) : tensor<?xf32>, tensor<4xf32>
  // CHECK: tile.return %[[X]], %[[Y]]
  tile.return %x, %y : tensor<?xf32>, tensor<?xf32>
}
