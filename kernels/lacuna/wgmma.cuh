//===- wgmma.cuh - How wgmma is told where an operand lies -----------------===//
#ifndef LACUNA_WGMMA_CUH
#define LACUNA_WGMMA_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// Descriptor of a panel with rows of `Span` bytes. `Apart` are the bytes from
/// one panel to the next where the rows are what is summed over, and else unused;
/// eight rows follow one another in either case. Moving on by 16 bytes adds 1.
template <uint32_t Span, uint32_t Apart>
__device__ __forceinline__ uint64_t describePanel(uint32_t address) {
  constexpr uint64_t swizzle = Span == 128 ? 1 : Span == 64 ? 2 : 3;
  constexpr uint64_t fixed = swizzle << 62 | uint64_t(8 * Span >> 4) << 32 | (Apart >> 4) << 16;
  return fixed | address >> 4;
}

/// Closes a group of products. The fence is for products that were started under a
/// condition: behind one, the assembler wants to be told again that registers are
/// in use.
__device__ __forceinline__ void commitDots() {
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
