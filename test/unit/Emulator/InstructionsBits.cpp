#include "test/unit/Emulator/ModelTable.h"

#include <gtest/gtest.h>

using namespace lacuna::emulator;

namespace {

/// Bit `index` of x.
bool bit(u64 x, u64 index) { return index < 64 && (x >> index & 1); }

/// bfe, one bit at a time: field of `length` bits at `position`, bits beyond
/// the word or the field filled with `fill`.
template <class T>
T extract(T a, u32 position, u32 length) {
  constexpr u32 width = 8 * sizeof(T);
  position &= 255;
  length &= 255;
  bool fill = false;
  if (std::is_signed_v<T> && length)
    fill = bit(static_cast<u64>(a), std::min(position + length - 1, width - 1));
  u64 result = 0;
  for (u32 i = 0; i < width; ++i) {
    bool value = i < length && position + i < width ? bit(static_cast<u64>(a), position + i) : fill;
    result |= u64(value) << i;
  }
  return static_cast<T>(result);
}

template <class T>
T insert(T a, T b, u32 position, u32 length) {
  constexpr u32 width = 8 * sizeof(T);
  position &= 255;
  length &= 255;
  for (u32 i = 0; i < length && position + i < width; ++i) {
    T place = T(1) << (position + i);
    b = (b & ~place) | (bit(a, i) ? place : 0);
  }
  return b;
}

template <class T>
u32 leadingZeros(T a) {
  u32 count = 0;
  for (int i = 8 * sizeof(T) - 1; i >= 0 && !bit(a, i); --i)
    ++count;
  return count;
}

/// Position of the leading bit that differs from the sign.
template <class T>
u32 findLeading(T a, bool asShift) {
  constexpr int width = 8 * sizeof(T);
  using U = std::make_unsigned_t<T>;
  U x = std::is_signed_v<T> && a < 0 ? static_cast<U>(~a) : static_cast<U>(a);
  for (int i = width - 1; i >= 0; --i)
    if (bit(x, i))
      return asShift ? width - 1 - i : i;
  return ~u32(0);
}

template <class T>
void addLogic(ModelTable &table) {
  std::string t = "b" + std::to_string(8 * sizeof(T));
  constexpr u32 width = 8 * sizeof(T);
  table.add("and." + t + " d, a, b;", [](T a, T b) -> T { return a & b; });
  table.add("or." + t + " d, a, b;", [](T a, T b) -> T { return a | b; });
  table.add("xor." + t + " d, a, b;", [](T a, T b) -> T { return a ^ b; });
  table.add("not." + t + " d, a;", [](T a) -> T { return ~a; });
  // Counts at or beyond the width shift everything out.
  table.add("shl." + t + " d, a, b;", [](T a, u32 b) -> T { return b < width ? u64(a) << b : 0; });
  std::string number = std::to_string(width);
  for (const char *type : {"u", "b"})
    table.add(std::string("shr.") + type + number + " d, a, b;",
              [](T a, u32 b) -> T { return b < width ? u64(a) >> b : 0; });
  using Signed = std::make_signed_t<T>;
  table.add("shr.s" + number + " d, a, b;", [](Signed a, u32 b) -> Signed {
    return static_cast<Signed>(s64(a) >> std::min(b, width - 1));
  });
}

template <class T>
void addFields(ModelTable &table) {
  std::string number = std::to_string(8 * sizeof(T));
  using Signed = std::make_signed_t<T>;
  table.add("bfe.u" + number + " d, a, b, c;", [](T a, u32 b, u32 c) { return extract(a, b, c); });
  table.add("bfe.s" + number + " d, a, b, c;",
            [](Signed a, u32 b, u32 c) { return extract(a, b, c); });
  table.add("bfi.b" + number + " d, a, b, c, e;",
            [](T a, T b, u32 c, u32 e) { return insert(a, b, c, e); });
  table.add("brev.b" + number + " d, a;", [](T a) {
    T result = 0;
    for (u32 i = 0; i < 8 * sizeof(T); ++i)
      result |= T(bit(a, i)) << (8 * sizeof(T) - 1 - i);
    return result;
  });
  table.add("popc.b" + number + " d, a;", [](T a) {
    u32 count = 0;
    for (u32 i = 0; i < 64; ++i)
      count += bit(a, i);
    return count;
  });
  table.add("clz.b" + number + " d, a;", [](T a) { return leadingZeros(a); });
  table.add("bfind.u" + number + " d, a;", [](T a) { return findLeading(a, false); });
  table.add("bfind.s" + number + " d, a;", [](Signed a) { return findLeading(a, false); });
  if (sizeof(T) == 4)
    table.add("bfind.shiftamt.u32 d, a;", [](T a) { return findLeading(a, true); });
}

/// One byte of prmt: selector bits 0-2 name a byte of b:a, bit 3 spreads its sign.
u32 selectByte(u64 both, u32 selector) {
  u32 byte = both >> 8 * (selector & 7) & 255;
  return selector & 8 ? (byte & 128 ? 255 : 0) : byte;
}

u32 permuteBy(u64 both, u32 s0, u32 s1, u32 s2, u32 s3) {
  return selectByte(both, s0) | selectByte(both, s1) << 8 | selectByte(both, s2) << 16 |
         selectByte(both, s3) << 24;
}

u64 joined(u32 low, u32 high) { return u64(high) << 32 | low; }

} // namespace

TEST(InstructionsBits, LogicAndShifts) {
  ModelTable table;
  table.add("cnot.b32 d, a;", [](u32 a) -> u32 { return a == 0; });
  table.add("cnot.b64 d, a;", [](u64 a) -> u64 { return a == 0; });
  addLogic<u16>(table);
  addLogic<u32>(table);
  addLogic<u64>(table);
  table.check();
}

TEST(InstructionsBits, Fields) {
  ModelTable table;
  table.add("bfind.shiftamt.s32 d, a;", [](s32 a) { return findLeading(a, true); });
  addFields<u32>(table);
  addFields<u64>(table);
  for (bool clamps : {false, true}) {
    std::string mode = clamps ? "clamp" : "wrap";
    table.add("bmsk." + mode + ".b32 d, a, b;", [clamps](u32 a, u32 b) {
      u32 position = clamps ? a : a & 31, length = clamps ? b : b & 31, mask = 0;
      for (u64 i = position; i < u64(position) + length && i < 32; ++i)
        mask |= u32(1) << i;
      return mask;
    });
  }
  table.check();
}

TEST(InstructionsBits, Logic3) {
  ModelTable table;
  for (u32 truth : {0x00, 0x01, 0x80, 0x96, 0xe8, 0xca, 0x3c, 0xfe, 0x6a, 0x17, 0xff, 0xd8})
    table.add("lop3.b32 d, a, b, c, " + std::to_string(truth) + ";", [truth](u32 a, u32 b, u32 c) {
      u32 result = 0;
      for (int i = 0; i < 32; ++i)
        result |= (truth >> (bit(a, i) * 4 + bit(b, i) * 2 + bit(c, i)) & 1) << i;
      return result;
    });
  table.check();
}

TEST(InstructionsBits, Permute) {
  ModelTable table;
  table.add("prmt.b32 d, a, b, c;", [](u32 a, u32 b, u32 c) {
    return permuteBy(joined(a, b), c & 15, c >> 4 & 15, c >> 8 & 15, c >> 12 & 15);
  });
  table.add("prmt.b32 d, a, b, 0x5410;",
            [](u32 a, u32 b) -> u32 { return (a & 0xffff) | b << 16; });
  table.add("prmt.b32.f4e d, a, b, c;", [](u32 a, u32 b, u32 c) {
    c &= 3;
    return permuteBy(joined(a, b), c, c + 1, c + 2, c + 3);
  });
  table.add("prmt.b32.b4e d, a, b, c;", [](u32 a, u32 b, u32 c) {
    c &= 3;
    return permuteBy(joined(a, b), c, (c + 7) & 7, (c + 6) & 7, (c + 5) & 7);
  });
  table.add("prmt.b32.rc8 d, a, b, c;", [](u32 a, u32 b, u32 c) {
    c &= 3;
    return permuteBy(joined(a, b), c, c, c, c);
  });
  table.add("prmt.b32.ecl d, a, b, c;", [](u32 a, u32 b, u32 c) {
    c &= 3;
    return permuteBy(joined(a, b), c, std::max(c, 1u), std::max(c, 2u), 3);
  });
  table.add("prmt.b32.ecr d, a, b, c;", [](u32 a, u32 b, u32 c) {
    c &= 3;
    return permuteBy(joined(a, b), 0, std::min(c, 1u), std::min(c, 2u), c);
  });
  table.add("prmt.b32.rc16 d, a, b, c;", [](u32 a, u32 b, u32 c) {
    u32 s = (c & 1) * 2;
    return permuteBy(joined(a, b), s, s + 1, s, s + 1);
  });
  table.check();
}

TEST(InstructionsBits, FunnelShift) {
  ModelTable table;
  for (bool clamps : {false, true}) {
    auto count = [clamps](u32 c) { return clamps ? std::min(c, 32u) : c & 31; };
    std::string mode = clamps ? "clamp" : "wrap";
    table.add("shf.l." + mode + ".b32 d, a, b, c;", [=](u32 a, u32 b, u32 c) -> u32 {
      unsigned __int128 both = joined(a, b);
      return static_cast<u32>(both << count(c) >> 32);
    });
    table.add("shf.r." + mode + ".b32 d, a, b, c;",
              [=](u32 a, u32 b, u32 c) -> u32 { return joined(a, b) >> count(c); });
  }
  table.check();
}

TEST(InstructionsBits, Predicates) {
  ModelTable table;
  table.add("and.pred d, a, b;", [](bool a, bool b) { return a && b; });
  table.add("or.pred d, a, b;", [](bool a, bool b) { return a || b; });
  table.add("xor.pred d, a, b;", [](bool a, bool b) { return a != b; });
  table.add("not.pred d, a;", [](bool a) { return !a; });
  table.add("mov.pred d, a;", [](bool a) { return a; });
  table.check();
}

/// mov, selp and slct hand bits on, whatever the type says of them.
template <class T>
static void addChoices(ModelTable &table, const std::string &type) {
  table.add("mov" + type + " d, a;", [](T a) { return a; });
  table.add("selp" + type + " d, a, b, c;", [](T a, T b, bool c) { return c ? a : b; });
  if constexpr (sizeof(T) >= 4)
    table.add("slct" + type + ".s32 d, a, b, c;", [](T a, T b, s32 c) { return c >= 0 ? a : b; });
  if constexpr (sizeof(T) == 4) {
    // -0 counts as 0, and NaN takes the second operand.
    table.add("slct" + type + ".f32 d, a, b, c;", [](T a, T b, f32 c) { return c >= 0 ? a : b; });
    table.add("slct.ftz" + type + ".f32 d, a, b, c;",
              [](T a, T b, f32 c) { return c > -0x1p-126f ? a : b; });
  }
}

TEST(InstructionsBits, Choices) {
  ModelTable table;
  for (const char *type : {".b16", ".u16", ".s16"})
    addChoices<u16>(table, type);
  for (const char *type : {".b32", ".u32", ".s32"})
    addChoices<u32>(table, type);
  for (const char *type : {".b64", ".u64", ".s64"})
    addChoices<u64>(table, type);
  addChoices<f32>(table, ".f32");
  addChoices<f64>(table, ".f64");
  table.add("selp.s32 d, a, -7, b;", [](s32 a, bool b) { return b ? a : -7; });
  table.check();
}

TEST(InstructionsBits, PackAndUnpack) {
  ModelTable table;
  table.add("mov.b32 d, {a, b};", [](u16 a, u16 b) -> u32 { return a | u32(b) << 16; });
  table.add("mov.b64 d, {a, b};", [](u32 a, u32 b) { return joined(a, b); });
  table.add("mov.b64 d, {a, b, c, e};", [](u16 a, u16 b, u16 c, u16 e) -> u64 {
    return a | u64(b) << 16 | u64(c) << 32 | u64(e) << 48;
  });
  table.add(".reg .b16 x; mov.b32 {x, d}, a;", [](u32 a) -> u16 { return a >> 16; });
  table.add(".reg .b16 x; mov.b32 {d, x}, a;", [](u32 a) -> u16 { return a; });
  table.add("mov.b64 {_, d}, a;", [](u64 a) -> u32 { return a >> 32; });
  table.add(".reg .b32 x; mov.b64 {d, x}, a;", [](u64 a) -> u32 { return a; });
  table.add(".reg .b16 x, y, z; mov.b64 {x, y, d, z}, a;", [](u64 a) -> u16 { return a >> 32; });
  table.check();
}
