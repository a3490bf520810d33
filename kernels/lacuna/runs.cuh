//===- runs.cuh - The key tiles that a block visits ------------------------===//
#ifndef LACUNA_RUNS_CUH
#define LACUNA_RUNS_CUH

#include "lacuna/types.cuh"

namespace lacuna {

/// `count` key tiles beginning with tile `first`; those outside
/// [fullBegin, fullEnd) need the predicate.
struct Runs {
  int32_t first, count, fullBegin, fullEnd;
};

/// Tiles of `Tile` keys that meet the visible keys; bounds are keys, none negative.
template <int32_t Tile>
__device__ __forceinline__ Runs intervalRuns(int32_t visibleBegin, int32_t visibleEnd,
                                             int32_t fullBegin, int32_t fullEnd) {
  const int32_t first = visibleBegin / Tile;
  const int32_t end = (visibleEnd + Tile - 1) / Tile;
  return {first, visibleBegin < visibleEnd ? end - first : 0, (fullBegin + Tile - 1) / Tile,
          fullEnd / Tile};
}

/// Steps of a loop over the runs that starts loads `ahead` entries early.
__device__ __forceinline__ int32_t runSteps(Runs runs, int32_t ahead) { return runs.count + ahead; }

/// Whether there is an entry `index`.
__device__ __forceinline__ bool hasEntry(Runs runs, int32_t index) {
  return uint32_t(index) < uint32_t(runs.count);
}

/// First key of entry `index`.
template <int32_t Tile>
__device__ __forceinline__ int32_t entryKey(Runs runs, int32_t index) {
  return (runs.first + index) * Tile;
}

/// Whether entry `index` needs the predicate.
__device__ __forceinline__ bool isPartial(Runs runs, int32_t index) {
  const int32_t tile = runs.first + index;
  return tile < runs.fullBegin || tile >= runs.fullEnd;
}

} // namespace lacuna

#endif // LACUNA_RUNS_CUH
