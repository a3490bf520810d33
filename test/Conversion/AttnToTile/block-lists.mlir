// A list of blocks is expanded by a kernel of its own before the attend, into a
// table that lives as long as the plan. What must agree is checked at launch.
// RUN: lacuna-opt %s --attn-expand-sugar --convert-attn-to-tile | FileCheck %s

!t = tensor<1x1x?x16xf16>
func.func @counted(%q: !t, %list: tensor<?x?x?xi32>, %counts: tensor<?x?xi32>, %n: i32) -> !t {
  %c2 = arith.constant 2 : i32
  %columns = arith.muli %n, %c2 : i32
  %unused = attn.expand_blocks %list columns %n : tensor<?x?x?xi32>
  %blocks = attn.expand_blocks %list counts %counts columns %columns
    : tensor<?x?x?xi32> counts tensor<?x?xi32>
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %listed = attn.block_mask %i, %j in %blocks[%h] block 64 x 64 : tensor<?x?x?xi1>
    attn.yield %listed : i1
  } : !t, !t, !t
  return %o : !t
}

// What the attend reads may be wrong, and then all of it is.
// CHECK: tile.kernel @counted_kernel(
// CHECK: tile.failed
// CHECK: arith.select

// CHECK: tile.kernel @counted_blocks0(%[[LIST:.*]]: !tile.view<?x?x?xi32>, %[[COUNTS:.*]]: !tile.view<?x?xi32>, %[[BLOCKS:.*]]: !tile.view<?x?x?xi1>, %[[STATUS:.*]]: !tile.status) attributes {plans = @counted_kernel}
// CHECK: %{{.*}}, %[[H:.*]], %[[FIRST:.*]] = tile.block
// CHECK: %[[WRONG:.*]] = tile.expand_blocks %[[BLOCKS]][%[[H]], %[[FIRST]]] from %[[LIST]] counts %[[COUNTS]]
// CHECK: tile.report %[[STATUS]], {{[0-9]+}} if %[[WRONG]]

// CHECK: tile.program @counted(%{{.*}}, %[[L:.*]]: tensor<?x?x?xi32>, %[[C:.*]]: tensor<?x?xi32>, %[[N:.*]]: i32)
// CHECK-DAG: tile.expect_equal %{{.*}} "heads of argument 1", %{{.*}} "heads of argument 2"
// CHECK-DAG: tile.expect_equal %{{.*}} "rows of argument 1", %{{.*}} "rows of argument 2"
// CHECK-DAG: arith.muli %[[N]]
// CHECK: %[[TABLE:.*]] = tile.new_tensor({{.*}}) : tensor<?x?x?xi1>
// CHECK: tile.status [{{.*}}"a block of argument 1 or a count of argument 2 is out of range (block-lists.mlir:10:13)"]
// CHECK: tile.launch plan @counted_blocks0 {{.*}}(%[[L]], %[[C]], %[[TABLE]]
// CHECK-NOT: tile.launch plan
// CHECK: tile.launch @counted_kernel {{.*}}%[[TABLE]]

// Offsets are one more than rows, and a map has a bit for every column. Both are
// made for all attends that read them; what cannot be below zero is not.
// CHECK: tile.kernel @several_blocks0({{.*}}) attributes {plans = @several_kernel0}
// CHECK:   tile.expand_blocks %{{.*}}[%{{.*}}] from %{{.*}} offsets
// CHECK: tile.kernel @several_blocks1({{.*}}) attributes {plans = @several_kernel1}
// CHECK:   %[[B:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block
// CHECK:   tile.expand_blocks %{{.*}}[%[[B]], %[[H]], %[[FIRST]]] from %{{.*}} bits
// CHECK: tile.program @several(
// CHECK: %[[ROWS:.*]] = arith.subi
// CHECK: %[[COUNT:.*]] = arith.maxsi %[[ROWS]]
// CHECK: tile.new_tensor(%[[COUNT]]) : tensor<?x7xi1>
// CHECK: "a block of argument 1 or an offset of argument 2 is out of range
// CHECK: tile.expect_equal %{{.*}} "words of argument 3", %{{.*}} "words for a bit of every column"
// CHECK: tile.launch plan @several_blocks1 batches %{{.*}} heads %{{.*}} rows
func.func @several(%q: !t, %entries: tensor<?xi32>, %offsets: tensor<?xi32>,
                   %words: tensor<?x?x?x?xi32>) -> (!t, !t) {
  %n = arith.constant 7 : i32
  %c2 = arith.constant 2 : index
  %keys = tensor.dim %q, %c2 : !t
  %c64 = arith.constant 64 : index
  %size = arith.ceildivsi %keys, %c64 : index
  %columns = arith.index_cast %size : index to i32
  %rows = attn.expand_blocks %entries offsets %offsets columns %n
    : tensor<?xi32> offsets tensor<?xi32>
  %bits = attn.expand_blocks %words bits columns %columns : tensor<?x?x?x?xi32>
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %listed = attn.block_mask %i, %j in %rows block 64 x 64 : tensor<?x?xi1>
    attn.yield %listed : i1
  } : !t, !t, !t
  %p, %other = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %listed = attn.block_mask %i, %j in %rows block 16 x 256 : tensor<?x?xi1>
    %also = attn.block_mask %i, %j in %bits[%b, %h] block 1 x 64 : tensor<?x?x?x?xi1>
    %keep = attn.and %listed, %also
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o, %p : !t, !t
}
