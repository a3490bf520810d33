//===- SharedTile.h - Where ldmatrix finds a tile --------------*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_SHAREDTILE_H
#define LIB_CONVERSION_TILETOEMITC_SHAREDTILE_H

#include "dialects/Tile/IR/Tile.h"

#include <string>

namespace lacuna {

/// A panel of !tile.shared: `width` columns from `firstColumn`, `offset` bytes
/// into the tile.
struct Panel {
  int64_t firstColumn, width, offset;
  int64_t span() const { return 2 * width; } ///< bytes of a row
};

/// The panels of a shared tile, widest first.
llvm::SmallVector<Panel> panelsOf(tile::SharedType type);

/// Writes the addresses of ldmatrix in one asm statement. A lane's address in a
/// panel is an operand of the statement; 16 columns further on it differs by an
/// exclusive or, and other panels and blocks of 8 rows by a constant, because the
/// permutation of chunks depends only on the row within 8 rows.
class MatrixAddresses {
public:
  /// `name` begins the names of registers; the lane's addresses become asm
  /// operands numbered from `firstOperand`, one for each width of panel.
  MatrixAddresses(tile::SharedType type, llvm::StringRef name, unsigned firstOperand);

  unsigned numOperands() const { return spans.size(); }

  /// Asm operands: for each span, `"r"(slot + lane)` with `lane` for that span.
  std::string operands(llvm::function_ref<std::string(int64_t span)> address) const;

  /// Lines that declare and compute the registers.
  std::string setup() const;

  /// "[p_128_1 + 2048]": the address of `row`, `column`; both multiples of 16.
  std::string address(int64_t row, int64_t column) const;

private:
  std::string registerName(int64_t span, int64_t step) const;
  const Panel &panelAt(int64_t column) const;

  tile::SharedType type;
  std::string name;
  llvm::SmallVector<Panel> panels;
  llvm::SmallVector<int64_t> spans;
  unsigned firstOperand;
};

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_SHAREDTILE_H
