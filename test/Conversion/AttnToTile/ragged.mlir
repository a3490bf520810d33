// Ragged batches: the grid counts pieces, and kernels work on parts of their views.
// RUN: lacuna-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xbf16>
!n = tensor<?xi32>

// In closed form a piece's sequence says how much work it is.
// CHECK-LABEL: tile.kernel @closed_kernel_pieces(
// CHECK-SAME:    %[[PIECES:[^:]*]]: !tile.view<?x6xi32>, %[[COUNTS:[^:]*]]: {{[^,]*}}, %[[M:[^:]*]]: !tile.view<?xi32>, %[[N:[^:]*]]: !tile.view<?xi32>, %[[QUERIES:[^:]*]]: i32, %[[KEYS:[^:]*]]: i32, %[[STATUS:[^:]*]]: !tile.status) attributes {plans = @closed_kernel}
// CHECK-NEXT:  %[[WRONG:.*]] = tile.cut_sequences %[[PIECES]] counts %[[COUNTS]] at %[[M]], %[[N]] of %[[QUERIES]], %[[KEYS]]
// CHECK-NEXT:  tile.report %[[STATUS]], 0 if %[[WRONG]]

// Offsets are for the plan. Positions count in the sequence, tables are read at slots.
// CHECK-LABEL: tile.kernel @closed_kernel(
// CHECK-SAME:    %[[Q:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[K:[^:]*]]: {{[^,]*}}, %[[V:[^:]*]]: {{[^,]*}}, %[[AT:[^:]*]]: !tile.view<?x?xi32>, %[[OUT:[^:]*]]: {{[^,]*}}, %[[LSE:[^:]*]]: !tile.view<?x?x?xf32>, %[[PIECES:[^:]*]]: !tile.view<?x6xi32>, %[[ORDER:[^:]*]]: !tile.view<?x?x?xi32>, %[[GROUP:[^:]*]]: i32, %{{.*}}: !tile.status)
// CHECK:       %[[COUNT:.*]] = tile.dim %[[PIECES]][0]
// CHECK:       %[[TILE:.*]] = tile.extent query
// CHECK:       %[[ROWS:.*]] = arith.muli %[[COUNT]], %[[TILE]]
// CHECK:       %[[ZERO:.*]], %[[H:.*]], %[[ROW:.*]] = tile.block %{{.*}}, %{{.*}}, %[[ROWS]] groups_of %[[GROUP]] order %[[ORDER]]
// CHECK:       %[[NUMBER:.*]] = arith.divui %[[ROW]], %[[TILE]]
// CHECK:       %[[B:.*]], %[[FIRST:.*]], %[[Q0:.*]], %[[Q1:.*]], %[[K0:.*]], %[[K1:.*]] = tile.piece %[[PIECES]][%[[NUMBER]]]
// CHECK:       %[[LENGTH:.*]] = arith.subi %[[K1]], %[[K0]]
// CHECK:       %[[QS:.*]] = tile.part %[[Q]] along 2 from %[[Q0]] to %[[Q1]]
// CHECK:       %[[OS:.*]] = tile.part %[[OUT]] along 2 from %[[Q0]] to %[[Q1]]
// CHECK:       %[[LS:.*]] = tile.part %[[LSE]] along 2 from %[[Q0]] to %[[Q1]]
// CHECK:       %[[KS:.*]] = tile.part %[[K]] along 2 from %[[K0]] to %[[K1]]
// CHECK:       %[[VS:.*]] = tile.part %[[V]] along 2 from %[[K0]] to %[[K1]]
// CHECK:       tile.interval_runs visible(%{{.*}}, %[[LENGTH]])
// CHECK:       tile.load %[[QS]][%[[ZERO]], %[[H]], %[[FIRST]], %{{.*}}]
// CHECK:       tile.for_runs (%[[KEY:[^ ,]*]],
// CHECK:         tile.load %[[KS]][%[[ZERO]], %{{.*}}, %[[KEY]], %{{.*}}]
// CHECK:         tile.map({{.*}}) at(%[[I:.*]] = %[[FIRST]], %[[J:.*]] = %[[KEY]])
// CHECK:           arith.cmpi slt, %[[J]], %[[LENGTH]]
// CHECK:           %[[SLOT:.*]] = arith.addi %[[J]], %[[K0]]
// CHECK:           tile.read %[[AT]][%[[ZERO]], %[[SLOT]]]
// CHECK:           %[[ISLOT:.*]] = arith.addi %[[I]], %[[Q0]]
// CHECK:           arith.addi %[[B]], %[[ISLOT]]
// CHECK:         tile.load %[[VS]][%[[ZERO]], %{{.*}}, %[[KEY]], %{{.*}}]
// CHECK:       tile.failed
// CHECK:       tile.store %{{.*}}, %[[OS]][%[[ZERO]], %[[H]], %[[FIRST]], %{{.*}}]
// CHECK:       tile.store %{{.*}}, %[[LS]][%[[ZERO]], %[[H]], %[[FIRST]]]

// CHECK-LABEL: tile.program @closed(
// CHECK:       tile.expect_equal %{{.*}} "batch of argument 0", %{{.*}} "batch of ragged tensors"
// CHECK:       tile.expect_equal %{{.*}} "offsets of argument 3", %{{.*}} "offsets of argument 4"
// CHECK:       %[[TILES:.*]] = tile.tile_count %{{.*}} along query of @closed_kernel
// CHECK:       %[[ROOM:.*]] = arith.addi %[[TILES]],
// CHECK:       tile.new_tensor(%[[ROOM]]) : tensor<?x6xi32>
// CHECK:       tile.status ["offsets of argument 3 or argument 4 do not ascend from 0 to the number of rows
// CHECK:       tile.launch plan @closed_kernel_pieces
// CHECK:       tile.launch plan @closed_kernel_order
// CHECK:       tile.launch @closed_kernel batches %[[ROOM]] heads
func.func @closed(%q: !t, %k: !t, %v: !t, %m: !n, %n: !n, %at: tensor<?x?xi32>) -> (!t, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q ragged %m, %k, %v at %at ragged %n where(%b, %h, %i, %j, %islot, %jslot) {
    %x = arith.addi %b, %islot : i32
    %seen = arith.cmpi sle, %j, %x : i32
    attn.yield %seen : i1
  } : !t ragged !n, !t, !t at tensor<?x?xi32> ragged !n
  return %o, %lse : !t, tensor<?x?x?xf32>
}

// A plan classifies the tiles of each sequence; there is one for all of them.
// CHECK-LABEL: tile.kernel @planned_kernel_pieces(
// CHECK:       tile.cut_sequences %{{.*}} at
// CHECK-LABEL: tile.kernel @planned_kernel_lists(
// CHECK-SAME:    %[[PIECES:[^:]*]]: !tile.view<?x6xi32>, %[[LISTS:[^:]*]]: !tile.view<?x?x?x?x2xi32>, %[[COUNTS:[^:]*]]: !tile.view<?x?x?x2xi32>, %{{.*}}: !tile.status)
// CHECK:       %[[ZERO:.*]], %[[H:.*]], %[[ROW:.*]] = tile.block
// CHECK:       %[[NUMBER:.*]] = arith.divui %[[ROW]]
// CHECK:       %[[B:.*]], %[[FIRST:.*]], %[[Q0:.*]], %[[Q1:.*]], %[[K0:.*]], %[[K1:.*]] = tile.piece %[[PIECES]][%[[NUMBER]]]
// CHECK:       %[[LENGTH:.*]] = arith.subi %[[K1]], %[[K0]]
// CHECK:       tile.write_runs %[[LISTS]], %[[COUNTS]][%[[ZERO]], %[[H]], %[[NUMBER]]] over %[[LENGTH]] classify(%[[J0:.*]], %{{.*}}) {
// CHECK:         %[[SLOT:.*]] = arith.addi %[[J0]], %[[K0]]
// CHECK:         arith.cmpi sle, %[[SLOT]], %[[B]]
// CHECK-LABEL: tile.kernel @planned_kernel(
// CHECK:       %[[ZERO:.*]], %{{.*}}, %[[ROW:.*]] = tile.block
// CHECK:       %[[NUMBER:.*]] = arith.divui %[[ROW]]
// CHECK:       tile.list_runs %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}, %[[NUMBER]]]
// CHECK-LABEL: tile.program @planned(
// CHECK:       %[[ROOM:.*]] = arith.addi
// CHECK:       tile.new_tensor(%[[ROOM]], %{{.*}}) : tensor<1x1x?x?x2xi32>
// CHECK:       tile.launch plan @planned_kernel_lists batches %[[ROOM]] heads %c1
func.func @planned(%q: !t, %m: !n) -> !t {
  %o, %lse = attn.attend %q ragged %m, %q, %q ragged %m where(%b, %h, %i, %j, %islot, %jslot) {
    %seen = arith.cmpi sle, %jslot, %b : i32
    attn.yield %seen : i1
  } classify(%b, %h, %i0, %i1, %j0, %j1, %is0, %is1, %js0, %js1) {
    %see = arith.cmpi sle, %js0, %b : i32
    %hide = arith.cmpi sgt, %js1, %b : i32
    attn.yield %see, %hide : i1, i1
  } mode planned : !t ragged !n, !t, !t ragged !n
  return %o : !t
}
