//===- Half.h - f16 and bf16 values ----------------------------------------===//
#ifndef LIB_EMULATOR_SIM_HALF_H
#define LIB_EMULATOR_SIM_HALF_H

#include "lib/Emulator/PtxTypes.h"
#include "lib/Support/HalfBits.h"

namespace lacuna::emulator {

/// A half-precision value; toFloat and fromFloat round as cvt.rn.
struct f16 {
  u16 bits;
  f32 toFloat() const { return floatFromF16(bits); }
  static f16 fromFloat(f32 x) { return {f16FromFloat(x)}; }
};
struct bf16 {
  u16 bits;
  f32 toFloat() const { return floatFromBf16(bits); }
  static bf16 fromFloat(f32 x) { return {bf16FromFloat(x)}; }
};

/// Two halves in one register, the first in the low bits.
template <class Half>
struct Pair {
  Half low, high;
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_HALF_H
