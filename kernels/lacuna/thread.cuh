//===- thread.cuh - Where a thread stands in its block and its warp --------===//
//
// A warp holds 16 rows of a tile per row block as mma.m16n8k16 deals them: lane
// 4 g + t holds rows g and g + 8 and, of every 8 columns, 2 t and 2 t + 1.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_THREAD_CUH
#define LACUNA_THREAD_CUH

#include "lacuna/types.cuh"

namespace lacuna {

__device__ __forceinline__ uint32_t laneIndex() { return threadIdx.x % 32; }
__device__ __forceinline__ uint32_t warpIndex() { return threadIdx.x / 32; }
__device__ __forceinline__ uint32_t warpGroupIndex() { return threadIdx.x / 128; }

/// Row of a tile that the first element of this thread belongs to, when every
/// warp has `rowsPerWarp` rows.
__device__ __forceinline__ int32_t fragmentRow(uint32_t rowsPerWarp) {
  return warpIndex() * rowsPerWarp + laneIndex() / 4;
}

/// The same where only the rows of `warps` warps are there, for several times as many.
__device__ __forceinline__ int32_t fragmentRow(uint32_t rowsPerWarp, uint32_t warps) {
  return warpIndex() % warps * rowsPerWarp + laneIndex() / 4;
}

/// Column of a tile that the first element of this thread belongs to.
__device__ __forceinline__ int32_t fragmentColumn() { return laneIndex() % 4 * 2; }

/// Whether this thread speaks for its rows: one of the four lanes that hold them.
__device__ __forceinline__ bool speaksForRow() { return laneIndex() % 4 == 0; }

/// True, but no compiler knows: what stands under it stays a block of its own, and
/// its loads are not moved before it.
__device__ __forceinline__ bool always() {
  uint32_t blocks;
  asm volatile("mov.u32 %0, %%nctaid.x;" : "=r"(blocks));
  return blocks != 0;
}

} // namespace lacuna

#endif // LACUNA_THREAD_CUH
