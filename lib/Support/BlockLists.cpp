#include "lib/Support/BlockLists.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

using namespace lacuna;

namespace {

class Expansion {
public:
  explicit Expansion(const BlockLists &lists) : in(lists) {}

  Result<BlockTable> run() {
    if (Status status = checkSizes(); !status.isOk())
      return status;
    table.shape = hasOffsets() ? shapeOf(in.offsets) : leading(in.list);
    table.shape.back() -= hasOffsets();
    const std::int64_t count =
        std::accumulate(table.shape.begin(), table.shape.end(), std::int64_t(1), std::multiplies());
    table.shape.push_back(in.columns);
    table.elements.assign(std::size_t(count * in.columns), 0);
    for (number = 0; number < count; ++number) {
      row = coordinatesOf(number);
      Status status = hasOffsets() ? expandEntries() : in.bits ? expandBits() : expandPlaces();
      if (!status.isOk())
        return status;
    }
    return std::move(table);
  }

private:
  bool hasCounts() const { return in.counts.rank > 0; }
  bool hasOffsets() const { return in.offsets.rank > 0; }

  static std::vector<std::int64_t> shapeOf(const TensorRef &tensor) {
    return {tensor.shape, tensor.shape + tensor.rank};
  }
  static std::vector<std::int64_t> leading(const TensorRef &tensor) {
    return {tensor.shape, tensor.shape + tensor.rank - 1};
  }
  static std::int64_t last(const TensorRef &tensor) { return tensor.shape[tensor.rank - 1]; }

  static Status error(const std::string &text) { return Status(StatusKind::Type, text); }

  Status checkSizes() const {
    if (in.columns < 0)
      return error("has " + std::to_string(in.columns) + " columns");
    if (hasCounts() && shapeOf(in.counts) != leading(in.list))
      return error("needs one count for each row of the list");
    if (hasOffsets() && leading(in.offsets) != leading(in.list))
      return error("needs offsets for each part of the list");
    if (hasOffsets() && last(in.offsets) == 0)
      return error("has no offset: they are one more than the rows");
    const std::int64_t words = (in.columns + 31) / 32;
    if (in.bits && last(in.list) != words)
      return error("has " + std::to_string(last(in.list)) + " words for each row, but " +
                   std::to_string(in.columns) + " columns take " + std::to_string(words));
    return Status();
  }

  std::vector<std::int64_t> coordinatesOf(std::int64_t index) const {
    std::vector<std::int64_t> at(table.shape.size() - 1);
    for (std::size_t axis = at.size(); axis-- > 0; index /= table.shape[axis])
      at[axis] = index % table.shape[axis];
    return at;
  }

  /// The element of the row at `place`; offsets and entries have one row for all
  /// rows of a part.
  std::int64_t at(const TensorRef &tensor, std::int64_t place) const {
    std::int64_t offset = place * tensor.strides[tensor.rank - 1];
    for (int axis = 0; axis + 1 < tensor.rank; ++axis)
      offset += row[std::size_t(axis)] * tensor.strides[axis];
    return reinterpret_cast<const std::int32_t *>(tensor.address)[offset];
  }

  Status expandPlaces() {
    const std::int64_t places = last(in.list);
    const std::int64_t used = hasCounts() ? at(in.counts, row.back()) : places;
    if (used < 0 || used > places)
      return fault("the count " + std::to_string(used) + ", but rows have " +
                   std::to_string(places) + " places");
    for (std::int64_t place = 0; place < used; ++place) {
      const std::int64_t column = at(in.list, place);
      if (column == -1 && !hasCounts())
        continue;
      if (Status status = set(column); !status.isOk())
        return status;
    }
    return Status();
  }

  Status expandEntries() {
    const std::int64_t entries = last(in.list);
    const std::int64_t begin = at(in.offsets, row.back()), end = at(in.offsets, row.back() + 1);
    if (begin < 0 || begin > end || end > entries)
      return fault("the offsets " + std::to_string(begin) + " and " + std::to_string(end) +
                   ", but there are " + std::to_string(entries) + " entries");
    for (std::int64_t entry = begin; entry < end; ++entry)
      if (Status status = set(at(in.list, entry)); !status.isOk())
        return status;
    return Status();
  }

  Status expandBits() {
    for (std::int64_t bit = 0; bit < last(in.list) * 32; ++bit)
      if (at(in.list, bit / 32) >> (bit % 32) & 1)
        if (Status status = set(bit); !status.isOk())
          return status;
    return Status();
  }

  Status set(std::int64_t column) {
    if (column < 0 || column >= in.columns)
      return fault("the block " + std::to_string(column) + ", but there are " +
                   std::to_string(in.columns) + " columns");
    table.elements[std::size_t(number * in.columns + column)] = 1;
    return Status();
  }

  /// "row [0, 3] has the block 7, but there are 5 columns".
  Status fault(const std::string &what) const {
    std::string place;
    for (std::int64_t index : row)
      place += (place.empty() ? "" : ", ") + std::to_string(index);
    return error("row [" + place + "] has " + what);
  }

  const BlockLists &in;
  BlockTable table;
  std::int64_t number = 0;       ///< of the row, over all leading dimensions
  std::vector<std::int64_t> row; ///< its coordinates
};

} // namespace

Result<BlockTable> lacuna::expandBlocks(const BlockLists &lists) { return Expansion(lists).run(); }
