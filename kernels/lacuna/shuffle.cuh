//===- shuffle.cuh - Rows across the lanes that hold them ------------------===//
#ifndef LACUNA_SHUFFLE_CUH
#define LACUNA_SHUFFLE_CUH

namespace lacuna {

/// The value of the lane whose index differs in the bits of `mask`.
__device__ __forceinline__ float exchange(float x, int mask) {
  return __shfl_xor_sync(0xffffffffu, x, mask);
}

/// Maximum over the four lanes of a row; NaN counts only if all are NaN.
__device__ __forceinline__ float rowMaximum(float x) {
  x = fmaxf(x, exchange(x, 1));
  return fmaxf(x, exchange(x, 2));
}

/// Sum over the four lanes of a row.
__device__ __forceinline__ float rowSum(float x) {
  x += exchange(x, 1);
  return x + exchange(x, 2);
}

/// Whether it holds for any lane of the warp.
__device__ __forceinline__ bool anyLane(bool holds) { return __any_sync(0xffffffff, holds); }

} // namespace lacuna

#endif // LACUNA_SHUFFLE_CUH
