//===- RoundingModel.h - Floating-point results from first principles ------===//
//
// A result is formed exactly, as the sum of two 113-bit numbers, and rounded
// once to the format of the destination. One routine serves all formats and
// all four rounding modes, and shares nothing with the emulator, which uses the
// host's arithmetic.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_EMULATOR_ROUNDINGMODEL_H
#define TEST_UNIT_EMULATOR_ROUNDINGMODEL_H

#include "lib/Support/HalfBits.h"
#include "test/unit/Emulator/ModelTable.h"

namespace lacuna::emulator {

#if defined(__SIZEOF_FLOAT128__)
using Quad = __float128;
#else
using Quad = long double; // binary128 on the other hosts
#endif

enum class Rounding : u8 { Nearest, Zero, Down, Up };

/// value + rest, where rest is too small to change more than how value rounds.
struct Exact {
  Quad value = 0, rest = 0;
};

/// A binary format; exponents are those of the leading bit.
struct Format {
  int precision, smallestExponent, largestExponent;
};
inline constexpr Format formatF16{11, -14, 15}, formatBf16{8, -126, 127}, formatF32{24, -126, 127},
    formatF64{53, -1022, 1023};

/// The nearest number of the format in the direction of the mode.
double roundTo(Exact exact, Format format, Rounding mode);

/// a + b exactly; a zero sum of numbers that are not both zeros of one sign is
/// -0 when rounding down and +0 otherwise.
Exact exactSum(Quad a, Quad b, Rounding mode);
/// a / b and sqrt(a), close enough to round correctly to f64 and below.
Exact exactQuotient(double a, double b);
Exact exactRoot(double a);

// Each PTX type with its format, its value and back.
template <class T>
struct FloatTraits;
template <>
struct FloatTraits<f32> {
  static constexpr Format format = formatF32;
  static double value(f32 x) { return x; }
  static f32 make(double x) { return static_cast<f32>(x); }
};
template <>
struct FloatTraits<f64> {
  static constexpr Format format = formatF64;
  static double value(f64 x) { return x; }
  static f64 make(double x) { return x; }
};
template <>
struct FloatTraits<F16> {
  static constexpr Format format = formatF16;
  static double value(F16 x) { return floatFromF16(x.bits); }
  static F16 make(double x) { return {f16FromFloat(static_cast<f32>(x))}; }
};
template <>
struct FloatTraits<Bf16> {
  static constexpr Format format = formatBf16;
  static double value(Bf16 x) { return floatFromBf16(x.bits); }
  static Bf16 make(double x) { return {bf16FromFloat(static_cast<f32>(x))}; }
};

/// How an instruction treats its operands and its result.
struct FloatMode {
  Rounding rounding = Rounding::Nearest;
  bool flush = false;    ///< .ftz: subnormals become zeros of the same sign
  bool saturate = false; ///< .sat: clamped to [0, 1], NaN becomes 0
};

/// An f32 that is subnormal, flushed when the mode says so.
inline double flushed(double x, FloatMode mode) {
  return mode.flush && x > -0x1p-126 && x < 0x1p-126 ? __builtin_copysign(0., x) : x;
}

double saturated(double x);

/// The exact result as a T.
template <class T>
T finish(Exact exact, FloatMode mode) {
  double x = roundTo(exact, FloatTraits<T>::format, mode.rounding);
  if constexpr (std::is_same_v<T, f32>)
    x = flushed(x, mode);
  return FloatTraits<T>::make(mode.saturate ? saturated(x) : x);
}

/// An operand as the instruction sees it.
template <class T>
double operand(T x, FloatMode mode) {
  double value = FloatTraits<T>::value(x);
  if constexpr (std::is_same_v<T, f32>)
    return flushed(value, mode);
  return value;
}

template <class T>
T modelAdd(T a, T b, FloatMode mode = {}) {
  return finish<T>(exactSum(operand(a, mode), operand(b, mode), mode.rounding), mode);
}
template <class T>
T modelSubtract(T a, T b, FloatMode mode = {}) {
  return finish<T>(exactSum(operand(a, mode), -operand(b, mode), mode.rounding), mode);
}
template <class T>
T modelMultiply(T a, T b, FloatMode mode = {}) {
  return finish<T>({Quad(operand(a, mode)) * operand(b, mode)}, mode);
}
template <class T>
T modelFma(T a, T b, T c, FloatMode mode = {}) {
  return finish<T>(
      exactSum(Quad(operand(a, mode)) * operand(b, mode), operand(c, mode), mode.rounding), mode);
}
template <class T>
T modelDivide(T a, T b, FloatMode mode = {}) {
  return finish<T>(exactQuotient(operand(a, mode), operand(b, mode)), mode);
}
template <class T>
T modelRoot(T a, FloatMode mode = {}) {
  return finish<T>(exactRoot(operand(a, mode)), mode);
}

} // namespace lacuna::emulator

#endif // TEST_UNIT_EMULATOR_ROUNDINGMODEL_H
