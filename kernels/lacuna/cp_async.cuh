//===- cp_async.cuh - Asynchronous copies, global to shared ----------------===//
#ifndef LACUNA_CP_ASYNC_CUH
#define LACUNA_CP_ASYNC_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// Starts copying 16 bytes; writes zeros and reads nothing unless `inside`.
__device__ __forceinline__ void copyAsync(uint32_t target, uint64_t source, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(source),
               "r"(inside ? 16 : 0)
               : "memory");
}

/// The same for 4 bytes.
__device__ __forceinline__ void copyElementAsync(uint32_t target, uint64_t source, bool inside) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(target), "l"(source),
               "r"(inside ? 4 : 0)
               : "memory");
}

/// Closes the group of copies that this thread has started.
__device__ __forceinline__ void commitCopies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

/// Arrives at a barrier when the copies that this thread has started are complete.
__device__ __forceinline__ void arriveWithCopies(uint32_t barrier) {
  asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(barrier) : "memory");
}

/// Waits until at most `Pending` groups of this thread are unfinished.
template <int Pending>
__device__ __forceinline__ void waitForCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

} // namespace lacuna

#endif // LACUNA_CP_ASYNC_CUH
