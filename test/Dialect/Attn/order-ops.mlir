// Ops that make orders and move rows read and print back, and one move undoes the other.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s
// RUN: lacuna-opt %s --canonicalize | FileCheck %s --check-prefix=FOLD

!t = tensor<?x?x?x64xf16>
!rows = tensor<?x4x?xi32>

// CHECK-LABEL: @move
func.func @move(%q: !t, %labels: !rows, %keep: tensor<2x?x?xi1>, %bias: tensor<?x?x?xf32>,
                %small: tensor<?x?x?xi8>, %narrow: tensor<?x?x?xbf16>)
    -> (!t, !t, tensor<?x?x?xf32>, tensor<?x?x?xi8>, tensor<2x?xi32>) {
  // CHECK: %[[ORDER:.*]] = attn.sort %{{.*}} : tensor<?x4x?xi32>
  %order = attn.sort %labels : !rows
  // CHECK: %order, %count = attn.compact %{{.*}} : tensor<2x?x?xi1>
  %kept, %count = attn.compact %keep : tensor<2x?x?xi1>
  // CHECK: attn.gather %{{.*}} by %[[ORDER]] : tensor<?x?x?x64xf16>, tensor<?x4x?xi32>
  %qs = attn.gather %q by %order : !t, !rows
  // CHECK: attn.scatter %{{.*}} by %order : tensor<?x?x?x64xf16>, tensor<2x?x?xi32>
  %o = attn.scatter %q by %kept : !t, tensor<2x?x?xi32>
  // CHECK: attn.scatter %{{.*}} by %order : tensor<?x?x?xf32>, tensor<2x?x?xi32>
  %l = attn.scatter %bias by %kept : tensor<?x?x?xf32>, tensor<2x?x?xi32>
  // CHECK: attn.scatter %{{.*}} by %order : tensor<?x?x?xbf16>, tensor<2x?x?xi32>
  %n = attn.scatter %narrow by %kept : tensor<?x?x?xbf16>, tensor<2x?x?xi32>
  // CHECK: attn.gather %{{.*}} by %[[ORDER]] : tensor<?x?x?xi8>, tensor<?x4x?xi32>
  %s = attn.gather %small by %order : tensor<?x?x?xi8>, !rows
  return %qs, %o, %l, %s, %count : !t, !t, tensor<?x?x?xf32>, tensor<?x?x?xi8>, tensor<2x?xi32>
}

// CHECK-LABEL: @hash
func.func @hash(%q: !t, %k: tensor<2x6x9x8xbf16>, %r: tensor<?x?x64xf32>, %s: tensor<3x0x8xf32>)
    -> (tensor<?x?x?xi32>, tensor<2x6x9xi32>) {
  // CHECK: %[[BUCKET:.*]] = attn.hash %{{.*}} by %{{.*}} : tensor<?x?x?x64xf16>, tensor<?x?x64xf32>
  %bucket = attn.hash %q by %r : !t, tensor<?x?x64xf32>
  // CHECK: attn.hash %{{.*}} by %{{.*}} : tensor<2x6x9x8xbf16>, tensor<3x0x8xf32>
  %of_keys = attn.hash %k by %s : tensor<2x6x9x8xbf16>, tensor<3x0x8xf32>
  // CHECK: return %[[BUCKET]], %{{.*}} : tensor<?x?x?xi32>, tensor<2x6x9xi32>
  return %bucket, %of_keys : tensor<?x?x?xi32>, tensor<2x6x9xi32>
}

// FOLD-LABEL: @undone
// FOLD-SAME: %[[Q:[^:]*]]: tensor<?x?x?x64xf16>
func.func @undone(%q: !t, %labels: !rows) -> (!t, !t, !t) {
  %order = attn.sort %labels : !rows
  // FOLD: %[[ORDER:.*]] = attn.sort
  %other = attn.sort %order : !rows
  // FOLD: %[[OTHER:.*]] = attn.sort
  %there = attn.gather %q by %order : !t, !rows
  %back = attn.scatter %there by %order : !t, !rows
  // Another order is another permutation.
  // FOLD: %[[THERE:.*]] = attn.gather %[[Q]] by %[[ORDER]]
  // FOLD: %[[ELSE:.*]] = attn.scatter %[[THERE]] by %[[OTHER]]
  %else = attn.scatter %there by %other : !t, !rows
  %away = attn.scatter %q by %order : !t, !rows
  %again = attn.gather %away by %order : !t, !rows
  // FOLD: return %[[Q]], %[[ELSE]], %[[Q]]
  return %back, %else, %again : !t, !t, !t
}
