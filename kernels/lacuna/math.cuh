//===- math.cuh - Floating-point instructions without a C function ---------===//
#ifndef LACUNA_MATH_CUH
#define LACUNA_MATH_CUH

namespace lacuna {

/// 2 to the power of x: relative error below 2^-22, denormals are zero.
__device__ __forceinline__ float approximateExp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// Binary logarithm: absolute error below 2^-22 in [0.5, 2], relative elsewhere.
__device__ __forceinline__ float approximateLog2(float x) {
  float y;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// x / y within 2 units in the last place, for y below 2^126.
__device__ __forceinline__ float approximateQuotient(float x, float y) {
  float z;
  asm("div.approx.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
  return z;
}

/// Hyperbolic tangent: relative error below 2^-10.
__device__ __forceinline__ float approximateTanh(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// The larger one, or NaN if either is NaN.
__device__ __forceinline__ float maximumOrNan(float x, float y) {
  float z;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
  return z;
}

/// The smaller one, or NaN if either is NaN.
__device__ __forceinline__ float minimumOrNan(float x, float y) {
  float z;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
  return z;
}

} // namespace lacuna

#endif // LACUNA_MATH_CUH
