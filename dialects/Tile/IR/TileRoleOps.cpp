//===- TileRoleOps.cpp - Verifiers of roles and bulk copies ---------------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

LogicalResult RolesOp::verify() {
  for (int64_t registers : {getProducerRegisters(), getConsumerRegisters()})
    if (registers < 24 || registers > 240 || registers % 8)
      return emitOpError("gives a role ")
             << registers << " registers, must be a multiple of 8 from 24 to 240";
  return success();
}

/// Widths of the panels of a slot, each once, widest first.
static SmallVector<int64_t> panelWidths(SharedType slot) {
  SmallVector<int64_t> widths = panelColumns(slot.getColumns());
  widths.erase(llvm::unique(widths), widths.end());
  return widths;
}

LogicalResult CopyBulkOp::verify() {
  SharedType target = getTarget().getType();
  SmallVector<int64_t> widths = panelWidths(target);
  if (getMaps().size() != widths.size())
    return emitOpError("has ") << getMaps().size() << " maps for a slot with panels of "
                               << widths.size() << " widths";
  for (auto [map, width] : llvm::zip_equal(getMaps(), widths)) {
    auto type = cast<CopyMapType>(map.getType());
    auto expected = CopyMapType::get(getContext(), target.getRows(), width, target.getElementType(),
                                     target.getRows() % type.getHeads() ? 1 : type.getHeads());
    if (type != expected)
      return emitOpError("has a map of type ") << map.getType() << ", its slot needs " << expected;
  }
  if (getIndices().size() != 4)
    return emitOpError("has ") << getIndices().size() << " indices, must have 4";
  return success();
}

LogicalResult CopyVectorOp::verify() {
  SharedType target = getTarget().getType();
  ViewType view = getView().getType();
  auto roles = (*this)->getParentOfType<RolesOp>();
  if (!roles || !roles.getProducerWarp() ||
      !roles.getProducer().isAncestor((*this)->getParentRegion()))
    return emitOpError("belongs to a producer that is a warp");
  if (!target.isVector() || !view.getElementType().isF32())
    return emitOpError("copies ") << view.getElementType() << " to " << target
                                  << ", must be a vector of f32";
  if (getIndices().size() != size_t(view.getRank()))
    return emitOpError("has ") << getIndices().size() << " indices for a view of rank "
                               << view.getRank();
  return success();
}
