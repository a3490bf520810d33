#include "lib/Mask/Picture.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

using namespace lacuna;
using namespace lacuna::mask;

namespace {

constexpr Colour ofEmpty = {255, 255, 255}, ofFull = {31, 78, 121}, ofPartial = {242, 163, 60};
constexpr Colour ofLines = {217, 217, 217};

/// The mean of two channels, `share` of the first.
std::uint8_t mix(double share, std::uint8_t a, std::uint8_t b) {
  return std::uint8_t(share * a + (1 - share) * b + 0.5);
}
Colour mix(double share, Colour a, Colour b) {
  return {mix(share, a.red, b.red), mix(share, a.green, b.green), mix(share, a.blue, b.blue)};
}

std::string hex(Colour colour) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", colour.red, colour.green, colour.blue);
  return text;
}

std::string escaped(const std::string &text) {
  std::string result;
  for (char c : text)
    result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  return result;
}

} // namespace

Picture::Picture(std::int64_t rows, std::int64_t columns, int maxRows, int maxColumns)
    : cellRows{rows, int(std::min<std::int64_t>(rows, maxRows))},
      cellColumns{columns, int(std::min<std::int64_t>(columns, maxColumns))},
      cells(std::size_t(cellRows.cells) * std::size_t(cellColumns.cells)) {}

void Picture::visit(std::int64_t row, std::int64_t first, std::int64_t length, bool isPartial) {
  Cell *line = &cells[std::size_t(cellRows.cellOf(row)) * columns()];
  const std::int64_t end = first + length;
  while (first < end) {
    const int column = cellColumns.cellOf(first);
    const std::int64_t next = std::min(end, cellColumns.begin(column + 1));
    (isPartial ? line[column].partial : line[column].full) += next - first;
    first = next;
  }
}

Colour Picture::colour(int row, int column) const {
  const Cell &tiles = cell(row, column);
  const std::int64_t visited = tiles.full + tiles.partial;
  if (!visited)
    return ofEmpty;
  const double share = std::max(0.25, double(visited) / double(tilesOf(row, column)));
  return mix(share, mix(double(tiles.full) / double(visited), ofFull, ofPartial), ofEmpty);
}

std::string Picture::text() const {
  std::string text;
  for (int row = 0; row < rows() && columns(); ++row, text += '\n')
    for (int column = 0; column < columns(); ++column) {
      const Cell &tiles = cell(row, column);
      text += tiles.full == tilesOf(row, column) ? '#' : tiles.full + tiles.partial ? '+' : '.';
    }
  return text;
}

int Picture::pixelsPerCell() const {
  constexpr int most = 24, extent = 1024;
  return std::clamp(extent / std::max({rows(), columns(), 1}), 1, most);
}

std::string Picture::svg(const std::string &caption) const {
  const int size = pixelsPerCell(), width = columns() * size, height = rows() * size;
  const int captionHeight = caption.empty() ? 0 : 24, captionWidth = 7 * int(caption.size());
  const int wholeWidth = std::max(width, captionWidth), wholeHeight = height + captionHeight;
  char head[256];
  std::snprintf(head, sizeof head,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                "viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">\n"
                "<rect width=\"100%%\" height=\"100%%\" fill=\"%s\"/>\n",
                wholeWidth, wholeHeight, wholeWidth, wholeHeight, hex(ofEmpty).c_str());
  std::string text = head;
  char rectangle[128];
  for (int row = 0; row < rows(); ++row)
    for (int column = 0, end; column < columns(); column = end) {
      const Colour fill = colour(row, column);
      for (end = column + 1; end < columns() && colour(row, end) == fill;)
        ++end;
      if (fill == ofEmpty)
        continue;
      std::snprintf(rectangle, sizeof rectangle,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
                    column * size, row * size, (end - column) * size, size, hex(fill).c_str());
      text += rectangle;
    }
  std::snprintf(rectangle, sizeof rectangle,
                "<rect width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"%s\"/>\n", width, height,
                hex(ofLines).c_str());
  text += rectangle;
  if (caption.empty())
    return text + "</svg>\n";
  return text + "<text x=\"0\" y=\"" + std::to_string(height + 17) +
         "\" font-family=\"monospace\" font-size=\"11\">" + escaped(caption) + "</text>\n</svg>\n";
}

Raster Picture::raster() const {
  const int size = pixelsPerCell();
  const bool hasLines = size >= 8;
  Raster raster = {columns() * size + hasLines, rows() * size + hasLines, {}};
  raster.pixels.resize(std::size_t(raster.width) * std::size_t(raster.height), ofLines);
  for (int row = 0; row < rows(); ++row)
    for (int column = 0; column < columns(); ++column)
      for (int y = hasLines; y < size; ++y) {
        Colour *pixels = &raster.pixels[std::size_t(row * size + y) * raster.width + column * size];
        std::fill(pixels + hasLines, pixels + size, colour(row, column));
      }
  return raster;
}

Picture mask::drawLists(const RunLists &lists, std::int64_t batch, std::int64_t head, int maxRows,
                        int maxColumns) {
  Picture picture(lists.rows(), lists.columns(), maxRows, maxColumns);
  for (std::int64_t row = 0; row < lists.rows(); ++row)
    for (const Run &run : lists.row(batch, head, row))
      picture.visit(row, run.first, run.length(), run.isPartial());
  return picture;
}

std::string mask::drawMask(const MaskView &view, int maxRows, int maxColumns) {
  Picture picture(view.queries, view.keys, maxRows, maxColumns);
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < view.queries; ++i)
    for (std::int64_t j = 0; j < view.keys; ++j)
      if (view.visible(i, j)) {
        picture.visit(i, j, 1, false);
        ++total;
      }
  const std::int64_t elements = view.queries * view.keys;
  char summary[128];
  std::snprintf(summary, sizeof summary,
                "%" PRId64 " queries x %" PRId64 " keys, %" PRId64 " visible (%.1f %%)\n",
                view.queries, view.keys, total, elements ? 100.0 * total / elements : 0.0);
  return picture.text() + summary;
}
