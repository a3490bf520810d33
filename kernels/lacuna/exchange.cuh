//===- exchange.cuh - What warps write to shared memory for each other -----===//
#ifndef LACUNA_EXCHANGE_CUH
#define LACUNA_EXCHANGE_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// Two 16-bit elements at a multiple of 4 bytes.
__device__ __forceinline__ void storeShared(uint32_t address, uint32_t pair) {
  asm volatile("st.shared.b32 [%0], %1;" ::"r"(address), "r"(pair) : "memory");
}

} // namespace lacuna

#endif // LACUNA_EXCHANGE_CUH
