//===- barrier.cuh - Meetings of threads -----------------------------------===//
#ifndef LACUNA_BARRIER_CUH
#define LACUNA_BARRIER_CUH

namespace lacuna {

/// All threads of the block meet, and see what the others wrote before.
__device__ __forceinline__ void blockBarrier() { asm volatile("bar.sync 0;" ::: "memory"); }

} // namespace lacuna

#endif // LACUNA_BARRIER_CUH
