//===- mbarrier.cuh - Barriers that count threads and bytes ----------------===//
//
// A barrier in shared memory completes a phase when all arrivals and all
// announced bytes are in; its parity tells two phases apart. In a ring of them,
// use n takes barrier n modulo the ring, whose phases have parity 0, 1, 0, ...
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_MBARRIER_CUH
#define LACUNA_MBARRIER_CUH

#include "lacuna/shared.cuh"
#include "lacuna/types.cuh"

namespace lacuna {

/// The barrier of this use.
template <uint32_t Slots>
__device__ __forceinline__ uint32_t barrierOf(uint32_t barriers, uint32_t use) {
  return Slots == 1 ? barriers : entryOf<8>(barriers, use % Slots);
}

/// Parity of the phase of this use. NVRTC writes a shift and a mask anew for every wait;
/// a statement is one instruction.
template <uint32_t Slots>
__device__ __forceinline__ uint32_t parityOf(uint32_t use) {
  if (Slots > 2)
    return use / Slots & 1;
  uint32_t parity;
  asm("bfe.u32 %0, %1, %2, 1;" : "=r"(parity) : "r"(use), "n"(Slots - 1));
  return parity;
}

/// One thread sets up a barrier; the others may use it after the block's next
/// meeting, and the copy engine after fenceBarriers().
template <uint32_t Arrivals>
__device__ __forceinline__ void initBarrier(uint32_t barrier) {
  if (threadIdx.x == 0)
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "n"(Arrivals)
                 : "memory");
}

/// Shows the copy engine all barriers that were set up.
__device__ __forceinline__ void fenceBarriers() {
  if (threadIdx.x == 0)
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

/// Arrives, and announces bytes that copies will bring.
template <uint32_t Slots, uint32_t Bytes>
__device__ __forceinline__ void expectBytes(uint32_t barriers, uint32_t use) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(
                   barrierOf<Slots>(barriers, use)),
               "n"(Bytes)
               : "memory");
}

/// Waits for the phase of that parity; it may be over already.
__device__ __forceinline__ void waitForParity(uint32_t barrier, uint32_t parity) {
  asm volatile("{\n"
               ".reg .pred done;\n"
               "again_%=:\n"
               "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
               "@!done bra again_%=;\n"
               "}" ::"r"(barrier),
               "r"(parity)
               : "memory");
}

/// Waits until the slot of this use is filled.
template <uint32_t Slots>
__device__ __forceinline__ void awaitFilled(uint32_t barriers, uint32_t use) {
  waitForParity(barrierOf<Slots>(barriers, use), parityOf<Slots>(use));
}

/// Waits until the slot of this use is free; the first use finds it so.
template <uint32_t Slots>
__device__ __forceinline__ void awaitFreed(uint32_t barriers, uint32_t use) {
  waitForParity(barrierOf<Slots>(barriers, use), parityOf<Slots>(use) ^ 1);
}

/// One arrival for every `Threads` threads, a warp or a warp group, by the first.
template <uint32_t Slots, uint32_t Threads>
__device__ __forceinline__ void releaseSlot(uint32_t barriers, uint32_t use) {
  if (threadIdx.x % Threads == 0)
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrierOf<Slots>(barriers, use))
                 : "memory");
}

} // namespace lacuna

#endif // LACUNA_MBARRIER_CUH
