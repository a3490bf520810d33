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

/// Entry `index` of a table with entries of `Apart`: one instruction, which a compiler
/// that sees a power of two would make two of.
template <uint32_t Apart>
__device__ __forceinline__ uint32_t entryOf(uint32_t table, uint32_t index) {
  uint32_t entry;
  asm("mad.lo.u32 %0, %1, %2, %3;" : "=r"(entry) : "r"(index), "n"(Apart), "r"(table));
  return entry;
}

/// An address in a register that stays: a loop adds to it and does not make it anew.
__device__ __forceinline__ uint32_t keptAddress(uint32_t offset) {
  uint32_t address = sharedAddress(offset);
  asm volatile("" : "+r"(address));
  return address;
}

/// A ring as products and bulk copies are told of it: in units of 16 bytes.
__device__ __forceinline__ uint32_t keptRing(uint32_t offset) {
  uint32_t ring = sharedAddress(offset) >> 4;
  asm volatile("" : "+r"(ring));
  return ring;
}

/// Slot `index` modulo `Slots` of it.
template <uint32_t Slots, uint32_t Bytes>
__device__ __forceinline__ uint32_t keptSlot(uint32_t ring, uint32_t index) {
  return entryOf<Bytes / 16>(ring, index % Slots);
}

/// Two floats that lie at a multiple of 8 bytes.
__device__ __forceinline__ void loadPair(uint32_t address, float &first, float &second) {
  asm volatile("ld.shared.v2.f32 {%0, %1}, [%2];"
               : "=f"(first), "=f"(second)
               : "r"(address)
               : "memory");
}

/// Offset of a 16-byte chunk in a panel with rows of `Span` bytes.
template <uint32_t Span>
__device__ __forceinline__ uint32_t chunkOffset(uint32_t row, uint32_t chunk) {
  return row * Span + ((chunk ^ (row * Span >> 7 & (Span / 16 - 1))) << 4);
}

} // namespace lacuna

#endif // LACUNA_SHARED_CUH
