// A spec for a target with roles, once through all passes: what overlaps with what.
// RUN: lacuna-opt %s --attn-to-tile --tile-schedule=target=sm_90a | FileCheck %s

!t = tensor<?x?x?x128xbf16>

// CHECK-LABEL: tile.kernel @dense_kernel
// CHECK-SAME:  blocks_per_sm = 1 : i64, persistent,
// CHECK-SAME:  roles = true>, shared_bytes = 163936 : i64, target = "sm_90a"
// The producer says which item it is and copies its queries, then keys and values in turn.
// CHECK:       tile.roles producer registers 24 {
// CHECK:         tile.for_items
// CHECK:           tile.block
// CHECK:           tile.send_block
// CHECK-NEXT:      tile.expect
// CHECK-NEXT:      tile.copy_bulk({{.*}}128x128xbf16, [query, feature]>
// CHECK:           tile.for_runs
// CHECK:             tile.copy_bulk
// CHECK:             tile.copy_bulk
// CHECK:       } consumers registers 240 {
// CHECK-NOT:     tile.block
// CHECK:         tile.open_turns
// CHECK:         tile.for_items
// CHECK:           tile.await_filled
// CHECK-NEXT:      tile.receive_block
// CHECK:           tile.for_runs {{.*}} drained
// The product of the next entry's queries and keys is started before the product of
// this one's weights and values is waited for.
// CHECK:             tile.await_turn
// CHECK:             tile.dot {{.*}} async {{.*}}[key, feature]> -> tensor<128x128xf32, {{.*}}[query, key]
// CHECK:             tile.commit_dots
// CHECK:             tile.dot {{.*}} async {{.*}} -> tensor<128x128xf32, {{.*}}[query, feature]
// CHECK:             tile.commit_dots
// CHECK:             tile.pass_turn
// CHECK:             tile.await_dots pending 1(
// CHECK:             tile.leave
// CHECK:             tile.reduce max
// CHECK:             math.exp2
// CHECK:             tile.await_dots pending 0(
// CHECK:             scf.if %{{.*}} -> (tensor<128x128xf32, {{.*}}[query, feature]
// CHECK:             arith.truncf
// CHECK:             tile.yield
// The last product, of a step behind the last entry.
// CHECK:           tile.await_dots pending 0(
// CHECK:           tile.release {{.*}} : <1>
// CHECK:           tile.store
func.func @dense(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  return %o : !t
}
