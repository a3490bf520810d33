// Head counts, head_dims, results that nobody uses, several attends, pins.
// RUN: lacuna-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

// Static sizes are constants: four query heads share a key head.
// CHECK-LABEL: tile.kernel @grouped_kernel
// CHECK-DAG:   %[[C2:.*]] = arith.constant 2 : i32
// CHECK-DAG:   %[[C8:.*]] = arith.constant 8 : i32
// CHECK-DAG:   %[[C4:.*]] = arith.constant 4 : i32
// CHECK:       %[[B:.*]], %[[H:.*]], %{{.*}} = tile.block %[[C2]], %[[C8]], %{{.*}}
// CHECK-NEXT:  %[[HK:.*]] = arith.divui %[[H]], %[[C4]] : i32
// CHECK:       tile.load %arg1[%[[B]], %[[HK]],
// CHECK-LABEL: tile.program @grouped
// CHECK-NOT:   tile.expect_divides
// CHECK:       tile.launch
func.func @grouped(%q: tensor<2x8x?x64xf16>, %k: tensor<2x2x?x64xf16>, %v: tensor<2x2x?x64xf16>)
    -> tensor<2x8x?x64xf16> {
  %o, %lse = attn.attend %q, %k, %v
      : tensor<2x8x?x64xf16>, tensor<2x2x?x64xf16>, tensor<2x2x?x64xf16>
  return %o : tensor<2x8x?x64xf16>
}

// One key head per query head: no division.
// CHECK-LABEL: tile.kernel @single_kernel
// CHECK-NOT:   arith.divui
// CHECK-LABEL: tile.program @single
func.func @single(%q: tensor<1x8x?x64xf16>, %k: tensor<1x8x?x64xf16>, %v: tensor<1x8x?x64xf16>)
    -> tensor<1x8x?x64xf16> {
  %o, %lse = attn.attend %q, %k, %v
      : tensor<1x8x?x64xf16>, tensor<1x8x?x64xf16>, tensor<1x8x?x64xf16>
  return %o : tensor<1x8x?x64xf16>
}

// 192 columns of keys, 128 of values.
// CHECK-LABEL: tile.kernel @unequal_kernel
// CHECK:       tile.load {{.*}} -> tensor<?x192xbf16, #tile.axes<[query, feature]>>
// CHECK:       tile.load {{.*}} -> tensor<?x192xbf16, #tile.axes<[key, feature]>>
// CHECK:       tile.load {{.*}} -> tensor<?x128xbf16, #tile.axes<[key, feature]>>
// CHECK:       tile.store {{.*}} : tensor<?x128xbf16, #tile.axes<[query, feature]>>, <?x?x?x128xbf16>
// CHECK-LABEL: tile.program @unequal
// CHECK:       tile.new_tensor({{.*}}) : tensor<?x?x?x128xbf16>
func.func @unequal(%q: tensor<?x?x?x192xbf16>, %k: tensor<?x?x?x192xbf16>,
                   %v: tensor<?x?x?x128xbf16>) -> tensor<?x?x?x128xbf16> {
  %o, %lse = attn.attend %q, %k, %v
      : tensor<?x?x?x192xbf16>, tensor<?x?x?x192xbf16>, tensor<?x?x?x128xbf16>
  return %o : tensor<?x?x?x128xbf16>
}

// No power of two: 1/sqrt(40) * log2(e).
// CHECK-LABEL: tile.kernel @forty_kernel
// CHECK:       arith.constant 0.22811012 : f32
// CHECK:       tile.load {{.*}} -> tensor<?x40xf16, #tile.axes<[query, feature]>>
func.func @forty(%q: tensor<?x?x?x40xf16>, %k: tensor<?x?x?x40xf16>, %v: tensor<?x?x?x40xf16>)
    -> tensor<?x?x?x40xf16> {
  %o, %lse = attn.attend %q, %k, %v
      : tensor<?x?x?x40xf16>, tensor<?x?x?x40xf16>, tensor<?x?x?x40xf16>
  return %o : tensor<?x?x?x40xf16>
}

// Only the log-sum-exp is wanted.
// CHECK-LABEL: tile.kernel @lse_only_kernel
// CHECK-SAME:    %[[LSE:[^:]*]]: !tile.view<?x?x?xf32>, %{{[^:]*}}: i32) {
// CHECK:       tile.store %{{.*}}, %[[LSE]]
// CHECK-NOT:   tile.store
// CHECK-LABEL: tile.program @lse_only
func.func @lse_only(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>, %v: tensor<?x?x?x64xf16>)
    -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q, %k, %v
      : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  return %lse : tensor<?x?x?xf32>
}

// One tensor in three roles is one argument and agrees with itself.
// CHECK-LABEL: tile.kernel @self_kernel(%{{[^:]*}}: !tile.view<?x?x?x64xf16>, %{{[^:]*}}: !tile.view<?x?x?x64xf16>, %{{[^:]*}}: i32) {
// CHECK-LABEL: tile.program @self
// CHECK-NOT:   tile.expect
// CHECK:       tile.launch
func.func @self(%x: tensor<?x?x?x64xf16>) -> tensor<?x?x?x64xf16> {
  %o, %lse = attn.attend %x, %x, %x
      : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  return %o : tensor<?x?x?x64xf16>
}

// CHECK-LABEL: tile.kernel @two_kernel0
// CHECK-SAME:    attributes {tile.pins = {query_tile = 128 : i64, stages = 3 : i64}}
// CHECK-LABEL: tile.kernel @two_kernel1
// CHECK-LABEL: tile.program @two
// CHECK:       tile.launch @two_kernel0 {{.*}}(%arg0, %arg1, %arg2, %[[MIDDLE:[^,]*]], %{{[^)]*}})
// CHECK:       tile.launch @two_kernel1 {{.*}}(%[[MIDDLE]], %arg1, %arg2, %[[END:[^,]*]], %{{[^)]*}})
// CHECK:       tile.return %[[END]]
func.func @two(%q: tensor<?x?x?x64xf16>, %k: tensor<?x?x?x64xf16>, %v: tensor<?x?x?x64xf16>)
    -> tensor<?x?x?x64xf16> {
  %m, %lse0 = attn.attend %q, %k, %v schedule<query_tile = 128, stages = 3>
      : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  %unused, %lse1 = attn.attend %q, %k, %v
      : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  %o, %lse2 = attn.attend %m, %k, %v
      : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  return %o : tensor<?x?x?x64xf16>
}
