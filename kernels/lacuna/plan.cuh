//===- plan.cuh - A warp writes the runs of one query tile -----------------===//
//
// Up to 32 key tiles in a row are classified at once, one by each lane; votes
// make masks of them that all lanes know. Every lane then finds by itself
// whether a run begins at its tile and how far it goes, and writes it. The last
// run stays open, for the next tiles may go on with it.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_PLAN_CUH
#define LACUNA_PLAN_CUH

#include "lacuna/global.cuh"
#include "lacuna/thread.cuh"
#include "lacuna/view.cuh"

namespace lacuna {

/// Whether any row may see any key of a box, and whether any may not.
struct BoxClass {
  bool maySee, mayHide;
};
__device__ __forceinline__ BoxClass boxClass(bool maySee, bool mayHide) {
  return {maySee, mayHide};
}

/// Keys of `count` tiles from `tile` on: none past the last one, which makes the
/// box `ragged`.
struct KeyBox {
  int32_t first, last;
  bool ragged;
};
template <int32_t Tile>
__device__ __forceinline__ KeyBox keyBox(int32_t tile, int32_t count, int32_t keys) {
  const int32_t first = tile * Tile, room = keys - first;
  const bool ragged = room < count * Tile;
  return {first, first + (ragged ? room : count * Tile) - 1, ragged};
}

/// The lanes for which the condition holds.
__device__ __forceinline__ uint32_t lanesWith(bool condition) {
  return __ballot_sync(0xffffffffu, condition);
}

/// A mask of the lowest `count` bits; count is at least 1.
__device__ __forceinline__ uint32_t lowBits(int32_t count) {
  return count < 32 ? (1u << count) - 1 : 0xffffffffu;
}

/// Runs and tiles so far, and the run that is not written yet.
struct RunWriter {
  uint64_t address;
  int32_t capacity, runs, tiles;
  int32_t first, length; ///< of the open run; length is 0 before the first one
  bool partial;
};

/// The list of query tile `row`, still empty.
__device__ __forceinline__ RunWriter openList(const View<5> &lists, int32_t batch, int32_t head,
                                              int32_t row) {
  const bool inside = isInside(lists, batch, head, row, 0, 0);
  return {elementAddress<4>(lists, batch, head, row, 0, 0),
          inside ? lists.dim[3] : 0,
          0,
          0,
          0,
          0,
          false};
}

/// Writes run number `run`, if there is room for it.
__device__ __forceinline__ void storeRun(const RunWriter &writer, int32_t run, int32_t first,
                                         int32_t length, bool partial) {
  if (run < writer.capacity)
    store64(writer.address + 8 * int64_t(run),
            uint64_t(uint32_t(length << 1 | int32_t(partial))) << 32 | uint32_t(first));
}

/// Tiles from tile `at` of a mask to the next one whose bit is set in `ends`.
__device__ __forceinline__ int32_t distanceToEnd(uint32_t ends, int32_t at) {
  const uint32_t later = ends & (0xfffffffeu << at);
  return (later ? __ffs(later) - 1 : 32) - at;
}

/// Writes the open run, if there is one; one lane does.
__device__ __forceinline__ void closeRun(RunWriter &writer) {
  if (writer.length && laneIndex() == 0)
    storeRun(writer, writer.runs, writer.first, writer.length, writer.partial);
  writer.runs += writer.length != 0;
}

/// Adds the tiles of `seen`, of which `partial` need the predicate; bit 0 is tile
/// `tile`, which lies behind all tiles so far.
__device__ __forceinline__ void addTiles(RunWriter &writer, int32_t tile, uint32_t seen,
                                         uint32_t partial) {
  if (!seen)
    return;
  const bool goesOn = writer.length && writer.first + writer.length == tile && seen & 1 &&
                      bool(partial & 1) == writer.partial;
  // A run begins where the tile before is not seen or is of another class.
  const uint32_t changes = seen & ~(seen << 1 & ~(partial ^ partial << 1));
  const uint32_t begins = goesOn ? changes & ~1u : changes, ends = changes | ~seen;
  writer.tiles += __popc(seen);
  if (goesOn)
    writer.length += distanceToEnd(ends, 0);
  if (!begins)
    return;
  closeRun(writer);
  // All runs that begin here but the last one are complete.
  const int32_t lane = int32_t(laneIndex()), last = 31 - __clz(begins);
  if (begins >> lane & 1 && lane != last)
    storeRun(writer, writer.runs + __popc(begins & ~(0xffffffffu << lane)), tile + lane,
             distanceToEnd(ends, lane), partial >> lane & 1);
  writer.runs += __popc(begins) - 1;
  writer.first = tile + last;
  writer.length = distanceToEnd(ends, last);
  writer.partial = partial >> last & 1;
}

/// Completes the list; whether it had too little room.
__device__ __forceinline__ bool closeList(RunWriter &writer, const View<4> &counts, int32_t batch,
                                          int32_t head, int32_t row) {
  closeRun(writer);
  if (laneIndex() == 0 && isInside(counts, batch, head, row, 0))
    store64(elementAddress<4>(counts, batch, head, row, 0),
            uint64_t(uint32_t(writer.tiles)) << 32 | uint32_t(writer.runs));
  return writer.runs > writer.capacity;
}

} // namespace lacuna

#endif // LACUNA_PLAN_CUH
