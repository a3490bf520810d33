// A baked attend: its kernel holds the lists, their counts and the order of query
// tiles, and is pinned to the tiles that they are of. Promises of the spec become
// checks of the program.
// RUN: lacuna-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x2x100x64xbf16>

// CHECK-LABEL: tile.kernel @causal_kernel(
// CHECK-SAME:    %{{.*}}: !tile.view<?x2x100x64xbf16>, %{{.*}}: !tile.view<?x2x100x64xbf16>, %{{.*}}: i32)
// CHECK-SAME:    tile.pins = {key_tile = 64 : i64, query_tile = 64 : i64, stages = 3 : i64}
// CHECK-DAG:   %[[LISTS:.*]] = tile.table dense<{{\[\[\[\[\[}}0, 3]], {{\[\[}}0, 5]]], {{\[\[\[}}0, 3]], {{\[\[}}0, 2]]]]]> : tensor<1x2x2x1x2xi32>
// CHECK-DAG:   %[[COUNTS:.*]] = tile.table dense<{{\[\[\[\[}}1, 1], [1, 2]], {{\[\[}}1, 1], [1, 1]]]]> : tensor<1x2x2x2xi32>
// CHECK-DAG:   %[[ORDER:.*]] = tile.table dense<{{\[\[\[}}1, 0], [2, 3]]]> : tensor<1x2x2xi32>
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK:       %{{.*}}, %[[H:.*]], %[[FIRST:.*]] = tile.block {{.*}} order %[[ORDER]]
// CHECK:       %[[ROW:.*]] = arith.divui %[[FIRST]]
// CHECK-NEXT:  tile.list_runs %[[LISTS]], %[[COUNTS]][%[[C0]], %[[H]], %[[ROW]]]
// CHECK:       tile.for_runs
// CHECK-NOT:   tile.failed

// CHECK-LABEL: tile.program @causal
// CHECK-SAME:    %[[LEFT:[^:]*]]: i32 {tile.name = "left"}, %{{.*}}: i1 {tile.name = "flag"}, %{{.*}}: tensor<4xi32> {tile.digest = "8badf00d", tile.name = "ids"}
// CHECK-DAG:   %[[C7:.*]] = arith.constant 7 : index
// CHECK-DAG:   %[[GIVEN:.*]] = arith.index_cast %[[LEFT]] : i32 to index
// CHECK:       tile.expect_equal %[[GIVEN]] "%left", %[[C7]] ""
// CHECK:       %[[FLAG:.*]] = arith.index_castui %{{.*}} : i1 to index
// CHECK:       tile.expect_equal %[[FLAG]] "%flag"
// CHECK-NOT:   tile.launch plan
func.func @causal(%q: !t {attn.name = "q"}, %left: i32 {attn.name = "left", attn.value = 7 : i64},
                  %flag: i1 {attn.name = "flag", attn.value = 1 : i64},
                  %ids: tensor<4xi32> {attn.name = "ids", attn.digest = "8badf00d"}) -> !t {
  %o, %lse = attn.attend %q, %q, %q
    where(%b, %h, %i, %j) {
      %past = arith.cmpi sle, %j, %i : i32
      attn.yield %past : i1
    } schedule<query_tile = 128, stages = 3>
      mode baked runs<query_tile = 64, key_tile = 64,
                      lists = dense<[[[[[0, 3]], [[0, 5]]], [[[0, 3]], [[0, 2]]]]]> : tensor<1x2x2x1x2xi32>,
                      order = dense<[[[1, 0], [2, 3]]]> : tensor<1x2x2xi32>> : !t, !t, !t
  return %o : !t
}
