//===- SharedTile.cpp - Where ldmatrix finds a tile -----------------------===//
#include "lib/Conversion/TileToEmitC/SharedTile.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace lacuna;

SmallVector<Panel> lacuna::panelsOf(tile::SharedType type) {
  SmallVector<Panel> panels;
  int64_t column = 0;
  for (int64_t width : tile::panelColumns(type.getColumns())) {
    panels.push_back({column, width, 2 * type.getRows() * column});
    column += width;
  }
  return panels;
}

MatrixAddresses::MatrixAddresses(tile::SharedType type, StringRef name, unsigned firstOperand)
    : type(type), name(name), panels(panelsOf(type)), firstOperand(firstOperand) {
  for (const Panel &panel : panels)
    if (!llvm::is_contained(spans, panel.span()))
      spans.push_back(panel.span());
}

std::string MatrixAddresses::operands(llvm::function_ref<std::string(int64_t span)> address) const {
  std::string text;
  for (int64_t span : spans)
    text += (text.empty() ? "\"r\"(" : ", \"r\"(") + address(span) + ")";
  return text;
}

const Panel &MatrixAddresses::panelAt(int64_t column) const {
  return *llvm::find_if(
      panels, [&](const Panel &panel) { return column < panel.firstColumn + panel.width; });
}

std::string MatrixAddresses::registerName(int64_t span, int64_t step) const {
  if (step == 0)
    return "%" + std::to_string(firstOperand + (llvm::find(spans, span) - spans.begin()));
  return name + std::to_string(span) + "_" + std::to_string(step);
}

std::string MatrixAddresses::setup() const {
  std::string text;
  for (int64_t span : spans)
    for (int64_t step = 1; step < span / 32; ++step)
      text += "    \".reg .b32 " + registerName(span, step) + "; xor.b32 " +
              registerName(span, step) + ", " + registerName(span, 0) + ", " +
              std::to_string(32 * step) + ";\\n\"\n";
  return text;
}

std::string MatrixAddresses::address(int64_t row, int64_t column) const {
  const Panel &panel = panelAt(column);
  int64_t offset = panel.offset + row * panel.span();
  return "[" + registerName(panel.span(), (column - panel.firstColumn) / 16) +
         (offset ? " + " + std::to_string(offset) : "") + "]";
}
