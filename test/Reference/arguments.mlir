// Arguments that do not fit the spec, and functions that are none.
// RUN: not lacuna-run %s --device=reference --function=f --input=1x1x2x8xbf16=0 --input=1x1x2x8xf16=0 --input=1 2>&1 | FileCheck %s --check-prefix=DTYPE
// DTYPE: lacuna-run: error: argument 0 of @f is tensor<?x?x?x8xf16>, but tensor<1x1x2x8xbf16> is given
// RUN: not lacuna-run %s --device=reference --function=f --input=1x2x8xf16=0 --input=1x1x2x8xf16=0 --input=1 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: argument 0 of @f is tensor<?x?x?x8xf16>, but tensor<1x2x8xf16> is given
// RUN: not lacuna-run %s --device=reference --function=f --input=1x1x2x8xf16=0 --input=1x1x2x16xf16=0 --input=1 2>&1 | FileCheck %s --check-prefix=SIZE
// SIZE: argument 1 of @f is tensor<?x?x?x8xf16>, but tensor<1x1x2x16xf16> is given
// RUN: not lacuna-run %s --device=reference --function=f --input=2x1x2x8xf16=0 --input=1x1x2x8xf16=0 --input=1 2>&1 | FileCheck %s --check-prefix=BATCH
// BATCH: arguments.mlir:[[#@LINE+17]]:14: error: 'attn.attend' op batch sizes differ: 2 in the query, 1 in the keys
// RUN: not lacuna-run %s --device=reference --function=f --input=1x3x2x8xf16=0 --input=1x2x2x8xf16=0 --input=1 2>&1 | FileCheck %s --check-prefix=GROUPS
// GROUPS: query heads must be a multiple of key heads, but there are 3 and 2
// RUN: not lacuna-run %s --device=reference --input=1 2>&1 | FileCheck %s --check-prefix=SEVERAL
// SEVERAL: error: the spec holds several functions, choose one of @f, @scalar, @returned, @gathered, @scattered
// RUN: not lacuna-run %s --device=reference --function=g 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: there is no function @g in the spec; it holds @f, @scalar, @returned, @gathered, @scattered
// RUN: not lacuna-run %s --device=reference --function=declared 2>&1 | FileCheck %s --check-prefix=DECLARED
// DECLARED: error: the reference evaluates functions with a body of one block
// RUN: not lacuna-run %s --device=reference --function=scalar 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: error: the reference takes scalars and tensors of up to 8 dimensions, not 'f64'
// RUN: not lacuna-run %s --device=reference --function=returned 2>&1 | FileCheck %s --check-prefix=RETURNED
// RUN: not lacuna-run %s --device=reference --function=gathered 2>&1 | FileCheck %s --check-prefix=RETURNED
// RUN: not lacuna-run %s --device=reference --function=scattered 2>&1 | FileCheck %s --check-prefix=RETURNED
// RETURNED: error: the reference returns only results of attn.attend and of its gradient, and what is made of such

func.func @f(%q: tensor<?x?x?x8xf16>, %k: tensor<?x?x?x8xf16>, %n: i32) -> tensor<?x?x?x8xf16> {
  %o, %lse = attn.attend %q, %k, %k where(%b, %h, %i, %j) {
    %keep = attn.prefix %j, %n
    attn.yield %keep : i1
  } : tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>, tensor<?x?x?x8xf16>
  return %o : tensor<?x?x?x8xf16>
}
func.func @scalar(%x: f64) {
  return
}
func.func @returned(%q: tensor<?xf16>) -> tensor<?xf16> {
  return %q : tensor<?xf16>
}
func.func @gathered(%q: tensor<?x?x?x8xf16>, %rank: tensor<?x?x?xi32>) -> tensor<?x?x?x8xf16> {
  %order = attn.sort %rank : tensor<?x?x?xi32>
  %sorted = attn.gather %q by %order : tensor<?x?x?x8xf16>, tensor<?x?x?xi32>
  return %sorted : tensor<?x?x?x8xf16>
}
func.func @scattered(%q: tensor<?x?x?x8xf16>, %rank: tensor<?x?x?xi32>) -> tensor<?x?x?x8xf16> {
  %order = attn.sort %rank : tensor<?x?x?xi32>
  %sorted = attn.scatter %q by %order : tensor<?x?x?x8xf16>, tensor<?x?x?xi32>
  return %sorted : tensor<?x?x?x8xf16>
}
func.func private @declared(i32) -> i32
