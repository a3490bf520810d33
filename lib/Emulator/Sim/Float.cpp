//===- Float.cpp - f32 and f64 arithmetic ----------------------------------===//
#include "lib/Emulator/Sim/Float.h"

#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Lanes.h"

#include <string>

using namespace lacuna::emulator;

namespace {

/// testp: option selects the question.
enum : u8 { Finite, Infinite, Number, NotANumber, Normal, Subnormal };
template <class T>
Step testProperty(Warp &warp, const Instruction &i) {
  const T *a = lanes<T>(warp, i.a);
  u32 result = 0;
  forLanes(warp.mask, [&](int l) {
    T x = a[l];
    bool holds = i.option == Finite       ? std::isfinite(x)
                 : i.option == Infinite   ? std::isinf(x)
                 : i.option == Number     ? !std::isnan(x)
                 : i.option == NotANumber ? std::isnan(x)
                 : i.option == Normal     ? std::isnormal(x) || x == 0
                                          : x != 0 && !std::isnormal(x) && std::isfinite(x);
    result |= u32(holds) << l;
  });
  setPredicate(warp, i.d, result);
  return Step::Next;
}

/// Rows of a two-operand f32 operation in its rounding, .ftz and .sat forms.
template <class Op, template <int> class Directed>
void addBinary32(InstructionTable &table, const std::string &name) {
  const char *operands = "d4 a4 b4";
  table.add({name + "[.rn].f32", operands, binary<f32, Op>});
  table.add({name + "[.rn].ftz.f32", operands, binary<f32, Flush<Op>>});
  table.add({name + "[.rn].sat.f32", operands, binary<f32, Clamp<Op>>});
  table.add({name + "[.rn].ftz.sat.f32", operands, binary<f32, Clamp<Flush<Op>>>});
  table.add({name + ".rz.f32", operands, binary<f32, Directed<0>>});
  table.add({name + ".rm.f32", operands, binary<f32, Directed<-1>>});
  table.add({name + ".rp.f32", operands, binary<f32, Directed<1>>});
  table.add({name + ".rz.ftz.f32", operands, binary<f32, Flush<Directed<0>>>});
  table.add({name + ".rm.ftz.f32", operands, binary<f32, Flush<Directed<-1>>>});
  table.add({name + ".rp.ftz.f32", operands, binary<f32, Flush<Directed<1>>>});
  table.add({name + "[.rn].f64", "d8 a8 b8", binary<f64, Op>});
}

template <class Op>
void addMinMax(InstructionTable &table, const std::string &name) {
  table.add({name + ".f32", "d4 a4 b4", binary<f32, Op>});
  table.add({name + ".ftz.f32", "d4 a4 b4", binary<f32, Flush<Op>>});
  table.add({name + ".NaN.f32", "d4 a4 b4", binary<f32, KeepNan<Op>>});
  table.add({name + ".ftz.NaN.f32", "d4 a4 b4", binary<f32, Flush<KeepNan<Op>>>});
  table.add({name + ".f64", "d8 a8 b8", binary<f64, Op>});
}

/// An approximation unit's f32 function.
template <class Op>
void addApproximation(InstructionTable &table, const std::string &name) {
  table.add({name + ".approx.f32", "d4 a4", unary<f32, Op>});
  table.add({name + ".approx.ftz.f32", "d4 a4", unary<f32, Flush<Op>>});
}

} // namespace

void lacuna::emulator::addFloatRows(InstructionTable &table) {
  addBinary32<FloatAdd, DirectedAdd>(table, "add");
  addBinary32<FloatSubtract, DirectedSubtract>(table, "sub");
  addBinary32<FloatMultiply, DirectedMultiply>(table, "mul");
  table.add({"fma.rn.f32", "d4 a4 b4 c4", ternary<f32, Fma>});
  table.add({"fma.rn.ftz.f32", "d4 a4 b4 c4", ternary<f32, Flush<Fma>>});
  table.add({"fma.rn.sat.f32", "d4 a4 b4 c4", ternary<f32, Clamp<Fma>>});
  table.add({"fma.rn.ftz.sat.f32", "d4 a4 b4 c4", ternary<f32, Clamp<Flush<Fma>>>});
  table.add({"fma.rz.f32", "d4 a4 b4 c4", ternary<f32, DirectedFma<0>>});
  table.add({"fma.rm.f32", "d4 a4 b4 c4", ternary<f32, DirectedFma<-1>>});
  table.add({"fma.rp.f32", "d4 a4 b4 c4", ternary<f32, DirectedFma<1>>});
  table.add({"fma.rz.ftz.f32", "d4 a4 b4 c4", ternary<f32, Flush<DirectedFma<0>>>});
  table.add({"fma.rm.ftz.f32", "d4 a4 b4 c4", ternary<f32, Flush<DirectedFma<-1>>>});
  table.add({"fma.rp.ftz.f32", "d4 a4 b4 c4", ternary<f32, Flush<DirectedFma<1>>>});
  table.add({"fma.rn.f64", "d8 a8 b8 c8", ternary<f64, Fma>});
  table.add({"mad.rn.f32", "d4 a4 b4 c4", ternary<f32, Fma>}); // an old name of the same
  for (const char *form : {".rn", ".approx", ".full"}) {
    table.add({std::string("div") + form + ".f32", "d4 a4 b4", binary<f32, FloatDivide>});
    table.add(
        {std::string("div") + form + ".ftz.f32", "d4 a4 b4", binary<f32, Flush<FloatDivide>>});
  }
  table.add({"div.rn.f64", "d8 a8 b8", binary<f64, FloatDivide>});
  addMinMax<FloatMinimum>(table, "min");
  addMinMax<FloatMaximum>(table, "max");
  table.add({"neg.f32", "d4 a4", unary<f32, FloatNegate>});
  table.add({"neg.ftz.f32", "d4 a4", unary<f32, Flush<FloatNegate>>});
  table.add({"neg.f64", "d8 a8", unary<f64, FloatNegate>});
  table.add({"abs.f32", "d4 a4", unary<f32, FloatAbsolute>});
  table.add({"abs.ftz.f32", "d4 a4", unary<f32, Flush<FloatAbsolute>>});
  table.add({"abs.f64", "d8 a8", unary<f64, FloatAbsolute>});
  table.add({"copysign.f32", "d4 a4 b4", binary<f32, CopySign>});
  table.add({"copysign.f64", "d8 a8 b8", binary<f64, CopySign>});
  addApproximation<Reciprocal>(table, "rcp");
  addApproximation<SquareRoot>(table, "sqrt");
  addApproximation<ReciprocalSquareRoot>(table, "rsqrt");
  addApproximation<Sine>(table, "sin");
  addApproximation<Cosine>(table, "cos");
  addApproximation<LogarithmTwo>(table, "lg2");
  addApproximation<PowerOfTwo>(table, "ex2");
  table.add({"tanh.approx.f32", "d4 a4", unary<f32, Tangent>});
  table.add({"rcp.rn.f32", "d4 a4", unary<f32, Reciprocal>});
  table.add({"rcp.rn.ftz.f32", "d4 a4", unary<f32, Flush<Reciprocal>>});
  table.add({"rcp.rn.f64", "d8 a8", unary<f64, Reciprocal>});
  table.add({"rcp.approx.ftz.f64", "d8 a8", unary<f64, Gross<Reciprocal>>});
  table.add({"sqrt.rn.f32", "d4 a4", unary<f32, SquareRoot>});
  table.add({"sqrt.rn.ftz.f32", "d4 a4", unary<f32, Flush<SquareRoot>>});
  table.add({"sqrt.rn.f64", "d8 a8", unary<f64, SquareRoot>});
  table.add({"rsqrt.approx.f64", "d8 a8", unary<f64, ReciprocalSquareRoot>});
  table.add({"rsqrt.approx.ftz.f64", "d8 a8", unary<f64, Gross<ReciprocalSquareRoot>>});
  const char *properties[] = {"finite", "infinite", "number", "notanumber", "normal", "subnormal"};
  for (u8 p = 0; p < 6; ++p) {
    table.add({std::string("testp.") + properties[p] + ".f32", "dp a4", testProperty<f32>, p});
    table.add({std::string("testp.") + properties[p] + ".f64", "dp a8", testProperty<f64>, p});
  }
}
