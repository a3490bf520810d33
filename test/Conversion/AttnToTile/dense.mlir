// The whole of a kernel and of a program, once: attention without a mask.
// RUN: lacuna-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

// CHECK:     tile.kernel @attention_kernel(
// CHECK-SAME:  %[[Q:[^:]*]]: !tile.view<?x?x?x64xf16>, %[[K:[^:]*]]: !tile.view<?x?x?x64xf16>, %[[V:[^:]*]]: !tile.view<?x?x?x64xf16>,
// CHECK-SAME:  %[[O:[^:]*]]: !tile.view<?x?x?x64xf16>, %[[LSE:[^:]*]]: !tile.view<?x?x?xf32>, %[[MIXED:[^:]*]]: i32) {
// CHECK-DAG:   %[[LOW:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG:   %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG:   %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// 1/sqrt(64) * log2(e)
// CHECK-DAG:   %[[SLOPE:.*]] = arith.constant 0.180336878 : f32
// CHECK-DAG:   %[[FALL:.*]] = arith.constant -0.180336878 : f32
// A maximum may be exceeded until a weight is 2^8.
// CHECK-DAG:   %[[MARGIN:.*]] = arith.constant 44.3614197 : f32
// CHECK-DAG:   %[[SCALE:.*]] = arith.constant 1.250000e-01 : f32
// CHECK-DAG:   %[[LN2:.*]] = arith.constant 0.693147182 : f32
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : i32
// CHECK:       %[[BATCHES:.*]] = tile.dim %[[Q]][0]
// CHECK-NEXT:  %[[HEADS:.*]] = tile.dim %[[Q]][1]
// CHECK-NEXT:  %[[KEY_HEADS:.*]] = tile.dim %[[K]][1]
// CHECK-NEXT:  %[[QUERIES:.*]] = tile.dim %[[Q]][2]
// CHECK-NEXT:  %[[KEYS:.*]] = tile.dim %[[K]][2]
// CHECK-NEXT:  %[[B:.*]], %[[H:.*]], %[[FIRST:.*]] = tile.block %[[BATCHES]], %[[HEADS]], %[[QUERIES]] groups_of %[[MIXED]]
// CHECK-NEXT:  %[[GROUP:.*]] = arith.divui %[[HEADS]], %[[KEY_HEADS]] : i32
// CHECK-NEXT:  %[[HK:.*]] = arith.divui %[[H]], %[[GROUP]] : i32
// CHECK-NEXT:  %[[RUNS:.*]] = tile.interval_runs visible(%[[C0]], %[[KEYS]]) full(%[[C0]], %[[KEYS]])
// CHECK-NEXT:  %[[QT:.*]] = tile.load %[[Q]][%[[B]], %[[H]], %[[FIRST]], %[[C0]]]
// CHECK-NEXT:  %[[M0:.*]] = tile.splat %[[LOW]] : tensor<?xf32, #tile.axes<[query]>>
// CHECK-NEXT:  %[[L0:.*]] = tile.splat %[[ZERO]] : tensor<?xf32, #tile.axes<[query]>>
// CHECK-NEXT:  %[[O0:.*]] = tile.splat %[[ZERO]] : tensor<?x64xf32, #tile.axes<[query, feature]>>

// CHECK:       %[[STATE:.*]]:3 = tile.for_runs (%[[KEY:.*]], %[[PARTIAL:.*]]) in %[[RUNS]] iter_args(%[[M:.*]] = %[[M0]], %[[L:.*]] = %[[L0]], %[[ACC:.*]] = %[[O0]])
// CHECK-NEXT:    %[[KT:.*]] = tile.load %[[K]][%[[B]], %[[HK]], %[[KEY]], %[[C0]]] {{.*}} tensor<?x64xf16, #tile.axes<[key, feature]>>
// CHECK-NEXT:    %[[EMPTY:.*]] = tile.splat %[[ZERO]] : tensor<?x?xf32, #tile.axes<[query, key]>>
// CHECK-NEXT:    %[[S:.*]] = tile.dot %[[QT]], %[[KT]], %[[EMPTY]]
// CHECK-NEXT:    %[[SEEN:.*]] = scf.if %[[PARTIAL]]
// CHECK-NEXT:      %[[MASKED:.*]] = tile.map(%[[X:.*]] = %[[S]]) at(%{{.*}} = %[[FIRST]], %[[J:.*]] = %[[KEY]])
// CHECK-NEXT:        %[[EXISTS:.*]] = arith.cmpi slt, %[[J]], %[[KEYS]] : i32
// CHECK-NEXT:        %[[Y:.*]] = arith.select %[[EXISTS]], %[[X]], %[[LOW]] : f32
// CHECK-NEXT:        tile.yield %[[Y]] : f32
// CHECK:           scf.yield %[[MASKED]]
// CHECK-NEXT:    } else {
// CHECK-NEXT:      scf.yield %[[S]]
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[HIGH:.*]] = tile.reduce{{ +}}max %[[SEEN]]
// CHECK-NEXT:    %[[MAX:.*]] = tile.map(%[[A:.*]] = %[[M]], %[[C:.*]] = %[[HIGH]])
// CHECK-NEXT:      %[[REACH:.*]] = arith.subf %[[C]], %[[MARGIN]] : f32
// CHECK-NEXT:      %[[GROWS:.*]] = arith.cmpf ogt, %[[REACH]], %[[A]] : f32
// CHECK-NEXT:      arith.select %[[GROWS]], %[[C]], %[[A]] : f32
// CHECK:         %[[SHIFT:.*]] = tile.map(%[[X:.*]] = %[[MAX]])
// CHECK-NEXT:      %[[NONE:.*]] = arith.cmpf oeq, %[[X]], %[[LOW]] : f32
// CHECK-NEXT:      %[[MINUS:.*]] = arith.mulf %[[X]], %[[FALL]] : f32
// CHECK-NEXT:      %[[Y:.*]] = arith.select %[[NONE]], %[[ZERO]], %[[MINUS]] : f32
// CHECK:         %[[DECAY:.*]] = tile.map(%[[X:.*]] = %[[M]], %[[T:.*]] = %[[SHIFT]])
// CHECK-NEXT:      %[[E:.*]] = math.fma %[[X]], %[[SLOPE]], %[[T]] : f32
// CHECK-NEXT:      math.exp2 %[[E]] fastmath<afn> : f32
// CHECK:         %[[P:.*]] = tile.map(%[[X:.*]] = %[[SEEN]], %[[T:.*]] = %[[SHIFT]])
// CHECK-NEXT:      %[[E:.*]] = math.fma %[[X]], %[[SLOPE]], %[[T]] : f32
// CHECK-NEXT:      math.exp2 %[[E]] fastmath<afn> : f32
// CHECK:         %[[ADDED:.*]] = tile.reduce{{ +}}add %[[P]]
// CHECK-NEXT:    %[[TOTAL:.*]] = tile.map(%[[A:.*]] = %[[L]], %[[D:.*]] = %[[DECAY]], %[[N:.*]] = %[[ADDED]])
// CHECK-NEXT:      math.fma %[[A]], %[[D]], %[[N]] : f32
// CHECK:         %[[CHANGED:.*]] = tile.any_differs %[[M]], %[[MAX]]
// CHECK-NEXT:    %[[FADED:.*]] = scf.if %[[CHANGED]]
// CHECK-NEXT:      %[[LESS:.*]] = tile.map(%[[A:.*]] = %[[ACC]], %[[D:.*]] = %[[DECAY]])
// CHECK-NEXT:        arith.mulf %[[A]], %[[D]] : f32
// CHECK:           scf.yield %[[LESS]]
// CHECK-NEXT:    } else {
// CHECK-NEXT:      scf.yield %[[ACC]]
// CHECK:         %[[WEIGHTS:.*]] = tile.map(%[[A:.*]] = %[[P]])
// CHECK-NEXT:      arith.truncf %[[A]] : f32 to f16
// CHECK:         %[[VT:.*]] = tile.load %[[V]][%[[B]], %[[HK]], %[[KEY]], %[[C0]]]
// CHECK-NEXT:    %[[SUM:.*]] = tile.dot %[[WEIGHTS]], %[[VT]], %[[FADED]]
// CHECK-NEXT:    tile.yield %[[MAX]], %[[TOTAL]], %[[SUM]]

// CHECK:       %[[INVERSE:.*]] = tile.map(%[[X:.*]] = %[[STATE]]#1)
// CHECK-NEXT:    %[[NONE:.*]] = arith.cmpf oeq, %[[X]], %[[ZERO]] : f32
// CHECK-NEXT:    %[[Y:.*]] = arith.divf %[[ONE]], %[[X]] fastmath<arcp> : f32
// CHECK-NEXT:    arith.select %[[NONE]], %[[ZERO]], %[[Y]] : f32
// CHECK:       %[[OUT:.*]] = tile.map(%[[X:.*]] = %[[STATE]]#2, %[[A:.*]] = %[[INVERSE]])
// CHECK-NEXT:    %[[Y:.*]] = arith.mulf %[[X]], %[[A]] : f32
// CHECK-NEXT:    arith.truncf %[[Y]] : f32 to f16
// CHECK:       tile.store %[[OUT]], %[[O]][%[[B]], %[[H]], %[[FIRST]], %[[C0]]]
// CHECK-NEXT:  %[[LOG:.*]] = tile.map(%[[X:.*]] = %[[STATE]]#0, %[[Y:.*]] = %[[STATE]]#1)
// CHECK-NEXT:    %[[NONE:.*]] = arith.cmpf oeq, %[[Y]], %[[ZERO]] : f32
// CHECK-NEXT:    %[[E:.*]] = math.log2 %[[Y]] fastmath<afn> : f32
// CHECK-NEXT:    %[[MAX:.*]] = arith.mulf %[[X]], %[[SCALE]] : f32
// CHECK-NEXT:    %[[Z:.*]] = math.fma %[[E]], %[[LN2]], %[[MAX]] : f32
// CHECK-NEXT:    arith.select %[[NONE]], %[[LOW]], %[[Z]] : f32
// CHECK:       tile.store %[[LOG]], %[[LSE]][%[[B]], %[[H]], %[[FIRST]]]
// CHECK-NEXT:  tile.return

// CHECK:     tile.program @attention(
// CHECK-SAME:  %[[Q:[^:]*]]: tensor<?x?x?x64xf16> {tile.name = "q"}, %[[K:[^:]*]]: tensor<?x?x?x64xf16> {tile.name = "k"}, %[[V:[^:]*]]: tensor<?x?x?x64xf16>)
// CHECK-DAG:   %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:   %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:   %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG:   %[[C256:.*]] = arith.constant 256 : index
// CHECK:       %[[B:.*]] = tensor.dim %[[Q]], %[[C0]]
// CHECK-NEXT:  %[[BK:.*]] = tensor.dim %[[K]], %[[C0]]
// CHECK-NEXT:  tile.expect_equal %[[B]] "batch of %q", %[[BK]] "batch of %k"
// CHECK-NEXT:  %[[BV:.*]] = tensor.dim %[[V]], %[[C0]]
// CHECK-NEXT:  tile.expect_equal %[[B]] "batch of %q", %[[BV]] "batch of argument 2"
// CHECK-NEXT:  %[[HK:.*]] = tensor.dim %[[K]], %[[C1]]
// CHECK-NEXT:  %[[HV:.*]] = tensor.dim %[[V]], %[[C1]]
// CHECK-NEXT:  tile.expect_equal %[[HK]] "key heads of %k", %[[HV]] "key heads of argument 2"
// CHECK-NEXT:  %[[H:.*]] = tensor.dim %[[Q]], %[[C1]]
// CHECK-NEXT:  tile.expect_divides %[[HK]] "key heads of %k", %[[H]] "query heads of %q"
// CHECK-NEXT:  %[[N:.*]] = tensor.dim %[[K]], %[[C2]]
// CHECK-NEXT:  %[[NV:.*]] = tensor.dim %[[V]], %[[C2]]
// CHECK-NEXT:  tile.expect_equal %[[N]] "sequence length of %k", %[[NV]] "sequence length of argument 2"
// CHECK-NEXT:  %[[M:.*]] = tensor.dim %[[Q]], %[[C2]]
// CHECK-NEXT:  %[[O:.*]] = tile.new_tensor(%[[B]], %[[H]], %[[M]]) : tensor<?x?x?x64xf16>
// CHECK-NEXT:  %[[LSE:.*]] = tile.new_tensor(%[[B]], %[[H]], %[[M]]) : tensor<?x?x?xf32>
// Heads whose keys and values, 256 bytes a key, fit half of the cache are one group.
// CHECK-NEXT:  %[[KEYS:.*]] = arith.maxsi %[[N]], %[[C1]]
// CHECK-NEXT:  %[[BYTES:.*]] = arith.muli %[[KEYS]], %[[C256]]
// CHECK-NEXT:  %[[CACHE:.*]] = tile.cache_bytes of @attention_kernel
// CHECK-NEXT:  %[[FITTING:.*]] = arith.floordivsi %[[CACHE]], %[[BYTES]]
// CHECK-NEXT:  %[[KEY_HEADS:.*]] = arith.maxsi %[[FITTING]], %[[C1]]
// CHECK-NEXT:  %[[SOME:.*]] = arith.maxsi %[[HK]], %[[C1]]
// CHECK-NEXT:  %[[SHARING:.*]] = arith.floordivsi %[[H]], %[[SOME]]
// CHECK-NEXT:  %[[HEADS:.*]] = arith.muli %[[KEY_HEADS]], %[[SHARING]]
// CHECK-NEXT:  %[[FEWER:.*]] = arith.minsi %[[HEADS]], %[[H]]
// CHECK-NEXT:  %[[GROUP:.*]] = arith.maxsi %[[FEWER]], %[[C1]]
// CHECK-NEXT:  %[[MIXED:.*]] = arith.index_cast %[[GROUP]] : index to i32
// CHECK-NEXT:  tile.launch @attention_kernel batches %[[B]] heads %[[H]] rows %[[M]]{{ ?}}(%[[Q]], %[[K]], %[[V]], %[[O]], %[[LSE]], %[[MIXED]])
// CHECK-NEXT:  tile.return %[[O]], %[[LSE]]
func.func @attention(%q: tensor<?x?x?x64xf16> {attn.name = "q"},
                     %k: tensor<?x?x?x64xf16> {attn.name = "k"}, %v: tensor<?x?x?x64xf16>)
    -> (tensor<?x?x?x64xf16>, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v
      : tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>, tensor<?x?x?x64xf16>
  return %o, %lse : tensor<?x?x?x64xf16>, tensor<?x?x?xf32>
}
