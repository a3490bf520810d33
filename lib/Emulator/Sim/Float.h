//===- Float.h - Floating-point operations as GPUs define them -------------===//
//
// Operations are structs with a static apply(), to be given to unary(),
// binary() and ternary(). Flush<Op> treats subnormal f32 operands and results
// as zero of their sign (.ftz); Clamp<Op> clamps to [0, 1] (.sat).
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_FLOAT_H
#define LIB_EMULATOR_SIM_FLOAT_H

#include "lib/Emulator/PtxTypes.h"

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace lacuna::emulator {

/// The quiet NaN that GPUs produce.
template <class T>
T canonicalNan() {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<T>(u32(0x7fffffff));
  else
    return std::bit_cast<T>(u64(0x7fffffffffffffff));
}

/// Subnormals as zero of the same sign.
inline f32 flush(f32 x) {
  u32 bits = std::bit_cast<u32>(x);
  return std::bit_cast<f32>((bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits);
}

/// An operation under .ftz: subnormal operands and results are zero.
template <class Op>
struct Flush {
  template <class... T>
  static f32 apply(T... operands) {
    return flush(Op::apply(flush(operands)...));
  }
};

/// Operand and result lose their low words, as .approx.ftz.f64 says, and
/// subnormals become zeros.
template <class Op>
struct Gross {
  static f64 upper(f64 x) {
    u64 bits = std::bit_cast<u64>(x);
    constexpr u64 sign = u64(1) << 63, exponent = u64(0x7ff) << 52;
    return x != x ? x : std::bit_cast<f64>(bits & exponent ? bits >> 32 << 32 : bits & sign);
  }
  static f64 apply(f64 a) { return upper(Op::apply(upper(a))); }
};

/// NaN becomes 0, as .sat says.
template <class Op>
struct Clamp {
  template <class First, class... Rest>
  static First apply(First first, Rest... rest) {
    First x = Op::apply(first, rest...);
    return x > First(0) ? (x < First(1) ? x : First(1)) : First(0);
  }
};

/// Arithmetic as C++ rounds it: to nearest even.
struct FloatAdd {
  template <class T>
  static T apply(T a, T b) {
    return a + b;
  }
};
struct FloatSubtract {
  template <class T>
  static T apply(T a, T b) {
    return a - b;
  }
};
struct FloatMultiply {
  template <class T>
  static T apply(T a, T b) {
    return a * b;
  }
};
struct FloatDivide {
  template <class T>
  static T apply(T a, T b) {
    return a / b;
  }
};
/// a + b, rounded to odd: rounding the result again, to fewer digits, is as if
/// the exact sum had been rounded once.
inline f64 addToOdd(f64 a, f64 b) {
  f64 sum = a + b, tail = sum - a;
  f64 error = (a - (sum - tail)) + (b - tail);
  u64 bits = std::bit_cast<u64>(sum);
  bool inexact = error != 0 && error == error && !(bits & 1);
  // Step towards the exact value, whose side the error tells.
  bool away = (error > 0) == (sum > 0);
  u64 odd = away ? bits + 1 : bits - 1;
  return std::bit_cast<f64>(inexact ? odd : bits);
}

/// x as f32, rounded to odd.
inline f32 narrowToOdd(f64 x) {
  f32 nearest = static_cast<f32>(x);
  u32 bits = std::bit_cast<u32>(nearest);
  if (f64(nearest) != x && x == x && !(bits & 1))
    bits += std::fabs(f64(nearest)) < std::fabs(x) ? 1 : -1;
  return std::bit_cast<f32>(bits);
}

/// a * b + c, rounded once.
struct Fma {
  static f32 apply(f32 a, f32 b, f32 c) { return static_cast<f32>(addToOdd(f64(a) * b, c)); }
  static f64 apply(f64 a, f64 b, f64 c) { return std::fma(a, b, c); }
};

/// min and max: the other operand wins over NaN, -0 is less than +0.
struct FloatMinimum {
  template <class T>
  static T apply(T a, T b) {
    T least = a < b || (a == b && std::signbit(a)) ? a : b;
    return a != a ? (b != b ? canonicalNan<T>() : b) : b != b ? a : least;
  }
};
struct FloatMaximum {
  template <class T>
  static T apply(T a, T b) {
    T most = a > b || (a == b && !std::signbit(a)) ? a : b;
    return a != a ? (b != b ? canonicalNan<T>() : b) : b != b ? a : most;
  }
};
/// .NaN: a NaN operand makes the result NaN.
template <class Op>
struct KeepNan {
  template <class T>
  static T apply(T a, T b) {
    return a != a || b != b ? canonicalNan<T>() : Op::apply(a, b);
  }
};
struct FloatNegate {
  template <class T>
  static T apply(T a) {
    return -a;
  }
};
struct FloatAbsolute {
  template <class T>
  static T apply(T a) {
    return std::fabs(a);
  }
};
/// copysign: the sign of a on b.
struct CopySign {
  template <class T>
  static T apply(T a, T b) {
    return std::copysign(b, a);
  }
};

/// The approximate functions (.approx), here as exact as the host's.
struct Reciprocal {
  template <class T>
  static T apply(T a) {
    return T(1) / a;
  }
};
struct SquareRoot {
  template <class T>
  static T apply(T a) {
    return std::sqrt(a);
  }
};
struct ReciprocalSquareRoot {
  template <class T>
  static T apply(T a) {
    return T(1) / std::sqrt(a);
  }
};
struct Sine {
  static f32 apply(f32 a) { return std::sin(a); }
};
struct Cosine {
  static f32 apply(f32 a) { return std::cos(a); }
};
struct Tangent {
  static f32 apply(f32 a) { return std::tanh(a); }
};
struct LogarithmTwo {
  static f32 apply(f32 a) { return std::log2(a); }
};
/// 2^x with a relative error of 1e-7 and no branch, so that 32 lanes of it are
/// vector code.
struct PowerOfTwo {
  static f32 apply(f32 x) {
    f32 clamped = x < -150.0f ? -150.0f : x > 129.0f ? 129.0f : x;
    f32 whole = std::rint(clamped), part = clamped - whole;
    f32 p = 1.535336188319500e-4f;
    p = p * part + 1.339887440266574e-3f;
    p = p * part + 9.618437357674640e-3f;
    p = p * part + 5.550332471162809e-2f;
    p = p * part + 2.402264791363012e-1f;
    p = p * part + 6.931472028550421e-1f;
    p = p * part + 1.0f;
    // Two factors, so that subnormal and infinite results come out by themselves.
    s32 n = static_cast<s32>(whole), half = n >> 1;
    f32 first = std::bit_cast<f32>(static_cast<u32>(half + 127) << 23);
    f32 second = std::bit_cast<f32>(static_cast<u32>(n - half + 127) << 23);
    f32 result = p * first * second;
    return x != x ? canonicalNan<f32>() : result;
  }
};

/// Directed rounding of an f32 operation that f64 arithmetic computes with an
/// error term: Mode is -1 for .rm, +1 for .rp, 0 for .rz.
template <int mode>
f32 roundDirected(f64 sum, f64 error) {
  f32 nearest = static_cast<f32>(sum);
  if (!(std::fabs(sum) <= std::numeric_limits<f64>::max()))
    return nearest;                              // infinite or NaN
  f64 difference = (f64(nearest) - sum) - error; // > 0: nearest is too large
  bool negative = sum < 0 || (sum == 0 && error < 0);
  bool down = mode == -1 || (mode == 0 && !negative), up = mode == 1 || (mode == 0 && negative);
  if (down && difference > 0)
    return std::nextafterf(nearest, -std::numeric_limits<f32>::infinity());
  if (up && difference < 0)
    return std::nextafterf(nearest, std::numeric_limits<f32>::infinity());
  return nearest;
}

/// Fma, add and multiply in a direction.
template <int mode>
struct DirectedFma {
  static f32 apply(f32 a, f32 b, f32 c) {
    f64 product = f64(a) * b, addend = c, sum = product + addend;
    f64 tail = sum - product;
    f64 error = (product - (sum - tail)) + (addend - tail);
    // What cancels is -0 when rounding down.
    if (mode == -1 && sum == 0 && (std::signbit(product) || std::signbit(addend)))
      return -0.0f;
    return roundDirected<mode>(sum, error);
  }
};
template <int mode>
struct DirectedAdd {
  static f32 apply(f32 a, f32 b) { return DirectedFma<mode>::apply(a, 1.0f, b); }
};
template <int mode>
struct DirectedSubtract {
  static f32 apply(f32 a, f32 b) { return DirectedFma<mode>::apply(a, 1.0f, -b); }
};
template <int mode>
struct DirectedMultiply {
  static f32 apply(f32 a, f32 b) { return roundDirected<mode>(f64(a) * b, 0); }
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_FLOAT_H
