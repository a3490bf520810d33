// RUN: lacuna-opt %s --emitc-prepare-names | FileCheck %s
//
// Every variable of the text gets a name: its location's, or one made of its
// operation; unique in the function, and none that C++ or a callee has.

// CHECK-LABEL: emitc.func @names
// CHECK-NEXT:  verbatim "//= {} argument" args %arg0
// CHECK-NEXT:  verbatim "//= {} keys_2" args %arg1
// CHECK-NEXT:  verbatim "//= {} argument_2" args %arg2
emitc.func @names(%a: i32, %b: i32 loc("keys"), %c: i32) -> i32 {
  // A literal is no variable.
  // CHECK:      literal
  // CHECK-NOT:  verbatim
  %one = literal "1" : i32
  // CHECK:      %[[SUM:.*]] = add
  // CHECK-NEXT: verbatim "//= {} sum" args %[[SUM]]
  %0 = add %a, %one : (i32, i32) -> i32
  // CHECK:      %[[CALL:.*]] = call_opaque "keys"
  // CHECK-NEXT: verbatim "//= {} value" args %[[CALL]]
  %1 = call_opaque "keys"(%0) : (i32) -> i32
  // CHECK:      %[[FOR:.*]] = sub
  // CHECK-NEXT: verbatim "//= {} for_2" args %[[FOR]]
  %2 = sub %0, %1 : (i32, i32) -> i32 loc("for")
  // CHECK:      for %[[STEP:.*]] =
  // CHECK-NEXT:   verbatim "//= {} argument_3" args %[[STEP]]
  for %i = %a to %b step %c : i32 {
  }
  // Functions and structs that a statement names are not hidden either.
  // CHECK:      %[[STRUCT:.*]] = "emitc.variable"
  // CHECK-NEXT: verbatim "//= {} F32x2_2" args %[[STRUCT]]
  // CHECK-NEXT: verbatim "{} = fade({});"
  // CHECK-NEXT: %[[FADE:.*]] = sub
  // CHECK-NEXT: verbatim "//= {} fade_2" args %[[FADE]]
  %s = "emitc.variable"() <{value = #emitc.opaque<"">}> : () -> !emitc.lvalue<!emitc.opaque<"F32x2">> loc("F32x2")
  verbatim "{} = fade({});" args %s, %s : !emitc.lvalue<!emitc.opaque<"F32x2">>, !emitc.lvalue<!emitc.opaque<"F32x2">>
  %f = sub %0, %1 : (i32, i32) -> i32 loc("fade")
  // An expression that is printed at its use is no variable either.
  // CHECK:      expression
  // CHECK-NOT:  verbatim
  %3 = expression %2, %1 : (i32, i32) -> i32 {
    %4 = add %2, %1 : (i32, i32) -> i32
    yield %4 : i32
  }
  // Nor is one that nobody uses.
  // CHECK:      expression
  // CHECK-NOT:  verbatim
  // CHECK:      return
  %5 = expression %2, %1 : (i32, i32) -> i32 {
    %6 = sub %2, %1 : (i32, i32) -> i32
    yield %6 : i32
  }
  return %3 : i32
}
