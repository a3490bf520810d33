// Every op and every clause of attend reads and prints back, as text and as bytecode.
// RUN: lacuna-opt %s --verify-roundtrip | FileCheck %s
// RUN: lacuna-opt %s --emit-bytecode | lacuna-opt | FileCheck %s
// RUN: lacuna-opt %s --mlir-print-op-generic | lacuna-opt | FileCheck %s

// CHECK-LABEL: @dense
func.func @dense(%q: tensor<2x8x?x64xf16>, %k: tensor<2x2x?x64xf16>, %v: tensor<2x2x?x32xf16>)
    -> (tensor<2x8x?x32xf16>, tensor<2x8x?xf32>) {
  // CHECK: %[[O:.*]], %[[LSE:.*]] = attn.attend %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x8x?x64xf16>, tensor<2x2x?x64xf16>, tensor<2x2x?x32xf16>
  %o, %lse = attn.attend %q, %k, %v
    : tensor<2x8x?x64xf16>, tensor<2x2x?x64xf16>, tensor<2x2x?x32xf16>
  // CHECK: return %[[O]], %[[LSE]] : tensor<2x8x?x32xf16>, tensor<2x8x?xf32>
  return %o, %lse : tensor<2x8x?x32xf16>, tensor<2x8x?xf32>
}

// CHECK-LABEL: @clauses
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x?x?x64xbf16>, %[[K:[^:]*]]: {{[^,]*}}, %[[V:[^:]*]]: {{[^,]*}}, %[[AT:[^:]*]]: i32, %[[POS:[^:]*]]: tensor<?xi32>, %[[SLOPES:[^:]*]]: tensor<?xf32>, %[[SCALE:[^:]*]]: f32
func.func @clauses(%q: tensor<?x?x?x64xbf16>, %k: tensor<?x?x?x64xbf16>,
                   %v: tensor<?x?x?x64xbf16>, %at: i32, %pos: tensor<?xi32>,
                   %slopes: tensor<?xf32>, %scale: f32)
    -> (tensor<?x?x?x64xbf16>, tensor<?x?x?xf32>) {
  // CHECK: attn.attend %[[Q]] at %[[AT]], %[[K]], %[[V]] at %[[POS]] where(%[[B:.*]], %[[H:.*]], %[[I:.*]], %[[J:.*]], %[[IS:.*]], %[[JS:.*]]) {
  // CHECK-NEXT:   %[[VISIBLE:.*]] = arith.cmpi sle, %[[JS]], %[[IS]] : i32
  // CHECK-NEXT:   attn.yield %[[VISIBLE]] : i1
  // CHECK-NEXT: } score(%[[S:.*]], %[[B:.*]], %[[H:.*]], %{{.*}}, %{{.*}}) {
  // CHECK-NEXT:   %[[SLOPE:.*]] = attn.load %[[SLOPES]][%[[H]]] : tensor<?xf32>
  // CHECK-NEXT:   %[[SCORE:.*]] = arith.mulf %[[S]], %[[SLOPE]] : f32
  // CHECK-NEXT:   attn.yield %[[SCORE]] : f32
  // CHECK-NEXT: } intervals(%{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
  // CHECK:        attn.yield {{.*}} : i32, i32, i32, i32
  // CHECK-NEXT: } scale %[[SCALE]] schedule<query_tile = 128, stages = 3> mode planned attributes {note = "kept"} : tensor<?x?x?x64xbf16> at i32, tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16> at tensor<?xi32>
  %o, %lse = attn.attend %q at %at, %k, %v at %pos
    intervals(%b, %h, %first, %last) {
      %zero = arith.constant 0 : i32
      attn.yield %zero, %last, %zero, %first : i32, i32, i32, i32
    } where(%b, %h, %i, %j, %islot, %jslot) {
      %visible = arith.cmpi sle, %jslot, %islot : i32
      attn.yield %visible : i1
    } score(%s, %b, %h, %i, %j) {
      %slope = attn.load %slopes[%h] : tensor<?xf32>
      %score = arith.mulf %s, %slope : f32
      attn.yield %score : f32
    } scale %scale schedule<query_tile = 128, stages = 3> mode planned attributes {note = "kept"}
    : tensor<?x?x?x64xbf16> at i32, tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16> at tensor<?xi32>
  return %o, %lse : tensor<?x?x?x64xbf16>, tensor<?x?x?xf32>
}

// CHECK-LABEL: @masks
func.func @masks(%q: tensor<1x1x?x16xf16>, %k: tensor<1x1x?x16xf16>, %v: tensor<1x1x?x16xf16>,
                 %n: i32, %ids: tensor<?xi32>, %rows: tensor<?x?xi64>, %shared: tensor<?x?xi1>,
                 %each: tensor<?x?x?x?xi1>) -> tensor<1x1x?x16xf16> {
  // CHECK: where(%[[B:.*]], %{{.*}}, %[[I:.*]], %[[J:.*]]) {
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      // CHECK-NEXT: %[[A:.*]] = attn.causal %[[I]], %[[J]]{{$}}
      %0 = attn.causal %i, %j
      // CHECK-NEXT: attn.causal %[[I]], %[[J]] offset %[[N:.*]]{{$}}
      %1 = attn.causal %i, %j offset %n
      // CHECK-NEXT: attn.sliding_window %[[I]], %[[J]] left %[[N]]{{$}}
      %2 = attn.sliding_window %i, %j left %n
      // CHECK-NEXT: attn.sliding_window %[[I]], %[[J]] right %[[N]]{{$}}
      %3 = attn.sliding_window %i, %j right %n
      // CHECK-NEXT: attn.sliding_window %[[I]], %[[J]] left %[[N]] right %[[N]]
      %4 = attn.sliding_window %i, %j left %n right %n
      // CHECK-NEXT: attn.document %[[I]], %[[J]] in %{{.*}} : tensor<?xi32>
      %5 = attn.document %i, %j in %ids : tensor<?xi32>
      // CHECK-NEXT: attn.document %[[I]], %[[J]] in %{{.*}}[%[[B]]] : tensor<?x?xi64>
      %6 = attn.document %i, %j in %rows[%b] : tensor<?x?xi64>
      // CHECK-NEXT: attn.prefix %[[J]], %[[N]]
      %7 = attn.prefix %j, %n
      // CHECK-NEXT: attn.dilated %[[I]], %[[J]] step %[[N]]
      %8 = attn.dilated %i, %j step %n
      // CHECK-NEXT: attn.block_mask %[[I]], %[[J]] in %{{.*}} block 1 x 64 : tensor<?x?xi1>
      %9 = attn.block_mask %i, %j in %shared block 1 x 64 : tensor<?x?xi1>
      // CHECK-NEXT: attn.block_mask %[[I]], %[[J]] in %{{.*}}[%[[B]], %{{.*}}] block 16 x 256 : tensor<?x?x?x?xi1>
      %10 = attn.block_mask %i, %j in %each[%b, %h] block 16 x 256 : tensor<?x?x?x?xi1>
      // CHECK-NEXT: %[[AND:.*]] = attn.and %[[A]], %{{.*}}, %{{.*}}
      %and = attn.and %0, %1, %2
      // CHECK-NEXT: %[[OR:.*]] = attn.or %{{.*}}, %[[AND]]
      %or = attn.or %3, %4, %5, %6, %7, %8, %9, %10, %and
      // CHECK-NEXT: attn.not %[[OR]]
      %not = attn.not %or
      attn.yield %not : i1
    } : tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>
  return %o : tensor<1x1x?x16xf16>
}

// An if, a table of every element type, a constant of the function, a dim.
// CHECK-LABEL: @region
func.func @region(%q: tensor<1x1x?x16xf16>, %k: tensor<1x1x?x16xf16>, %v: tensor<1x1x?x16xf16>,
                  %kept: tensor<?x?xi1>, %bias: tensor<?xbf16>, %t8: tensor<?xi8>)
    -> tensor<1x1x?x16xf16> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %k, %c2 : tensor<1x1x?x16xf16>
  %n32 = arith.index_cast %n : index to i32
  // CHECK: attn.attend
  %o, %lse = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %inside = arith.cmpi slt, %i, %n32 : i32
      // CHECK: scf.if %{{.*}} -> (i1) {
      %keep = scf.if %inside -> i1 {
        // CHECK: attn.load %{{.*}}[%{{.*}}, %{{.*}}] : tensor<?x?xi1>
        %bit = attn.load %kept[%i, %j] : tensor<?x?xi1>
        scf.yield %bit : i1
      } else {
        %byte = attn.load %t8[%j] : tensor<?xi8>
        %bit = arith.trunci %byte : i8 to i1
        scf.yield %bit : i1
      }
      attn.yield %keep : i1
    } score(%s, %b, %h, %i, %j) {
      %x = attn.load %bias[%j] : tensor<?xbf16>
      %xf = arith.extf %x : bf16 to f32
      %e = math.exp %xf : f32
      %r = arith.addf %s, %e : f32
      attn.yield %r : f32
    } : tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>
  return %o : tensor<1x1x?x16xf16>
}

// A tile is classified by the corners of its box, and by its slots when the
// predicate has them.
// CHECK-LABEL: @classified
// CHECK-SAME: %[[LABEL:[^:]*]]: tensor<?x?xi16>
func.func @classified(%q: tensor<1x1x?x16xf16>, %k: tensor<1x1x?x16xf16>,
                      %v: tensor<1x1x?x16xf16>, %label: tensor<?x?xi16>)
    -> (tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>) {
  // CHECK:      } classify(%{{.*}}, %{{.*}}, %[[IFIRST:.*]], %[[ILAST:.*]], %[[JFIRST:.*]], %[[JLAST:.*]]) {
  // CHECK-NEXT:   %[[SEE:.*]] = arith.cmpi sle, %[[JFIRST]], %[[ILAST]] : i32
  // CHECK-NEXT:   %[[HIDE:.*]] = arith.cmpi sgt, %[[JLAST]], %[[IFIRST]] : i32
  // CHECK-NEXT:   attn.yield %[[SEE]], %[[HIDE]] : i1, i1
  %causal, %lse0 = attn.attend %q, %k, %v
    where(%b, %h, %i, %j) {
      %past = attn.causal %i, %j
      attn.yield %past : i1
    } classify(%b, %h, %i_first, %i_last, %j_first, %j_last) {
      %may_see = arith.cmpi sle, %j_first, %i_last : i32
      %may_hide = arith.cmpi sgt, %j_last, %i_first : i32
      attn.yield %may_see, %may_hide : i1, i1
    } : tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>
  // CHECK: classify(%[[B:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[FIRST:.*]], %[[LAST:.*]]) {
  // CHECK: %[[MIN:.*]], %[[MAX:.*]], %{{.*}} = attn.load_range %[[LABEL]][%[[ROW:.*]], %{{.*}}] to [%[[ROW]], %{{.*}}] : tensor<?x?xi16>
  %labelled, %lse1 = attn.attend %q, %k, %v
    where(%b, %h, %i, %j, %islot, %jslot) {
      %c9 = arith.constant 9 : i16
      %x = attn.load %label[%b, %jslot] : tensor<?x?xi16>
      %keep = arith.cmpi slt, %x, %c9 : i16
      attn.yield %keep : i1
    } classify(%b, %h, %i_first, %i_last, %j_first, %j_last,
               %islot_first, %islot_last, %jslot_first, %jslot_last) {
      %c9 = arith.constant 9 : i64
      %row = arith.extsi %b : i32 to i64
      %first = arith.extsi %jslot_first : i32 to i64
      %last = arith.extsi %jslot_last : i32 to i64
      %min, %max, %signature = attn.load_range %label[%row, %first] to [%row, %last]
        : tensor<?x?xi16>
      %may_see = arith.cmpi slt, %min, %c9 : i64
      %may_hide = arith.cmpi sge, %max, %c9 : i64
      attn.yield %may_see, %may_hide : i1, i1
    } : tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>
  return %causal, %labelled : tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>
}

// CHECK-LABEL: @block_lists
func.func @block_lists(%q: tensor<1x1x?x16xf16>, %list: tensor<2x?x?x4xi32>, %flat: tensor<?xi32>,
                       %counts: tensor<2x?x?xi32>, %offsets: tensor<9xi32>, %columns: i32)
    -> tensor<1x1x?x16xf16> {
  // CHECK: attn.expand_blocks %{{.*}} columns %{{.*}} : tensor<2x?x?x4xi32>
  %padded = attn.expand_blocks %list columns %columns : tensor<2x?x?x4xi32>
  // CHECK: attn.expand_blocks %{{.*}} counts %{{.*}} columns %{{.*}} : tensor<2x?x?x4xi32> counts tensor<2x?x?xi32>
  %counted = attn.expand_blocks %list counts %counts columns %columns
    : tensor<2x?x?x4xi32> counts tensor<2x?x?xi32>
  // CHECK: attn.expand_blocks %{{.*}} offsets %{{.*}} columns %{{.*}} {note = "kept"} : tensor<?xi32> offsets tensor<9xi32>
  %csr = attn.expand_blocks %flat offsets %offsets columns %columns {note = "kept"}
    : tensor<?xi32> offsets tensor<9xi32>
  // CHECK: attn.expand_blocks %{{.*}} bits columns %{{.*}} : tensor<2x?x?x4xi32>
  %mapped = attn.expand_blocks %list bits columns %columns : tensor<2x?x?x4xi32>
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %0 = attn.block_mask %i, %j in %padded[%b, %h] block 64 x 64 : tensor<2x?x?x?xi1>
    %1 = attn.block_mask %i, %j in %counted[%b, %h] block 64 x 64 : tensor<2x?x?x?xi1>
    %2 = attn.block_mask %i, %j in %csr block 64 x 64 : tensor<8x?xi1>
    %3 = attn.block_mask %i, %j in %mapped[%b, %h] block 64 x 64 : tensor<2x?x?x?xi1>
    %keep = attn.and %0, %1, %2, %3
    attn.yield %keep : i1
  } : tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>, tensor<1x1x?x16xf16>
  return %o : tensor<1x1x?x16xf16>
}

// CHECK-LABEL: @ragged
func.func @ragged(%q: tensor<1x4x?x16xf16>, %k: tensor<1x2x?x16xf16>, %n: tensor<?xi32>,
                  %m: tensor<9xi32>, %at: i32, %pos: tensor<?xi32>) -> tensor<1x4x?x16xf16> {
  // CHECK: attn.attend %{{.*}} at %[[AT:.*]] ragged %[[N:.*]], %{{.*}}, %{{.*}} at %[[POS:.*]] ragged %[[M:.*]] where(
  // CHECK: } : tensor<1x4x?x16xf16> at i32 ragged tensor<?xi32>, tensor<1x2x?x16xf16>, tensor<1x2x?x16xf16> at tensor<?xi32> ragged tensor<9xi32>
  %o, %lse = attn.attend %q at %at ragged %n, %k, %k at %pos ragged %m where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : tensor<1x4x?x16xf16> at i32 ragged tensor<?xi32>, tensor<1x2x?x16xf16>,
      tensor<1x2x?x16xf16> at tensor<?xi32> ragged tensor<9xi32>
  // CHECK: attn.attend %{{.*}} ragged %[[N]], %{{.*}}, %{{.*}} ragged %[[N]] : tensor<1x4x?x16xf16> ragged tensor<?xi32>, tensor<1x2x?x16xf16>, tensor<1x2x?x16xf16> ragged tensor<?xi32>
  %self, %lse1 = attn.attend %o ragged %n, %k, %k ragged %n
    : tensor<1x4x?x16xf16> ragged tensor<?xi32>, tensor<1x2x?x16xf16>,
      tensor<1x2x?x16xf16> ragged tensor<?xi32>
  return %self : tensor<1x4x?x16xf16>
}
