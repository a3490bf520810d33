//===- Fragment.h - What one thread holds of a tile ------------*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_FRAGMENT_H
#define LIB_CONVERSION_TILETOEMITC_FRAGMENT_H

#include "dialects/Tile/IR/Tile.h"

#include <string>

namespace lacuna {

/// A thread's share of a tile, in the order of its registers. For every block of
/// 16 rows of its warp, `accumulator` and `operand` hold four elements for every
/// 8 columns: rows g, g, g + 8, g + 8 and columns 2 t, 2 t + 1, 2 t, 2 t + 1;
/// `row` and `partial_row` hold rows g and g + 8. `column` holds two elements for
/// every 8 columns, 2 t and 2 t + 1. Elements of 16-bit floats are packed in pairs,
/// the first in the low half.
class Fragment {
public:
  /// Fails with a located error when the tile has no fragment layout or a thread
  /// has no whole share of it.
  static mlir::FailureOr<Fragment> of(mlir::Location location, mlir::Type type);

  mlir::Type elementType() const { return type.getElementType(); }
  llvm::ArrayRef<tile::Axis> axes() const { return layout.getAxes(); }
  tile::FragmentKind kind() const { return layout.getKind(); }
  int64_t warps() const { return layout.getWarps(); }
  bool isMatrix() const { return type.getRank() == 2; }
  bool isColumn() const { return kind() == tile::FragmentKind::Column; }
  /// Columns of the tile that the warp has: all of them, or its share.
  int64_t columns() const { return isMatrix() ? type.getDimSize(1) / warpsPerRow() : 0; }
  int64_t rowsPerWarp() const { return type.getDimSize(0) * warpsPerRow() / warps(); }
  /// Warps that share the columns of their rows.
  int64_t warpsPerRow() const;
  /// Blocks of 16 rows of a warp.
  int64_t rowBlocks() const { return isColumn() ? 1 : rowsPerWarp() / 16; }
  /// Blocks of 8 columns; a row counts as half a block.
  int64_t elementsPerRowBlock() const {
    return isMatrix() ? columns() / 2 : isColumn() ? type.getDimSize(0) / 4 : 2;
  }
  int64_t elements() const { return rowBlocks() * elementsPerRowBlock(); }
  bool isPacked() const { return elementType().isF16() || elementType().isBF16(); }
  int64_t registers() const { return isPacked() ? elements() / 2 : elements(); }

  /// Row of an element relative to the thread's first row.
  int64_t rowOf(int64_t element) const;
  /// Column of an element relative to the thread's first column.
  int64_t columnOf(int64_t element) const;
  /// The element of a fragment of one value per row that stands for the row of
  /// `element` of this one.
  int64_t rowElementOf(int64_t element) const;
  /// The element of `input`, of as many elements, of one value per row or of one per
  /// column, that stands for `element` of this one.
  int64_t elementOf(const Fragment &input, int64_t element) const;

  /// "lacuna::fragmentRow(16)": the thread's first row of the tile; needs thread.cuh.
  std::string firstRow() const;
  /// "lacuna::fragmentColumn()": the thread's first column of the tile, likewise.
  std::string firstColumn() const;
  /// "lacuna::warpIndex() / 2": which of the equal shares of columns the warp has.
  std::string columnShare() const;

  /// "F32x32": name of the generated struct.
  std::string structName() const;
  /// "const F32x32 &": type of a parameter of it. NVRTC takes a third longer for copies.
  std::string parameterType() const { return "const " + structName() + " &"; }
  /// "float": type of one register.
  std::string registerType() const;
  /// "scores", "weights", "outputs", "rows", "columns": what such a tile is called.
  llvm::StringRef noun() const;

private:
  Fragment(mlir::RankedTensorType type, tile::FragmentAttr layout) : type(type), layout(layout) {}

  mlir::RankedTensorType type;
  tile::FragmentAttr layout;
};

/// "f32" -> "F32": a type in the name of a function or struct.
std::string typeSuffix(mlir::Type type);

/// C++ type of a scalar: 16-bit floats are held in a float that is exact.
std::string scalarTypeText(mlir::Type type);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_FRAGMENT_H
