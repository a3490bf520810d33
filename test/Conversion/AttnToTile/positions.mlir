// Positions: the slot, moved by an offset or read from a table, which the launch
// has checked to hold every slot.
// RUN: lacuna-opt %s --attn-expand-sugar --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: tile.kernel @offset_kernel
// CHECK-SAME:    %[[AT:[^:]*]]: i32, %{{[^:]*}}: !tile.view<?x?x?x64xf16>, %{{[^:]*}}: i32)
// CHECK:       tile.map(%[[X:.*]] = %{{.*}}) at(%[[I:.*]] = %{{.*}}, %[[J:.*]] = %{{.*}})
// CHECK:         %[[P:.*]] = arith.addi %[[I]], %[[AT]] : i32
// CHECK-NEXT:    arith.cmpi sle, %[[J]], %[[P]] : i32
func.func @offset(%q: !t, %k: !t, %v: !t, %at: i32) -> !t {
  %o, %lse = attn.attend %q at %at, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t at i32, !t, !t
  return %o : !t
}

// CHECK-LABEL: tile.program @offset

// A table of the queries per head, one of the keys for all; slots beside them.
// CHECK-LABEL: tile.kernel @tables_kernel
// CHECK-SAME:    %[[QAT:[^:]*]]: !tile.view<?x?x?xi32>, %[[KAT:[^:]*]]: !tile.view<?xi32>
// CHECK-DAG:   %[[LOW:.*]] = arith.constant 0xFF800000 : f32
// CHECK:       %[[B:.*]], %[[H:.*]], %{{.*}} = tile.block
// CHECK:       tile.map(%[[X:.*]] = %{{.*}}) at(%[[I:.*]] = %{{.*}}, %[[J:.*]] = %{{.*}})
// CHECK-NEXT:    %[[EXISTS:.*]] = arith.cmpi slt, %[[J]], %{{.*}} : i32
// CHECK-NEXT:    %[[P:.*]], %{{.*}} = tile.read %[[QAT]][%[[B]], %[[H]], %[[I]]]
// CHECK-NEXT:    %[[R:.*]], %{{.*}} = tile.read %[[KAT]][%[[J]]]
// CHECK-NEXT:    %[[PAST:.*]] = arith.cmpi sle, %[[R]], %[[P]] : i32
// CHECK-NEXT:    %[[OTHER:.*]] = arith.cmpi ne, %[[I]], %[[J]] : i32
// CHECK-NEXT:    %[[SEEN:.*]] = arith.andi %[[PAST]], %[[OTHER]] : i1
// CHECK-NEXT:    %[[VISIBLE:.*]] = arith.andi %[[EXISTS]], %[[SEEN]] : i1
// CHECK-NEXT:    %[[Z:.*]] = arith.select %[[VISIBLE]], %[[X]], %[[LOW]] : f32
// CHECK-NEXT:    tile.yield %[[Z]] : f32

// CHECK-LABEL: tile.program @tables
// CHECK:       tile.expect_equal %{{.*}} "positions of %at_q", %{{.*}} "sequence length of %q"
// CHECK:       tile.expect_equal %{{.*}} "batch of %at_q", %{{.*}} "batch of %q"
// CHECK:       tile.expect_equal %{{.*}} "query heads of %at_q", %{{.*}} "query heads of %q"
// CHECK:       tile.expect_equal %{{.*}} "positions of argument 4", %{{.*}} "sequence length of argument 1"
func.func @tables(%q: !t {attn.name = "q"}, %k: !t, %v: !t, %qat: tensor<?x?x?xi32> {attn.name = "at_q"},
                  %kat: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q at %qat, %k, %v at %kat
    where(%b, %h, %i, %j, %islot, %jslot) {
      %past = attn.causal %i, %j
      %other = arith.cmpi ne, %islot, %jslot : i32
      %keep = arith.andi %past, %other : i1
      attn.yield %keep : i1
    } : !t at tensor<?x?x?xi32>, !t, !t at tensor<?xi32>
  return %o : !t
}

// A table of the keys per head is read at the key's head; one per batch skips it.
// CHECK-LABEL: tile.kernel @key_heads_kernel
// CHECK:       %[[B:.*]], %[[H:.*]], %{{.*}} = tile.block
// CHECK:       %[[HK:.*]] = arith.divui %[[H]], %{{.*}} : i32
// CHECK:       tile.read %{{.*}}[%[[B]], %[[I:.*]]] : <?x?xi32>
// CHECK-NEXT:  tile.read %{{.*}}[%[[B]], %[[HK]], %[[J:.*]]] : <?x?x?xi32>
func.func @key_heads(%q: !t, %k: !t, %v: !t, %qat: tensor<?x?xi32>, %kat: tensor<?x?x?xi32>) -> !t {
  %o, %lse = attn.attend %q at %qat, %k, %v at %kat
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t at tensor<?x?xi32>, !t, !t at tensor<?x?x?xi32>
  return %o : !t
}
