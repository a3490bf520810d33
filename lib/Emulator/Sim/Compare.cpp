//===- Compare.cpp - setp, set, slct ---------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Float.h"
#include "lib/Emulator/Sim/Half.h"
#include "lib/Emulator/Sim/Lanes.h"

#include <string>

using namespace lacuna::emulator;
using ptx::Operand;

namespace {

// Ordered comparisons are false when an operand is NaN; C++'s are so but for !=.
struct Equal {
  template <class T>
  static bool holds(T a, T b) {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  static bool holds(T a, T b) {
    return a < b || a > b;
  }
};
struct Less {
  template <class T>
  static bool holds(T a, T b) {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  static bool holds(T a, T b) {
    return a <= b;
  }
};
struct Greater {
  template <class T>
  static bool holds(T a, T b) {
    return a > b;
  }
};
struct GreaterEqual {
  template <class T>
  static bool holds(T a, T b) {
    return a >= b;
  }
};
/// The unordered forms (equ, ltu, ...) hold when an operand is NaN.
template <class Op>
struct Unordered {
  template <class T>
  static bool holds(T a, T b) {
    return a != a || b != b || Op::holds(a, b);
  }
};
struct BothNumbers {
  template <class T>
  static bool holds(T a, T b) {
    return a == a && b == b;
  }
};
struct AnyNan {
  template <class T>
  static bool holds(T a, T b) {
    return a != a || b != b;
  }
};
/// Operands read as halves, or flushed.
template <class Half>
struct Widened {
  static f32 read(u32 x) { return Half{static_cast<u16>(x)}.toFloat(); }
};

/// How setp joins its comparison with predicate c.
enum : u8 { Alone, AndJoin, OrJoin, XorJoin };

/// d and list[0] (or none): the comparison and its opposite, each joined with
/// predicate c; imm: c is negated.
template <class T, class Op, bool ftz>
Step setPredicateBy(Warp &warp, const Instruction &i) {
  const Held<T> *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  u32 holds = 0;
  for (int l = 0; l < warpSize; ++l) {
    if constexpr (std::is_same_v<T, f16> || std::is_same_v<T, bf16>)
      holds |= u32(Op::holds(Widened<T>::read(a[l]), Widened<T>::read(b[l]))) << l;
    else if constexpr (ftz)
      holds |= u32(Op::holds(flush(a[l]), flush(b[l]))) << l;
    else
      holds |= u32(Op::holds(unhold<T>(a[l]), unhold<T>(b[l]))) << l;
  }
  u32 opposite = ~holds;
  if (i.option != Alone) {
    u32 other = predicate(warp, i.c);
    other = i.imm ? ~other : other;
    auto join = [&](u32 x) {
      return i.option == AndJoin ? x & other : i.option == OrJoin ? x | other : x ^ other;
    };
    holds = join(holds);
    opposite = join(opposite);
  }
  setPredicate(warp, i.d, holds);
  if (i.listSize)
    setPredicate(warp, i.list[0], opposite);
  return Step::Next;
}

void bindSetPredicate(Binder &binder) {
  const auto &operands = binder.statement.operands;
  bool joined = binder.has("and") || binder.has("or") || binder.has("xor");
  if (operands.size() != 3u + joined)
    return binder.fail("wrong number of operands");
  u32 width = typeBytes(binder.lastType()) == 8 ? 8 : 4;
  if (operands[0].kind == Operand::Kind::Pair) {
    binder.out.d = binder.predicateDestination(operands[0].elements[0]);
    binder.setList({binder.predicateDestination(operands[0].elements[1])});
  } else {
    binder.out.d = binder.predicateDestination(operands[0]);
  }
  binder.out.a = binder.source(operands[1], width);
  binder.out.b = binder.source(operands[2], width);
  if (joined) {
    binder.out.c = binder.predicateSource(operands[3]);
    binder.out.imm = operands[3].negated;
    binder.out.option = binder.has("and") ? AndJoin : binder.has("or") ? OrJoin : XorJoin;
  }
}

/// set: all ones (or 1.0) where the comparison holds.
template <class T, class Op, bool floatResult>
Step setValueBy(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  forLanes(warp.mask, [=](int l) {
    bool holds = Op::holds(unhold<T>(a[l]), unhold<T>(b[l]));
    d[l] = holds ? (floatResult ? 0x3f800000 : ~u32(0)) : 0;
  });
  return Step::Next;
}

template <class T, class Op, bool ftz = false>
void addComparison(InstructionTable &table, const std::string &op, const std::string &type) {
  table.add({"setp." + op + "[.and|.or|.xor]" + type, "", setPredicateBy<T, Op, ftz>, 0,
             bindSetPredicate, true});
  if constexpr (sizeof(T) >= 4 && !ftz) {
    std::string w = sizeof(T) == 8 ? "8" : "4";
    table.add({"set." + op + ".(u32|s32)" + type, "d4 a" + w + " b" + w, setValueBy<T, Op, false>});
    table.add({"set." + op + ".f32" + type, "d4 a" + w + " b" + w, setValueBy<T, Op, true>});
  }
}

/// Bits are equal or not; unsigned numbers have names of their own for order.
template <class T>
void addIntegerComparisons(InstructionTable &table, const std::string &width) {
  constexpr bool isSigned = std::is_signed_v<T>;
  std::string type = (isSigned ? ".s" : ".u") + width;
  std::string bits = isSigned ? type : ".(u" + width + "|b" + width + ")";
  addComparison<T, Equal>(table, "eq", bits);
  addComparison<T, NotEqual>(table, "ne", bits);
  addComparison<T, Less>(table, isSigned ? "lt" : "(lt|lo)", type);
  addComparison<T, LessEqual>(table, isSigned ? "le" : "(le|ls)", type);
  addComparison<T, Greater>(table, isSigned ? "gt" : "(gt|hi)", type);
  addComparison<T, GreaterEqual>(table, isSigned ? "ge" : "(ge|hs)", type);
}

template <class T, bool ftz = false>
void addFloat(InstructionTable &table, const std::string &type) {
  addComparison<T, Equal, ftz>(table, "eq", type);
  addComparison<T, NotEqual, ftz>(table, "ne", type);
  addComparison<T, Less, ftz>(table, "lt", type);
  addComparison<T, LessEqual, ftz>(table, "le", type);
  addComparison<T, Greater, ftz>(table, "gt", type);
  addComparison<T, GreaterEqual, ftz>(table, "ge", type);
  addComparison<T, Unordered<Equal>, ftz>(table, "equ", type);
  addComparison<T, Unordered<NotEqual>, ftz>(table, "neu", type);
  addComparison<T, Unordered<Less>, ftz>(table, "ltu", type);
  addComparison<T, Unordered<LessEqual>, ftz>(table, "leu", type);
  addComparison<T, Unordered<Greater>, ftz>(table, "gtu", type);
  addComparison<T, Unordered<GreaterEqual>, ftz>(table, "geu", type);
  addComparison<T, BothNumbers, ftz>(table, "num", type);
  addComparison<T, AnyNan, ftz>(table, "nan", type);
}

/// slct: a where c >= 0, else b.
template <class T, class C, bool ftz = false>
Step selectBySign(Warp &warp, const Instruction &i) {
  T *d = lanes<T>(warp, i.d);
  const T *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  const C *c = lanes<C>(warp, i.c);
  auto sees = [](C x) {
    if constexpr (ftz)
      return flush(x);
    else
      return x;
  };
  forLanes(warp.mask, [=](int l) { d[l] = sees(c[l]) >= 0 ? a[l] : b[l]; });
  return Step::Next;
}

} // namespace

void lacuna::emulator::addCompareRows(InstructionTable &table) {
  addIntegerComparisons<u16>(table, "16");
  addIntegerComparisons<s16>(table, "16");
  addIntegerComparisons<u32>(table, "32");
  addIntegerComparisons<s32>(table, "32");
  addIntegerComparisons<u64>(table, "64");
  addIntegerComparisons<s64>(table, "64");
  addFloat<f32>(table, ".f32");
  addFloat<f32, true>(table, ".ftz.f32");
  addFloat<f64>(table, ".f64");
  addFloat<f16>(table, ".f16");
  addFloat<bf16>(table, ".bf16");
  table.add({"slct.(b32|u32|s32|f32).s32", "d4 a4 b4 c4", selectBySign<u32, s32>});
  table.add({"slct.(b32|u32|s32|f32).f32", "d4 a4 b4 c4", selectBySign<u32, f32>});
  table.add({"slct.ftz.(b32|u32|s32|f32).f32", "d4 a4 b4 c4", selectBySign<u32, f32, true>});
  table.add({"slct.(b64|u64|s64|f64).s32", "d8 a8 b8 c4", selectBySign<u64, s32>});
}
