//===- convert.cuh - 16-bit floats as bits ---------------------------------===//
//
// Scalar code holds an f16 or bf16 value in a float that it is exact in; tiles
// hold pairs of them in 32 bits, the first in the low half.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_CONVERT_CUH
#define LACUNA_CONVERT_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// Two floats rounded to nearest even and packed.
__device__ __forceinline__ uint32_t packF16(float low, float high) {
  uint32_t pair;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}

__device__ __forceinline__ uint32_t packBf16(float low, float high) {
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}

/// The bits of a float rounded to nearest even.
__device__ __forceinline__ uint16_t bitsOfF16(float x) {
  uint16_t bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}

__device__ __forceinline__ uint16_t bitsOfBf16(float x) {
  uint16_t bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}

/// The value that the bits mean.
__device__ __forceinline__ float f16OfBits(uint16_t bits) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
  return x;
}

__device__ __forceinline__ float bf16OfBits(uint16_t bits) {
  return __uint_as_float(uint32_t(bits) << 16);
}

/// The nearest value of the narrower type.
__device__ __forceinline__ float roundToF16(float x) { return f16OfBits(bitsOfF16(x)); }
__device__ __forceinline__ float roundToBf16(float x) { return bf16OfBits(bitsOfBf16(x)); }

} // namespace lacuna

#endif // LACUNA_CONVERT_CUH
