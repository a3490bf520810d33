// RUN: lacuna-opt %s --emitc-fold-scalar-code | FileCheck %s

// Calls nest in scalar functions; a value with two uses is computed once.
// CHECK-LABEL: emitc.func @scalar
// CHECK-NEXT:  %[[TWICE:.*]] = call_opaque "sinf"(%arg0)
// CHECK-NEXT:  %[[ALL:.*]] = expression %arg1, %[[TWICE]]
// CHECK-NEXT:    %[[INNER:.*]] = call_opaque "cosf"(%arg1)
// CHECK-NEXT:    %[[MIDDLE:.*]] = call_opaque "fmaf"(%[[TWICE]], %[[INNER]], %[[TWICE]])
// CHECK-NEXT:    %[[OUTER:.*]] = call_opaque "fabsf"(%[[MIDDLE]])
// CHECK-NEXT:    yield %[[OUTER]]
// CHECK:       return %[[ALL]]
emitc.func @scalar(%x: f32, %y: f32) -> f32 {
  %0 = call_opaque "sinf"(%x) : (f32) -> f32
  %1 = call_opaque "cosf"(%y) : (f32) -> f32
  %2 = call_opaque "fmaf"(%0, %1, %0) : (f32, f32, f32) -> f32
  %3 = call_opaque "fabsf"(%2) : (f32) -> f32
  return %3 : f32
}

// Reading a variable is not moved over what may write it.
// CHECK-LABEL: emitc.func @variable
// CHECK:       load
// CHECK-NEXT:  assign
// CHECK-NEXT:  call_opaque "fabsf"
emitc.func @variable(%x: f32) -> f32 {
  %v = "emitc.variable"() <{value = #emitc.opaque<"">}> : () -> !emitc.lvalue<f32>
  assign %x : f32 to %v : <f32>
  %0 = load %v : <f32>
  assign %x : f32 to %v : <f32>
  %1 = call_opaque "fabsf"(%0) : (f32) -> f32
  return %1 : f32
}

// A kernel's calls have effects and stay where they are.
// CHECK-LABEL: emitc.func @kernel
// CHECK-NOT:   expression
emitc.func @kernel(%x: f32) attributes {specifiers = ["__global__"]} {
  %0 = call_opaque "produce"(%x) : (f32) -> f32
  %1 = call_opaque "consume"(%0) : (f32) -> f32
  return
}

// But a call that uses a value twice becomes an expression with one operand, which
// can be read back.
// CHECK-LABEL: emitc.func @square
// CHECK:       expression %arg0 : (f32) -> f32
// CHECK-NEXT:    call_opaque "multiply"(%arg0, %arg0)
emitc.func @square(%x: f32) attributes {specifiers = ["__global__"]} {
  %0 = call_opaque "multiply"(%x, %x) : (f32, f32) -> f32
  return
}
