//===- hash.cuh - Projections of a row, and its bucket ---------------------===//
//
// A projection is summed feature by feature, with one rounding for each, so that
// whoever computes it gets the same bits.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_HASH_CUH
#define LACUNA_HASH_CUH

#include "lacuna/global.cuh"

namespace lacuna {

/// Eight neighbouring features.
struct Features {
  float a, b, c, d, e, f, g, h;
};

/// 16 bytes.
struct Words {
  uint32_t a, b, c, d;
};

/// Zeros unless `inside`; the address is a multiple of 16.
__device__ __forceinline__ Words loadWords(uint64_t address, bool inside) {
  Words words;
  asm("{ .reg .pred p; setp.ne.b32 p, %5, 0;\n"
      "  mov.b32 %0, 0; mov.b32 %1, 0; mov.b32 %2, 0; mov.b32 %3, 0;\n"
      "  @p ld.global.nc.v4.b32 {%0, %1, %2, %3}, [%4]; }"
      : "=r"(words.a), "=r"(words.b), "=r"(words.c), "=r"(words.d)
      : "l"(address), "r"(uint32_t(inside)));
  return words;
}

// The same by the type of the features.
__device__ __forceinline__ Features loadFeaturesF32(uint64_t address, bool inside) {
  const Words low = loadWords(address, inside), high = loadWords(address + 16, inside);
  return {__uint_as_float(low.a),  __uint_as_float(low.b),  __uint_as_float(low.c),
          __uint_as_float(low.d),  __uint_as_float(high.a), __uint_as_float(high.b),
          __uint_as_float(high.c), __uint_as_float(high.d)};
}
template <float (*OfBits)(uint16_t)>
__device__ __forceinline__ Features loadFeatures(uint64_t address, bool inside) {
  const Words pairs = loadWords(address, inside);
  return {OfBits(uint16_t(pairs.a)), OfBits(uint16_t(pairs.a >> 16)),
          OfBits(uint16_t(pairs.b)), OfBits(uint16_t(pairs.b >> 16)),
          OfBits(uint16_t(pairs.c)), OfBits(uint16_t(pairs.c >> 16)),
          OfBits(uint16_t(pairs.d)), OfBits(uint16_t(pairs.d >> 16))};
}
__device__ __forceinline__ Features loadFeaturesF16(uint64_t address, bool inside) {
  return loadFeatures<f16OfBits>(address, inside);
}
__device__ __forceinline__ Features loadFeaturesBf16(uint64_t address, bool inside) {
  return loadFeatures<bf16OfBits>(address, inside);
}

/// The sum with the products of eight features, the first one first.
__device__ __forceinline__ float addProducts(float sum, const Features &x, const Features &y) {
  sum = __fmaf_rn(x.a, y.a, sum);
  sum = __fmaf_rn(x.b, y.b, sum);
  sum = __fmaf_rn(x.c, y.c, sum);
  sum = __fmaf_rn(x.d, y.d, sum);
  sum = __fmaf_rn(x.e, y.e, sum);
  sum = __fmaf_rn(x.f, y.f, sum);
  sum = __fmaf_rn(x.g, y.g, sum);
  return __fmaf_rn(x.h, y.h, sum);
}

/// The largest and the smallest of a row's projections that are no NaN, and the first of
/// each.
struct Extremes {
  float largest = -__int_as_float(0x7f800000), smallest = __int_as_float(0x7f800000);
  int32_t atLargest = 0, atSmallest = 0;
};

/// Takes projection `number` into account if `isOne`.
__device__ __forceinline__ void include(Extremes &row, float sum, int32_t number, bool isOne) {
  const bool isLarger = isOne && sum > row.largest, isSmaller = isOne && sum < row.smallest;
  row.largest = isLarger ? sum : row.largest;
  row.atLargest = isLarger ? number : row.atLargest;
  row.smallest = isSmaller ? sum : row.smallest;
  row.atSmallest = isSmaller ? number : row.atSmallest;
}

/// The bucket of a row by so many projections.
__device__ __forceinline__ int32_t bucketOf(const Extremes &row, int32_t projections) {
  return -row.smallest > row.largest ? projections + row.atSmallest : row.atLargest;
}

} // namespace lacuna

#endif // LACUNA_HASH_CUH
