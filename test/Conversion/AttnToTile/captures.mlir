// What a kernel takes from its function: tensors as views, scalars as they are.
// Scalar code and sizes are computed in the kernel, once; `index` is i64 there.
// RUN: lacuna-opt %s --attn-expand-sugar --attn-sink-scalars --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: tile.kernel @documents_kernel
// CHECK-SAME:    %[[IDS:[^:]*]]: !tile.view<?x?xi64>
// CHECK:       %[[B:.*]], %{{.*}}, %{{.*}} = tile.block
// CHECK:       at(%[[I:.*]] = %{{.*}}, %[[J:.*]] = %{{.*}})
// CHECK-DAG:     %[[X:.*]], %{{.*}} = tile.read %[[IDS]][%[[B]], %[[I]]]
// CHECK-DAG:     %[[Y:.*]], %{{.*}} = tile.read %[[IDS]][%[[B]], %[[J]]]
// CHECK:         arith.cmpi eq, %[[X]], %[[Y]] : i64
// CHECK-LABEL: tile.program @documents
// CHECK:       tile.launch @documents_kernel {{.*}}(%arg0, %arg1, %arg2, %arg3, %{{.*}})
func.func @documents(%q: !t, %k: !t, %v: !t, %ids: tensor<?x?xi64>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %same = attn.document %i, %j in %ids[%b] : tensor<?x?xi64>
      attn.yield %same : i1
    } : !t, !t, !t
  return %o : !t
}

// Bottom-right causal: keys - queries, in i64 because it was index, before the loop.
// CHECK-LABEL: tile.kernel @scalars_kernel
// CHECK-SAME:    %[[SHIFT:[^:]*]]: i32, %[[FLAG:[^:]*]]: i1, %{{[^:]*}}: !tile.view
// CHECK-DAG:   %[[M:.*]] = tile.dim %arg0[2]
// CHECK-DAG:   %[[WIDE_M:.*]] = arith.extsi %[[M]] : i32 to i64
// CHECK-DAG:   %[[N:.*]] = tile.dim %arg1[2]
// CHECK-DAG:   %[[WIDE_N:.*]] = arith.extsi %[[N]] : i32 to i64
// CHECK:       %[[D:.*]] = arith.subi %[[WIDE_N]], %[[WIDE_M]] : i64
// CHECK:       %[[AT:.*]] = arith.trunci %[[D]] : i64 to i32
// CHECK:       %[[BOTH:.*]] = arith.addi %[[AT]], %[[SHIFT]] : i32
// CHECK:       tile.for_runs
// CHECK:       at(%[[I:.*]] = %{{.*}}, %[[J:.*]] = %{{.*}})
// CHECK:         %[[D:.*]] = arith.subi %[[J]], %[[I]] : i32
// CHECK-NEXT:    %[[PAST:.*]] = arith.cmpi sle, %[[D]], %[[BOTH]] : i32
// CHECK-NEXT:    arith.ori %[[PAST]], %[[FLAG]] : i1
func.func @scalars(%q: !t, %k: !t, %v: !t, %unused: tensor<?xf32>, %shift: i32, %flag: i1) -> !t {
  %c2 = arith.constant 2 : index
  %m = tensor.dim %q, %c2 : !t
  %n = tensor.dim %k, %c2 : !t
  %difference = arith.subi %n, %m : index
  %at = arith.index_cast %difference : index to i32
  %both = arith.addi %at, %shift : i32
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j offset %both
      %keep = arith.ori %past, %flag : i1
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}
