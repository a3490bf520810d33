//===- Positions.h - Where slots lie ----------------------------------------===//
#ifndef LIB_MASK_POSITIONS_H
#define LIB_MASK_POSITIONS_H

#include "lib/Mask/TableSummary.h"

#include <cstdint>
#include <optional>

namespace lacuna::mask {

/// The positions of the queries or keys of an attend: the slot itself, the slot
/// plus an offset, or an element of a table.
class Positions {
public:
  /// Slots plus an offset.
  explicit Positions(std::int64_t offset = 0) : offset(offset) {}
  /// A table of integers in host memory: [sequence], [batch, sequence] or
  /// [batch, heads, sequence].
  explicit Positions(const TensorRef &table)
      : rank(table.rank), table(TableSummary(table, {-1, table.rank - 1})) {}

  bool readsBatch() const { return rank >= 2; }
  bool readsHead() const { return rank == 3; }
  /// Position minus slot where that is the same everywhere.
  std::optional<std::int64_t> constantOffset() const {
    return table ? std::nullopt : std::optional(offset);
  }

  /// Smallest and largest position of the slots `first` to `last`, inclusive,
  /// which exist. `head` counts the heads of the table, whose element `begin` is that
  /// of slot 0.
  struct Bounds {
    std::int64_t first, last;
  };
  Bounds bounds(std::int64_t batch, std::int64_t head, std::int64_t begin, std::int64_t first,
                std::int64_t last) const {
    if (!table)
      return {first + offset, last + offset};
    first += begin;
    last += begin;
    const std::int64_t from[][3] = {{first}, {batch, first}, {batch, head, first}};
    const std::int64_t to[][3] = {{last}, {batch, last}, {batch, head, last}};
    const ValueRange range = table->range(from[rank - 1], to[rank - 1]);
    return {range.min, range.max};
  }

  /// Memory of the table's summary.
  std::size_t bytes() const { return table ? table->bytes() : 0; }

private:
  std::int64_t offset = 0;
  int rank = 0;
  std::optional<TableSummary> table;
};

} // namespace lacuna::mask

#endif // LIB_MASK_POSITIONS_H
