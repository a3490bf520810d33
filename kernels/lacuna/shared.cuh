//===- shared.cuh - Addresses in shared memory -----------------------------===//
//
// A tile lies in panels of 64, 32 or 16 columns of 16 bits: rows of 128, 64 or
// 32 bytes whose 16-byte chunks are permuted by the row, so that eight rows of
// one chunk lie in different banks. The permutation is that of TMA and wgmma.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_SHARED_CUH
#define LACUNA_SHARED_CUH

#include "lacuna/types.cuh"

namespace lacuna {

extern __shared__ __align__(1024) unsigned char sharedMemory[];

/// Address of the byte at `offset` of the kernel's shared memory.
__device__ __forceinline__ uint32_t sharedAddress(uint32_t offset) {
  return uint32_t(__cvta_generic_to_shared(sharedMemory)) + offset;
}

/// Address of slot `index` modulo `Slots` of a ring.
template <uint32_t Slots, uint32_t Bytes>
__device__ __forceinline__ uint32_t ringSlot(uint32_t offset, uint32_t index) {
  return sharedAddress(offset) + index % Slots * Bytes;
}

/// Offset of a 16-byte chunk in a panel with rows of `Span` bytes.
template <uint32_t Span>
__device__ __forceinline__ uint32_t chunkOffset(uint32_t row, uint32_t chunk) {
  return row * Span + ((chunk ^ (row * Span >> 7 & (Span / 16 - 1))) << 4);
}

} // namespace lacuna

#endif // LACUNA_SHARED_CUH
