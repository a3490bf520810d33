//===- runs.cuh - The key tiles that a block visits ------------------------===//
#ifndef LACUNA_RUNS_CUH
#define LACUNA_RUNS_CUH

#include "lacuna/global.cuh"
#include "lacuna/view.cuh"

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

//===----------------------------------------------------------------------===//
// Unions of intervals: sorted, joined and cut, so that runs follow one another
//===----------------------------------------------------------------------===//

/// Numbers from `begin` up to `end`; [0, 0) when there are none.
struct Interval {
  int32_t begin, end;
};

__device__ __forceinline__ Interval intervalOf(int32_t begin, int32_t end) {
  return begin < end ? Interval{begin, end} : Interval{0, 0};
}

/// Exchanges two intervals unless `a` begins first.
__device__ __forceinline__ void sortIntervals(Interval &a, Interval &b) {
  const Interval first = a.begin <= b.begin ? a : b, second = a.begin <= b.begin ? b : a;
  a = first;
  b = second;
}

/// `b`, which begins after `a` does, together with `a` if they touch.
__device__ __forceinline__ Interval joined(Interval a, Interval b) {
  return {b.begin <= a.end ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

/// The runs of `before` and then of one interval: entry `index` from `entries` on
/// is tile `index + shift`.
template <typename Before>
struct RunsAnd {
  Before before;
  int32_t entries, shift, count, fullBegin, fullEnd;
};

/// The tile behind the last one.
__device__ __forceinline__ int32_t lastEnd(Runs runs) { return runs.first + runs.count; }
/// The same of a union.
template <typename Before>
__device__ __forceinline__ int32_t lastEnd(const RunsAnd<Before> &runs) {
  return runs.count + runs.shift;
}

/// Visible keys and keys that all rows see, of the interval that begins first.
template <int32_t Tile>
__device__ __forceinline__ Runs firstInterval(Interval visible, Interval full) {
  return intervalRuns<Tile>(visible.begin, visible.end, full.begin, full.end);
}

/// Adds keys that begin after the ones before do.
template <int32_t Tile, typename Before>
__device__ __forceinline__ RunsAnd<Before> addInterval(Before before, Interval visible,
                                                       Interval full) {
  const Runs added = firstInterval<Tile>(visible, full);
  const int32_t taken = lastEnd(before), end = lastEnd(added);
  const int32_t begin = added.first < taken ? taken : added.first;
  return {before,
          before.count,
          begin - before.count,
          before.count + (end > begin ? end - begin : 0),
          added.fullBegin,
          added.fullEnd};
}

//===----------------------------------------------------------------------===//
// Entries: the tiles of all runs, counted through
//===----------------------------------------------------------------------===//

/// Steps of a loop over the runs that starts loads `ahead` entries early.
template <typename AnyRuns>
__device__ __forceinline__ int32_t runSteps(const AnyRuns &runs, int32_t ahead) {
  return runs.count + ahead;
}

/// Whether there is an entry `index`.
template <typename AnyRuns>
__device__ __forceinline__ bool hasEntry(const AnyRuns &runs, int32_t index) {
  return uint32_t(index) < uint32_t(runs.count);
}

/// The key tile that is entry `index`.
__device__ __forceinline__ int32_t entryTile(Runs runs, int32_t index) {
  return runs.first + index;
}
/// The same of a union.
template <typename Before>
__device__ __forceinline__ int32_t entryTile(const RunsAnd<Before> &runs, int32_t index) {
  return index < runs.entries ? entryTile(runs.before, index) : index + runs.shift;
}

/// Whether every row sees all keys of a tile.
__device__ __forceinline__ bool isFullTile(Runs runs, int32_t tile) {
  return tile >= runs.fullBegin && tile < runs.fullEnd;
}
/// The same of a union.
template <typename Before>
__device__ __forceinline__ bool isFullTile(const RunsAnd<Before> &runs, int32_t tile) {
  return (tile >= runs.fullBegin && tile < runs.fullEnd) || isFullTile(runs.before, tile);
}

/// First key of entry `index`.
template <int32_t Tile, typename AnyRuns>
__device__ __forceinline__ int32_t entryKey(const AnyRuns &runs, int32_t index) {
  return entryTile(runs, index) * Tile;
}

/// Whether entry `index` needs the predicate.
template <typename AnyRuns>
__device__ __forceinline__ bool isPartial(const AnyRuns &runs, int32_t index) {
  return !isFullTile(runs, entryTile(runs, index));
}

//===----------------------------------------------------------------------===//
// Lists, written by a plan: no arithmetic leads to an entry, a cursor walks there
//===----------------------------------------------------------------------===//

/// `runs` runs of `count` key tiles in all, eight bytes each: the first tile, and
/// twice the length, plus one where the predicate is needed.
struct RunList {
  uint64_t address;
  int32_t runs, count;
};

/// The list of one query tile, `row`; empty where there is no such list.
__device__ __forceinline__ RunList listRuns(const View<5> &runs, const View<4> &counts,
                                            int32_t batch, int32_t head, int32_t row) {
  const bool inside =
      isInside(runs, batch, head, row, 0, 0) && isInside(counts, batch, head, row, 0);
  const uint64_t pair = load64(elementAddress<4>(counts, batch, head, row, 0), inside);
  const int32_t listed = int32_t(pair);
  return {elementAddress<4>(runs, batch, head, row, 0, 0),
          listed < runs.dim[3] ? listed : runs.dim[3], int32_t(pair >> 32)};
}

/// An entry of a list: the `tile`, with `left` tiles from it to the end of `run`.
struct Cursor {
  int32_t tile, left, run;
  bool partial;
};

/// At the first tile of a run.
__device__ __forceinline__ Cursor atRun(RunList list, int32_t run) {
  const uint64_t pair = load64(list.address + 8 * int64_t(run), run < list.runs);
  return {int32_t(pair), int32_t(pair >> 33), run, bool(pair >> 32 & 1)};
}

/// At the entry behind, if the cursor stands at an entry.
__device__ __forceinline__ Cursor moved(RunList list, Cursor cursor, bool atEntry) {
  if (!atEntry)
    return cursor;
  if (cursor.left <= 1)
    return atRun(list, cursor.run + 1);
  return {cursor.tile + 1, cursor.left - 1, cursor.run, cursor.partial};
}

/// First key of the tile.
template <int32_t Tile>
__device__ __forceinline__ int32_t entryKey(const Cursor &cursor) {
  return cursor.tile * Tile;
}

/// Whether the tile needs the predicate.
__device__ __forceinline__ bool isPartial(const Cursor &cursor) { return cursor.partial; }

} // namespace lacuna

#endif // LACUNA_RUNS_CUH
