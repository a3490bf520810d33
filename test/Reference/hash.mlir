// Buckets on the host: a query sees the key whose number is its bucket.
// DEFINE: %{run} = lacuna-run %s --device=reference --show-mask --function=bucket

// The first projection is along the first feature, the second one along the next: rows come
// into bucket 0 to 3 by their larger feature and its sign, zeros and ties into the first.
// RUN: %{run} "--input=1x1x6x8xf16=[2 1 0 0 0 0 0 0  1 2 0 0 0 0 0 0  -3 2 0 0 0 0 0 0  0 -1 0 0 0 0 0 0  0 0 0 0 0 0 0 0  -1 1 0 0 0 0 0 0]" --input=1x1x4x8xf16=0 "--input=1x2x8xf32=[1 0 0 0 0 0 0 0  0 1 0 0 0 0 0 0]" 2>&1 | FileCheck %s --check-prefix=SIGNS
// SIGNS:      #...
// SIGNS-NEXT: .#..
// SIGNS-NEXT: ..#.
// SIGNS-NEXT: ...#
// SIGNS-NEXT: #...
// SIGNS-NEXT: .#..

// Features are added one by one and rounded each time: 1 behind 2^24 is lost, so that both
// projections are equal and the first one counts; 2 before it is not.
// RUN: %{run} "--input=1x1x1x8xf16=[1 1 1 0 0 0 0 0]" --input=1x1x4x8xf16=0 "--input=1x2x8xf32=[16777216 0 0 0 0 0 0 0  16777216 1 0 0 0 0 0 0]" 2>&1 | FileCheck %s --check-prefix=LOST
// LOST:      #...
// RUN: %{run} "--input=1x1x1x8xf16=[1 1 1 0 0 0 0 0]" --input=1x1x4x8xf16=0 "--input=1x2x8xf32=[16777216 0 0 0 0 0 0 0  1 1 16777216 0 0 0 0 0]" 2>&1 | FileCheck %s --check-prefix=KEPT
// KEPT:      .#..

// A product is not rounded before it is added, so that 2^-33 is left of the second projection.
// RUN: %{run} "--input=1x1x1x8xf16=[-1 1.0009765625 0 0 0 0 0 0]" --input=1x1x4x8xf16=0 "--input=1x2x8xf32=[0 0 0 0 0 0 0 0  1.00097668170928955078125 1.00000011920928955078125 0 0 0 0 0 0]" 2>&1 | FileCheck %s --check-prefix=KEPT

// A projection that is NaN is nobody's, and infinity is the largest there is.
// RUN: %{run} "--input=1x1x2x8xf16=[1 0 0 0 0 0 0 0  -1 0 0 0 0 0 0 0]" --input=1x1x6x8xf16=0 "--input=1x3x8xf32=[nan 0 0 0 0 0 0 0  1 0 0 0 0 0 0 0  inf 0 0 0 0 0 0 0]" 2>&1 | FileCheck %s --check-prefix=NAN
// NAN:      ..#...
// NAN-NEXT: .....#
// RUN: %{run} --input=1x1x1x8xf16=1 --input=1x1x2x8xf16=0 --input=1x1x8xf32=nan 2>&1 | FileCheck %s --check-prefix=FIRST
// RUN: %{run} --input=1x1x1x8xf16=1 --input=1x1x2x8xf16=0 --input=1x0x8xf32=0 2>&1 | FileCheck %s --check-prefix=FIRST
// FIRST:    #.

// Two heads share the projections of one: those of the other two point the other way.
// RUN: lacuna-run %s --device=reference --function=bucket --output=- --input=1x4x1x8xf16=1 "--input=1x1x2x8xf16=[0 0 0 0 0 0 0 0  1 1 1 1 1 1 1 1]" "--input=2x1x8xf32=[1 1 1 1 1 1 1 1  -1 -1 -1 -1 -1 -1 -1 -1]" | FileCheck %s --check-prefix=SHARED
// SHARED: 0 0]{{.*}}0 0]{{.*}}1 1]{{.*}}1 1]

// RUN: not %{run} --input=1x3x1x8xf16=1 --input=1x1x2x8xf16=0 --input=2x1x8xf32=1 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: 'attn.hash' op needs a number of heads that is a multiple of that of the projections

!t = tensor<?x?x?x8xf16>

func.func @bucket(%q: !t, %k: !t, %projections: tensor<?x?x8xf32>) -> !t {
  %bucket = attn.hash %q by %projections : !t, tensor<?x?x8xf32>
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %mine = attn.load %bucket[%b, %h, %i] : tensor<?x?x?xi32>
    %same = arith.cmpi eq, %mine, %j : i32
    attn.yield %same : i1
  } : !t, !t, !t
  return %o : !t
}
