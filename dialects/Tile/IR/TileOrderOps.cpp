//===- TileOrderOps.cpp - Rows in another order -----------------------------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

LogicalResult CompactRowsOp::verify() {
  ViewType keep = getKeep().getType();
  if (keep.getRank() != 3 || !keep.getElementType().isInteger(1))
    return emitOpError("needs flags [batch, head, row] of i1, not ") << keep;
  return success();
}

LogicalResult MoveRowsOp::verify() {
  ViewType rows = getTarget().getType();
  if (rows.getRank() == 3)
    return success();
  int64_t last = rows.getShape().back();
  if (rows.getRank() != 4 || ShapedType::isDynamic(last) ||
      last * rows.getElementType().getIntOrFloatBitWidth() % (8 * kPiece) != 0)
    return emitOpError("moves elements of [batch, head, row], or rows of a multiple of ")
           << kPiece << " bytes of [batch, head, row, feature], not " << rows;
  return success();
}
