// What the reference cannot evaluate is an error at its place, with the element.
// RUN: not lacuna-run %s --device=reference --function=load --input=1x2x3x8xf16=0 --input="2xi32=[0 -1]" --output=- 2>&1 | FileCheck %s --check-prefix=BELOW
// RUN: not lacuna-run %s --device=reference --function=load --input=1x2x3x8xf16=0 --input="3xi32=[0 1 2]" --output=- 2>&1 | FileCheck %s --check-prefix=ABOVE
// RUN: not lacuna-run %s --device=reference --function=scalar --input=1x2x3x8xf16=0 --input=0 --output=- 2>&1 | FileCheck %s --check-prefix=SCALAR
// RUN: not lacuna-run %s --device=reference --function=dilated --input=1x2x3x8xf16=0 --input=0 --output=- 2>&1 | FileCheck %s --check-prefix=DILATED
// RUN: not lacuna-run %s --device=reference --function=position --input=1x2x3x8xf16=0 --input=1073741822 --output=- 2>&1 | FileCheck %s --check-prefix=QUERY
// RUN: not lacuna-run %s --device=reference --function=key_position --input=1x2x3x8xf16=0 --input=3xi32=1073741824 --output=- 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: not lacuna-run %s --device=reference --function=key_position --input=1x2x3x8xf16=0 --input=2xi32=0 --output=- 2>&1 | FileCheck %s --check-prefix=TABLE

!t = tensor<?x?x?x8xf16>
// BELOW: {{^}}{{.*}}faults.mlir:[[#@LINE+11]]:10: error: 'attn.load' op reads index -1 of dimension 0, which has size 2, at batch 0, head 0, query 0, key 1
// BELOW-NEXT: %x = attn.load
// ABOVE: error: 'attn.load' op reads index 3 of dimension 0, which has size 3, at batch 0, head 0, query 2, key 2
func.func @load(%q: !t, %t: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %kept = attn.load %t[%j] : tensor<?xi32>
    %one = arith.constant 1 : i32
    %last = arith.constant 2 : i32
    %at = arith.cmpi eq, %i, %last : i32
    %one_more = arith.addi %kept, %one : i32
    %next = arith.select %at, %one_more, %kept : i32
    %x = attn.load %t[%next] : tensor<?xi32>
    %keep = arith.cmpi sge, %x, %kept : i32
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// SCALAR: error: 'arith.divsi' op divides by zero
// SCALAR-NOT: batch
func.func @scalar(%q: !t, %n: i32) -> !t {
  %c64 = arith.constant 64 : i32
  %x = arith.divsi %c64, %n : i32
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %keep = attn.prefix %j, %x
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// DILATED: error: 'attn.dilated' op divides by zero, at batch 0, head 0, query 0, key 0
func.func @dilated(%q: !t, %n: i32) -> !t {
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %keep = attn.dilated %i, %j step %n
    attn.yield %keep : i1
  } : !t, !t, !t
  return %o : !t
}

// QUERY: error: 'attn.attend' op has the query position 1073741824, not below 2^30, at batch 0, head 0, query 2
func.func @position(%q: !t, %n: i32) -> !t {
  %o, %lse = attn.attend %q at %n, %q, %q : !t at i32, !t, !t
  return %o : !t
}

// KEY: error: 'attn.attend' op has the key position 1073741824, not below 2^30, at batch 0, head 0, query 0, key 0
// TABLE: error: 'attn.attend' op sequence lengths differ: 3 in the keys, 2 in the positions
func.func @key_position(%q: !t, %p: tensor<?xi32>) -> !t {
  %o, %lse = attn.attend %q, %q, %q at %p : !t, !t, !t at tensor<?xi32>
  return %o : !t
}
