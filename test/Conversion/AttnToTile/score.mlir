// A score region runs on every tile, before the mask; scores may lie anywhere in
// f32, so the maximum is subtracted before it is multiplied. What it reads for the
// batch and the head is read before the loop, and has failed or not for all pairs.
// RUN: lacuna-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

!t = tensor<?x?x?x64xf16>

// CHECK-LABEL: tile.kernel @alibi_kernel
// CHECK-SAME:    %[[SLOPES:[^:]*]]: !tile.view<?xf32>
// CHECK-DAG:   %[[SCALE:.*]] = arith.constant 1.250000e-01 : f32
// CHECK-DAG:   %[[LOG2E:.*]] = arith.constant 1.44269502 : f32
// CHECK-DAG:   %[[NAN:.*]] = arith.constant 0x7FC1AC00 : f32
// CHECK:       %{{.*}}, %[[H:.*]], %[[FIRST:.*]] = tile.block
// CHECK:       %[[M:.*]], %[[IN:.*]] = tile.read %[[SLOPES]][%[[H]]]
// CHECK:       tile.for_runs (%[[KEY:.*]], %{{.*}}) in
// CHECK:       %[[S:.*]] = tile.dot
// CHECK-NEXT:  %[[MAPPED:.*]] = tile.map(%[[X:.*]] = %[[S]]) at(%[[I:.*]] = %[[FIRST]], %[[J:.*]] = %[[KEY]])
// CHECK-NEXT:    %[[SCALED:.*]] = arith.mulf %[[X]], %[[SCALE]] : f32
// CHECK-NEXT:    %[[D:.*]] = arith.subi %[[J]], %[[I]] : i32
// CHECK-NEXT:    %[[DF:.*]] = arith.sitofp %[[D]] : i32 to f32
// CHECK-NEXT:    %[[BIAS:.*]] = arith.mulf %[[M]], %[[DF]] : f32
// CHECK-NEXT:    %[[R:.*]] = arith.addf %[[SCALED]], %[[BIAS]] : f32
// CHECK-NEXT:    tile.yield %[[R]] : f32
// CHECK:       %[[T:.*]] = scf.if %[[IN]]
// CHECK-NEXT:    scf.yield %[[MAPPED]]
// CHECK-NEXT:  } else {
// CHECK-NEXT:    %[[FAILED:.*]] = tile.splat %[[NAN]]
// CHECK-NEXT:    scf.yield %[[FAILED]]
// CHECK:       %[[SEEN:.*]] = scf.if
// CHECK:       } else {
// CHECK-NEXT:    scf.yield %[[T]]
// CHECK:       scf.if %[[IN]]
// CHECK-NEXT:    scf.yield %[[SEEN]]
// CHECK-NEXT:  } else {
// CHECK-NEXT:    tile.map(%{{.*}} = %[[SEEN]]) at
// CHECK:         tile.report
// CHECK:       arith.cmpf ogt
// CHECK:       tile.map(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}})
// CHECK:       %[[DIFFERENCE:.*]] = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:  %[[EXPONENT:.*]] = arith.mulf %[[DIFFERENCE]], %[[LOG2E]] : f32
// CHECK-NEXT:  math.exp2 %[[EXPONENT]] fastmath<afn> : f32
func.func @alibi(%q: !t, %k: !t, %v: !t, %slopes: tensor<?xf32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    score(%s, %b, %h, %i, %j) {
      %m = attn.load %slopes[%h] : tensor<?xf32>
      %d = arith.subi %j, %i : i32
      %df = arith.sitofp %d : i32 to f32
      %bias = arith.mulf %m, %df : f32
      %r = arith.addf %s, %bias : f32
      attn.yield %r : f32
    } : !t, !t, !t
  return %o : !t
}

// A read that does not happen cannot fail.
// CHECK-LABEL: tile.kernel @guarded_kernel
// CHECK-DAG:   %[[TRUE:.*]] = arith.constant true
// CHECK-DAG:   %[[NAN:.*]] = arith.constant 0x7FC1AC00 : f32
// CHECK:       %[[NEAR:.*]] = arith.cmpi slt
// CHECK-NEXT:  %[[IF:.*]]:2 = scf.if %[[NEAR]] -> (f32, i1) {
// CHECK-NEXT:    %[[X:.*]], %[[IN:.*]] = tile.read
// CHECK-NEXT:    %[[Y:.*]] = arith.addf
// CHECK-NEXT:    scf.yield %[[Y]], %[[IN]] : f32, i1
// CHECK-NEXT:  } else {
// CHECK-NEXT:    scf.yield %{{.*}}, %[[TRUE]] : f32, i1
// CHECK-NEXT:  }
// CHECK-NEXT:  arith.select %[[IF]]#1, %[[IF]]#0, %[[NAN]] : f32
func.func @guarded(%q: !t, %k: !t, %v: !t, %bias: tensor<16xf32>) -> !t {
  %c16 = arith.constant 16 : i32
  %o, %lse = attn.attend %q, %k, %v
    score(%s, %b, %h, %i, %j) {
      %near = arith.cmpi slt, %j, %c16 : i32
      %r = scf.if %near -> f32 {
        %x = attn.load %bias[%j] : tensor<16xf32>
        %y = arith.addf %s, %x : f32
        scf.yield %y : f32
      } else {
        scf.yield %s : f32
      }
      attn.yield %r : f32
    } : !t, !t, !t
  return %o : !t
}

// An index that a table gives is read before the loop, too; a read that looks at a key
// stays, and only that one is checked for each pair.
// CHECK-LABEL: tile.kernel @two_steps_kernel
// CHECK-SAME:    %[[SLOTS:[^:]*]]: !tile.view<?xi32>, %[[BIAS:[^:]*]]: !tile.view<?x?xf32>
// CHECK:       %{{.*}}, %[[H:.*]], %{{.*}} = tile.block
// CHECK:       %[[SLOT:.*]], %[[IN:.*]] = tile.read %[[SLOTS]][%[[H]]]
// CHECK-NOT:   tile.read
// CHECK:       tile.for_runs
// CHECK:       tile.map
// CHECK:         %[[B:.*]], %[[BIAS_IN:.*]] = tile.read %[[BIAS]][%[[SLOT]], %{{.*}}]
// CHECK:         arith.select %[[BIAS_IN]]
// CHECK-NOT:     arith.select
// CHECK:       scf.if %[[IN]]
func.func @two_steps(%q: !t, %k: !t, %v: !t, %slots: tensor<?xi32>, %bias: tensor<?x?xf32>) -> !t {
  %o, %lse = attn.attend %q, %k, %v
    score(%s, %b, %h, %i, %j) {
      %slot = attn.load %slots[%h] : tensor<?xi32>
      %x = attn.load %bias[%slot, %j] : tensor<?x?xf32>
      %y = arith.addf %s, %x : f32
      attn.yield %y : f32
    } : !t, !t, !t
  return %o : !t
}
