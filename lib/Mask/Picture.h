//===- Picture.h - A mask drawn as text -------------------------------------===//
//
// For people: a map of which part of the score matrix a mask leaves, small
// enough for a terminal. It is drawn from the predicate itself, element by
// element, so it does not depend on anything a compiler derived.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_MASK_PICTURE_H
#define LIB_MASK_PICTURE_H

#include <cstdint>
#include <functional>
#include <string>

namespace lacuna {

/// A mask of `queries` rows and `keys` columns.
struct MaskView {
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  /// Whether query i sees key j; asked for every element once.
  std::function<bool(std::int64_t i, std::int64_t j)> visible;
};

/// A map of at most `maxRows` lines and `maxColumns` columns, and a line that
/// counts the visible elements. A cell is `#` when all its elements are visible,
/// `+` when some are, `.` when none is. Empty masks give the last line only.
std::string drawMask(const MaskView &mask, int maxRows = 24, int maxColumns = 48);

} // namespace lacuna

#endif // LIB_MASK_PICTURE_H
