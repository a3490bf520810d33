//===- RunLists.h - Which tiles a kernel visits -----------------------------===//
//
// For each query tile (a row) the runs of key tiles that it has to compute, in
// ascending order: neighbours of one class are one run, empty tiles are in none.
// The transposed lists have a row per key tile and runs of query tiles.
//
// Kernels read lists as two arrays of i32,
//
//   runs[batches, heads, rows, capacity, 2]   (first tile, length * 2 + partial)
//   counts[batches, heads, rows, 2]           (runs, tiles)
//
// in which a batch or head axis of 1 serves all. Planning on the host keeps the
// runs of all rows one after the other instead, and fills such arrays at the end.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_MASK_RUNLISTS_H
#define LIB_MASK_RUNLISTS_H

#include "lacuna/Result.h"
#include "lacuna/Tensor.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace lacuna::mask {

/// Consecutive tiles of one class, as in memory.
struct Run {
  std::int32_t first;
  std::int32_t lengthAndClass;

  static Run of(std::int32_t first, std::int32_t length, bool partial) {
    return {first, length << 1 | std::int32_t(partial)};
  }
  std::int32_t length() const { return lengthAndClass >> 1; }
  bool isPartial() const { return lengthAndClass & 1; }
  bool operator==(const Run &other) const = default;
};
static_assert(sizeof(Run) == 2 * sizeof(std::int32_t));

/// Lists of all batches and heads that have masks of their own.
class RunLists {
public:
  RunLists() = default;

  std::int64_t batches() const { return batchCount; }
  std::int64_t heads() const { return headCount; }
  /// Rows of one batch and head.
  std::int64_t rows() const { return rowCount; }
  /// Tiles of a row, visited or not.
  std::int64_t columns() const { return columnCount; }

  Span<Run> row(std::int64_t batch, std::int64_t head, std::int64_t row) const {
    const std::size_t n = index(batch, head, row);
    return {runs.data() + offsets[n], offsets[n + 1] - offsets[n]};
  }
  /// Tiles that a row visits.
  std::int64_t tiles(std::int64_t batch, std::int64_t head, std::int64_t row) const;
  /// Runs of the row that has the most.
  std::int64_t longest() const;
  std::size_t runCount() const { return runs.size(); }

  /// The order of work, i32 [batches, heads, rows]: for each batch and head the
  /// numbers head * rows + row, those with the most tiles first, of equals the last.
  std::vector<std::int32_t> longestFirst() const;

  /// The runs as kernels read them, with room for as many as the longest row has and
  /// at least one; what no run needs is zero.
  std::vector<std::int32_t> toArray() const;
  /// Runs that each row of that array has room for.
  std::int64_t capacity() const { return std::max<std::int64_t>(longest(), 1); }

  std::size_t bytes() const {
    return runs.capacity() * sizeof(Run) + offsets.capacity() * sizeof(std::size_t);
  }
  bool operator==(const RunLists &other) const = default;

private:
  friend class RunListBuilder;
  std::size_t index(std::int64_t batch, std::int64_t head, std::int64_t row) const {
    return std::size_t((batch * headCount + head) * rowCount + row);
  }

  std::int64_t batchCount = 0, headCount = 0, rowCount = 0, columnCount = 0;
  std::vector<std::size_t> offsets; ///< of each row, and the end
  std::vector<Run> runs;
};

/// Collects runs in any order of rows; those of a row come in ascending order.
class RunListBuilder {
public:
  RunListBuilder(std::int64_t batches, std::int64_t heads, std::int64_t rows, std::int64_t columns);

  /// Appends tiles to a row of the current batch and head; extends its last run
  /// where it can.
  void append(std::int64_t row, std::int32_t first, std::int32_t length, bool partial);
  /// Rows that follow are those of this batch and head; (0, 0) at first.
  void setHead(std::int64_t batch, std::int64_t head) { firstRow = lists.index(batch, head, 0); }
  /// The lists; the builder is of no use afterwards.
  RunLists finish();

  std::size_t bytes() const {
    return entries.capacity() * sizeof(Entry) + last.capacity() * sizeof(std::uint32_t);
  }

private:
  struct Entry {
    std::uint32_t row;
    Run run;
  };
  RunLists lists;
  std::vector<Entry> entries;
  std::vector<std::uint32_t> last; ///< of each row: one past its last entry, 0 if none
  std::size_t firstRow = 0;
};

} // namespace lacuna::mask

#endif // LIB_MASK_RUNLISTS_H
