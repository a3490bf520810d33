//===- ldmatrix.cuh - The addresses that ldmatrix.x4 takes -----------------===//
//
// Lanes 8 j to 8 j + 7 give the rows of matrix j, 16 bytes each. Four matrices
// make 16 rows of two chunks; which pair comes first depends on the operand.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_LDMATRIX_CUH
#define LACUNA_LDMATRIX_CUH

#include "lacuna/shared.cuh"
#include "lacuna/thread.cuh"

namespace lacuna {

/// This lane's offset when matrices 0 and 1 are rows 0 and 8 of one chunk: of `chunk`, which
/// is even, as that of the others is the next.
template <uint32_t Span>
__device__ __forceinline__ uint32_t rowsFirst(uint32_t chunk = 0) {
  return chunkOffset<Span>(laneIndex() % 16, chunk + laneIndex() / 16);
}

/// This lane's offset when matrices 0 and 1 are two chunks of one row: `chunk`, which is
/// even, and the next.
template <uint32_t Span>
__device__ __forceinline__ uint32_t columnsFirst(uint32_t chunk = 0) {
  return chunkOffset<Span>(laneIndex() % 8 + laneIndex() / 16 * 8, chunk + laneIndex() / 8 % 2);
}

} // namespace lacuna

#endif // LACUNA_LDMATRIX_CUH
