//===- Integer.cpp - Integer arithmetic ------------------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/Lanes.h"

#include <limits>
#include <string>

using namespace lacuna::emulator;

namespace {

using s128 = __int128;
using u128 = unsigned __int128;

/// The type twice as wide.
template <class T>
struct Wider;
template <>
struct Wider<u16> {
  using Type = u32;
};
template <>
struct Wider<s16> {
  using Type = s32;
};
template <>
struct Wider<u32> {
  using Type = u64;
};
template <>
struct Wider<s32> {
  using Type = s64;
};
template <>
struct Wider<u64> {
  using Type = u128;
};
template <>
struct Wider<s64> {
  using Type = s128;
};
template <class T>
using Wide = typename Wider<T>::Type;

/// Wraps as PTX does; in C++ signed overflow is undefined.
template <class T>
using Modular = std::make_unsigned_t<T>;

struct Add {
  template <class T>
  static T apply(T a, T b) {
    return static_cast<T>(Modular<T>(a) + Modular<T>(b));
  }
};
struct Subtract {
  template <class T>
  static T apply(T a, T b) {
    return static_cast<T>(Modular<T>(a) - Modular<T>(b));
  }
};
struct MultiplyLow {
  template <class T>
  static T apply(T a, T b) {
    return static_cast<T>(u64(Modular<T>(a)) * Modular<T>(b));
  }
};
struct MultiplyHigh {
  template <class T>
  static T apply(T a, T b) {
    return static_cast<T>((static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b)) >> (sizeof(T) * 8));
  }
};
struct MultiplyAddLow {
  template <class T>
  static T apply(T a, T b, T c) {
    return static_cast<T>(u64(Modular<T>(a)) * Modular<T>(b) + Modular<T>(c));
  }
};
struct MultiplyAddHigh {
  template <class T>
  static T apply(T a, T b, T c) {
    return Add::apply(MultiplyHigh::apply(a, b), c);
  }
};
/// Division by zero gives all ones, the remainder the dividend, as GPUs do.
struct Divide {
  template <class T>
  static T apply(T a, T b) {
    if (b == 0)
      return static_cast<T>(-1);
    if (std::numeric_limits<T>::is_signed && b == static_cast<T>(-1))
      return Subtract::apply(T(0), a);
    return static_cast<T>(a / b);
  }
};
struct Remainder {
  template <class T>
  static T apply(T a, T b) {
    if (b == 0)
      return a;
    if (std::numeric_limits<T>::is_signed && b == static_cast<T>(-1))
      return 0;
    return static_cast<T>(a % b);
  }
};
struct Minimum {
  template <class T>
  static T apply(T a, T b) {
    return a < b ? a : b;
  }
};
struct Maximum {
  template <class T>
  static T apply(T a, T b) {
    return a > b ? a : b;
  }
};
struct Negate {
  template <class T>
  static T apply(T a) {
    return Subtract::apply(T(0), a);
  }
};
struct Absolute {
  template <class T>
  static T apply(T a) {
    return a < 0 ? Negate::apply(a) : a;
  }
};
/// |a - b| + c.
struct AbsoluteDifference {
  template <class T>
  static T apply(T a, T b, T c) {
    return Add::apply(a > b ? Subtract::apply(a, b) : Subtract::apply(b, a), c);
  }
};
template <class Op>
struct Saturate {
  static s32 apply(s32 a, s32 b) {
    s64 wide = std::is_same_v<Op, Add> ? s64(a) + b : s64(a) - b;
    return static_cast<s32>(wide > 0x7fffffff      ? 0x7fffffff
                            : wide < -0x80000000ll ? -0x80000000ll
                                                   : wide);
  }
};

/// d = a * b (+ c), where d and c are twice as wide as a and b.
template <class T>
Step multiplyWide(Warp &warp, const Instruction &i) {
  using W = Wide<T>;
  Held<W> *d = lanes<W>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  forLanes(warp.mask, [=](int l) {
    d[l] =
        hold<W>(static_cast<W>(static_cast<W>(unhold<T>(a[l])) * static_cast<W>(unhold<T>(b[l]))));
  });
  return Step::Next;
}

template <class T>
Step multiplyAddWide(Warp &warp, const Instruction &i) {
  using W = Wide<T>;
  Held<W> *d = lanes<W>(warp, i.d);
  const Held<T> *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  const Held<W> *c = lanes<W>(warp, i.c);
  forLanes(warp.mask, [=](int l) {
    d[l] = hold<W>(Add::apply(
        static_cast<W>(static_cast<W>(unhold<T>(a[l])) * static_cast<W>(unhold<T>(b[l]))),
        unhold<W>(c[l])));
  });
  return Step::Next;
}

/// mul24: products of the low 24 bits.
struct Multiply24 {
  template <class T>
  static T apply(T a, T b) {
    return MultiplyLow::apply(cut(a), cut(b));
  }
  static s32 cut(s32 x) { return static_cast<s32>(static_cast<u32>(x) << 8) >> 8; }
  static u32 cut(u32 x) { return x & 0xffffff; }
};
struct MultiplyAdd24 {
  template <class T>
  static T apply(T a, T b, T c) {
    return Add::apply(Multiply24::apply(a, b), c);
  }
};

/// dp4a: four products of bytes, summed.
template <class A, class B>
Step dotBytes(Warp &warp, const Instruction &i) {
  u32 *d = lanes<u32>(warp, i.d);
  const u32 *a = lanes<u32>(warp, i.a), *b = lanes<u32>(warp, i.b), *c = lanes<u32>(warp, i.c);
  forLanes(warp.mask, [=](int l) {
    u32 sum = c[l];
    for (int k = 0; k < 4; ++k)
      sum +=
          static_cast<u32>(s32(static_cast<A>(a[l] >> 8 * k)) * s32(static_cast<B>(b[l] >> 8 * k)));
    d[l] = sum;
  });
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Extended precision: the carry is a predicate that the kernel cannot name
//===----------------------------------------------------------------------===//

/// option bits: 1 reads the carry, 2 writes it. The carry's slot is in imm.
template <class T, bool subtract>
Step addWithCarry(Warp &warp, const Instruction &i) {
  T *d = lanes<T>(warp, i.d);
  const T *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b);
  u32 slot = static_cast<u32>(i.imm), carry = i.option & 1 ? predicate(warp, slot) : 0, out = 0;
  forLanes(warp.mask, [&](int l) {
    u128 in = carry >> l & 1;
    u128 wide = subtract ? u128(a[l]) - b[l] - in : u128(a[l]) + b[l] + in;
    d[l] = static_cast<T>(wide);
    out |= static_cast<u32>(wide >> (sizeof(T) * 8) & 1) << l;
  });
  if (i.option & 2)
    setPredicate(warp, slot, out);
  return Step::Next;
}

/// option bits as above, 4: high half.
template <class T>
Step multiplyAddWithCarry(Warp &warp, const Instruction &i) {
  T *d = lanes<T>(warp, i.d);
  const T *a = lanes<T>(warp, i.a), *b = lanes<T>(warp, i.b), *c = lanes<T>(warp, i.c);
  u32 slot = static_cast<u32>(i.imm), carry = i.option & 1 ? predicate(warp, slot) : 0, out = 0;
  forLanes(warp.mask, [&](int l) {
    using Unsigned = std::make_unsigned_t<T>;
    auto part = static_cast<Unsigned>(i.option & 4 ? MultiplyHigh::apply(a[l], b[l])
                                                   : MultiplyLow::apply(a[l], b[l]));
    u128 wide = u128(part) + static_cast<Unsigned>(c[l]) + (carry >> l & 1);
    d[l] = static_cast<T>(wide);
    out |= static_cast<u32>(wide >> (sizeof(T) * 8) & 1) << l;
  });
  if (i.option & 2)
    setPredicate(warp, slot, out);
  return Step::Next;
}

void bindCarry(Binder &binder) {
  std::string_view mnemonic = binder.statement.mnemonic();
  bool reads = mnemonic.ends_with("c"); // addc, subc, madc
  binder.out.option =
      static_cast<u8>((reads ? 1 : 0) | (binder.has("cc") ? 2 : 0) | (binder.has("hi") ? 4 : 0));
  // One place for all: the constant that no instruction can mean.
  binder.out.imm = binder.constant(0x6361727279, 0);
}

/// Rows of one type; `name` is "s32", `w` the width "4" or "8".
template <class T>
void addIntegerType(InstructionTable &table, const std::string &name) {
  std::string w = sizeof(T) == 8 ? "8" : "4";
  std::string two = "d" + w + " a" + w, three = two + " b" + w, four = three + " c" + w;
  table.add({"add." + name, three, binary<T, Add>});
  table.add({"sub." + name, three, binary<T, Subtract>});
  table.add({"mul.lo." + name, three, binary<T, MultiplyLow>});
  table.add({"mul.hi." + name, three, binary<T, MultiplyHigh>});
  table.add({"mad.lo." + name, four, ternary<T, MultiplyAddLow>});
  table.add({"mad.hi." + name, four, ternary<T, MultiplyAddHigh>});
  table.add({"div." + name, three, binary<T, Divide>});
  table.add({"rem." + name, three, binary<T, Remainder>});
  table.add({"min." + name, three, binary<T, Minimum>});
  table.add({"max." + name, three, binary<T, Maximum>});
  table.add({"sad." + name, four, ternary<T, AbsoluteDifference>});
  if constexpr (std::numeric_limits<T>::is_signed) {
    table.add({"neg." + name, two, unary<T, Negate>});
    table.add({"abs." + name, two, unary<T, Absolute>});
  }
  if constexpr (sizeof(T) < 8) {
    std::string wide = sizeof(T) == 2 ? "4" : "8";
    table.add({"mul.wide." + name, "d" + wide + " a4 b4", multiplyWide<T>});
    table.add({"mad.wide." + name, "d" + wide + " a4 b4 c" + wide, multiplyAddWide<T>});
  }
}

/// Sums of either sign are the same; products are not.
template <class T>
void addCarryRows(InstructionTable &table, const std::string &width) {
  std::string w = sizeof(T) == 8 ? "8" : "4", types = "(u" + width + "|s" + width + ")";
  std::string three = "d" + w + " a" + w + " b" + w, four = three + " c" + w;
  table.add({"add.cc." + types, three, addWithCarry<T, false>, 0, bindCarry});
  table.add({"addc[.cc]." + types, three, addWithCarry<T, false>, 0, bindCarry});
  table.add({"sub.cc." + types, three, addWithCarry<T, true>, 0, bindCarry});
  table.add({"subc[.cc]." + types, three, addWithCarry<T, true>, 0, bindCarry});
  for (bool isSigned : {false, true}) {
    Handler handler =
        isSigned ? multiplyAddWithCarry<std::make_signed_t<T>> : multiplyAddWithCarry<T>;
    std::string type = (isSigned ? ".s" : ".u") + width;
    table.add({"mad.(lo|hi).cc" + type, four, handler, 0, bindCarry});
    table.add({"madc.(lo|hi)[.cc]" + type, four, handler, 0, bindCarry});
  }
}

} // namespace

void lacuna::emulator::addIntegerRows(InstructionTable &table) {
  addIntegerType<u16>(table, "u16");
  addIntegerType<s16>(table, "s16");
  addIntegerType<u32>(table, "u32");
  addIntegerType<s32>(table, "s32");
  addIntegerType<u64>(table, "u64");
  addIntegerType<s64>(table, "s64");
  table.add({"add.sat.s32", "d4 a4 b4", binary<s32, Saturate<Add>>});
  table.add({"sub.sat.s32", "d4 a4 b4", binary<s32, Saturate<Subtract>>});
  table.add({"mul24.lo.u32", "d4 a4 b4", binary<u32, Multiply24>});
  table.add({"mul24.lo.s32", "d4 a4 b4", binary<s32, Multiply24>});
  table.add({"mad24.lo.u32", "d4 a4 b4 c4", ternary<u32, MultiplyAdd24>});
  table.add({"mad24.lo.s32", "d4 a4 b4 c4", ternary<s32, MultiplyAdd24>});
  table.add({"dp4a.u32.u32", "d4 a4 b4 c4", dotBytes<u8, u8>});
  table.add({"dp4a.s32.s32", "d4 a4 b4 c4", dotBytes<s8, s8>});
  table.add({"dp4a.u32.s32", "d4 a4 b4 c4", dotBytes<u8, s8>});
  table.add({"dp4a.s32.u32", "d4 a4 b4 c4", dotBytes<s8, u8>});
  addCarryRows<u32>(table, "32");
  addCarryRows<u64>(table, "64");
}
