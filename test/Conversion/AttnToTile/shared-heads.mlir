// Query heads of a key head in one block: rows are positions of heads, and the grid
// counts key heads and these rows.
// RUN: lacuna-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!q = tensor<?x12x?x64xbf16>
!k = tensor<?x4x?x64xbf16>

// The mask asks for positions, the score function also for the head of a row. What it
// reads for the batch alone is read once.
// CHECK-LABEL: tile.kernel @closed_kernel(
// CHECK-SAME:    %[[Q:[^:]*]]: !tile.view<?x12x?x64xbf16>, %[[K:[^:]*]]: !tile.view<?x4x?x64xbf16>
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : i32
// CHECK-DAG:   %[[C3:.*]] = arith.constant 3 : i32
// CHECK-DAG:   %[[C4:.*]] = arith.constant 4 : i32
// CHECK:       %[[LENGTH:.*]] = tile.dim %[[Q]][2]
// CHECK:       %[[QUERIES:.*]] = tile.pack_heads %[[Q]] by 3
// CHECK:       %[[OUTPUTS:.*]] = tile.pack_heads %{{.*}} by 3
// CHECK:       %[[SUMS:.*]] = tile.pack_heads %{{.*}} by 3 : <?x12x?xf32>
// CHECK:       %[[ROWS:.*]] = arith.muli %[[LENGTH]], %[[C3]]
// CHECK:       %[[B:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block %{{.*}}, %[[C4]], %[[ROWS]]
// CHECK:       %[[FIRST_HEAD:.*]] = arith.muli %[[H]], %[[C3]]
// CHECK:       %[[PAST:.*]] = arith.minsi %{{.*}}, %[[ROWS]]
// CHECK:       %[[I0:.*]] = arith.divui %[[FIRST]], %[[C3]]
// CHECK:       %[[LAST:.*]] = arith.subi %[[PAST]], %[[C1]]
// CHECK:       %[[I1:.*]] = arith.divui %[[LAST]], %[[C3]]
// CHECK:       %[[VISIBLE:.*]] = arith.addi %[[I1]], %[[C1]]
// CHECK:       %[[FULL:.*]] = arith.addi %[[I0]], %[[C1]]
// CHECK:       tile.read %{{.*}}[%[[B]]]
// CHECK:       tile.load %[[QUERIES]][%[[B]], %[[H]], %[[FIRST]], %{{.*}}]
// CHECK:       tile.for_runs (%[[KEY:[^ ,]*]],
// CHECK:         tile.load %[[K]][%[[B]], %[[H]], %[[KEY]], %{{.*}}]
// CHECK:         tile.map({{.*}}) at(%[[ROW:.*]] = %[[FIRST]], %{{.*}} = %[[KEY]])
// CHECK:           %[[MEMBER:.*]] = arith.remui %[[ROW]], %[[C3]]
// CHECK:           %[[HEAD:.*]] = arith.addi %[[FIRST_HEAD]], %[[MEMBER]]
// CHECK:           tile.read %{{.*}}[%[[HEAD]]]
// CHECK:         tile.map({{.*}}) at(%[[ROW:.*]] = %[[FIRST]], %[[J:.*]] = %[[KEY]])
// CHECK:           %[[I:.*]] = arith.divui %[[ROW]], %[[C3]]
// CHECK:           arith.cmpi sle, %[[J]], %[[I]]
// CHECK:       tile.store %{{.*}}, %[[OUTPUTS]][%[[B]], %[[H]], %[[FIRST]], %{{.*}}]
// CHECK:       tile.store %{{.*}}, %[[SUMS]][%[[B]], %[[H]], %[[FIRST]]]

// CHECK-LABEL: tile.program @closed(
// CHECK-NOT:   tile.expect_divides
// CHECK:       %[[LENGTH:.*]] = tensor.dim %arg0, %c2
// CHECK:       %[[ALL:.*]] = arith.muli %[[LENGTH]], %c3
// CHECK:       tile.launch @closed_kernel batches %{{.*}} heads %c4 rows %[[ALL]]
func.func @closed(%q: !q, %k: !k, %v: !k, %slopes: tensor<12xf32>, %bias: tensor<?xf32>) -> (!q, tensor<?x12x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %seen = arith.cmpi sle, %j, %i : i32
    attn.yield %seen : i1
  } score(%s, %b, %h, %i, %j) {
    %slope = attn.load %slopes[%h] : tensor<12xf32>
    %more = attn.load %bias[%b] : tensor<?xf32>
    %x = arith.addf %s, %slope : f32
    %y = arith.addf %x, %more : f32
    attn.yield %y : f32
  } intervals(%b, %h, %first, %last) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %visible = arith.addi %last, %c1 : i32
    %full = arith.addi %first, %c1 : i32
    attn.yield %c0, %visible, %c0, %full : i32, i32, i32, i32
  } schedule<heads = 3> mode closed : !q, !k, !k
  return %o, %lse : !q, tensor<?x12x?xf32>
}

// A plan has lists for key heads and these rows; the head that its classifier sees stands
// for all of them. Numbers of heads that types do not say are checked.
// CHECK-LABEL: tile.kernel @planned_kernel_lists(
// CHECK-SAME:    %[[N:[^:]*]]: i32
// CHECK-DAG:   %[[C3:.*]] = arith.constant 3 : i32
// CHECK:       %[[ROWS:.*]] = arith.muli %[[N]], %[[C3]]
// CHECK:       %[[ZERO:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block %{{.*}}, %{{.*}}, %[[ROWS]]
// CHECK:       %[[HEAD:.*]] = arith.muli %[[H]], %[[C3]]
// CHECK:       %[[ROW:.*]] = arith.divui %[[FIRST]]
// CHECK:       %[[I1:.*]] = arith.divui %{{.*}}, %[[C3]]
// CHECK:       arith.divui %[[HEAD]], %[[C3]]
// CHECK:       tile.write_runs %{{.*}}, %{{.*}}[%[[ZERO]], %[[H]], %[[ROW]]]
// CHECK:         arith.cmpi sle, %{{.*}}, %[[I1]]
// CHECK-LABEL: tile.kernel @planned_kernel(
// CHECK:       %{{.*}}, %[[H:.*]], %{{.*}} = tile.block
// CHECK:       tile.list_runs %{{.*}}, %{{.*}}[%{{.*}}, %[[H]], %{{.*}}]
// CHECK-LABEL: tile.program @planned(
// CHECK:       %[[KEY_HEADS:.*]] = tensor.dim %arg1, %c1
// CHECK:       %[[HEADS:.*]] = arith.muli %[[KEY_HEADS]], %c3
// CHECK:       tile.expect_equal %{{.*}} "query heads of argument 0", %[[HEADS]] "3 times the key heads of argument 1"
// CHECK:       %[[ALL:.*]] = arith.muli %{{.*}}, %c3
// CHECK:       %[[TILES:.*]] = tile.tile_count %[[ALL]] along query of @planned_kernel
// CHECK:       tile.new_tensor(%[[KEY_HEADS]], %[[TILES]], %{{.*}}) : tensor<1x?x?x?x2xi32>
// CHECK:       tile.launch @planned_kernel batches %{{.*}} heads %[[KEY_HEADS]] rows %[[ALL]]
func.func @planned(%q: tensor<?x?x?x64xbf16>, %k: tensor<?x?x?x64xbf16>, %last: tensor<?xi32>) -> tensor<?x?x?x64xbf16> {
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %c3 = arith.constant 3 : i32
    %key_head = arith.divui %h, %c3 : i32
    %end = attn.load %last[%key_head] : tensor<?xi32>
    %x = arith.minsi %i, %end : i32
    %seen = arith.cmpi sle, %j, %x : i32
    attn.yield %seen : i1
  } classify(%b, %h, %i0, %i1, %j0, %j1) {
    %c3 = arith.constant 3 : i32
    %key_head = arith.divui %h, %c3 : i32
    %wide = arith.extsi %key_head : i32 to i64
    %from, %to, %bits = attn.load_range %last[%wide] to [%wide] : tensor<?xi32>
    %end = arith.trunci %to : i64 to i32
    %x = arith.minsi %i1, %end : i32
    %see = arith.cmpi sle, %j0, %i1 : i32
    %hide = arith.cmpi sgt, %j1, %x : i32
    attn.yield %see, %hide : i1, i1
  } schedule<heads = 3> mode planned : tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16>
  return %o : tensor<?x?x?x64xbf16>
}

// Sequences are cut into tiles of these rows, and heads are packed of each of them.
// CHECK-LABEL: tile.kernel @ragged_kernel_pieces(
// CHECK:       tile.cut_sequences {{.*}} heads 3
// CHECK-LABEL: tile.kernel @ragged_kernel(
// CHECK:       tile.block %{{.*}}, %c4_i32,
// CHECK:       %{{.*}}, %[[FIRST:.*]], %[[Q0:.*]], %[[Q1:.*]], %{{.*}}, %{{.*}} = tile.piece
// CHECK:       %[[PART:.*]] = tile.part %{{.*}} along 2 from %[[Q0]] to %[[Q1]]
// CHECK:       %[[QUERIES:.*]] = tile.pack_heads %[[PART]] by 3
// CHECK:       tile.load %[[QUERIES]][%{{.*}}, %{{.*}}, %[[FIRST]], %{{.*}}]
// CHECK-LABEL: tile.program @ragged(
// CHECK:       %[[ROWS:.*]] = arith.muli %{{.*}}, %c3
// CHECK:       %[[TILES:.*]] = tile.tile_count %[[ROWS]] along query
// CHECK:       %[[ROOM:.*]] = arith.addi %[[TILES]],
// CHECK:       tile.launch @ragged_kernel batches %[[ROOM]] heads %c4
func.func @ragged(%q: tensor<1x12x?x64xbf16>, %k: tensor<1x4x?x64xbf16>, %n: tensor<?xi32>) -> tensor<1x12x?x64xbf16> {
  %o, %lse = attn.attend %q ragged %n, %k, %k ragged %n schedule<heads = 3> mode closed
    : tensor<1x12x?x64xbf16> ragged tensor<?xi32>, tensor<1x4x?x64xbf16>, tensor<1x4x?x64xbf16> ragged tensor<?xi32>
  return %o : tensor<1x12x?x64xbf16>
}
