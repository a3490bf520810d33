// RUN: lacuna-opt %s --attn-check-spec --split-input-file --verify-diagnostics --allow-unregistered-dialect
// RUN: lacuna-opt %s --attn-check-spec --split-input-file --verify-diagnostics --allow-unregistered-dialect --mlir-print-ir-after-all 2>&1 | FileCheck %s

// What is a spec passes unchanged.
!t = tensor<1x1x?x16xf16>
// CHECK-LABEL: @legal
func.func @legal(%q: !t, %k: !t, %n: i32, %x: f32, %pos: tensor<?xi32>,
                 %list: tensor<?x?xi32>) -> (tensor<1x1x?xf32>, !t) {
  %c2 = arith.constant 2 : index
  %len = tensor.dim %k, %c2 : !t
  %last = arith.index_cast %len : index to i32
  %end = arith.subi %last, %n : i32
  // CHECK: attn.attend
  %o, %lse = attn.attend %q at %pos, %k, %k where(%b, %h, %i, %j) {
    %keep = attn.prefix %j, %end
    attn.yield %keep : i1
  } scale %x : !t at tensor<?xi32>, !t, !t
  %blocks = attn.expand_blocks %list columns %n : tensor<?x?xi32>
  %o2, %lse2 = attn.attend %o, %k, %k where(%b, %h, %i, %j) {
    %keep = attn.load %blocks[%i, %j] : tensor<?x?xi1>
    attn.yield %keep : i1
  } : !t, !t, !t
  // CHECK: return
  return %lse, %o2 : tensor<1x1x?xf32>, !t
}

// -----

// expected-error@below {{a spec needs a body}}
func.func private @external(i32) -> i32

// -----

// expected-error@below {{a spec is straight-line code: it has one block}}
func.func @branches(%q: tensor<1x1x?x16xf16>) -> tensor<1x1x?x16xf16> {
  "other.br"()[^next] : () -> ()
^next:
  return %q : tensor<1x1x?x16xf16>
}

// -----

!t = tensor<1x1x?x16xf16>
// expected-error@below {{argument 1 of a spec has the type 'f64', but arguments are i1, i8, i16, i32, i64, f16, bf16, f32 or ranked tensors of them}}
func.func @types(%q: !t, %x: f64,
    // expected-error@below {{argument 2 of a spec has the type 'tensor<*xf32>'}}
    %y: tensor<*xf32>,
    // expected-error@below {{argument 3 of a spec has the type 'tensor<4xi32, "csr">'}}
    %z: tensor<4xi32, "csr">,
    // expected-error@below {{argument 4 of a spec has the type 'index'}}
    %n: index) -> !t {
  %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x?x16xf16>
func.func @ops(%q: !t, %n: i32) -> !t {
  // expected-error@below {{'other.op' is not allowed: a spec holds scalar arithmetic, tensor.dim and attn ops}}
  "other.op"() : () -> ()
  // expected-error@below {{'attn.causal' is allowed only in a region of attn.attend}}
  %past = attn.causal %n, %n
  // expected-error@below {{'arith.constant' has the type f64, but scalars are i1, i8, i16, i32, i64, f16, bf16, f32 or index}}
  %pi = arith.constant 3.14 : f64
  %axis = arith.index_cast %n : i32 to index
  // expected-error@below {{'tensor.dim' needs a constant dimension of its tensor}}
  %size = tensor.dim %q, %axis : !t
  %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
  return %o : !t
}

// -----

!t = tensor<1x1x16x16xf16>
func.func @offsets(%q: !t, %m: tensor<2xi32>) -> !t {
  // expected-error@below {{'arith.constant' has the type tensor<2xi32>}}
  %n = arith.constant dense<[0, 16]> : tensor<2xi32>
  // expected-error@below {{'attn.attend' op a tensor of offsets must be an argument of the spec}}
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %m : !t ragged tensor<2xi32>, !t, !t ragged tensor<2xi32>
  return %o : !t
}

// -----

!t = tensor<1x1x16x16xf16>
func.func @tables(%q: !t, %n: i32, %places: tensor<?x?xi32>) -> !t {
  // expected-error@below {{'arith.constant' has the type tensor<16xi32>}}
  %t = arith.constant dense<1> : tensor<16xi32>
  // expected-error@below {{'arith.constant' has the type tensor<4x4xi1>}}
  %bits = arith.constant dense<true> : tensor<4x4xi1>
  // expected-error@below {{'attn.attend' op the positions of the query must be an argument of the spec}}
  // expected-error@below {{'attn.attend' op the positions of the keys must be an argument of the spec}}
  %o, %lse = attn.attend %q at %t, %q, %q at %t where(%b, %h, %i, %j) {
    // expected-error@below {{'attn.load' op the table must be an argument of the spec}}
    %x = attn.load %t[%i] : tensor<16xi32>
    // expected-error@below {{'attn.document' op the table must be an argument of the spec}}
    %keep = attn.document %i, %j in %t : tensor<16xi32>
    // expected-error@below {{'attn.block_mask' op the table must be an argument of the spec}}
    %listed = attn.block_mask %i, %j in %bits block 4 x 4 : tensor<4x4xi1>
    attn.yield %keep : i1
  } : !t at tensor<16xi32>, !t, !t at tensor<16xi32>
  // expected-error@below {{'arith.constant' has the type tensor<2x2xi32>}}
  %list = arith.constant dense<0> : tensor<2x2xi32>
  // expected-error@below {{'attn.expand_blocks' op a list of blocks must be an argument of the spec}}
  %blocks = attn.expand_blocks %list columns %n : tensor<2x2xi32>
  %two = arith.constant 2 : i32
  %half = arith.divsi %n, %two : i32
  %most = arith.maxsi %half, %two : i32
  // expected-error@below {{the number of columns needs 'arith.divsi', but sizes are sums, products, minima, maxima and quotients rounded down or up (floordivsi, ceildivsi)}}
  %halves = attn.expand_blocks %places columns %most : tensor<?x?xi32>
  %c2 = arith.constant 2 : index
  // expected-error@below {{'tensor.dim' op the tensor whose dimension is read must be an argument of the spec}}
  %size = tensor.dim %o, %c2 : !t
  return %o : !t
}

// -----

// expected-error@below {{a spec needs an attn.attend or attn.merge}}
func.func @nothing(%q: tensor<1x1x?x16xf16>) -> tensor<1x1x?x16xf16> {
  // expected-error@below {{result 0 of a spec must be the result of an attn.attend}}
  return %q : tensor<1x1x?x16xf16>
}

// -----

!t = tensor<1x1x?x16xf16>
func.func @twice(%q: !t) -> (!t, !t) {
  %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
  // expected-error@below {{result 1 of a spec is returned twice}}
  return %o, %o : !t, !t
}

// -----

!t = tensor<?x?x?x16xf16>
func.func @gradient_of_result(%q: !t, %k: !t, %v: !t, %do: !t) -> tensor<?x?x?x16xf16> {
  %o, %lse = attn.attend %q, %k, %v : !t, !t, !t
  // expected-error@+1 {{'attn.attend_grad' op a value whose gradient is asked for must be an argument of the spec}}
  %dq, %dk, %dv, %d = attn.attend_grad %q, %k, %v output %o, %lse gradient %do of %o
    : !t, !t, !t output !t of !t
  return %dq : !t
}
