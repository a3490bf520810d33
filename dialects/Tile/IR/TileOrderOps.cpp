//===- TileOrderOps.cpp - Rows in another order -----------------------------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

LogicalResult HashRowsOp::verify() {
  ViewType rows = getRows().getType(), projections = getProjections().getType();
  bool areRows = rows.getRank() == 4 && isa<Float16Type, BFloat16Type>(rows.getElementType()) &&
                 ShapedType::isStatic(rows.getShape().back()) &&
                 rows.getShape().back() % kFeatures == 0;
  if (!areRows)
    return emitOpError("needs rows [batch, head, row, feature] of f16 or bf16 with a multiple of ")
           << kFeatures << " features, not " << rows;
  bool areProjections = projections.getRank() == 3 && projections.getElementType().isF32() &&
                        projections.getShape().back() == rows.getShape().back();
  if (!areProjections)
    return emitOpError("needs projections [head, projection, feature] of f32 with ")
           << rows.getShape().back() << " features, not " << projections;
  return success();
}

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
