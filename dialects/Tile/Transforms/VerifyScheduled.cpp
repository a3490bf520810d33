//===- VerifyScheduled.cpp - The scheduled contract -----------------------===//
//
// What emission may rely on. That barriers and waits suffice is not decided
// here but shown by running the kernel under the emulator's race checks.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"
#include "dialects/Tile/Transforms/ResourceModel.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEVERIFYSCHEDULEDPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {

std::optional<FragmentKind> kindOf(Type type) {
  auto tile = dyn_cast<RankedTensorType>(type);
  auto layout = tile ? dyn_cast_or_null<FragmentAttr>(tile.getEncoding()) : FragmentAttr();
  return layout ? std::optional(layout.getKind()) : std::nullopt;
}

/// Every tile is a fragment of static extents that its layout can deal out.
LogicalResult verifyTile(Operation *op, Type type, ScheduleAttr schedule) {
  auto tile = dyn_cast<RankedTensorType>(type);
  if (!tile)
    return success();
  auto layout = dyn_cast_or_null<FragmentAttr>(tile.getEncoding());
  if (!layout || !tile.hasStaticShape())
    return op->emitOpError("has a tile of type ")
           << tile << ", needs static extents and a fragment";
  if (layout.getWarps() != schedule.getWarps())
    return op->emitOpError("has a tile over ")
           << layout.getWarps() << " warps in a kernel of " << schedule.getWarps();
  bool isColumn = layout.getKind() == FragmentKind::Column;
  if (isColumn && tile.getDimSize(0) % 16)
    return op->emitOpError("has a tile of ")
           << tile.getDimSize(0) << " columns, needs a multiple of 16";
  int64_t sharing = warpsSharingRows(tile.getDimSize(0), layout.getWarps());
  bool mayShare = layout.getKind() == FragmentKind::Accumulator;
  if (!isColumn && (sharing == 0 || (sharing > 1 && !mayShare)))
    return op->emitOpError("has a tile of ")
           << tile.getDimSize(0) << " rows, needs a multiple of 16 for each of "
           << layout.getWarps() << " warps";
  if (tile.getRank() == 2 && tile.getDimSize(1) % (16 * sharing))
    return op->emitOpError("has a tile of ")
           << tile.getDimSize(1) << " columns, needs a multiple of " << 16 * sharing;
  bool isVector = isColumn || layout.getKind() == FragmentKind::Row ||
                  layout.getKind() == FragmentKind::PartialRow;
  if (isVector != (tile.getRank() == 1))
    return op->emitOpError("has a tile of rank ") << tile.getRank() << " in a fragment of kind "
                                                  << stringifyFragmentKind(layout.getKind());
  if (layout.getKind() == FragmentKind::Operand && tile.getElementTypeBitWidth() != 16)
    return op->emitOpError("packs ") << tile.getElementType() << ", operands have 16 bits";
  return success();
}

LogicalResult verifyDot(DotOp dot) {
  if (!isa<SharedType>(dot.getLhs().getType()) &&
      kindOf(dot.getLhs().getType()) != FragmentKind::Operand)
    return dot.emitOpError("reads its left side from neither a slot nor an operand fragment");
  if (!isa<SharedType>(dot.getRhs().getType()))
    return dot.emitOpError("must read its right side from a slot");
  if (!dot.getResult().getType().getElementType().isF32() ||
      kindOf(dot.getResult().getType()) != FragmentKind::Accumulator)
    return dot.emitOpError("must add to an accumulator of f32");
  return success();
}

LogicalResult verifyOperation(Operation *op, ScheduleAttr schedule) {
  auto load = dyn_cast<LoadOp>(op);
  if (isa<TileExtentOp>(op) || (load && !kindOf(load.getResult().getType())))
    return op->emitOpError("belongs to the abstract contract");
  if (auto dot = dyn_cast<DotOp>(op); dot && failed(verifyDot(dot)))
    return failure();
  if (auto map = dyn_cast<MapOp>(op)) {
    bool readsParts = llvm::any_of(map.getInputs().getTypes(), [](Type type) {
      return kindOf(type) == FragmentKind::PartialRow;
    });
    if (readsParts && kindOf(map.getResult().getType()) != FragmentKind::PartialRow)
      return map.emitOpError("makes whole values of parts of sums; convert them first");
  }
  if (auto store = dyn_cast<StoreOp>(op)) {
    std::optional<FragmentKind> kind = kindOf(store.getValue().getType());
    if (kind == FragmentKind::PartialRow)
      return store.emitOpError("stores parts of sums; convert them first");
    if (kind == FragmentKind::Column)
      return store.emitOpError("stores columns, which every warp holds");
  }
  for (Type type : op->getResultTypes())
    if (failed(verifyTile(op, type, schedule)))
      return failure();
  return success();
}

/// What lies in shared memory is aligned, apart and inside the kernel's share.
class Placement {
public:
  explicit Placement(int64_t total) : total(total) {}

  /// `op` allocates `bytes` at `offset`.
  LogicalResult take(Operation *op, std::optional<int64_t> offset, int64_t bytes,
                     int64_t alignment) {
    if (!offset)
      return op->emitOpError("has no offset; run tile-allocate-shared first");
    int64_t begin = *offset, end = begin + bytes;
    if (begin < 0 || begin % alignment)
      return op->emitOpError("begins at byte ")
             << begin << ", must begin at a multiple of " << alignment;
    if (end > total)
      return op->emitOpError("ends at byte ") << end << " of " << total;
    for (auto [otherBegin, otherEnd] : taken)
      if (begin < otherEnd && otherBegin < end)
        return op->emitOpError("overlaps another ring");
    taken.push_back({begin, end});
    return success();
  }

private:
  int64_t total;
  SmallVector<std::pair<int64_t, int64_t>> taken;
};

LogicalResult verifyRings(KernelOp kernel) {
  Placement placement(*kernel.getSharedBytes());
  for (AllocOp ring : kernel.getBody().getOps<AllocOp>()) {
    RingType type = ring.getRing().getType();
    if (failed(placement.take(ring, ring.getOffset(),
                              type.getSlots() * type.getSlotType().getBytes(), sharedAlignment)))
      return failure();
  }
  for (AllocMailboxOp mailbox : kernel.getBody().getOps<AllocMailboxOp>())
    if (failed(placement.take(mailbox, mailbox.getOffset(), mailboxBytes, mailboxBytes)))
      return failure();
  for (AllocBarriersOp ring : kernel.getBody().getOps<AllocBarriersOp>())
    if (failed(placement.take(ring, ring.getOffset(),
                              barrierBytes * ring.getBarriers().getType().getSlots(),
                              barrierBytes)))
      return failure();
  return success();
}

struct VerifyScheduled : impl::TileVerifyScheduledPassBase<VerifyScheduled> {
  using Base::Base;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (failed(verify(getOperation())))
      signalPassFailure();
  }

  static LogicalResult verify(KernelOp kernel) {
    if (!kernel.getSchedule() || !kernel.getTarget() || !kernel.getSharedBytes())
      return kernel.emitOpError("lacks a schedule, a target or a shared memory size");
    const TargetInfo *target = findTarget(std::string_view(*kernel.getTarget()));
    if (!target)
      return kernel.emitOpError("has unknown target '")
             << *kernel.getTarget() << "'; expected one of " << targetNames();
    if (*kernel.getSharedBytes() > target->sharedBytesPerBlock)
      return kernel.emitOpError("needs ")
             << *kernel.getSharedBytes() << " bytes of shared memory per block, " << target->name
             << " has " << target->sharedBytesPerBlock;
    WalkResult walk = kernel.walk([&](Operation *op) -> WalkResult {
      if (isa<AllocOp, AllocMailboxOp, AllocBarriersOp>(op) && !isa<KernelOp>(op->getParentOp()))
        return op->emitOpError("must stand in the body of the kernel");
      return verifyOperation(op, *kernel.getSchedule());
    });
    if (walk.wasInterrupted())
      return failure();
    return verifyRings(kernel);
  }
};
} // namespace
} // namespace lacuna::tile
