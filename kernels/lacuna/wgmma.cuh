//===- wgmma.cuh - Groups of wgmma ------------------------------------------===//
#ifndef LACUNA_WGMMA_CUH
#define LACUNA_WGMMA_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// Closes a group of products.
__device__ __forceinline__ void commitDots() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// Closes a group of products that were started under a condition: behind it, the
/// assembler wants to be told again that registers are in use.
__device__ __forceinline__ void commitConditionalDots() {
  asm volatile("wgmma.fence.sync.aligned;\n"
               "wgmma.commit_group.sync.aligned;" ::
                   : "memory");
}

/// Waits until at most `Pending` groups are on their way.
template <uint32_t Pending>
__device__ __forceinline__ void awaitDots() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}

} // namespace lacuna

#endif // LACUNA_WGMMA_CUH
