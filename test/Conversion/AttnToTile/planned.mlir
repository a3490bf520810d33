// A planned attend: kernels that summarize tables, list runs and order query tiles
// come before its own, which walks the lists.
// RUN: lacuna-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xbf16>

// CHECK-LABEL: tile.kernel @documents_kernel_summary0(
// CHECK-SAME:    %[[TABLE:[^:]*]]: !tile.view<?x?xi32>, %[[CELLS:[^:]*]]: !tile.view<?x?x3xi64>) attributes {plans = @documents_kernel}
// CHECK:       %[[B:.*]], %{{.*}}, %[[FIRST:.*]] = tile.block
// CHECK-NEXT:  tile.summarize %[[TABLE]], %[[CELLS]][%[[B]], %[[FIRST]]]

// The rows are looked at once, keys box by box.
// CHECK-LABEL: tile.kernel @documents_kernel_lists(
// CHECK-SAME:    %[[QUERIES:[^:]*]]: i32, %[[KEYS:[^:]*]]: i32, %{{[^:]*}}: i32, %[[IDS:[^:]*]]: !tile.view<?x?xi32>, %[[CELLS:[^:]*]]: !tile.view<?x?x3xi64>
// CHECK-SAME:    attributes {plans = @documents_kernel}
// CHECK:       %[[B:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block
// CHECK:       tile.load_range %[[IDS]][{{.*}}] to [{{.*}}] cells %[[CELLS]]
// CHECK:       %[[OVERFLOW:.*]] = tile.write_runs %{{.*}}, %{{.*}}[%[[B]], %[[H]], %{{.*}}] over %[[KEYS]] classify(%[[J0:.*]], %[[J1:.*]]) {
// CHECK-NOT:     tile.load_range
// CHECK:         arith.extsi %[[J0]]
// CHECK:         tile.load_range %[[IDS]]
// CHECK:         tile.yield
// CHECK:       tile.report %{{.*}}, 0 if %[[OVERFLOW]]

// CHECK-LABEL: tile.kernel @documents_kernel_order(
// CHECK-SAME:    %[[COUNTS:[^:]*]]: {{[^,]*}}, %[[ORDER:[^:]*]]: {{[^,]*}}, %[[SCRATCH:[^:]*]]: {{[^,]*}}, %[[SIZE:[^:]*]]: i32)
// CHECK:       %[[B:.*]], %[[GROUP:.*]], %{{.*}} = tile.block
// CHECK:       %[[FIRST:.*]] = arith.muli %[[GROUP]], %[[SIZE]]
// CHECK:       tile.order_rows %[[COUNTS]], %[[ORDER]], %[[SCRATCH]][%[[B]], %[[FIRST]]] heads

// One plan serves all heads.
// CHECK-LABEL: tile.kernel @documents_kernel(
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK:       %[[B:.*]], %{{.*}}, %[[FIRST:.*]] = tile.block {{.*}} groups_of %{{.*}} order
// CHECK:       %[[ROW:.*]] = arith.divui %[[FIRST]]
// CHECK-NEXT:  tile.list_runs %{{.*}}, %{{.*}}[%[[B]], %[[C0]], %[[ROW]]]
// CHECK:       tile.for_runs
// CHECK:       %[[BAD:.*]] = tile.failed
// CHECK:       arith.select %[[BAD]]

// CHECK-LABEL: tile.program @documents
// CHECK:       %[[CELLS:.*]] = tile.new_tensor({{.*}}) : tensor<?x?x3xi64>
// CHECK:       tile.launch plan @documents_kernel_summary0
// CHECK:       tile.tile_count %{{.*}} along query of @documents_kernel
// CHECK:       tile.tile_count %{{.*}} along key of @documents_kernel
// CHECK:       %[[LISTS:.*]] = tile.new_tensor({{.*}}) : tensor<?x1x?x?x2xi32>
// CHECK:       tile.launch plan @documents_kernel_lists
// CHECK:       tile.launch plan @documents_kernel_order
// CHECK:       tile.launch @documents_kernel batches
func.func @documents(%q: !t, %k: !t, %v: !t, %ids: tensor<?x?xi32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %x = attn.load %ids[%b, %i] : tensor<?x?xi32>
      %y = attn.load %ids[%b, %j] : tensor<?x?xi32>
      %same = arith.cmpi eq, %x, %y : i32
      attn.yield %same : i1
    } classify(%b, %h, %i0, %i1, %j0, %j1) {
      %row = arith.extsi %b : i32 to i64
      %a0 = arith.extsi %i0 : i32 to i64
      %a1 = arith.extsi %i1 : i32 to i64
      %b0 = arith.extsi %j0 : i32 to i64
      %b1 = arith.extsi %j1 : i32 to i64
      %qmin, %qmax, %qs = attn.load_range %ids[%row, %a0] to [%row, %a1] : tensor<?x?xi32>
      %kmin, %kmax, %ks = attn.load_range %ids[%row, %b0] to [%row, %b1] : tensor<?x?xi32>
      %see = arith.cmpi sle, %kmin, %qmax : i64
      %hide = arith.cmpi ne, %qmin, %kmax : i64
      attn.yield %see, %hide : i1, i1
    } mode planned : !t, !t, !t
  return %o : !t
}

// A plan takes sizes, not the tensors that have them; room for runs can be pinned.
// CHECK-LABEL: tile.kernel @bottom_right_kernel_lists(
// CHECK-SAME:    %{{[^:]*}}: i32, %{{[^:]*}}: i32, %{{[^:]*}}: i32, %[[N:[^:]*]]: i32, %{{[^:]*}}: !tile.view<?x?x?x?x2xi32>
// CHECK:         arith.cmpi slt, %{{.*}}, %[[N]] : i32
// CHECK-LABEL: tile.program @bottom_right
// CHECK:       tile.new_tensor(%{{[^,]*}}) : tensor<1x1x?x3x2xi32>
// CHECK:       tile.launch plan @bottom_right_kernel_lists batches %[[C1:.*]] heads %[[C1]] rows
func.func @bottom_right(%q: !t, %k: !t, %v: !t) -> !t {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %k, %c2 : !t
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %length = arith.index_cast %n : index to i32
      %keep = arith.cmpi slt, %j, %length : i32
      attn.yield %keep : i1
    } classify(%b, %h, %i0, %i1, %j0, %j1) {
      %length = arith.index_cast %n : index to i32
      %see = arith.cmpi slt, %j0, %length : i32
      %hide = arith.cmpi sge, %j1, %length : i32
      attn.yield %see, %hide : i1, i1
    } schedule<plan_capacity = 3> mode planned : !t, !t, !t
  return %o : !t
}

// Heads of their own plan; positions from a table bound a box of keys by a range.
// CHECK-LABEL: tile.kernel @positions_kernel_summary0(
// CHECK-LABEL: tile.kernel @positions_kernel_lists(
// CHECK:       tile.write_runs
// CHECK:         %[[MIN:.*]], %[[MAX:.*]], %{{.*}} = tile.load_range %{{.*}}[%{{.*}}] to [%{{.*}}] cells
// CHECK:         arith.maxsi %[[MIN]]
// CHECK-LABEL: tile.kernel @positions_kernel(
// CHECK:       %[[B:.*]], %[[H:.*]], %{{.*}} = tile.block
// CHECK:       tile.list_runs %{{.*}}, %{{.*}}[%{{.*}}, %[[H]], %{{.*}}]
func.func @positions(%q: !t, %k: !t, %v: !t, %at: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v at %at
    where(%b, %h, %i, %j) {
      %keep = arith.cmpi slt, %j, %h : i32
      attn.yield %keep : i1
    } classify(%b, %h, %i0, %i1, %j0, %j1) {
      %see = arith.cmpi slt, %j0, %h : i32
      %hide = arith.cmpi sge, %j1, %h : i32
      attn.yield %see, %hide : i1, i1
    } mode planned : !t, !t, !t at tensor<?xi32>
  return %o : !t
}
