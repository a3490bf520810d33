// One kernel by key that adds to the gradient of queries; others clear its sums, and scale and round them.
// RUN: lacuna-opt %s --attn-to-tile=gradients=fastest 2>/dev/null | FileCheck %s

!t = tensor<?x?x?x64xbf16>
!lse = tensor<?x?x?xf32>

// CHECK-LABEL: tile.kernel @scaled_by_key_queries_clear(
// CHECK-SAME:    %[[SUMS:[^:]*]]: !tile.view<?x?x?x64xf32>)
// CHECK:       %[[ZERO:.*]] = tile.splat %{{.*}} : tensor<?x64xf32, #tile.axes<[query, feature]>>
// CHECK:       tile.store %[[ZERO]], %[[SUMS]]

// A scale that is known when the program runs is passed to whoever needs it.
// CHECK-LABEL: tile.kernel @scaled_by_key_queries_finish(
// CHECK-SAME:    %[[SUMS:[^:]*]]: !tile.view<?x?x?x64xf32>, %[[DQ:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[SCALE:[^:]*]]: f32)
// CHECK:       %[[LOADED:.*]] = tile.load %[[SUMS]]
// CHECK:       %[[MADE:.*]] = tile.map(%[[X:.*]] = %[[LOADED]])
// CHECK:         arith.mulf %[[X]], %[[SCALE]]
// CHECK:         arith.truncf
// CHECK:       tile.store %[[MADE]], %[[DQ]]

// CHECK-LABEL: tile.kernel @scaled_by_key(
// CHECK-SAME:    %[[SUMS:[^ :]*]]: !tile.view<?x?x?x64xf32>)
// CHECK:       %[[B:.*]], %{{.*}}, %[[FIRST:.*]] = tile.block %{{.*}} of key
// CHECK:       %[[KEYS:.*]] = tile.load {{.*}} -> tensor<?x64xbf16, #tile.axes<[key, feature]>>
// CHECK:       tile.for_runs (%[[QUERY:[^,]*]],
// CHECK:         %[[DS:.*]] = tile.map({{.*}} -> tensor<?x?xf32, #tile.axes<[key, query]>>
// CHECK:         %[[SHARE:.*]] = tile.dot %{{.*}}, %[[KEYS]], %{{.*}} : tensor<?x?xbf16, #tile.axes<[key, query]>>, tensor<?x64xbf16, #tile.axes<[key, feature]>> -> tensor<?x64xf32, #tile.axes<[query, feature]>>
// CHECK-NEXT:    tile.store %[[SHARE]], %[[SUMS]][%[[B]], %{{.*}}, %[[QUERY]], %{{.*}}] add

// CHECK-LABEL: tile.program @scaled(
// CHECK:       %[[DQ:.*]] = tile.new_tensor({{.*}}) : tensor<?x?x?x64xbf16>
// CHECK:       %[[SUMS:.*]] = tile.new_tensor({{.*}}) : tensor<?x?x?x64xf32>
// CHECK:       tile.launch @scaled_by_key_queries_clear batches {{.*}}(%[[SUMS]])
// CHECK-NEXT:  tile.launch @scaled_by_key batches {{.*}}, %[[SUMS]])
// CHECK-NEXT:  tile.launch @scaled_by_key_queries_finish batches {{.*}}(%[[SUMS]], %[[DQ]], %{{.*}})
// CHECK:       tile.return %[[DQ]],
func.func @scaled(%q: !t, %scale: f32, %lse: !lse, %do: !t) -> (!t, !t, !t) {
  %dq, %dk, %dv = attn.attend_grad %q, %q, %q output %q, %lse gradient %do scale %scale : !t, !t, !t output !t
  return %dq, %dk, %dv : !t, !t, !t
}
