//===- TableSummary.h - Extremes and signatures of boxes of a table --------===//
//
// What load_range reads: the ValueRange of any box of a table of integers,
// exactly, in time that hardly depends on the size of the box. One or two axes
// of the table are summarised by a pyramid: leaves of 64 elements (64 x 1, or
// 8 x 8), then cells of two, or two by two, of the level below. A box descends
// from the level at which it spans at most two cells each way; cells that it
// covers are taken as they are, leaves that it cuts are read element by element,
// and whatever cannot widen the answer any more is skipped. Boxes of at most 64
// elements are read directly, and so a table of that size needs no pyramid.
//
// A table of n elements takes 3/4 (one axis) or 1/2 (two) of a byte of cells per
// element, and is built in one pass.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_MASK_TABLESUMMARY_H
#define LIB_MASK_TABLESUMMARY_H

#include "lacuna/Tensor.h"
#include "lib/Mask/ValueRange.h"

#include <cstdint>
#include <vector>

namespace lacuna::mask {

/// A box of two axes; bounds are inclusive.
struct IndexBox {
  std::int64_t rowFirst, rowLast, columnFirst, columnLast;
  std::int64_t elementCount() const {
    return (rowLast - rowFirst + 1) * (columnLast - columnFirst + 1);
  }
};

/// The pyramid of one table in host memory, which must outlive it.
class TableSummary {
public:
  /// The axes of a table along which boxes are long; -1: none. A column axis is
  /// there whenever a row axis is.
  struct Axes {
    int row = -1, column = -1;
    bool operator==(const Axes &other) const = default;
  };

  /// Summarises a table of i1, i8, i16, i32 or i64 (elements of i1 are 0 and 1).
  TableSummary(const TensorRef &table, Axes axes);

  /// The elements with indices from `first` to `last`, inclusive, one each per
  /// axis of the table. unknown() when a bound leaves the table, the box is
  /// inverted or it is long along more axes than are summarised.
  ValueRange range(const std::int64_t *first, const std::int64_t *last) const;

  /// Memory of the pyramid.
  std::size_t bytes() const { return cells.capacity() * sizeof(ValueRange); }

private:
  /// Adds the elements of a box to a range. `element` is that of index 0 of both
  /// axes; strides are in elements.
  using Reader = void (*)(const char *element, std::int64_t rowStride, std::int64_t columnStride,
                          const IndexBox &box, ValueRange &range);
  struct Level {
    std::int64_t rows, columns; ///< cells of one plane
    std::size_t offset;         ///< of the first cell, within the plane
  };
  /// One setting of the indices of all other axes.
  struct Plane {
    const char *element; ///< that of index 0 along the summarised axes
    const ValueRange *cells;
  };
  /// The element at an index that counts from `element`.
  using ElementReader = std::int64_t (*)(const char *element, std::int64_t index);
  template <class T>
  void chooseReaders();
  bool isReadable(const std::int64_t *first, const std::int64_t *last) const;
  Plane planeAt(const std::int64_t *indices) const;
  void buildPlane(const Plane &plane, ValueRange *planeCells) const;
  void includeBox(const Plane &plane, const IndexBox &box, ValueRange &range) const;
  void includeCell(const Plane &plane, std::size_t level, std::int64_t row, std::int64_t column,
                   const IndexBox &box, ValueRange &range) const;
  /// How often an index is halved to give that of its cell.
  int rowShift(std::size_t level) const { return axes.row < 0 ? 0 : int(level) + 3; }
  int columnShift(std::size_t level) const { return int(level) + (axes.row < 0 ? 6 : 3); }

  TensorRef table;
  Axes axes;
  Reader read;
  ElementReader readOne;
  std::int64_t rows = 1, columns = 1, rowStride = 0, columnStride = 0;
  std::vector<Level> levels; ///< empty: everything is read directly
  std::size_t planeCells = 0;
  std::vector<ValueRange> cells; ///< by plane, then level, row and column
};

} // namespace lacuna::mask

#endif // LIB_MASK_TABLESUMMARY_H
