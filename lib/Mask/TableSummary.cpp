#include "lib/Mask/TableSummary.h"

#include <bit>

using namespace lacuna;
using namespace lacuna::mask;

namespace {

/// Boxes of at most this many elements are read directly.
constexpr std::int64_t directElements = 64;

/// The i1 of a table, whose nonzero bytes are all true.
struct Truth {
  std::uint8_t byte;
  operator std::uint8_t() const { return byte != 0; }
};

/// The type in which extremes of elements are compared.
template <class T>
struct Comparable {
  using type = T;
};
template <>
struct Comparable<Truth> {
  using type = std::uint8_t;
};

template <class T>
[[gnu::target_clones("arch=haswell", "default")]] void
readBox(const char *element, std::int64_t rowStride, std::int64_t columnStride, const IndexBox &box,
        ValueRange &range) {
  using Integer = typename Comparable<T>::type;
  const T *elements = reinterpret_cast<const T *>(element);
  const std::int64_t length = box.columnLast - box.columnFirst + 1;
  Integer min = std::numeric_limits<Integer>::max(), max = std::numeric_limits<Integer>::min();
  std::uint64_t signature = 0;
  for (std::int64_t row = box.rowFirst; row <= box.rowLast; ++row) {
    const T *from = elements + row * rowStride + box.columnFirst * columnStride;
    auto take = [&](Integer value) __attribute__((always_inline)) {
      min = value < min ? value : min;
      max = value > max ? value : max;
      signature |= signatureBit(value);
    };
    if (columnStride == 1)
      for (std::int64_t n = 0; n < length; ++n)
        take(from[n]);
    else
      for (std::int64_t n = 0; n < length; ++n)
        take(from[n * columnStride]);
  }
  range.include({min, max, signature});
}

template <class T>
std::int64_t readElement(const char *element, std::int64_t index) {
  return reinterpret_cast<const T *>(element)[index];
}

} // namespace

template <class T>
void TableSummary::chooseReaders() {
  read = readBox<T>;
  readOne = readElement<T>;
}

TableSummary::TableSummary(const TensorRef &table, Axes axes) : table(table), axes(axes) {
  switch (table.dtype) {
  case DType::I1:
    chooseReaders<Truth>();
    break;
  case DType::I8:
    chooseReaders<std::int8_t>();
    break;
  case DType::I16:
    chooseReaders<std::int16_t>();
    break;
  case DType::I32:
    chooseReaders<std::int32_t>();
    break;
  default:
    chooseReaders<std::int64_t>();
  }
  if (axes.row >= 0) {
    rows = table.shape[axes.row];
    rowStride = table.strides[axes.row];
  }
  if (axes.column >= 0) {
    columns = table.shape[axes.column];
    columnStride = table.strides[axes.column];
  }
  if (rows * columns <= directElements || table.elementCount() == 0)
    return;
  for (std::size_t n = 0; n == 0 || levels.back().rows * levels.back().columns > 1; ++n) {
    levels.push_back(
        {((rows - 1) >> rowShift(n)) + 1, ((columns - 1) >> columnShift(n)) + 1, planeCells});
    planeCells += std::size_t(levels.back().rows * levels.back().columns);
  }
  const std::int64_t planes = table.elementCount() / (rows * columns);
  cells.resize(planeCells * std::size_t(planes));
  std::int64_t indices[maxRank] = {};
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    std::int64_t rest = plane;
    for (int axis = table.rank - 1; axis >= 0; --axis)
      if (axis != axes.row && axis != axes.column) {
        indices[axis] = rest % table.shape[axis];
        rest /= table.shape[axis];
      }
    buildPlane(planeAt(indices), &cells[std::size_t(plane) * planeCells]);
  }
}

TableSummary::Plane TableSummary::planeAt(const std::int64_t *indices) const {
  std::int64_t offset = 0, number = 0;
  for (int axis = 0; axis < table.rank; ++axis)
    if (axis != axes.row && axis != axes.column) {
      offset += indices[axis] * table.strides[axis];
      number = number * table.shape[axis] + indices[axis];
    }
  const char *base = reinterpret_cast<const char *>(table.address);
  return {base + offset * std::int64_t(byteSize(table.dtype)),
          cells.data() + std::size_t(number) * planeCells};
}

void TableSummary::buildPlane(const Plane &plane, ValueRange *result) const {
  for (std::size_t n = 0; n < levels.size(); ++n) {
    const Level &level = levels[n];
    ValueRange *cell = result + level.offset;
    for (std::int64_t row = 0; row < level.rows; ++row)
      for (std::int64_t column = 0; column < level.columns; ++column, ++cell) {
        if (n == 0) {
          const std::int64_t rowFirst = row << rowShift(0), columnFirst = column << columnShift(0);
          read(plane.element, rowStride, columnStride,
               {rowFirst, std::min(rows, (row + 1) << rowShift(0)) - 1, columnFirst,
                std::min(columns, (column + 1) << columnShift(0)) - 1},
               *cell);
          continue;
        }
        const Level &below = levels[n - 1];
        const int down = axes.row >= 0;
        for (std::int64_t r = row << down; r < std::min(below.rows, (row + 1) << down); ++r)
          for (std::int64_t c = 2 * column; c < std::min(below.columns, 2 * column + 2); ++c)
            cell->include(result[below.offset + std::size_t(r * below.columns + c)]);
      }
  }
}

void TableSummary::includeCell(const Plane &plane, std::size_t n, std::int64_t row,
                               std::int64_t column, const IndexBox &box, ValueRange &range) const {
  const Level &level = levels[n];
  const ValueRange &cell = plane.cells[level.offset + std::size_t(row * level.columns + column)];
  if (range.covers(cell))
    return;
  const IndexBox inside = {std::max(box.rowFirst, row << rowShift(n)),
                           std::min(box.rowLast, ((row + 1) << rowShift(n)) - 1),
                           std::max(box.columnFirst, column << columnShift(n)),
                           std::min(box.columnLast, ((column + 1) << columnShift(n)) - 1)};
  const IndexBox whole = {row << rowShift(n), std::min(rows, (row + 1) << rowShift(n)) - 1,
                          column << columnShift(n),
                          std::min(columns, (column + 1) << columnShift(n)) - 1};
  if (inside.elementCount() == whole.elementCount())
    return range.include(cell);
  if (n == 0)
    return read(plane.element, rowStride, columnStride, inside, range);
  for (std::int64_t r = inside.rowFirst >> rowShift(n - 1); r <= inside.rowLast >> rowShift(n - 1);
       ++r)
    for (std::int64_t c = inside.columnFirst >> columnShift(n - 1);
         c <= inside.columnLast >> columnShift(n - 1); ++c)
      includeCell(plane, n - 1, r, c, inside, range);
}

void TableSummary::includeBox(const Plane &plane, const IndexBox &box, ValueRange &range) const {
  const std::int64_t elements = box.elementCount();
  if (elements == 1) {
    const std::int64_t value =
        readOne(plane.element, box.rowFirst * rowStride + box.columnFirst * columnStride);
    return range.include({value, value, signatureBit(value)});
  }
  if (elements <= directElements)
    return read(plane.element, rowStride, columnStride, box, range);
  // Cells as long as the box: it spans two at most.
  auto levelOf = [](std::int64_t first, std::int64_t last, int leafShift) {
    return std::max(int(std::bit_width(std::uint64_t(last - first))) - leafShift, 0);
  };
  std::size_t n = std::size_t(levelOf(box.columnFirst, box.columnLast, columnShift(0)));
  if (axes.row >= 0)
    n = std::max(n, std::size_t(levelOf(box.rowFirst, box.rowLast, rowShift(0))));
  for (std::int64_t r = box.rowFirst >> rowShift(n); r <= box.rowLast >> rowShift(n); ++r)
    for (std::int64_t c = box.columnFirst >> columnShift(n); c <= box.columnLast >> columnShift(n);
         ++c)
      includeCell(plane, n, r, c, box, range);
}

bool TableSummary::isReadable(const std::int64_t *first, const std::int64_t *last) const {
  for (int axis = 0; axis < table.rank; ++axis) {
    const bool isLong = axis == axes.row || axis == axes.column;
    if (first[axis] < 0 || last[axis] >= table.shape[axis] || first[axis] > last[axis] ||
        (first[axis] != last[axis] && !isLong))
      return false;
  }
  return true;
}

// One variable for every answer: it is then made where the caller wants it, and
// not copied by wide loads that have to wait for narrow stores.
ValueRange TableSummary::range(const std::int64_t *first, const std::int64_t *last) const {
  ValueRange range;
  if (!isReadable(first, last)) {
    range = ValueRange::unknown();
    return range;
  }
  const IndexBox box = {axes.row < 0 ? 0 : first[axes.row], axes.row < 0 ? 0 : last[axes.row],
                        axes.column < 0 ? 0 : first[axes.column],
                        axes.column < 0 ? 0 : last[axes.column]};
  includeBox(planeAt(first), box, range);
  return range;
}
