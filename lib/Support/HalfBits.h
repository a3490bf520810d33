//===- HalfBits.h - f16 and bf16 as bits -----------------------------------===//
//
// Conversions as PTX's cvt.rn does them: round to nearest, ties to even; what
// is too large becomes infinity; every NaN becomes 0x7fff. Written with integer
// operations because the host compiler's half types differ by compiler.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_SUPPORT_HALFBITS_H
#define LIB_SUPPORT_HALFBITS_H

#include <bit>
#include <cstdint>

namespace lacuna {

/// The float that an f16 stands for; exact.
inline float floatFromF16(std::uint16_t half) {
  std::uint32_t sign = std::uint32_t(half & 0x8000) << 16;
  std::uint32_t exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
  if (exponent == 0) {
    // Zero or subnormal: fraction * 2^-24.
    float magnitude = float(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

/// The nearest f16.
inline std::uint16_t f16FromFloat(float value) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  std::uint32_t magnitude = bits & 0x7fffffff;
  std::uint16_t sign = bits >> 16 & 0x8000;
  if (magnitude > 0x7f800000)
    return 0x7fff;
  if (magnitude >= 0x477ff000) // 65520 and above round to infinity
    return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2^-14: adding 0.5 leaves the fraction in units of 2^-24, rounded
    // to even by the addition itself.
    float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return sign | std::uint16_t(std::bit_cast<std::uint32_t>(shifted) - 0x3f000000);
  }
  std::uint32_t odd = magnitude >> 13 & 1;
  return sign | std::uint16_t((magnitude - 0x38000000 + 0xfff + odd) >> 13);
}

/// The float that a bf16 stands for; exact.
inline float floatFromBf16(std::uint16_t half) {
  return std::bit_cast<float>(std::uint32_t(half) << 16);
}

/// The nearest bf16.
inline std::uint16_t bf16FromFloat(float value) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return 0x7fff;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

} // namespace lacuna

#endif // LIB_SUPPORT_HALFBITS_H
