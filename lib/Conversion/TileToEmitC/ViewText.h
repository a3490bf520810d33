//===- ViewText.h - Where the elements of a tile lie, as text ---*- C++ -*-===//
//
// Every function that reads or writes a tile of global memory takes a view and the
// indices of the tile's first element, and begins with the address of a thread's first
// element. From there it steps through the rows of the thread.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_TILETOEMITC_VIEWTEXT_H
#define LIB_CONVERSION_TILETOEMITC_VIEWTEXT_H

#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"

namespace lacuna {

/// "address + 128", "address + 3 * step + 16"
std::string advanced(llvm::StringRef address, int64_t steps, int64_t bytes);

/// Every `distance`th of `rows` rows: those of a tile that one thread reads or writes.
struct RowsOfThread {
  int64_t rows, distance;
};

/// Of a fragment, a thread holds two rows of every row block.
RowsOfThread rowsOfThread(const Fragment &fragment);

/// Text for the view and indices that a function begins with.
struct ViewText {
  std::string parameters; ///< "const lacuna::View<2> &view, int32_t i0, int32_t i1"
  llvm::SmallVector<std::string> indices;
  int64_t rowAxis;     ///< axis of the view along which the tile's rows lie
  int64_t columnBound; ///< columns of the tile that the view surely has, or -1
  bool isPacked;       ///< whether rows are those of packed heads

  std::string rowDim() const { return "view.dim[" + std::to_string(rowAxis) + "]"; }
  std::string columnDim() const { return "view.dim[" + std::to_string(rowAxis + 1) + "]"; }
  std::string rowStride() const { return "view.stride[" + std::to_string(rowAxis) + "]"; }
  /// Address of an element, with other texts for the last `last.size()` indices.
  std::string address(int64_t bytes, llvm::ArrayRef<std::string> last) const;
  /// Lines that declare where the rows of a thread lie that begin with `first`: the
  /// address `name` and the step between two, or an address for each. `column` is
  /// empty where rows are elements.
  std::string declareRows(llvm::StringRef indent, llvm::StringRef name, RowsOfThread thread,
                          int64_t bytes, std::string first,
                          llvm::ArrayRef<std::string> column) const;
  /// Address of `bytes` bytes behind the beginning of one of these rows.
  std::string inRow(llvm::StringRef name, RowsOfThread thread, int64_t row, int64_t bytes) const;
};

/// That of a tile with so many axes.
ViewText viewText(Emission &emission, tile::ViewType view, mlir::ValueRange indices,
                  int64_t tileRank);

/// What such a function is called with first.
llvm::SmallVector<mlir::Value> operandsOf(mlir::Value view, mlir::ValueRange indices);

/// Lines that declare the row and column of a thread's first element, and where its
/// rows lie. Elements of a column lie along one row, which its indices name.
std::string placeText(Emission &emission, const Fragment &fragment, const ViewText &text,
                      int64_t bytes);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_VIEWTEXT_H
