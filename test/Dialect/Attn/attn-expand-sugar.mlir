// RUN: lacuna-opt %s --attn-expand-sugar --split-input-file | FileCheck %s
// RUN: lacuna-opt %s --canonicalize --split-input-file | FileCheck %s --check-prefix=CANON

!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @every_pattern
// CHECK-SAME: %[[N:[^:]*]]: i32, %[[IDS:[^:]*]]: tensor<?x?xi64>, %[[BLOCKS:[^:]*]]: tensor<?x?x?xi1>)
// CANON-LABEL: @every_pattern
// CANON-NOT: attn.{{causal|sliding|doc|block|prefix|dilated|and|or|not}}
func.func @every_pattern(%q: !t, %n: i32, %ids: tensor<?x?xi64>,
                         %blocks: tensor<?x?x?xi1>) -> !t {
  // CHECK: where(%[[B:.*]], %[[H:.*]], %[[I:.*]], %[[J:.*]]) {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // CHECK-NEXT: %[[PAST:.*]] = arith.cmpi sle, %[[J]], %[[I]] : i32
    %past = attn.causal %i, %j
    // CHECK-NEXT: %[[AHEAD:.*]] = arith.subi %[[J]], %[[I]] : i32
    // CHECK-NEXT: %[[SHIFTED:.*]] = arith.cmpi sle, %[[AHEAD]], %[[N]] : i32
    %shifted = attn.causal %i, %j offset %n
    // CHECK-NEXT: %[[BACK:.*]] = arith.subi %[[I]], %[[J]] : i32
    // CHECK-NEXT: %[[AFTER:.*]] = arith.cmpi sle, %[[BACK]], %[[N]] : i32
    // CHECK-NEXT: %[[AHEAD:.*]] = arith.subi %[[J]], %[[I]] : i32
    // CHECK-NEXT: %[[BEFORE:.*]] = arith.cmpi sle, %[[AHEAD]], %[[N]] : i32
    // CHECK-NEXT: %[[NEAR:.*]] = arith.andi %[[AFTER]], %[[BEFORE]] : i1
    %near = attn.sliding_window %i, %j left %n right %n
    // CHECK-NEXT: %[[QID:.*]] = attn.load %[[IDS]][%[[B]], %[[I]]] : tensor<?x?xi64>
    // CHECK-NEXT: %[[KID:.*]] = attn.load %[[IDS]][%[[B]], %[[J]]] : tensor<?x?xi64>
    // CHECK-NEXT: %[[SAME:.*]] = arith.cmpi eq, %[[QID]], %[[KID]] : i64
    %same = attn.document %i, %j in %ids[%b] : tensor<?x?xi64>
    // CHECK-NEXT: %[[C64:.*]] = arith.constant 64 : i32
    // CHECK-NEXT: %[[BLOCK:.*]] = arith.floordivsi %[[J]], %[[C64]] : i32
    // CHECK-NEXT: %[[LISTED:.*]] = attn.load %[[BLOCKS]][%[[H]], %[[I]], %[[BLOCK]]] : tensor<?x?x?xi1>
    %listed = attn.block_mask %i, %j in %blocks[%h] block 1 x 64 : tensor<?x?x?xi1>
    // CHECK-NEXT: %[[PROMPT:.*]] = arith.cmpi slt, %[[J]], %[[N]] : i32
    %prompt = attn.prefix %j, %n
    // CHECK-NEXT: %[[D:.*]] = arith.subi %[[I]], %[[J]] : i32
    // CHECK-NEXT: %[[R:.*]] = arith.remsi %[[D]], %[[N]] : i32
    // CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0 : i32
    // CHECK-NEXT: %[[COMB:.*]] = arith.cmpi eq, %[[R]], %[[ZERO]] : i32
    %comb = attn.dilated %i, %j step %n
    // CHECK-NEXT: %[[A0:.*]] = arith.andi %[[PAST]], %[[SHIFTED]] : i1
    // CHECK-NEXT: %[[A1:.*]] = arith.andi %[[A0]], %[[NEAR]] : i1
    // CHECK-NEXT: %[[A2:.*]] = arith.andi %[[A1]], %[[LISTED]] : i1
    %and = attn.and %past, %shifted, %near, %listed
    // CHECK-NEXT: %[[O0:.*]] = arith.ori %[[A2]], %[[SAME]] : i1
    // CHECK-NEXT: %[[O1:.*]] = arith.ori %[[O0]], %[[PROMPT]] : i1
    // CHECK-NEXT: %[[O2:.*]] = arith.ori %[[O1]], %[[COMB]] : i1
    %or = attn.or %and, %same, %prompt, %comb
    // CHECK-NEXT: %[[TRUE:.*]] = arith.constant true
    // CHECK-NEXT: %[[NOT:.*]] = arith.xori %[[O2]], %[[TRUE]] : i1
    %not = attn.not %or
    // CHECK-NEXT: attn.yield %[[NOT]] : i1
    attn.yield %not : i1
  } : !t, !t, !t
  return %o : !t
}

// -----

// Nothing but mask ops is touched: a dead op and a foldable one stay unchanged.
!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @no_sugar
func.func @no_sugar(%q: !t) -> !t {
  // CHECK: where
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    // CHECK-NEXT: arith.constant 0
    %zero = arith.constant 0 : i32
    // CHECK-NEXT: arith.addi
    %same = arith.addi %i, %zero : i32
    // CHECK-NEXT: arith.muli
    %dead = arith.muli %i, %j : i32
    // CHECK-NEXT: arith.cmpi
    %keep = arith.cmpi sle, %j, %same : i32
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}
