//===- Bits.cpp - Logic, shifts, bit fields, permutes ----------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Lanes.h"

#include <algorithm>
#include <string>

using namespace lacuna::emulator;

namespace {

struct And {
  template <class T>
  static T apply(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <class T>
  static T apply(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <class T>
  static T apply(T a, T b) {
    return a ^ b;
  }
};
struct Not {
  template <class T>
  static T apply(T a) {
    return static_cast<T>(~a);
  }
};
/// cnot: logical negation.
struct IsZero {
  template <class T>
  static T apply(T a) {
    return a == 0;
  }
};
struct ReverseBits {
  template <class T>
  static T apply(T a) {
    T result = 0;
    for (u32 k = 0; k < sizeof(T) * 8; ++k)
      result |= (a >> k & 1) << (sizeof(T) * 8 - 1 - k);
    return result;
  }
};

template <class Op>
Step onPredicates(Warp &warp, const Instruction &i) {
  setPredicate(warp, i.d, Op::apply(predicate(warp, i.a), predicate(warp, i.b)));
  return Step::Next;
}

Step notPredicate(Warp &warp, const Instruction &i) {
  setPredicate(warp, i.d, ~predicate(warp, i.a));
  return Step::Next;
}

/// Shifts by the width or more give 0, or the sign.
template <class T>
Step shiftLeft(Warp &warp, const Instruction &i) {
  Held<T> *d = lanes<T>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a);
  const u32 *b = lanes<u32>(warp, i.b);
  constexpr u32 bits = sizeof(T) * 8;
  forLanes(warp.mask, [=](int l) {
    d[l] = b[l] >= bits ? 0 : hold<T>(static_cast<T>(unhold<T>(a[l]) << (b[l] & (bits - 1))));
  });
  return Step::Next;
}

template <class T>
Step shiftRight(Warp &warp, const Instruction &i) {
  Held<T> *d = lanes<T>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a);
  const u32 *b = lanes<u32>(warp, i.b);
  constexpr u32 bits = sizeof(T) * 8;
  forLanes(warp.mask, [=](int l) {
    T value = unhold<T>(a[l]);
    bool over = b[l] >= bits;
    T full = std::is_signed_v<T> ? static_cast<T>(value >> (bits - 1)) : T(0);
    d[l] = hold<T>(over ? full : static_cast<T>(value >> (b[l] & (bits - 1))));
  });
  return Step::Next;
}

/// shf: the 64 bits {b, a} shifted. option: 1 left, 2 wrap instead of clamp.
Step funnelShift(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a), *b = lanes<u32>(warp, i.b), *c = lanes<u32>(warp, i.c);
  bool left = i.option & 1, wrap = i.option & 2;
  forLanes(warp.mask, [=](int l) {
    u32 count = wrap ? c[l] & 31 : std::min(c[l], u32(32));
    u64 both = u64(b[l]) << 32 | a[l];
    d[l] = left ? static_cast<u32>((both << count) >> 32) : static_cast<u32>(both >> count);
  });
  return Step::Next;
}

/// bfi: list[0]: length.
template <class T>
Step insertField(Warp &warp, const Instruction &i) {
  T *d = lanes<T>(warp, i.d);
  const T *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  const u32 *c = lanes<u32>(warp, i.c), *e = lanes<u32>(warp, i.list[0]);
  constexpr u32 bits = sizeof(T) * 8;
  forLanes(warp.mask, [=](int l) {
    u32 position = c[l] & 255, length = e[l] & 255;
    T mask = length >= bits ? static_cast<T>(~T(0)) : static_cast<T>((T(1) << length) - 1);
    bool outside = position >= bits;
    T placed = outside ? 0 : static_cast<T>(mask << position);
    T value = outside ? 0 : static_cast<T>(a[l] << position);
    d[l] = (b[l] & ~placed) | (value & placed);
  });
  return Step::Next;
}

/// bfe: signed fields take their sign from the topmost bit that exists.
template <class T>
Step extractField(Warp &warp, const Instruction &i) {
  using U = std::make_unsigned_t<T>;
  U *d = lanes<U>(warp, i.d);
  const U *a = lanes<U>(warp, i.a);
  const u32 *b = lanes<u32>(warp, i.b), *c = lanes<u32>(warp, i.c);
  constexpr u32 bits = sizeof(T) * 8;
  forLanes(warp.mask, [=](int l) {
    u32 position = b[l] & 255, length = c[l] & 255;
    U mask = length >= bits ? ~U(0) : (U(1) << length) - 1;
    U field = position >= bits ? 0 : (a[l] >> position) & mask;
    if (std::is_signed_v<T> && length > 0) {
      u32 top = std::min(position + length - 1, bits - 1);
      if (a[l] >> top & 1) {
        u32 present = position >= bits ? 0 : std::min(length, bits - position);
        field |= present >= bits ? 0 : ~U(0) << present;
      }
    }
    d[l] = length == 0 ? 0 : field;
  });
  return Step::Next;
}

/// bmsk: a mask of b bits at position a.
Step makeMask(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a), *b = lanes<u32>(warp, i.b);
  forLanes(warp.mask, [=](int l) {
    u32 position = i.option ? a[l] & 31 : std::min(a[l], u32(32));
    u32 length = i.option ? b[l] & 31 : std::min(b[l], u32(32));
    u64 mask = ((u64(1) << length) - 1) << position;
    d[l] = static_cast<u32>(mask);
  });
  return Step::Next;
}

/// lop3: imm is the truth table.
Step logic3(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a), *b = lanes<u32>(warp, i.b), *c = lanes<u32>(warp, i.c);
  u32 table = static_cast<u32>(i.imm);
  forLanes(warp.mask, [=](int l) {
    u32 result = 0;
    for (u32 k = 0; k < 8; ++k) {
      u32 row = (k & 4 ? a[l] : ~a[l]) & (k & 2 ? b[l] : ~b[l]) & (k & 1 ? c[l] : ~c[l]);
      result |= table >> k & 1 ? row : 0;
    }
    d[l] = result;
  });
  return Step::Next;
}

void bindLogic3(Binder &binder) {
  const auto &operands = binder.statement.operands;
  if (operands.size() != 5 || operands[4].kind != ptx::Operand::Kind::Immediate)
    return binder.fail("five operands are expected, the last one immediate");
  binder.out.d = binder.destination(operands[0], 4);
  binder.out.a = binder.source(operands[1], 4);
  binder.out.b = binder.source(operands[2], 4);
  binder.out.c = binder.source(operands[3], 4);
  binder.out.imm = operands[4].value;
}

/// prmt: bytes of {b, a} chosen by nibbles. option: the mode, 0 the general one.
Step permuteBytes(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a), *b = lanes<u32>(warp, i.b), *c = lanes<u32>(warp, i.c);
  // Byte numbers by the low two bits of c, for f4e b4e rc8 ecl ecr rc16.
  static constexpr u16 modes[7][4] = {
      {},
      {0x3210, 0x4321, 0x5432, 0x6543},
      {0x5670, 0x6701, 0x7012, 0x0123},
      {0x0000, 0x1111, 0x2222, 0x3333},
      {0x3210, 0x3211, 0x3222, 0x3333},
      {0x0000, 0x1110, 0x2210, 0x3210},
      {0x1010, 0x3232, 0x1010, 0x3232},
  };
  u32 mode = i.option;
  forLanes(warp.mask, [=](int l) {
    u64 both = u64(b[l]) << 32 | a[l];
    u32 selector = mode ? modes[mode][c[l] & 3] : c[l];
    u32 result = 0;
    for (int k = 0; k < 4; ++k) {
      u32 nibble = selector >> (4 * k) & 15;
      u32 byte = static_cast<u32>(both >> (8 * (nibble & 7))) & 255;
      if (nibble & 8)
        byte = byte & 128 ? 255 : 0;
      result |= byte << (8 * k);
    }
    d[l] = result;
  });
  return Step::Next;
}

/// Results of popc, clz and bfind have 32 bits whatever the operand has.
struct CountOnes {
  template <class T>
  static u32 apply(T a) {
    return static_cast<u32>(std::popcount(a));
  }
};
struct CountLeadingZeros {
  template <class T>
  static u32 apply(T a) {
    return static_cast<u32>(std::countl_zero(a));
  }
};
/// Position of the topmost bit that is not the sign; ~0 when there is none.
template <bool isSigned, bool shiftAmount>
struct FindTop {
  template <class T>
  static u32 apply(T a) {
    if (isSigned && a >> (sizeof(T) * 8 - 1))
      a = static_cast<T>(~a);
    if (a == 0)
      return ~u32(0);
    u32 zeros = static_cast<u32>(std::countl_zero(a));
    return shiftAmount ? zeros : static_cast<u32>(sizeof(T) * 8 - 1) - zeros;
  }
};
template <class T, class Op>
Step count(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const T *a = lanes<T>(warp, i.a);
  forLanes(warp.mask, [=](int l) { d[l] = Op::apply(a[l]); });
  return Step::Next;
}

template <class Op>
void addLogic(InstructionTable &table, const std::string &name) {
  table.add({name + ".pred", "dp ap bp", onPredicates<Op>});
  table.add({name + ".b16", "d4 a4 b4", binary<u16, Op>});
  table.add({name + ".b32", "d4 a4 b4", binary<u32, Op>});
  table.add({name + ".b64", "d8 a8 b8", binary<u64, Op>});
}

} // namespace

void lacuna::emulator::addBitRows(InstructionTable &table) {
  addLogic<And>(table, "and");
  addLogic<Or>(table, "or");
  addLogic<Xor>(table, "xor");
  table.add({"not.pred", "dp ap", notPredicate});
  table.add({"not.b16", "d4 a4", unary<u16, Not>});
  table.add({"not.b32", "d4 a4", unary<u32, Not>});
  table.add({"not.b64", "d8 a8", unary<u64, Not>});
  table.add({"cnot.b32", "d4 a4", unary<u32, IsZero>});
  table.add({"cnot.b64", "d8 a8", unary<u64, IsZero>});
  table.add({"shl.b16", "d4 a4 b4", shiftLeft<u16>});
  table.add({"shl.b32", "d4 a4 b4", shiftLeft<u32>});
  table.add({"shl.b64", "d8 a8 b4", shiftLeft<u64>});
  table.add({"shr.(u16|b16)", "d4 a4 b4", shiftRight<u16>});
  table.add({"shr.s16", "d4 a4 b4", shiftRight<s16>});
  table.add({"shr.(u32|b32)", "d4 a4 b4", shiftRight<u32>});
  table.add({"shr.s32", "d4 a4 b4", shiftRight<s32>});
  table.add({"shr.(u64|b64)", "d8 a8 b4", shiftRight<u64>});
  table.add({"shr.s64", "d8 a8 b4", shiftRight<s64>});
  table.add({"shf.l.clamp.b32", "d4 a4 b4 c4", funnelShift, 1});
  table.add({"shf.l.wrap.b32", "d4 a4 b4 c4", funnelShift, 3});
  table.add({"shf.r.clamp.b32", "d4 a4 b4 c4", funnelShift, 0});
  table.add({"shf.r.wrap.b32", "d4 a4 b4 c4", funnelShift, 2});
  table.add({"bfi.b32", "d4 a4 b4 c4 e4", insertField<u32>});
  table.add({"bfi.b64", "d8 a8 b8 c4 e4", insertField<u64>});
  table.add({"bfe.u32", "d4 a4 b4 c4", extractField<u32>});
  table.add({"bfe.s32", "d4 a4 b4 c4", extractField<s32>});
  table.add({"bfe.u64", "d8 a8 b4 c4", extractField<u64>});
  table.add({"bfe.s64", "d8 a8 b4 c4", extractField<s64>});
  table.add({"bmsk.clamp.b32", "d4 a4 b4", makeMask, 0});
  table.add({"bmsk.wrap.b32", "d4 a4 b4", makeMask, 1});
  table.add({"lop3.b32", "", logic3, 0, bindLogic3, true});
  const char *modes[] = {"", ".f4e", ".b4e", ".rc8", ".ecl", ".ecr", ".rc16"};
  for (u8 mode = 0; mode < 7; ++mode)
    table.add({std::string("prmt.b32") + modes[mode], "d4 a4 b4 c4", permuteBytes, mode});
  table.add({"popc.b32", "d4 a4", count<u32, CountOnes>});
  table.add({"popc.b64", "d4 a8", count<u64, CountOnes>});
  table.add({"clz.b32", "d4 a4", count<u32, CountLeadingZeros>});
  table.add({"clz.b64", "d4 a8", count<u64, CountLeadingZeros>});
  table.add({"bfind.u32", "d4 a4", count<u32, FindTop<false, false>>});
  table.add({"bfind.s32", "d4 a4", count<u32, FindTop<true, false>>});
  table.add({"bfind.u64", "d4 a8", count<u64, FindTop<false, false>>});
  table.add({"bfind.s64", "d4 a8", count<u64, FindTop<true, false>>});
  table.add({"bfind.shiftamt.u32", "d4 a4", count<u32, FindTop<false, true>>});
  table.add({"bfind.shiftamt.s32", "d4 a4", count<u32, FindTop<true, true>>});
  table.add({"brev.b32", "d4 a4", unary<u32, ReverseBits>});
  table.add({"brev.b64", "d8 a8", unary<u64, ReverseBits>});
}
