//===- AddFunctions.cpp - Tiles that are added to global memory -----------===//
//
// Blocks add to the same rows at any time, so every addition is one of the memory's own. Two
// neighbouring elements are added at once where the extent is even: a thread holds them.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"
#include "lib/Conversion/TileToEmitC/Types.h"

using namespace mlir;
using namespace lacuna;

FailureOr<FragmentCall> lacuna::printAdd(Emission &emission, tile::StoreOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> fragment = Fragment::of(loc, op.getValue().getType());
  if (failed(fragment))
    return failure();
  auto view = cast<tile::ViewType>(op.getView().getType());
  if (view.getHeads() > 1)
    return op.emitOpError("adds to packed heads; add to the view itself");
  for (StringRef header : {"global", "thread", "view"})
    emission.include(header);
  int64_t rowAxis = view.getRank() - 2, extent = view.getShape().back();
  std::string parameters = "const " + viewTypeText(view) + " &view", leading;
  for (int64_t axis = 0; axis < view.getRank(); ++axis) {
    parameters += ", int32_t i" + std::to_string(axis);
    if (axis < rowAxis)
      leading += ", i" + std::to_string(axis);
  }
  auto dim = [](int64_t axis) { return "view.dim[" + std::to_string(axis) + "]"; };
  std::string row = std::to_string(rowAxis), column = std::to_string(rowAxis + 1);
  std::string body = "  const int32_t row = i" + row + " + " + fragment->firstRow() +
                     ";\n  const int32_t column = i" + column + " + " + fragment->firstColumn() +
                     ";\n  const uint64_t address = lacuna::elementAddress<4>(view" + leading +
                     ", row, column);\n  const int64_t step = 32 * view.stride[" + row + "];\n";
  // Where the tile begins with the view's columns, those that there are are known.
  bool isKnown = !ShapedType::isDynamic(extent) && matchPattern(op.getIndices().back(), m_Zero());
  bool isWhole = isKnown && extent >= fragment->columns() * fragment->warpsPerRow();
  bool asPairs = isKnown && extent % 2 == 0;
  for (int64_t eight = 0; eight < 2 * fragment->rowBlocks(); ++eight) {
    std::string after = eight ? " + " + std::to_string(8 * eight) : "";
    std::string at = eight ? "address + " + std::to_string(eight) + " * step" : "address";
    body += "  if (row" + after + " < " + dim(rowAxis) + ") {\n";
    for (int64_t e = 0; e < fragment->elements(); e += asPairs ? 2 : 1) {
      int64_t inRow = fragment->columnOf(e);
      if (fragment->rowElementOf(e) != eight ||
          (isKnown && fragment->warpsPerRow() == 1 && inRow / 8 * 8 >= extent))
        continue;
      std::string place = inRow ? at + " + " + std::to_string(4 * inRow) : at;
      std::string inside = "column + " + std::to_string(inRow) + " < " + dim(rowAxis + 1);
      std::string x = "x.x" + std::to_string(e), y = "x.x" + std::to_string(e + 1);
      if (asPairs)
        body += "    " +
                (isWhole || (fragment->warpsPerRow() == 1 && inRow / 8 * 8 + 8 <= extent)
                     ? std::string()
                     : "if (" + inside + ") ") +
                "lacuna::addPairF32(" + place + ", " + x + ", " + y + ");\n";
      else
        body += "    lacuna::addF32(" + place + ", " + x + ", " + inside + ");\n";
    }
    body += "  }\n";
  }
  FragmentCall call;
  call.callee = emission.function(loc, ("add_" + fragment->noun()).str(),
                                  "void $(" + parameters + ", " + fragment->parameterType() +
                                      "x) {\n" + body + "}\n");
  call.operands.push_back(op.getView());
  llvm::append_range(call.operands, op.getIndices());
  call.operands.push_back(op.getValue());
  return call;
}
