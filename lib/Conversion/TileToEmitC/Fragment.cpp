//===- Fragment.cpp - What one thread holds of a tile ---------------------===//
#include "lib/Conversion/TileToEmitC/Fragment.h"

#include "dialects/Tile/IR/WarpShares.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lacuna;
using namespace lacuna::tile;

FailureOr<Fragment> Fragment::of(Location location, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  auto layout = dyn_cast<FragmentAttr>(tensor.getEncoding());
  if (!layout)
    return emitError(location) << "cannot print the tile " << type
                               << ": it has no fragment layout yet (run the schedule passes first)";
  Type element = tensor.getElementType();
  if (!element.isIntOrFloat() || element.getIntOrFloatBitWidth() > 64 || element.isF64())
    return emitError(location) << "cannot print a tile of " << element;
  bool isColumn = layout.getKind() == FragmentKind::Column;
  int64_t sharing = isColumn ? 1 : warpsSharingRows(tensor.getDimSize(0), layout.getWarps());
  bool whole = isColumn ? tensor.getDimSize(0) % 16 == 0 : sharing > 0;
  if (tensor.getRank() == 2)
    whole = whole && tensor.getDimSize(1) % (16 * sharing) == 0;
  else
    whole = whole && sharing == 1;
  if (!tensor.hasStaticShape() || !whole)
    return emitError(location) << "cannot deal the tile " << type << " to " << layout.getWarps()
                               << " warps: rows of a warp and columns must be multiples of 16";
  return Fragment(tensor, layout);
}

int64_t Fragment::warpsPerRow() const {
  return isMatrix() ? warpsSharingRows(type.getDimSize(0), warps()) : 1;
}

std::string Fragment::firstRow() const {
  std::string rows = std::to_string(rowsPerWarp());
  if (warpsPerRow() > 1)
    rows += ", " + std::to_string(warps() / warpsPerRow());
  return "lacuna::fragmentRow(" + rows + ")";
}

std::string Fragment::firstColumn() const {
  std::string first = "lacuna::fragmentColumn()";
  return warpsPerRow() > 1
             ? first + " + " + std::to_string(columns()) + " * (" + columnShare() + ")"
             : first;
}

std::string Fragment::columnShare() const {
  return "lacuna::warpIndex() / " + std::to_string(warps() / warpsPerRow());
}

int64_t Fragment::rowOf(int64_t element) const {
  if (isColumn())
    return 0;
  int64_t inBlock = element % elementsPerRowBlock();
  int64_t half = isMatrix() ? inBlock % 4 / 2 : inBlock;
  return element / elementsPerRowBlock() * 16 + half * 8;
}

int64_t Fragment::columnOf(int64_t element) const {
  int64_t pairs = isMatrix() ? 4 : 2; // elements of 8 columns
  return isMatrix() || isColumn() ? element % elementsPerRowBlock() / pairs * 8 + element % 2 : 0;
}

int64_t Fragment::rowElementOf(int64_t element) const { return rowOf(element) / 8; }

int64_t Fragment::elementOf(const Fragment &input, int64_t element) const {
  if (input.isMatrix() || !isMatrix())
    return element;
  return input.isColumn() ? columnOf(element) / 8 * 2 + element % 2 : rowElementOf(element);
}

std::string Fragment::structName() const {
  return typeSuffix(elementType()) + "x" + std::to_string(elements());
}

std::string Fragment::registerType() const {
  return isPacked() ? "uint32_t" : scalarTypeText(elementType());
}

StringRef Fragment::noun() const {
  if (!isMatrix())
    return isColumn() ? "columns" : "rows";
  if (axes()[1] == Axis::Feature)
    return axes()[0] == Axis::Query ? (kind() == FragmentKind::Operand ? "query" : "outputs")
                                    : "features";
  return isPacked() ? "weights" : "scores";
}

std::string lacuna::typeSuffix(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  text[0] = llvm::toUpper(text[0]);
  return text;
}

std::string lacuna::scalarTypeText(Type type) {
  if (isa<FloatType>(type))
    return "float";
  if (type.isIndex())
    return "int64_t";
  unsigned width = type.getIntOrFloatBitWidth();
  return width == 1 ? "bool" : "int" + std::to_string(width) + "_t";
}
