//===- Picture.h - A mask drawn as text, SVG or pixels ----------------------===//
//
// For people: which parts of the score matrix a mask leaves. A picture is a grid
// of cells, each with the tiles (or single elements) that fall into it and their
// classes. A mask with more tiles than cells is reduced: cells then hold tiles in
// numbers that differ by at most one along each axis, and are drawn as follows.
//
//   text   '#' all full, '.' all empty, '+' anything else
//   colour the mean of the colours of its tiles (full blue, partial orange, empty
//          white), where visited tiles count for at least a quarter of the cell:
//          however thin a band is, it stays visible
//
//===----------------------------------------------------------------------===//
#ifndef LIB_MASK_PICTURE_H
#define LIB_MASK_PICTURE_H

#include "lib/Mask/RunLists.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lacuna::mask {

/// A colour; channels from 0 to 255.
struct Colour {
  std::uint8_t red, green, blue;
  bool operator==(const Colour &other) const = default;
};

/// Pixels, row by row.
struct Raster {
  int width = 0, height = 0;
  std::vector<Colour> pixels;
};

/// A mask, reduced to cells.
class Picture {
public:
  /// Nothing visited yet: `rows` x `columns` tiles on at most `maxRows` x
  /// `maxColumns` cells.
  Picture(std::int64_t rows, std::int64_t columns, int maxRows, int maxColumns);

  /// Makes `length` tiles of a row, from `first` on, full or partial; they were
  /// empty.
  void visit(std::int64_t row, std::int64_t first, std::int64_t length, bool partial);

  int rows() const { return cellRows.cells; }
  int columns() const { return cellColumns.cells; }
  Colour colour(int row, int column) const;

  /// A line of characters per row of cells.
  std::string text() const;
  /// An SVG document of any size; `caption` stands below the map, if it says anything.
  std::string svg(const std::string &caption) const;
  /// Square cells of the same size, with lines between them where there is room.
  Raster raster() const;

private:
  /// Where one axis is cut into cells.
  struct Cuts {
    std::int64_t extent;
    int cells;
    std::int64_t begin(int cell) const { return cell * extent / cells; }
    std::int64_t size(int cell) const { return begin(cell + 1) - begin(cell); }
    /// The cell of an index.
    int cellOf(std::int64_t index) const { return int(((index + 1) * cells - 1) / extent); }
  };
  /// Tiles of a cell that are visited.
  struct Cell {
    std::int64_t full = 0, partial = 0;
  };
  const Cell &cell(int row, int column) const {
    return cells[std::size_t(row) * columns() + column];
  }
  std::int64_t tilesOf(int row, int column) const {
    return cellRows.size(row) * cellColumns.size(column);
  }
  int pixelsPerCell() const;

  Cuts cellRows, cellColumns;
  std::vector<Cell> cells;
};

/// The lists of one batch and head.
Picture drawLists(const RunLists &lists, std::int64_t batch, std::int64_t head, int maxRows,
                  int maxColumns);

/// A mask of `queries` rows and `keys` columns, known element by element.
struct MaskView {
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  /// Whether query i sees key j; asked for every element once.
  std::function<bool(std::int64_t i, std::int64_t j)> visible;
};

/// A map of at most `maxRows` lines and `maxColumns` columns of elements, and a
/// line that counts the visible ones. It is drawn from the predicate itself, so it
/// does not depend on anything a compiler derived. Empty masks give the last line
/// only.
std::string drawMask(const MaskView &mask, int maxRows = 24, int maxColumns = 48);

} // namespace lacuna::mask

#endif // LIB_MASK_PICTURE_H
