// The kernels of a gradient: rows of queries visit keys, rows of keys visit queries of all heads.
// RUN: lacuna-opt %s --attn-to-tile 2> %t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks
// RUN: lacuna-opt %s --attn-to-tile=mode=planned | FileCheck %s --check-prefix=PLAN

!t = tensor<?x?x?x64xbf16>
!lse = tensor<?x?x?xf32>

// CHECK-LABEL: tile.kernel @causal_delta(
// CHECK-SAME:    %[[O:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[DO:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[DLSE:[^:]*]]: !tile.view<?x?x?xf32>, %[[DELTA:[^:]*]]: !tile.view<?x?x?xf32>)
// CHECK-DAG:   %[[OT:.*]] = tile.load %[[O]]
// CHECK-DAG:   %[[DOT:.*]] = tile.load %[[DO]]
// CHECK:       %[[PRODUCTS:.*]] = tile.map(%[[X:.*]] = %[[OT]], %[[Y:.*]] = %[[DOT]])
// CHECK:         arith.mulf
// CHECK:       %[[SUMS:.*]] = tile.reduce{{ +}}add %[[PRODUCTS]]
// CHECK:       %[[LESS:.*]] = tile.load %[[DLSE]]
// CHECK:       tile.map(%[[X:.*]] = %[[SUMS]], %[[Y:.*]] = %[[LESS]])
// CHECK-NEXT:    arith.subf %[[X]], %[[Y]] : f32

// CHECK-LABEL: tile.kernel @causal_by_query(
// CHECK-SAME:    %[[Q:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[K:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[V:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[LSE:[^:]*]]: !tile.view<?x?x?xf32>, %[[DO:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[DELTA:[^:]*]]: !tile.view<?x?x?xf32>, %[[DQ:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[GROUP:[^:]*]]: i32)
// CHECK:       %[[B:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block %{{.*}}, %{{.*}}, %{{.*}} groups_of %[[GROUP]]
// CHECK:       %[[QT:.*]] = tile.load %[[Q]]
// CHECK:       %[[DOT:.*]] = tile.load %[[DO]]
// CHECK:       %[[SHIFT:.*]] = tile.map
// A row that sees nothing subtracts nothing.
// CHECK-NEXT:    %[[NONE:.*]] = arith.cmpf oeq
// CHECK:         arith.select %[[NONE]]
// CHECK:       %[[DELTAS:.*]] = tile.load %[[DELTA]]
// CHECK:       tile.for_runs (%[[KEY:.*]], %[[PARTIAL:.*]]) in %{{.*}} iter_args(%[[ACC:.*]] = %{{.*}})
// CHECK:         %[[KT:.*]] = tile.load %[[K]]
// CHECK:         %[[S:.*]] = tile.dot %[[QT]], %[[KT]]
// CHECK:         %[[SEEN:.*]] = scf.if %[[PARTIAL]]
// CHECK:         %[[P:.*]] = tile.map(%{{.*}} = %[[SEEN]], %{{.*}} = %[[SHIFT]])
// CHECK:           math.exp2
// CHECK:         %[[VT:.*]] = tile.load %[[V]]
// CHECK:         %[[DP:.*]] = tile.dot %[[DOT]], %[[VT]]
// CHECK:         %[[G:.*]] = tile.map(%[[X:.*]] = %[[P]], %[[Y:.*]] = %[[DP]], %[[Z:.*]] = %[[DELTAS]])
// CHECK-NEXT:      %[[ABOVE:.*]] = arith.subf %[[Y]], %[[Z]] : f32
// CHECK-NEXT:      arith.mulf %[[X]], %[[ABOVE]] : f32
// CHECK:         %[[DS:.*]] = tile.map(%{{.*}} = %[[G]])
// CHECK-NEXT:      arith.truncf
// CHECK:         tile.dot %[[DS]], %[[KT]], %[[ACC]]
// CHECK:       arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK:       tile.store %{{.*}}, %[[DQ]][%[[B]], %[[H]], %[[FIRST]],

// CHECK-LABEL: tile.kernel @causal_by_key(
// CHECK-SAME:    %[[Q:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[K:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[V:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[LSE:[^:]*]]: !tile.view<?x?x?xf32>, %[[DO:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[DELTA:[^:]*]]: !tile.view<?x?x?xf32>, %[[DK:[^:]*]]: !tile.view<?x?x?x64xbf16>, %[[DV:[^:]*]]: !tile.view<?x?x?x64xbf16>)
// CHECK:       %[[B:.*]], %[[HK:.*]], %[[FIRST:.*]] = tile.block %{{.*}}, %{{.*}}, %{{.*}} of key
// CHECK:       %[[GROUP:.*]] = arith.divui
// CHECK:       %[[KT:.*]] = tile.load %[[K]][%[[B]], %[[HK]], %[[FIRST]],
// CHECK:       %[[VT:.*]] = tile.load %[[V]][%[[B]], %[[HK]], %[[FIRST]],
// CHECK:       %[[H0:.*]] = arith.muli %[[HK]], %[[GROUP]] : i32
// CHECK:       scf.for %[[G:.*]] = %{{.*}} to %[[GROUP]] step
// CHECK:         %[[H:.*]] = arith.addi %[[H0]], %[[G]] : i32
// CHECK:         tile.extent key
// CHECK:         tile.for_runs (%[[QUERY:.*]], %[[PARTIAL:.*]]) in %{{.*}} iter_args(%[[DKS:.*]] = %{{.*}}, %[[DVS:.*]] = %{{.*}})
// CHECK:           %[[QT:.*]] = tile.load %[[Q]][%[[B]], %[[H]], %[[QUERY]],
// CHECK:           tile.dot %[[KT]], %[[QT]], %{{.*}} -> tensor<?x?xf32, #tile.axes<[key, query]>>
// CHECK:           tile.map({{.*}}) at(%[[J:.*]] = %[[FIRST]], %[[I:.*]] = %[[QUERY]])
// CHECK:             arith.cmpi sle, %[[J]], %[[I]] : i32
// CHECK:           tile.load %[[LSE]][%[[B]], %[[H]], %[[QUERY]]] : {{.*}} tensor<?xf32, #tile.axes<[query]>>
// CHECK:           %[[DOT:.*]] = tile.load %[[DO]][%[[B]], %[[H]], %[[QUERY]],
// CHECK:           tile.dot %[[VT]], %[[DOT]]
// CHECK:           tile.load %[[DELTA]][%[[B]], %[[H]], %[[QUERY]]]
// CHECK:           %[[DK1:.*]] = tile.dot %{{.*}}, %[[QT]], %[[DKS]]
// CHECK:           %[[DV1:.*]] = tile.dot %{{.*}}, %[[DOT]], %[[DVS]]
// CHECK:           tile.yield %[[DK1]], %[[DV1]]
// CHECK:       tile.store %{{.*}}, %[[DK]][%[[B]], %[[HK]], %[[FIRST]],
// CHECK:       tile.store %{{.*}}, %[[DV]][%[[B]], %[[HK]], %[[FIRST]],

// CHECK-LABEL: tile.program @causal
// CHECK:       tile.expect_equal %{{.*}} "sequence length of %dlse", %{{.*}} "sequence length of %do"
// CHECK:       tile.expect_equal %{{.*}} "sequence length of %lse", %{{.*}} "sequence length of %q"
// CHECK:       tile.launch @causal_delta batches
// CHECK:       tile.launch @causal_by_query batches
// CHECK:       tile.launch @causal_by_key batches

// Lists of a plan by key are of query heads and key tiles; blocks have no order.
// PLAN-LABEL: tile.kernel @causal_by_key_lists(
// PLAN-SAME:    attributes {plans = @causal_by_key, transposed}
// PLAN-NOT:   tile.kernel @causal_by_key_order
// PLAN-LABEL: tile.kernel @causal_by_key(
// PLAN:         scf.for
// PLAN:           tile.list_runs
// The lists may be wrong where they had no room.
// PLAN:         tile.failed
// PLAN-LABEL: tile.program @causal
// PLAN:         tile.tile_count %{{.*}} key of @causal_by_key
// PLAN:         tile.tile_count %{{.*}} query of @causal_by_key
func.func @causal(%q: !t {attn.name = "q"}, %k: !t, %v: !t, %o: !t, %lse: !lse {attn.name = "lse"},
                  %do: !t {attn.name = "do"}, %dlse: !lse {attn.name = "dlse"}) -> (!t, !t, !t) {
  %dq, %dk, %dv = attn.attend_grad %q, %k, %v output %o, %lse gradient %do, %dlse
    where(%b, %h, %i, %j) {
      %past = arith.cmpi sle, %j, %i : i32
      attn.yield %past : i1
    } : !t, !t, !t output !t
  return %dq, %dk, %dv : !t, !t, !t
}

// The pullback takes the gradient of a score; what is unwanted is not computed.
// CHECK-LABEL: tile.kernel @capped_by_key(
// CHECK:         tile.for_runs {{.*}} iter_args(%{{[^,]*}}) : tensor<?x64xf32
// CHECK:           %[[S:.*]] = tile.dot
// CHECK:           %[[G:.*]] = tile.map(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}})
// CHECK:           tile.map(%[[GE:.*]] = %[[G]], %[[SE:.*]] = %[[S]]) at(
// CHECK:             %[[SOME:.*]] = arith.cmpf une, %[[GE]]
// CHECK:             %[[SCALED:.*]] = arith.mulf %[[SE]]
// CHECK:             arith.cmpf ule, %[[SCALED]]
// CHECK:             arith.select %[[SOME]]
// CHECK-NOT:         tile.dot
// CHECK:           arith.truncf
// CHECK:           tile.dot
// CHECK-NOT:       tile.dot
// CHECK:         tile.return
func.func @capped(%q: !t, %k: !t, %v: !t, %cap: f32, %o: !t, %lse: !lse, %do: !t) -> !t {
  %dq, %dk, %dv = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
    score(%s, %b, %h, %i, %j) {
      %r = arith.minimumf %s, %cap : f32
      attn.yield %r : f32
    } pullback(%g, %s, %b, %h, %i, %j) {
      %zero = arith.constant 0.0 : f32
      %below = arith.cmpf ule, %s, %cap : f32
      %r = arith.select %below, %g, %zero : f32
      attn.yield %r : f32
    } : !t, !t, !t output !t
  return %dk : !t
}

// Beyond 128 features sums of keys and of values have no registers in one kernel.
!wide = tensor<?x?x?x192xbf16>
// CHECK-LABEL: tile.kernel @wide_values_by_key(
// CHECK-COUNT-2: tile.dot
// CHECK-NOT:     tile.dot
// CHECK-LABEL: tile.kernel @wide_by_key(
// CHECK-COUNT-3: tile.dot
// CHECK-NOT:     tile.dot
// CHECK-LABEL: tile.program @wide
// CHECK:       tile.launch @wide_values_by_key batches
// CHECK:       tile.launch @wide_by_key batches
// PLAN:        tile.kernel @wide_values_by_key_lists({{.*}} attributes {plans = @wide_values_by_key, transposed}
// PLAN:        tile.kernel @wide_by_key_lists({{.*}} attributes {plans = @wide_by_key, transposed}
func.func @wide(%q: !wide, %k: !wide, %v: !t, %o: !t, %lse: !lse, %do: !t) -> (!wide, !t) {
  %dq, %dk, %dv = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
    where(%b, %h, %i, %j) {
      %past = arith.cmpi sle, %j, %i : i32
      attn.yield %past : i1
    } : !wide, !wide, !t output !t
  return %dk, %dv : !wide, !t
}

// Contributions are added to sums in f32, which begin with 0; a gradient of bf16 is rounded at
// the end, one of f32 is its sum. One of a scalar has one element.
// CHECK-LABEL: tile.kernel @biased_by_query_sum0_clear(
// CHECK-SAME:    %[[SUMS:[^:]*]]: !tile.view<?x?xf32>)
// CHECK:         %[[ZEROS:.*]] = tile.splat
// CHECK:         tile.store %[[ZEROS]], %[[SUMS]][
// CHECK-LABEL: tile.kernel @biased_by_query_sum0_finish(
// CHECK-SAME:    %[[SUMS:[^:]*]]: !tile.view<?x?xf32>, %[[TO:[^:]*]]: !tile.view<?x?xbf16>)
// CHECK:         %[[LOADED:.*]] = tile.load %[[SUMS]]
// CHECK:         arith.truncf
// CHECK:         tile.store %{{.*}}, %[[TO]][
// CHECK-LABEL: tile.kernel @biased_by_query_sum1_clear(
// CHECK-SAME:    !tile.view<1xf32>)
// CHECK-NOT:   sum1_finish
// CHECK-LABEL: tile.kernel @biased_by_query(
// CHECK-SAME:    %[[DBIAS:[^:]*]]: !tile.view<?x?xf32>, %[[DSCALE:[^:]*]]: !tile.view<1xf32>,
// CHECK:         %[[DONE:.*]]:2 = tile.for_runs {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[OF_SCALE:.*]] = %{{.*}})
// CHECK:           %[[S:.*]] = tile.dot
// CHECK:           tile.map(%[[GE:.*]] = %[[G:.*]], %[[SE:.*]] = %[[S]]) at(%[[I:.*]] = %{{.*}}, %[[J:.*]] = %{{.*}})
// A row that does not exist contributes nothing, nor does a key that is hidden.
// CHECK:             %[[SOME:.*]] = arith.cmpf une, %[[GE]]
// CHECK:             %[[EXISTS:.*]] = arith.cmpi slt, %[[I]],
// CHECK:             %[[COUNTS:.*]] = arith.andi %[[SOME]], %[[EXISTS]]
// CHECK:             scf.if %[[COUNTS]]
// CHECK:               tile.atomic_add %[[GE]], %[[DBIAS]][%{{.*}}, %[[J]]]
// The element of a scalar is the same for all: rows are summed before.
// CHECK:           %[[TERMS:.*]] = tile.map(%[[GE:.*]] = %[[G]], %[[SE:.*]] = %[[S]])
// CHECK:             arith.mulf %[[GE]], %[[SE]] : f32
// CHECK:           %[[ROWS:.*]] = tile.reduce{{ +}}add %[[TERMS]]
// CHECK:           tile.map(%{{.*}} = %[[OF_SCALE]], %{{.*}} = %[[ROWS]])
// CHECK:         tile.map(%[[X:.*]] = %[[DONE]]#1) at(%[[I:.*]] =
// CHECK:           %[[EXISTS:.*]] = arith.cmpi slt, %[[I]],
// CHECK:           scf.if %[[EXISTS]]
// CHECK:             tile.atomic_add %[[X]], %[[DSCALE]][
// CHECK-LABEL: tile.program @biased
// CHECK:         tile.launch @biased_by_query_sum0_clear
// CHECK:         tile.launch @biased_by_query_sum1_clear
// CHECK:         tile.launch @biased_by_query batches
// CHECK:         tile.launch @biased_by_query_sum0_finish
func.func @biased(%q: !t, %k: !t, %v: !t, %bias: tensor<?x?xbf16>, %scale: f32, %o: !t, %lse: !lse,
                  %do: !t) -> (tensor<?x?xbf16>, tensor<f32>) {
  // REMARK: remark: gradient of argument 3: terms of pairs are added atomically, so that its last bits may differ from run to run
  // REMARK: remark: gradient of argument 4: terms of rows are added atomically, so that its last bits may differ from run to run
  %dq, %dk, %dv, %dbias, %dscale = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
    score(%s, %b, %h, %i, %j) {
      %x = attn.load %bias[%h, %j] : tensor<?x?xbf16>
      %wide = arith.extf %x : bf16 to f32
      %r = arith.addf %s, %wide : f32
      attn.yield %r : f32
    } pullback(%g, %s, %b, %h, %i, %j) {
      attn.contribute %g to %bias[%h, %j] : tensor<?x?xbf16>
      attn.yield %g : f32
    } scale %scale of %bias, %scale : !t, !t, !t output !t of tensor<?x?xbf16>, f32
  return %dbias, %dscale : tensor<?x?xbf16>, tensor<f32>
}

// What relies on a plan is NaN if that failed, sums too.
// PLAN-LABEL: tile.kernel @scaled_by_query_sum0_finish(
// PLAN-SAME:    %{{[^:]*}}: !tile.view<1xf32>, %{{[^:]*}}: !tile.view<1xf32>, %[[STATUS:[^:]*]]: !tile.status)
// PLAN:         %[[FAILED:.*]] = tile.failed %[[STATUS]]
// PLAN:         arith.select %[[FAILED]]
// PLAN-LABEL: tile.program @scaled
// PLAN:         tile.launch @scaled_by_query_sum0_finish
func.func @scaled(%q: !t, %k: !t, %v: !t, %scale: f32, %o: !t, %lse: !lse, %do: !t)
    -> tensor<f32> {
  %dq, %dk, %dv, %dscale = attn.attend_grad %q, %k, %v output %o, %lse gradient %do
    where(%b, %h, %i, %j) {
      %past = arith.cmpi sle, %j, %i : i32
      attn.yield %past : i1
    } scale %scale of %scale : !t, !t, !t output !t of f32
  return %dscale : tensor<f32>
}
