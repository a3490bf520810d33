//===- Convert.cpp - cvt ---------------------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Float.h"
#include "lib/Emulator/Sim/Half.h"
#include "lib/Emulator/Sim/Lanes.h"

#include <limits>
#include <string>

using namespace lacuna::emulator;

namespace {

//===----------------------------------------------------------------------===//
// Integers to integers
//===----------------------------------------------------------------------===//

/// An integer type at run time.
struct IntegerType {
  u32 bits;
  bool isSigned;
};

/// The low bits of x, extended by the type's sign.
u64 extend(u64 x, IntegerType type) {
  u32 unused = 64 - type.bits;
  return type.isSigned ? static_cast<u64>(static_cast<s64>(x << unused) >> unused)
                       : x << unused >> unused;
}

u64 saturate(u64 x, IntegerType from, IntegerType to) {
  u64 most = ~u64(0) >> (64 - to.bits + to.isSigned);
  bool negative = from.isSigned && static_cast<s64>(x) < 0;
  if (!negative)
    return x > most ? most : x;
  if (!to.isSigned)
    return 0;
  s64 least = -static_cast<s64>(most) - 1;
  return static_cast<s64>(x) < least ? static_cast<u64>(least) : x;
}

/// imm: from bits and sign, to bits and sign; option: 1 the source register is
/// wide, 2 the destination is, 4 saturate. The width of a register counts, not
/// that of the type, because PTX lets a register be wider than its type.
Step convertInteger(Warp &warp, const Instruction &i) {
  IntegerType from{static_cast<u32>(i.imm & 0xff), (i.imm & 0x100) != 0};
  IntegerType to{static_cast<u32>(i.imm >> 16 & 0xff), (i.imm & 0x1000000) != 0};
  bool fromWide = i.option & 1, toWide = i.option & 2, clamp = i.option & 4;
  forLanes(warp.mask, [&](int l) {
    u64 x = fromWide ? lanes<u64>(warp, i.a)[l] : lanes<u32>(warp, i.a)[l];
    x = extend(x, from);
    if (clamp)
      x = saturate(x, from, to);
    x = extend(x, to);
    if (toWide)
      lanes<u64>(warp, i.d)[l] = x;
    else
      lanes<u32>(warp, i.d)[l] = static_cast<u32>(x);
  });
  return Step::Next;
}

/// The frequent cases, as vector code.
template <class To, class From>
Step castInteger(Warp &warp, const Instruction &i) {
  To *d = lanes<To>(warp, i.d);
  const From *a = lanes<From>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = static_cast<To>(a[l]); });
  return Step::Next;
}

IntegerType integerType(std::string_view name) { return {typeBytes(name) * 8, name[0] == 's'}; }

void bindConvertInteger(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 2)
    return binder.fail("two operands are expected");
  bool clamp = binder.has("sat");
  IntegerType to = integerType(binder.modifier(clamp ? 2 : 1));
  IntegerType from = integerType(binder.lastType());
  bool fromWide, toWide;
  binder.out.d = binder.destinationAnyWidth(operands[0], to.bits / 8, toWide);
  binder.out.a = binder.sourceAnyWidth(operands[1], from.bits / 8, fromWide);
  binder.out.option = static_cast<u8>(fromWide | toWide << 1 | clamp << 2);
  binder.out.imm = from.bits | u32(from.isSigned) << 8 | to.bits << 16 | u32(to.isSigned) << 24;
  if (clamp || from.bits < 32 || to.bits < 32)
    return;
  if (!fromWide && toWide && from.bits == 32 && to.bits == 64)
    binder.out.execute = from.isSigned ? castInteger<u64, s32> : castInteger<u64, u32>;
  if (fromWide && !toWide)
    binder.out.execute = castInteger<u32, u64>;
}

//===----------------------------------------------------------------------===//
// Rounding to whole numbers
//===----------------------------------------------------------------------===//

struct ToNearest {
  template <class T>
  static T apply(T x) {
    return std::rint(x);
  }
};
struct TowardsZero {
  template <class T>
  static T apply(T x) {
    return std::trunc(x);
  }
};
struct Down {
  template <class T>
  static T apply(T x) {
    return std::floor(x);
  }
};
struct Up {
  template <class T>
  static T apply(T x) {
    return std::ceil(x);
  }
};

/// .ftz: an f32 that is subnormal counts as zero.
template <class Round>
struct Flushed {
  static f64 apply(f64 x) { return Round::apply(std::fabs(x) < 0x1p-126 ? 0 * x : x); }
};

/// Reads a lane as the float type it holds.
template <class T>
auto readFloat(Held<T> x) {
  if constexpr (sizeof(T) == 2)
    return unhold<T>(x).toFloat();
  else
    return x;
}

/// What a NaN becomes as an integer.
template <class To, class From>
To integerFromNan() {
  bool wide = sizeof(From) == 8 || sizeof(To) == 8;
  return wide ? static_cast<To>(u64(1) << (8 * sizeof(To) - 1)) : To(0);
}

template <class To, class From, class Round>
Step floatToInteger(Warp &warp, const Instruction &i) {
  Held<To> *d = lanes<To>(warp, i.d);
  const Held<From> *a = lanes<From>(warp, i.a);
  forLanes(warp.mask, [=](int l) {
    f64 x = Round::apply(static_cast<f64>(readFloat<From>(a[l])));
    constexpr f64 least = static_cast<f64>(std::numeric_limits<To>::min());
    // The first value that does not fit is a power of two and exact.
    constexpr f64 beyond = static_cast<f64>(u64(1) << (std::numeric_limits<To>::digits - 1)) * 2;
    To value = x != x        ? integerFromNan<To, From>()
               : x >= beyond ? std::numeric_limits<To>::max()
               : x <= least  ? std::numeric_limits<To>::min()
                             : static_cast<To>(x);
    d[l] = hold<To>(value);
  });
  return Step::Next;
}

template <class Half, class Round>
Step roundHalf(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a);
  forLanes(warp.mask, [=](int l) {
    d[l] = Half::fromFloat(Round::apply(Half{static_cast<u16>(a[l])}.toFloat())).bits;
  });
  return Step::Next;
}

template <class T, class Round>
Step roundFloat(Warp &warp, const Instruction &i) {
  Held<T> *d = lanes<T>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = Round::apply(a[l]); });
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

template <class To, class From>
Step integerToFloat(Warp &warp, const Instruction &i) {
  Held<To> *d = lanes<To>(warp, i.d);
  const Held<From> *a = lanes<From>(warp, i.a);
  forLanes(warp.mask, [=](int l) {
    if constexpr (sizeof(To) == 2) // exact in f64 up to 53 bits, then rounded once
      d[l] = hold<To>(To::fromFloat(static_cast<f32>(unhold<From>(a[l]))));
    else
      d[l] = static_cast<To>(unhold<From>(a[l]));
  });
  return Step::Next;
}

template <int mode>
Step doubleToFloat(Warp &warp, const Instruction &i) {
  f32 *d = lanes<f32>(warp, i.d);
  const f64 *a = lanes<f64>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = roundDirected<mode>(a[l], 0); });
  return Step::Next;
}

Step doubleToNearestFloat(Warp &warp, const Instruction &i) {
  f32 *d = lanes<f32>(warp, i.d);
  const f64 *a = lanes<f64>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = static_cast<f32>(a[l]); });
  return Step::Next;
}

Step floatToDouble(Warp &warp, const Instruction &i) {
  f64 *d = lanes<f64>(warp, i.d);
  const f32 *a = lanes<f32>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = a[l]; });
  return Step::Next;
}

/// cvt.f32.f32 and its like: only flushing and clamping.
struct Same {
  template <class T>
  static T apply(T a) {
    return a;
  }
};

template <class Half, class Op>
Step halfToFloat(Warp &warp, const Instruction &i) {
  f32 *d = lanes<f32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = Op::apply(Half{static_cast<u16>(a[l])}.toFloat()); });
  return Step::Next;
}

template <class Half>
Step halfToDouble(Warp &warp, const Instruction &i) {
  f64 *d = lanes<f64>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = Half{static_cast<u16>(a[l])}.toFloat(); });
  return Step::Next;
}

/// Narrowing to a half: to nearest, or towards zero; Relu clips negatives.
template <class Half>
struct Nearest {
  static u32 apply(f32 x) { return Half::fromFloat(x).bits; }
};
template <class Half>
struct Truncated {
  static u32 apply(f32 x) {
    u16 bits = Half::fromFloat(x).bits;
    // One step back when rounding went away from zero; infinity only from infinity.
    bool away = std::fabs(Half{bits}.toFloat()) > std::fabs(x);
    return away ? bits - 1u : bits;
  }
};
template <class Narrow>
struct ReluOf {
  static u32 apply(f32 x) { return x > 0 || x != x ? Narrow::apply(x) : 0; }
};

template <class Narrow>
Step floatToHalf(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const f32 *a = lanes<f32>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = Narrow::apply(a[l]); });
  return Step::Next;
}

/// The first operand goes to the high half.
template <class Narrow>
Step floatsToPair(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const f32 *a = lanes<f32>(warp, i.a), *b = lanes<f32>(warp, i.b);
  forLanes(warp.mask, [=](int l) { d[l] = Narrow::apply(a[l]) << 16 | Narrow::apply(b[l]); });
  return Step::Next;
}

template <class Half>
Step doubleToHalf(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const f64 *a = lanes<f64>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = Half::fromFloat(narrowToOdd(a[l])).bits; });
  return Step::Next;
}

/// tf32: 10 bits of fraction; away: ties go away from zero (rna).
template <bool away>
struct ToTf32 {
  static u32 apply(f32 x) {
    u32 bits = std::bit_cast<u32>(x);
    if (x != x)
      return 0x7fffffff;
    u32 bias = away ? 0x1000 : 0xfff + (bits >> 13 & 1);
    return (bits + bias) & ~u32(0x1fff);
  }
};

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

template <class To, class From>
void addToInteger(InstructionTable &table, const std::string &to, const std::string &from,
                  const std::string &operands) {
  auto row = [&](const char *mode, Handler handler) {
    table.add({std::string("cvt.") + mode + "[.sat]." + to + "." + from, operands, handler});
  };
  row("rni", floatToInteger<To, From, ToNearest>);
  row("rzi", floatToInteger<To, From, TowardsZero>);
  row("rmi", floatToInteger<To, From, Down>);
  row("rpi", floatToInteger<To, From, Up>);
  if constexpr (std::is_same_v<From, f32>) {
    row("rni.ftz", floatToInteger<To, From, Flushed<ToNearest>>);
    row("rzi.ftz", floatToInteger<To, From, Flushed<TowardsZero>>);
    row("rmi.ftz", floatToInteger<To, From, Flushed<Down>>);
    row("rpi.ftz", floatToInteger<To, From, Flushed<Up>>);
  }
}

template <class I>
void addIntegerConversions(InstructionTable &table, const std::string &name) {
  std::string w = sizeof(I) == 8 ? "8" : "4";
  addToInteger<I, f32>(table, name, "f32", "d" + w + " a4");
  addToInteger<I, f64>(table, name, "f64", "d" + w + " a8");
  addToInteger<I, f16>(table, name, "f16", "d" + w + " a4");
  table.add({"cvt.rn.f32." + name, "d4 a" + w, integerToFloat<f32, I>});
  table.add({"cvt.rn.f64." + name, "d8 a" + w, integerToFloat<f64, I>});
  if constexpr (sizeof(I) <= 2) { // exact in f32, so rounded once
    table.add({"cvt.rn.f16." + name, "d4 a" + w, integerToFloat<f16, I>});
    table.add({"cvt.rn.bf16." + name, "d4 a" + w, integerToFloat<bf16, I>});
  }
}

template <class T>
void addRounding(InstructionTable &table, const std::string &type, const std::string &operands) {
  table.add({"cvt.rni." + type + "." + type, operands, roundFloat<T, ToNearest>});
  table.add({"cvt.rzi." + type + "." + type, operands, roundFloat<T, TowardsZero>});
  table.add({"cvt.rmi." + type + "." + type, operands, roundFloat<T, Down>});
  table.add({"cvt.rpi." + type + "." + type, operands, roundFloat<T, Up>});
}

template <class Half>
void addHalf(InstructionTable &table, const std::string &type) {
  std::string both = "." + type + "." + type;
  table.add({"cvt.rni" + both, "d4 a4", roundHalf<Half, ToNearest>});
  table.add({"cvt.rzi" + both, "d4 a4", roundHalf<Half, TowardsZero>});
  table.add({"cvt.rmi" + both, "d4 a4", roundHalf<Half, Down>});
  table.add({"cvt.rpi" + both, "d4 a4", roundHalf<Half, Up>});
  table.add({"cvt.f32." + type, "d4 a4", halfToFloat<Half, Same>});
  table.add({"cvt.ftz.f32." + type, "d4 a4", halfToFloat<Half, Flush<Same>>});
  table.add({"cvt.f64." + type, "d8 a4", halfToDouble<Half>});
  table.add({"cvt.rn." + type + ".f32", "d4 a4", floatToHalf<Nearest<Half>>});
  table.add({"cvt.rn.relu." + type + ".f32", "d4 a4", floatToHalf<ReluOf<Nearest<Half>>>});
  table.add({"cvt.rz." + type + ".f32", "d4 a4", floatToHalf<Truncated<Half>>});
  table.add({"cvt.rn." + type + ".f64", "d4 a8", doubleToHalf<Half>});
  table.add({"cvt.rn." + type + "x2.f32", "d4 a4 b4", floatsToPair<Nearest<Half>>});
  table.add({"cvt.rn.relu." + type + "x2.f32", "d4 a4 b4", floatsToPair<ReluOf<Nearest<Half>>>});
  table.add({"cvt.rz." + type + "x2.f32", "d4 a4 b4", floatsToPair<Truncated<Half>>});
}

} // namespace

void lacuna::emulator::addConvertRows(InstructionTable &table) {
  table.add({"cvt[.sat].(u8|s8|u16|s16|u32|s32|u64|s64).(u8|s8|u16|s16|u32|s32|u64|s64)", "",
             convertInteger, 0, bindConvertInteger, true});
  addIntegerConversions<u16>(table, "u16");
  addIntegerConversions<s16>(table, "s16");
  addIntegerConversions<u32>(table, "u32");
  addIntegerConversions<s32>(table, "s32");
  addIntegerConversions<u64>(table, "u64");
  addIntegerConversions<s64>(table, "s64");
  addRounding<f32>(table, "f32", "d4 a4");
  addRounding<f64>(table, "f64", "d8 a8");
  addHalf<f16>(table, "f16");
  addHalf<bf16>(table, "bf16");
  table.add({"cvt.f32.f32", "d4 a4", unary<f32, Same>});
  table.add({"cvt.ftz.f32.f32", "d4 a4", unary<f32, Flush<Same>>});
  table.add({"cvt.sat.f32.f32", "d4 a4", unary<f32, Clamp<Same>>});
  table.add({"cvt.ftz.sat.f32.f32", "d4 a4", unary<f32, Clamp<Flush<Same>>>});
  table.add({"cvt.f64.f32", "d8 a4", floatToDouble});
  table.add({"cvt.rn.f32.f64", "d4 a8", doubleToNearestFloat});
  table.add({"cvt.rz.f32.f64", "d4 a8", doubleToFloat<0>});
  table.add({"cvt.rm.f32.f64", "d4 a8", doubleToFloat<-1>});
  table.add({"cvt.rp.f32.f64", "d4 a8", doubleToFloat<1>});
  table.add({"cvt.rna.tf32.f32", "d4 a4", floatToHalf<ToTf32<true>>});
  table.add({"cvt.rn.tf32.f32", "d4 a4", floatToHalf<ToTf32<false>>});
}
