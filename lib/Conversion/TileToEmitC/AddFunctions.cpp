//===- AddFunctions.cpp - Tiles that are added to global memory -----------===//
//
// Blocks add to the same rows at any time, so every addition is one of the memory's own. Two
// neighbouring elements are added at once where the extent is even: a thread holds them.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/ViewText.h"

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
  ViewText text = viewText(emission, view, op.getIndices(), 2);
  std::string body = placeText(emission, *fragment, text, 4);
  // Where the tile begins with the view's columns, those that there are are known.
  const bool isKnown = text.columnBound >= 0;
  bool isWhole = isKnown && text.columnBound >= fragment->columns() * fragment->warpsPerRow();
  bool asPairs = isKnown && text.columnBound % 2 == 0;
  for (int64_t eight = 0; eight < 2 * fragment->rowBlocks(); ++eight) {
    std::string after = eight ? " + " + std::to_string(8 * eight) : "";
    std::string at = eight ? "address + " + std::to_string(eight) + " * step" : "address";
    body += "  if (row" + after + " < " + text.rowDim() + ") {\n";
    for (int64_t e = 0; e < fragment->elements(); e += asPairs ? 2 : 1) {
      int64_t inRow = fragment->columnOf(e);
      if (fragment->rowElementOf(e) != eight ||
          (isKnown && fragment->warpsPerRow() == 1 && inRow / 8 * 8 >= text.columnBound))
        continue;
      std::string place = inRow ? at + " + " + std::to_string(4 * inRow) : at;
      std::string inside = "column + " + std::to_string(inRow) + " < " + text.columnDim();
      std::string x = "x.x" + std::to_string(e), y = "x.x" + std::to_string(e + 1);
      if (asPairs)
        body += "    " +
                (isWhole || (fragment->warpsPerRow() == 1 && inRow / 8 * 8 + 8 <= text.columnBound)
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
                                  "void $(" + text.parameters + ", " + fragment->parameterType() +
                                      "x) {\n" + body + "}\n");
  call.operands = operandsOf(op.getView(), op.getIndices());
  call.operands.push_back(op.getValue());
  return call;
}
