//===- block.cuh - What a block computes -----------------------------------===//
#ifndef LACUNA_BLOCK_CUH
#define LACUNA_BLOCK_CUH

#include "lacuna/global.cuh"
#include "lacuna/view.cuh"

namespace lacuna {

/// What one block computes: a batch, a query head, and rows from `first` on.
struct Block {
  int32_t batch, head, first;
};

/// Batch, head and first query row of this block. Blocks of one head follow one
/// another, so that they share its keys in the cache; the last rows come first,
/// for a causal mask gives them the most work.
template <int32_t QueryTile>
__device__ __forceinline__ Block blockOfGrid(int32_t heads, int32_t queries) {
  const uint32_t tiles = (uint32_t(queries) + QueryTile - 1) / QueryTile;
  const uint32_t row = blockIdx.x / tiles, tile = tiles - 1 - blockIdx.x % tiles;
  return {int32_t(row / heads), int32_t(row % heads), int32_t(tile * QueryTile)};
}

/// The same, with the query tiles of a head in the order of a table [batch, head,
/// query tile], in which batches and heads may share one order.
template <int32_t QueryTile>
__device__ __forceinline__ Block blockInOrder(int32_t heads, int32_t queries,
                                              const View<3> &order) {
  const uint32_t tiles = (uint32_t(queries) + QueryTile - 1) / QueryTile;
  const int32_t row = int32_t(blockIdx.x / tiles), batch = row / heads, head = row % heads;
  const uint64_t address = elementAddress<4>(order, batch < order.dim[0] ? batch : 0,
                                             head < order.dim[1] ? head : 0, blockIdx.x % tiles);
  return {batch, head, loadI32(address, true) * QueryTile};
}

} // namespace lacuna

#endif // LACUNA_BLOCK_CUH
