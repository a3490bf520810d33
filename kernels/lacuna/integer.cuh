//===- integer.cuh - Integer operations that C lacks -----------------------===//
#ifndef LACUNA_INTEGER_CUH
#define LACUNA_INTEGER_CUH

#include "lacuna/types.cuh"

namespace lacuna {

// Of two operands one may be a literal, which is an int beside an int64_t: both
// take the type that C gives their sum.

/// Quotient rounded towards minus infinity.
template <typename A, typename B>
__device__ __forceinline__ auto floorDivide(A a, B b) -> decltype(a + b) {
  const decltype(a + b) x = a, y = b, quotient = x / y;
  return quotient - (x % y != 0 && (x < 0) != (y < 0));
}

/// Quotient rounded towards plus infinity; operands may be unsigned.
template <typename A, typename B>
__device__ __forceinline__ auto ceilDivide(A a, B b) -> decltype(a + b) {
  const decltype(a + b) x = a, y = b, quotient = x / y;
  return quotient + (x % y != 0 && (x < 0) == (y < 0));
}

/// Minimum, maximum and magnitude.
template <typename A, typename B>
__device__ __forceinline__ auto smaller(A a, B b) -> decltype(a + b) {
  const decltype(a + b) x = a, y = b;
  return x < y ? x : y;
}
template <typename A, typename B>
__device__ __forceinline__ auto larger(A a, B b) -> decltype(a + b) {
  const decltype(a + b) x = a, y = b;
  return x < y ? y : x;
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
