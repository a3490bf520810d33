//===- HalfAlu.cpp - Arithmetic on f16, bf16 and pairs of them -------------===//
//
// Computed in f32 and rounded once more. For add, sub and mul of f16 and bf16
// that is exact (f32 has more than twice the digits); fma rounds to odd on the
// way.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Sim/Half.h"

#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Float.h"
#include "lib/Emulator/Sim/Lanes.h"

#include <string>

using namespace lacuna::emulator;

namespace {

/// An f32 operation on halves, and on both halves of a pair.
template <class Op>
struct InFloat {
  template <class Half, class... Rest>
  static Half apply(Half a, Rest... rest) {
    return Half::fromFloat(Op::apply(a.toFloat(), rest.toFloat()...));
  }
  template <class Half, class... Rest>
  static Pair<Half> apply(Pair<Half> a, Rest... rest) {
    return {apply(a.low, rest.low...), apply(a.high, rest.high...)};
  }
};

struct HalfFma {
  static f32 apply(f32 a, f32 b, f32 c) { return narrowToOdd(addToOdd(f64(a) * b, c)); }
};
struct Relu {
  template <class... T>
  static f32 apply(T... operands) {
    f32 x = HalfFma::apply(operands...);
    return x > 0 ? x : x != x ? x : 0;
  }
};

/// Pairs travel as u32.
template <class Half, class Op>
Step unaryPair(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a);
  forLanes(warp.mask,
           [=](int l) { d[l] = std::bit_cast<u32>(Op::apply(std::bit_cast<Pair<Half>>(a[l]))); });
  return Step::Next;
}
template <class Half, class Op>
Step binaryPair(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a), *b = lanes<u32>(warp, i.b);
  forLanes(warp.mask, [=](int l) {
    d[l] = std::bit_cast<u32>(
        Op::apply(std::bit_cast<Pair<Half>>(a[l]), std::bit_cast<Pair<Half>>(b[l])));
  });
  return Step::Next;
}
template <class Half, class Op>
Step ternaryPair(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a), *b = lanes<u32>(warp, i.b), *c = lanes<u32>(warp, i.c);
  forLanes(warp.mask, [=](int l) {
    d[l] = std::bit_cast<u32>(Op::apply(std::bit_cast<Pair<Half>>(a[l]),
                                        std::bit_cast<Pair<Half>>(b[l]),
                                        std::bit_cast<Pair<Half>>(c[l])));
  });
  return Step::Next;
}

/// Sign operations keep the payload of NaNs and subnormals.
struct FlipSign {
  static u32 apply(u32 a) { return a ^ 0x80008000; }
};
struct ClearSign {
  static u32 apply(u32 a) { return a & 0x7fff7fff; }
};
struct FlipSign16 {
  static u16 apply(u16 a) { return a ^ 0x8000; }
};
struct ClearSign16 {
  static u16 apply(u16 a) { return a & 0x7fff; }
};

template <class Half, class Op>
void addUnary(InstructionTable &table, const std::string &name, const std::string &type) {
  table.add({name + type, "d4 a4", unary<Half, InFloat<Op>>});
  table.add({name + type + "x2", "d4 a4", unaryPair<Half, InFloat<Op>>});
}
template <class Half, class Op>
void addBinary(InstructionTable &table, const std::string &name, const std::string &type) {
  table.add({name + type, "d4 a4 b4", binary<Half, InFloat<Op>>});
  table.add({name + type + "x2", "d4 a4 b4", binaryPair<Half, InFloat<Op>>});
}
template <class Half, class Op>
void addTernary(InstructionTable &table, const std::string &name, const std::string &type) {
  table.add({name + type, "d4 a4 b4 c4", ternary<Half, InFloat<Op>>});
  table.add({name + type + "x2", "d4 a4 b4 c4", ternaryPair<Half, InFloat<Op>>});
}

template <class Half>
void addHalfType(InstructionTable &table, const std::string &type) {
  // .ftz of f16 flushes what f32 represents as normal numbers; kernels that
  // depend on it are not known, so only the forms without it exist.
  addBinary<Half, FloatAdd>(table, "add[.rn]", type);
  addBinary<Half, FloatSubtract>(table, "sub[.rn]", type);
  addBinary<Half, FloatMultiply>(table, "mul[.rn]", type);
  addBinary<Half, FloatMinimum>(table, "min", type);
  addBinary<Half, FloatMaximum>(table, "max", type);
  addBinary<Half, KeepNan<FloatMinimum>>(table, "min.NaN", type);
  addBinary<Half, KeepNan<FloatMaximum>>(table, "max.NaN", type);
  addTernary<Half, HalfFma>(table, "fma.rn", type);
  addTernary<Half, Relu>(table, "fma.rn.relu", type);
  addUnary<Half, Tangent>(table, "tanh.approx", type);
  table.add({"neg" + type, "d4 a4", unary<u16, FlipSign16>});
  table.add({"neg" + type + "x2", "d4 a4", unary<u32, FlipSign>});
  table.add({"abs" + type, "d4 a4", unary<u16, ClearSign16>});
  table.add({"abs" + type + "x2", "d4 a4", unary<u32, ClearSign>});
}

} // namespace

void lacuna::emulator::addHalfRows(InstructionTable &table) {
  addHalfType<f16>(table, ".f16");
  addHalfType<bf16>(table, ".bf16");
  addUnary<f16, PowerOfTwo>(table, "ex2.approx", ".f16");
  addUnary<bf16, PowerOfTwo>(table, "ex2.approx.ftz", ".bf16");
}
