// Reads of tables that fail are reported, if their element exists and is visible.
// RUN: lacuna-opt %s --attn-expand-sugar --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xf16>

// Where the mask reads, it reports by itself, for keys and queries that exist.
// CHECK-LABEL: tile.kernel @mask_kernel
// CHECK-SAME:    %[[TABLE:[^:]*]]: !tile.view<?xi32>
// CHECK-SAME:    %[[STATUS:[^:]*]]: !tile.status)
// CHECK-DAG:   %[[NAN:.*]] = arith.constant 0x7FC1AC00 : f32
// CHECK:       tile.map(%[[X:.*]] = %{{.*}}) at(%[[I:.*]] = %{{.*}}, %[[J:.*]] = %{{.*}})
// CHECK:         %[[EXISTS:.*]] = arith.cmpi slt, %[[J]], %{{.*}} : i32
// CHECK:         %{{.*}}, %[[IN:.*]] = tile.read %[[TABLE]][%[[I]]]
// CHECK:         %[[SCORE:.*]] = arith.select %[[IN]], %[[X]], %[[NAN]] : f32
// CHECK-NEXT:    %[[OUT:.*]] = arith.xori %[[IN]], %{{.*}} : i1
// CHECK-NEXT:    %[[SEEN:.*]] = arith.ori %{{.*}}, %[[OUT]] : i1
// CHECK-NEXT:    %[[MISSING:.*]] = arith.andi %[[EXISTS]], %[[OUT]] : i1
// CHECK-NEXT:    %[[ROW:.*]] = arith.cmpi slt, %[[I]], %{{.*}} : i32
// CHECK-NEXT:    %[[BAD:.*]] = arith.andi %[[ROW]], %[[MISSING]] : i1
// CHECK-NEXT:    tile.report %[[STATUS]], 0 if %[[BAD]]
// CHECK-NOT:   tile.report
// CHECK-LABEL: tile.program @mask
// CHECK:       %[[STATUS:.*]] = tile.status ["an index of table %left is out of range (status.mlir:[[#@LINE+5]]:12)"]
// CHECK:       tile.launch @mask_kernel {{.*}}, %[[STATUS]]) : {{.*}}, !tile.status
func.func @mask(%q: !t, %k: !t, %v: !t, %left: tensor<?xi32> {attn.name = "left"}) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %x = attn.load %left[%i] : tensor<?xi32>
      %keep = arith.cmpi sge, %j, %x : i32
      attn.yield %keep : i1
    } : !t, !t, !t
  return %o : !t
}

// What a score region misses is reported after the mask, by the bits of its NaN:
// a hidden key may miss. Each table has a bit, whatever the kernel.
// CHECK-LABEL: tile.kernel @scores_kernel0
// CHECK:       arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK:       scf.if
// CHECK-NOT:   tile.report
// CHECK:       } else {
// CHECK:       tile.map(%[[X:.*]] = %{{.*}}) at(%[[I:.*]] = %{{.*}}, %{{.*}} = %{{.*}})
// CHECK-NEXT:    %[[BITS:.*]] = arith.bitcast %[[X]] : f32 to i32
// CHECK-NEXT:    %[[FAILED:.*]] = arith.cmpi eq, %[[BITS]], %{{.*}} : i32
// CHECK-NEXT:    %[[ROW:.*]] = arith.cmpi slt, %[[I]], %{{.*}} : i32
// CHECK-NEXT:    %[[BAD:.*]] = arith.andi %[[ROW]], %[[FAILED]] : i1
// CHECK-NEXT:    tile.report %{{.*}}, 0 if %[[BAD]]
// CHECK-NEXT:    tile.yield %[[X]] : f32
// CHECK-LABEL: tile.kernel @scores_kernel1
// CHECK:         tile.report %{{.*}}, 1 if
// CHECK-LABEL: tile.program @scores
// CHECK:       tile.status ["an index of table argument 3 is {{.*}}", "an index of table argument 4 is
func.func @scores(%q: !t, %k: !t, %v: !t, %a: tensor<?xf32>, %c: tensor<?xf32>) -> (!t, !t) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } score(%s, %b, %h, %i, %j) {
      %d = arith.subi %i, %j : i32
      %x = attn.load %a[%d] : tensor<?xf32>
      %y = arith.addf %s, %x : f32
      attn.yield %y : f32
    } : !t, !t, !t
  %p, %lse2 = attn.attend %q, %k, %v
    score(%s, %b, %h, %i, %j) {
      %x = attn.load %c[%j] : tensor<?xf32>
      %y = arith.addf %s, %x : f32
      attn.yield %y : f32
    } : !t, !t, !t
  return %o, %p : !t, !t
}

// CHECK-LABEL: tile.kernel @closed_kernel
// CHECK-NOT:   tile.status
// CHECK-LABEL: tile.program @closed
// CHECK-NOT:   tile.status
func.func @closed(%q: !t, %k: !t, %v: !t) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } : !t, !t, !t
  return %o : !t
}
