// Positions: slots, offsets, tables of one to three dimensions, and slots asked for.
// The log-sum-exp of a row whose only key scores i * 100 + j is that number.
// RUN: lacuna-run %s --device=reference --function=offsets --input=1x1x2x8xf16=0 --input=1x1x1x8xf16=0 --input=5 --input=7 --output=- | FileCheck %s --check-prefix=OFFSETS
// RUN: lacuna-run %s --device=reference --function=tables --input=2x2x1x8xf16=0 --input=2x2x1x8xf16=0 --input="2x1xi32=[3 4]" --input="2x2x1xi32=[10 11 12 13]" --output=- | FileCheck %s --check-prefix=TABLES
// RUN: lacuna-run %s --device=reference --function=slots --input=1x1x2x8xf16=0 --input=1x1x1x8xf16=0 --input="2xi32=[40 50]" --output=- | FileCheck %s --check-prefix=SLOTS

// OFFSETS: {{\[\[\[}}507 607]]]
func.func @offsets(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %m: i32, %n: i32)
    -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q at %m, %k, %k at %n score(%s, %b, %h, %i, %j) {
    %c = arith.constant 100 : i32
    %ic = arith.muli %i, %c : i32
    %x = arith.addi %ic, %j : i32
    %r = arith.sitofp %x : i32 to f32
    attn.yield %r : f32
  } : tensor<?x?x?x8xf16> at i32, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16> at i32
  return %lse : tensor<?x?x?xf32>
}

// TABLES: {{\[\[}}[310][311]]{{\[\[}}412][413]]]
func.func @tables(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %m: tensor<?x?xi32>,
                  %n: tensor<?x?x?xi32>) -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q at %m, %k, %k at %n score(%s, %b, %h, %i, %j) {
    %c = arith.constant 100 : i32
    %ic = arith.muli %i, %c : i32
    %x = arith.addi %ic, %j : i32
    %r = arith.sitofp %x : i32 to f32
    attn.yield %r : f32
  } : tensor<?x?x?x8xf16> at tensor<?x?xi32>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16> at tensor<?x?x?xi32>
  return %lse : tensor<?x?x?xf32>
}

// SLOTS: {{\[\[\[}}4000 5100]]]
func.func @slots(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %m: tensor<?xi32>)
    -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q at %m, %k, %k score(%s, %b, %h, %i, %j, %is, %js) {
    %c = arith.constant 100 : i32
    %ic = arith.muli %i, %c : i32
    %iis = arith.muli %is, %c : i32
    %x = arith.addi %ic, %iis : i32
    %y = arith.addi %x, %js : i32
    %r = arith.sitofp %y : i32 to f32
    attn.yield %r : f32
  } : tensor<?x?x?x8xf16> at tensor<?xi32>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %lse : tensor<?x?x?xf32>
}
