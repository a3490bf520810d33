//===- ViewText.cpp - Where the elements of a tile lie, as text -----------===//
#include "lib/Conversion/TileToEmitC/ViewText.h"

#include "lib/Conversion/TileToEmitC/Types.h"

using namespace mlir;
using namespace lacuna;

std::string lacuna::advanced(StringRef address, int64_t steps, int64_t bytes) {
  std::string text = address.str();
  if (steps)
    text += steps == 1 ? " + step" : " + " + std::to_string(steps) + " * step";
  return bytes ? text + " + " + std::to_string(bytes) : text;
}

RowsOfThread lacuna::rowsOfThread(const Fragment &fragment) {
  return {16 * fragment.rowBlocks(), 8};
}

std::string ViewText::address(int64_t bytes, ArrayRef<std::string> last) const {
  std::string text = "lacuna::elementAddress<" + std::to_string(bytes) + ">(view";
  for (size_t i = 0; i < indices.size(); ++i)
    text += ", " + (i + last.size() < indices.size() ? indices[i]
                                                     : last[i + last.size() - indices.size()]);
  return text + ")";
}

std::string ViewText::declareRows(StringRef indent, StringRef name, RowsOfThread thread,
                                  int64_t bytes, std::string first,
                                  ArrayRef<std::string> column) const {
  std::string lines;
  auto declare = [&](std::string variable, std::string row) {
    SmallVector<std::string> last = {row};
    llvm::append_range(last, column);
    lines += (indent + "const uint64_t " + variable + " = " + address(bytes, last) + ";\n").str();
  };
  if (isPacked) {
    for (int64_t row = 0; row < thread.rows; row += thread.distance)
      declare((name + Twine(row)).str(), advanced(first, 0, row));
    return lines;
  }
  declare(name.str(), first);
  return lines + (indent + "const int64_t step = " + Twine(thread.distance * bytes) +
                  (column.empty() ? "" : " * " + rowStride()) + ";\n")
                     .str();
}

std::string ViewText::inRow(StringRef name, RowsOfThread thread, int64_t row, int64_t bytes) const {
  return isPacked ? advanced((name + Twine(row)).str(), 0, bytes)
                  : advanced(name, row / thread.distance, bytes);
}

ViewText lacuna::viewText(Emission &emission, tile::ViewType view, ValueRange indices,
                          int64_t tileRank) {
  emission.include(view.getHeads() > 1 ? "heads" : "view");
  ViewText text{"const " + viewTypeText(view) + " &view",
                {},
                view.getRank() - tileRank,
                -1,
                view.getHeads() > 1};
  for (int64_t i = 0; i < view.getRank(); ++i) {
    text.indices.push_back("i" + std::to_string(i));
    text.parameters += ", int32_t i" + std::to_string(i);
  }
  int64_t columns = view.getShape().back();
  if (tileRank == 2 && !ShapedType::isDynamic(columns) && matchPattern(indices.back(), m_Zero()))
    text.columnBound = columns;
  return text;
}

SmallVector<Value> lacuna::operandsOf(Value view, ValueRange indices) {
  SmallVector<Value> operands = {view};
  operands.append(indices.begin(), indices.end());
  return operands;
}

std::string lacuna::placeText(Emission &emission, const Fragment &fragment, const ViewText &text,
                              int64_t bytes) {
  emission.include("thread");
  emission.include("global");
  if (fragment.isColumn())
    return "  const int32_t row = " + text.indices[text.rowAxis] +
           " + lacuna::fragmentColumn();\n" +
           (text.isPacked ? ""
                          : "  const uint64_t address = " + text.address(bytes, {"row"}) + ";\n");
  std::string setup =
      "  const int32_t row = " + text.indices[text.rowAxis] + " + " + fragment.firstRow() + ";\n";
  SmallVector<std::string> column;
  if (fragment.isMatrix()) {
    setup += "  const int32_t column = " + text.indices[text.rowAxis + 1] + " + " +
             fragment.firstColumn() + ";\n";
    column.push_back("column");
  }
  return setup + text.declareRows("  ", "address", rowsOfThread(fragment), bytes, "row", column);
}
