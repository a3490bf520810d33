#include "lib/Mask/Picture.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

using namespace lacuna;

namespace {

/// Where one axis is cut: `cells` pieces that differ in size by at most one.
struct Cuts {
  std::int64_t extent, cells;
  std::int64_t at(std::int64_t cell) const { return cell * extent / cells; }
};

} // namespace

static std::int64_t countVisible(const MaskView &mask, std::int64_t firstRow, std::int64_t endRow,
                                 std::int64_t firstColumn, std::int64_t endColumn) {
  std::int64_t count = 0;
  for (std::int64_t i = firstRow; i < endRow; ++i)
    for (std::int64_t j = firstColumn; j < endColumn; ++j)
      count += mask.visible(i, j);
  return count;
}

std::string lacuna::drawMask(const MaskView &mask, int maxRows, int maxColumns) {
  const Cuts rows = {mask.queries, std::min<std::int64_t>(mask.queries, maxRows)};
  const Cuts columns = {mask.keys, std::min<std::int64_t>(mask.keys, maxColumns)};
  std::string picture;
  std::int64_t total = 0;
  for (std::int64_t row = 0; row < rows.cells && columns.cells; ++row) {
    for (std::int64_t column = 0; column < columns.cells; ++column) {
      const std::int64_t height = rows.at(row + 1) - rows.at(row);
      const std::int64_t width = columns.at(column + 1) - columns.at(column);
      const std::int64_t count = countVisible(mask, rows.at(row), rows.at(row + 1),
                                              columns.at(column), columns.at(column + 1));
      picture += count == height * width ? '#' : count ? '+' : '.';
      total += count;
    }
    picture += '\n';
  }
  const std::int64_t elements = mask.queries * mask.keys;
  char line[128];
  std::snprintf(line, sizeof(line),
                "%" PRId64 " queries x %" PRId64 " keys, %" PRId64 " visible (%.1f %%)\n",
                mask.queries, mask.keys, total, elements ? 100.0 * total / elements : 0.0);
  return picture + line;
}
