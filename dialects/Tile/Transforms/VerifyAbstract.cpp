//===- VerifyAbstract.cpp - The abstract contract -------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEVERIFYABSTRACTPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {

/// Knows nothing of a thread: axes are named, tile sizes are open.
LogicalResult verifyTile(Operation *op, Type type) {
  if (isa<SharedType, RingType, TokenType>(type))
    return op->emitOpError("has a value of type ") << type << ", which only a schedule places";
  auto tile = dyn_cast<RankedTensorType>(type);
  if (!tile)
    return success();
  if (isa_and_nonnull<FragmentAttr>(tile.getEncoding()))
    return op->emitOpError("has a tile with a fragment layout, which only a schedule assigns");
  for (auto [axis, extent] : llvm::zip_equal(axesOf(tile), tile.getShape()))
    if ((axis == Axis::Feature) == ShapedType::isDynamic(extent))
      return op->emitOpError("has a tile whose extent along ")
             << stringifyAxis(axis) << " must be "
             << (axis == Axis::Feature ? "static" : "open until it is scheduled");
  return success();
}

LogicalResult verifyOperation(Operation *op) {
  if (isa<AllocOp, SlotOp, CopyAsyncOp, CommitOp, WaitOp, BarrierOp, MeetOp, LoadSharedOp,
          StoreSharedOp, ConvertOp>(op))
    return op->emitOpError("belongs to the scheduled contract");
  if (auto loop = dyn_cast<ForRunsOp>(op); loop && (loop.getAhead() || loop.getDrained()))
    return op->emitOpError("looks ahead or is drained, which only a schedule decides");
  if (auto extent = dyn_cast<TileExtentOp>(op); extent && extent.getAxis() == Axis::Feature)
    return op->emitOpError("asks for the features of a tile, which its type says");
  for (Type type : op->getResultTypes())
    if (failed(verifyTile(op, type)))
      return failure();
  for (Region &region : op->getRegions())
    for (Type type : region.getArgumentTypes())
      if (failed(verifyTile(op, type)))
        return failure();
  return success();
}

struct VerifyAbstract : impl::TileVerifyAbstractPassBase<VerifyAbstract> {
  using Base::Base;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    KernelOp kernel = getOperation();
    if (kernel.getSchedule() || kernel.getTarget() || kernel.getSharedBytes() ||
        kernel.getBlocksPerSm()) {
      kernel.emitOpError("has a schedule, a target or a shared memory size; an abstract kernel "
                         "has none");
      return signalPassFailure();
    }
    WalkResult walk = kernel.walk([&](Operation *op) -> WalkResult { return verifyOperation(op); });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
} // namespace lacuna::tile
