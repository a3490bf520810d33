#include "test/unit/Emulator/ModelTable.h"

#include <gtest/gtest.h>

#include <limits>

using namespace lacuna::emulator;

namespace {

using s128 = __int128;
using u128 = unsigned __int128;

/// An integer type that holds any product of two Ts.
template <class T>
using Wide = std::conditional_t<std::is_signed_v<T>, s128, u128>;
/// The type of mul.wide's result.
template <class T>
using Twice = std::conditional_t<std::is_signed_v<T>, std::conditional_t<sizeof(T) == 2, s32, s64>,
                                 std::conditional_t<sizeof(T) == 2, u32, u64>>;

template <class T>
std::string typeName() {
  return (std::is_signed_v<T> ? "s" : "u") + std::to_string(8 * sizeof(T));
}

template <class T>
std::optional<T> quotient(T a, T b) {
  if (b == 0 || (std::is_signed_v<T> && a == std::numeric_limits<T>::min() && b == T(-1)))
    return std::nullopt; // the ISA leaves it open
  return static_cast<T>(a / b);
}
template <class T>
std::optional<T> remainderOf(T a, T b) {
  if (b == 0 || (std::is_signed_v<T> && a == std::numeric_limits<T>::min() && b == T(-1)))
    return std::nullopt;
  return static_cast<T>(a % b);
}

template <class T>
void addForType(ModelTable &table) {
  constexpr int width = 8 * sizeof(T);
  std::string t = typeName<T>();
  table.add("add." + t + " d, a, b;", [](T a, T b) -> T { return Wide<T>(a) + b; });
  table.add("sub." + t + " d, a, b;", [](T a, T b) -> T { return Wide<T>(a) - b; });
  table.add("mul.lo." + t + " d, a, b;", [](T a, T b) -> T { return u128(a) * u128(b); });
  table.add("mul.hi." + t + " d, a, b;", [](T a, T b) -> T { return Wide<T>(a) * b >> width; });
  table.add("mad.lo." + t + " d, a, b, c;",
            [](T a, T b, T c) -> T { return u128(a) * u128(b) + u128(c); });
  table.add("mad.hi." + t + " d, a, b, c;",
            [](T a, T b, T c) -> T { return (Wide<T>(a) * b >> width) + c; });
  table.add("div." + t + " d, a, b;", [](T a, T b) { return quotient(a, b); });
  table.add("rem." + t + " d, a, b;", [](T a, T b) { return remainderOf(a, b); });
  table.add("min." + t + " d, a, b;", [](T a, T b) { return a < b ? a : b; });
  table.add("max." + t + " d, a, b;", [](T a, T b) { return a < b ? b : a; });
  table.add("sad." + t + " d, a, b, c;", [](T a, T b, T c) -> T {
    return Wide<T>(c) + (a < b ? Wide<T>(b) - a : Wide<T>(a) - b);
  });
  if constexpr (std::is_signed_v<T>) {
    table.add("abs." + t + " d, a;", [](T a) -> T { return a < 0 ? -Wide<T>(a) : Wide<T>(a); });
    table.add("neg." + t + " d, a;", [](T a) -> T { return -Wide<T>(a); });
  }
  if constexpr (sizeof(T) < 8) {
    table.add("mul.wide." + t + " d, a, b;",
              [](T a, T b) -> Twice<T> { return Twice<T>(a) * Twice<T>(b); });
    table.add("mad.wide." + t + " d, a, b, c;", [](T a, T b, Twice<T> c) -> Twice<T> {
      return u128(Twice<T>(a) * Twice<T>(b)) + u128(c);
    });
  }
}

s32 clamp(s128 x) {
  return x > std::numeric_limits<s32>::max()   ? std::numeric_limits<s32>::max()
         : x < std::numeric_limits<s32>::min() ? std::numeric_limits<s32>::min()
                                               : static_cast<s32>(x);
}

/// The low 24 bits, as mul24 sees an operand.
s64 low24(s32 x) { return s64(u64(x) << 40) >> 40; }
u64 low24(u32 x) { return x & 0xffffff; }

} // namespace

TEST(InstructionsInteger, SixteenBits) {
  ModelTable table;
  addForType<u16>(table);
  addForType<s16>(table);
  table.check();
}

TEST(InstructionsInteger, ThirtyTwoBits) {
  ModelTable table;
  addForType<u32>(table);
  addForType<s32>(table);
  table.check();
}

TEST(InstructionsInteger, SixtyFourBits) {
  ModelTable table;
  addForType<u64>(table);
  addForType<s64>(table);
  table.check();
}

TEST(InstructionsInteger, Saturating) {
  ModelTable table;
  table.add("add.sat.s32 d, a, b;", [](s32 a, s32 b) { return clamp(s128(a) + b); });
  table.add("sub.sat.s32 d, a, b;", [](s32 a, s32 b) { return clamp(s128(a) - b); });
  table.check();
}

TEST(InstructionsInteger, TwentyFourBits) {
  ModelTable table;
  table.add("mul24.lo.u32 d, a, b;", [](u32 a, u32 b) -> u32 { return low24(a) * low24(b); });
  table.add("mul24.lo.s32 d, a, b;", [](s32 a, s32 b) -> s32 { return low24(a) * low24(b); });
  table.add("mad24.lo.u32 d, a, b, c;",
            [](u32 a, u32 b, u32 c) -> u32 { return low24(a) * low24(b) + c; });
  table.add("mad24.lo.s32 d, a, b, c;",
            [](s32 a, s32 b, s32 c) -> s32 { return low24(a) * low24(b) + c; });
  table.check();
}

/// Chains of words: what carries out of one goes into the next. T is unsigned;
/// `sign` is how PTX spells the type, which changes only mad.hi.
template <class T>
static void addCarries(ModelTable &table, const std::string &sign) {
  constexpr int width = 8 * sizeof(T);
  const std::string t = "." + sign + std::to_string(width);
  const std::string scratch = ".reg .b" + std::to_string(width) + " l, m; ";
  const bool isSigned = sign == "s";
  auto high = [=](T a, T b) {
    using Signed = std::make_signed_t<T>;
    return static_cast<T>(isSigned ? s128(Signed(a)) * Signed(b) >> width
                                   : static_cast<s128>(u128(a) * b >> width));
  };
  auto low = [](T a, T b) { return static_cast<T>(u128(a) * b); };
  auto carry = [](u128 sum) { return static_cast<T>(sum >> width); };
  table.add(scratch + "add.cc" + t + " l, a, b; addc" + t + " d, c, e;",
            [=](T a, T b, T c, T e) -> T { return c + e + carry(u128(a) + b); });
  table.add(scratch + "sub.cc" + t + " l, a, b; subc" + t + " d, c, e;",
            [](T a, T b, T c, T e) -> T { return c - e - (a < b); });
  table.add(scratch + "mad.lo.cc" + t + " l, a, b, c; madc.hi" + t + " d, a, b, e;",
            [=](T a, T b, T c, T e) -> T { return high(a, b) + e + carry(u128(low(a, b)) + c); });
  table.add(scratch + "mad.hi.cc" + t + " l, a, b, c; madc.lo" + t + " d, a, b, e;",
            [=](T a, T b, T c, T e) -> T { return low(a, b) + e + carry(u128(high(a, b)) + c); });
  // The middle of a chain both takes a carry and gives one.
  table.add(scratch + "add.cc" + t + " l, a, b; addc.cc" + t + " m, a, c; addc" + t + " d, b, c;",
            [=](T a, T b, T c) -> T { return b + c + carry(u128(a) + c + carry(u128(a) + b)); });
  table.add(scratch + "sub.cc" + t + " l, a, b; subc.cc" + t + " m, a, c; subc" + t + " d, b, c;",
            [](T a, T b, T c) -> T { return b - c - (u128(a) < u128(c) + (a < b)); });
  table.add(
      scratch + "add.cc" + t + " l, a, b; madc.lo.cc" + t + " m, a, b, c; addc" + t + " d, b, c;",
      [=](T a, T b, T c) -> T { return b + c + carry(u128(low(a, b)) + c + carry(u128(a) + b)); });
  table.add(
      scratch + "add.cc" + t + " l, a, b; madc.hi.cc" + t + " m, a, b, c; addc" + t + " d, b, c;",
      [=](T a, T b, T c) -> T { return b + c + carry(u128(high(a, b)) + c + carry(u128(a) + b)); });
}

TEST(InstructionsInteger, WithCarry) {
  ModelTable table;
  for (const char *sign : {"u", "s"}) {
    addCarries<u32>(table, sign);
    addCarries<u64>(table, sign);
  }
  table.check();
}

TEST(InstructionsInteger, DotProducts) {
  ModelTable table;
  auto bytes = [](auto as, auto bs, u32 a, u32 b, u32 c) -> u32 {
    s64 sum = c;
    for (int i = 0; i < 4; ++i)
      sum += s64(decltype(as)(a >> 8 * i)) * s64(decltype(bs)(b >> 8 * i));
    return static_cast<u32>(sum);
  };
  table.add("dp4a.u32.u32 d, a, b, c;",
            [=](u32 a, u32 b, u32 c) { return bytes(u8(), u8(), a, b, c); });
  table.add("dp4a.s32.s32 d, a, b, c;",
            [=](u32 a, u32 b, u32 c) { return bytes(s8(), s8(), a, b, c); });
  table.add("dp4a.s32.u32 d, a, b, c;",
            [=](u32 a, u32 b, u32 c) { return bytes(s8(), u8(), a, b, c); });
  table.add("dp4a.u32.s32 d, a, b, c;",
            [=](u32 a, u32 b, u32 c) { return bytes(u8(), s8(), a, b, c); });
  table.check();
}
