// What an attend computes, on cases whose answer is known.
// RUN: lacuna-run %s --device=reference --function=uniform --input=1x1x2x8xf16=0 --input=1x1x4x8xf16=random:1 --input="1x1x4x8xf16=[1 1 1 1 1 1 1 1  2 2 2 2 2 2 2 2  3 3 3 3 3 3 3 3  6 6 6 6 6 6 6 6]" --output=- --output=- | FileCheck %s --check-prefix=UNIFORM
// RUN: lacuna-run %s --device=reference --function=causal --input=1x1x3x8xf16=0 --input=1x1x3x8xf16=0 --input="1x1x3x8xf16=[2 2 2 2 2 2 2 2  4 4 4 4 4 4 4 4  9 9 9 9 9 9 9 9]" --input=-1 --output=- --output=- | FileCheck %s --check-prefix=EMPTY
// RUN: lacuna-run %s --device=reference --function=uniform --input=1x1x2x8xf16=0 --input=1x1x0x8xf16=0 --input=1x1x0x8xf16=0 --output=- --output=- | FileCheck %s --check-prefix=NO-KEYS
// RUN: lacuna-run %s --device=reference --function=uniform --input=1x1x0x8xf16=0 --input=1x1x4x8xf16=0 --input=1x1x4x8xf16=0 --output=- --output=- | FileCheck %s --check-prefix=NO-QUERIES
// RUN: lacuna-run %s --device=reference --function=groups --input=1x4x1x8xf16=0 --input=1x2x1x8xf16=0 --input="1x2x1x8xf16=[1 1 1 1 1 1 1 1  5 5 5 5 5 5 5 5]" --output=- | FileCheck %s --check-prefix=GROUPS
// RUN: lacuna-run %s --device=reference --function=scaled --input=1x1x1x8xf16=1 --input="1x1x1x8xf16=[1 2 3 4 5 6 7 8]" --input=0.5 --output=- --output=- | FileCheck %s --check-prefix=SCALED

// UNIFORM: 1x1x2x8xf16={{\[\[\[}}[3 3 3 3 3 3 3 3][3 3 3 3 3 3 3 3]]]]
// UNIFORM: 1x1x2xf32={{\[\[\[}}1.3862944 1.3862944]]]
// NO-KEYS: 1x1x2x8xf16={{\[\[\[}}[0 0 0 0 0 0 0 0][0 0 0 0 0 0 0 0]]]]
// NO-KEYS: 1x1x2xf32={{\[\[\[}}-inf -inf]]]
// NO-QUERIES: 1x1x0x8xf16={{\[\[\[}}]]]
// NO-QUERIES: 1x1x0xf32={{\[\[\[}}]]]
func.func @uniform(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %v: tensor<?x?x?x8xf16>)
    -> (tensor<?x?x?x8xf16>, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %o, %lse : tensor<?x?x?x8xf16>, tensor<?x?x?xf32>
}

// A row that sees no key is 0 and -inf.
// EMPTY: {{\[\[\[}}[0 0 0 0 0 0 0 0][2 2 2 2 2 2 2 2][3 3 3 3 3 3 3 3]]]]
// EMPTY: {{\[\[\[}}-inf 0 0.6931472]]]
func.func @causal(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %v: tensor<?x?x?x8xf16>,
                  %offset: i32) -> (tensor<?x?x?x8xf16>, tensor<?x?x?xf32>) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %keep = attn.causal %i, %j offset %offset
    attn.yield %keep : i1
  } : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %o, %lse : tensor<?x?x?x8xf16>, tensor<?x?x?xf32>
}

// Query heads 0 and 1 read key head 0, heads 2 and 3 read key head 1.
// GROUPS: {{\[\[\[}}[1 1 1 1 1 1 1 1]]{{\[\[}}1 1 1 1 1 1 1 1]]{{\[\[}}5 5 5 5 5 5 5 5]]{{\[\[}}5 5 5 5 5 5 5 5]]]]
func.func @groups(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %v: tensor<?x?x?x8xf16>)
    -> tensor<?x?x?x8xf16> {
  %o, %lse = attn.attend %q, %k, %v : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %o : tensor<?x?x?x8xf16>
}

// 36 * 0.5 * 2; then the first output is the query of the second attend.
// SCALED: 1x1x1xf32={{\[\[\[}}36]]]
// SCALED: 1x1x1xf32={{\[\[\[}}204]]]
func.func @scaled(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %half: f32)
    -> (tensor<?x?x?xf32>, tensor<?x?x?xf32>) {
  %two = arith.constant 2.0 : f32
  %one = arith.mulf %half, %two : f32
  %o, %lse = attn.attend %q, %k, %k scale %one
    : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  %o2, %lse2 = attn.attend %o, %k, %k scale %one
    : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %lse, %lse2 : tensor<?x?x?xf32>, tensor<?x?x?xf32>
}
