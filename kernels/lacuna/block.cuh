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

/// The first item of a block that stays, and the distance to its next one.
__device__ __forceinline__ int32_t ownItem() { return int32_t(blockIdx.x); }
__device__ __forceinline__ int32_t itemsApart() { return int32_t(gridDim.x); }

/// Batch, head and first query row of an item, which is a block's own. Items of one head follow one
/// another, so that they share its keys in the cache; the last rows come first,
/// for a causal mask gives them the most work.
template <int32_t QueryTile>
__device__ __forceinline__ Block blockOfGrid(int32_t heads, int32_t queries,
                                             uint32_t item = blockIdx.x) {
  const uint32_t tiles = (uint32_t(queries) + QueryTile - 1) / QueryTile;
  const uint32_t row = item / tiles, tile = tiles - 1 - item % tiles;
  return {int32_t(row / heads), int32_t(row % heads), int32_t(tile * QueryTile)};
}

/// The same, with the query tiles of a head in the order of a table [batch, head,
/// query tile], in which batches and heads may share one order.
template <int32_t QueryTile>
__device__ __forceinline__ Block blockInOrder(int32_t heads, int32_t queries, const View<3> &order,
                                              uint32_t item = blockIdx.x) {
  const uint32_t tiles = (uint32_t(queries) + QueryTile - 1) / QueryTile;
  const int32_t row = int32_t(item / tiles), batch = row / heads, head = row % heads;
  const uint64_t address = elementAddress<4>(order, batch < order.dim[0] ? batch : 0,
                                             head < order.dim[1] ? head : 0, item % tiles);
  return {batch, head, loadI32(address, true) * QueryTile};
}

} // namespace lacuna

#endif // LACUNA_BLOCK_CUH
