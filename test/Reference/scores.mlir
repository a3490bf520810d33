// Scores that are not finite: -inf hides its key, NaN and +inf make the row NaN.
// RUN: lacuna-run %s --device=reference --input=1x1x4x8xf16=0 --input="1x1x2x8xf16=[1 1 1 1 1 1 1 1  3 3 3 3 3 3 3 3]" --input="2xf32=[0 -inf]" --input="4xf32=[0 -inf nan inf]" --output=- --output=- --check 2>&1 | FileCheck %s

// Row 0 sees key 0 only; row 1 sees none.
// CHECK-DAG: 1x1x4x8xf16={{\[\[\[}}[1 1 1 1 1 1 1 1][0 0 0 0 0 0 0 0][{{.*}}nan{{.*}}][{{.*}}nan{{.*}}]]]]
// CHECK-DAG: 1x1x4xf32={{\[\[\[}}0 -inf {{-?}}nan {{-?}}nan]]]
// CHECK-DAG: check passed: {{.*}}1 of 4 rows see no key
func.func @scores(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %key: tensor<?xf32>,
                  %row: tensor<?xf32>) -> (tensor<?x?x?x8xf16>, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %k score(%s, %b, %h, %i, %j) {
    %x = attn.load %key[%j] : tensor<?xf32>
    %y = attn.load %row[%i] : tensor<?xf32>
    %sx = arith.addf %s, %x : f32
    %z = arith.constant 0.0 : f32
    %visible = arith.cmpf oeq, %x, %z : f32
    %sy = arith.addf %sx, %y : f32
    %r = arith.select %visible, %sy, %x : f32
    attn.yield %r : f32
  } : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %o, %lse : tensor<?x?x?x8xf16>, tensor<?x?x?xf32>
}
