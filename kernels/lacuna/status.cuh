//===- status.cuh - What kernels report to the host ------------------------===//
//
// A word in global memory holds a bit for each thing that can be wrong with the
// data of a launch. Bits are only ever added, so blocks need no order.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_STATUS_CUH
#define LACUNA_STATUS_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// A status parameter, laid out as the host packs it: the address of the word
/// that a kernel reports to, and of that of the plan it relies on.
struct Status {
  uint64_t word, plan;
};

/// Adds the bits of `mask` if `holds`.
__device__ __forceinline__ void report(Status status, uint32_t mask, bool holds) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %2, 0; @p red.relaxed.gpu.global.or.b32 [%0], %1; }" ::"l"(
          status.word),
      "r"(mask), "r"(uint32_t(holds))
      : "memory");
}

/// Whether the plan has failed; passes its bits on.
__device__ __forceinline__ bool failed(Status status) {
  uint32_t bits;
  asm volatile("ld.relaxed.gpu.global.b32 %0, [%1];" : "=r"(bits) : "l"(status.plan) : "memory");
  report(status, bits, bits != 0);
  return bits != 0;
}

} // namespace lacuna

#endif // LACUNA_STATUS_CUH
