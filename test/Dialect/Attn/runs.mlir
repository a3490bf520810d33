// Runs that a spec holds: they read and print back, in whatever order blocks begin.
// RUN: lacuna-opt %s --verify-roundtrip --split-input-file | FileCheck %s

!t = tensor<1x2x100x64xf16>

// CHECK-LABEL: @two_heads
// CHECK: mode baked runs<query_tile = 64, key_tile = 64, lists = dense<{{\[\[\[\[\[}}0, 3], [0, 0]], {{\[\[}}0, 2], [1, 3]]], {{.*}} : tensor<1x2x2x2x2xi32>, order = dense<{{.*}}> : tensor<1x2x2xi32>> :
func.func @two_heads(%q: !t) -> !t {
  %o, %lse = attn.attend %q, %q, %q
    mode baked runs<query_tile = 64, key_tile = 64,
                    lists = dense<[[[[[0, 3], [0, 0]], [[0, 2], [1, 3]]],
                                    [[[0, 0], [0, 0]], [[0, 5], [0, 0]]]]]> : tensor<1x2x2x2x2xi32>,
                    order = dense<[[[1, 0], [2, 3]]]> : tensor<1x2x2xi32>> : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<2x?x100x64xf16>
!empty = tensor<2x?x0x64xf16>

// A sequence without elements has no tiles.
// CHECK-LABEL: @no_queries
// CHECK: lists = dense<> : tensor<1x1x0x1x2xi32>
func.func @no_queries(%q: !empty, %k: !t) -> !empty {
  %o, %lse = attn.attend %q, %k, %k
    mode baked runs<query_tile = 64, key_tile = 64, lists = dense<> : tensor<1x1x0x1x2xi32>,
                    order = dense<> : tensor<1x1x0xi32>> : !empty, !t, !t
  return %o : !empty
}
