//===- integer.cuh - Integer operations that C lacks -----------------------===//
#ifndef LACUNA_INTEGER_CUH
#define LACUNA_INTEGER_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// Quotient rounded towards minus infinity.
template <typename T>
__device__ __forceinline__ T floorDivide(T a, T b) {
  const T quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

/// Quotient rounded towards plus infinity; T may be unsigned.
template <typename T>
__device__ __forceinline__ T ceilDivide(T a, T b) {
  const T quotient = a / b;
  return quotient + (a % b != 0 && (a < 0) == (b < 0));
}

/// Minimum, maximum and magnitude.
template <typename T>
__device__ __forceinline__ T smaller(T a, T b) {
  return a < b ? a : b;
}
template <typename T>
__device__ __forceinline__ T larger(T a, T b) {
  return a < b ? b : a;
}
template <typename T>
__device__ __forceinline__ T absolute(T a) {
  return a < 0 ? -a : a;
}

/// Number of one bits; T is unsigned here and below.
template <typename T>
__device__ __forceinline__ int countOnes(T a) {
  return __popcll(a);
}

/// Zeros above the highest one bit; all bits of T for zero.
template <typename T>
__device__ __forceinline__ int leadingZeros(T a) {
  return __clzll(a) - (64 - 8 * int(sizeof(T)));
}

/// Zeros below the lowest one bit; all bits of T for zero.
template <typename T>
__device__ __forceinline__ int trailingZeros(T a) {
  return a ? __ffsll(a) - 1 : 8 * int(sizeof(T));
}

} // namespace lacuna

#endif // LACUNA_INTEGER_CUH
