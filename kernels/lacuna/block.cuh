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

/// A group of neighbouring heads of a batch, and the number of an item among those
/// that compute it. Unsigned: a signed division takes more instructions.
struct HeadGroup {
  uint32_t batch, first, heads, number;
};

/// Where an item stands, when a head has `tiles` row tiles and a group `group`
/// heads; the last one of a batch may have fewer. Groups follow one another, so
/// that the keys of one stay in the cache.
__device__ __forceinline__ HeadGroup groupOf(uint32_t item, uint32_t tiles, uint32_t heads,
                                             uint32_t group) {
  const uint32_t batch = item / (heads * tiles), place = item - batch * heads * tiles;
  const uint32_t first = place / (group * tiles) * group;
  return {batch, first, heads - first < group ? heads - first : group, place - first * tiles};
}

/// Row tiles of a head.
template <int32_t RowTile>
__device__ __forceinline__ int32_t rowTiles(int32_t rows) {
  return int32_t((uint32_t(rows) + RowTile - 1) / RowTile);
}

/// Batch, head and first row of an item, which is a block's own. The last queries
/// of the heads of a group come first, for a causal mask gives them the most work.
template <int32_t QueryTile>
__device__ __forceinline__ Block blockOfGrid(int32_t heads, int32_t queries, int32_t group,
                                             uint32_t item = blockIdx.x) {
  const uint32_t tiles = rowTiles<QueryTile>(queries);
  const HeadGroup own = groupOf(item, tiles, heads, group);
  return {int32_t(own.batch), int32_t(own.first + own.number % own.heads),
          int32_t((tiles - 1 - own.number / own.heads) * QueryTile)};
}

/// The same for rows of keys, of which a causal mask gives the first the most work.
template <int32_t KeyTile>
__device__ __forceinline__ Block blockOfKeys(int32_t heads, int32_t keys, int32_t group,
                                             uint32_t item = blockIdx.x) {
  const uint32_t tiles = rowTiles<KeyTile>(keys);
  const HeadGroup own = groupOf(item, tiles, heads, group);
  return {int32_t(own.batch), int32_t(own.first + own.number % own.heads),
          int32_t(own.number / own.heads * KeyTile)};
}

/// The same, in the order of a table [batch, head, query tile] of numbers
/// head * tiles + query tile. It lists all query tiles of a group from the group's
/// first head on, or, where it has but one head, those that every head computes.
template <int32_t QueryTile>
__device__ __forceinline__ Block blockInOrder(int32_t heads, int32_t queries, int32_t group,
                                              const View<3> &order, uint32_t item = blockIdx.x) {
  const uint32_t tiles = rowTiles<QueryTile>(queries);
  const HeadGroup own = groupOf(item, tiles, heads, group);
  const bool isShared = order.dim[1] == 1;
  const uint32_t place = isShared ? own.number / own.heads : own.first * tiles + own.number;
  const uint32_t number = loadI32(elementAddress<4>(order, own.batch < order.dim[0] ? own.batch : 0,
                                                    place / tiles, place % tiles),
                                  true);
  return {int32_t(own.batch),
          int32_t(isShared ? own.first + own.number % own.heads : number / tiles),
          int32_t(number % tiles * QueryTile)};
}

} // namespace lacuna

#endif // LACUNA_BLOCK_CUH
