//===- AllocateShared.cpp - Where rings lie in shared memory --------------===//
//
// Every ring lives as long as the kernel, so they lie one after the other, each
// at a multiple of the longest swizzle. Mailboxes and barriers follow, 16 and 8 bytes each.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"
#include "dialects/Tile/Transforms/ResourceModel.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEALLOCATESHAREDPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {
struct AllocateShared : impl::TileAllocateSharedPassBase<AllocateShared> {
  using Base::Base;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    SmallVector<AllocOp> rings;
    kernel.walk([&](AllocOp ring) { rings.push_back(ring); });
    SmallVector<AllocMailboxOp> mailboxes;
    kernel.walk([&](AllocMailboxOp mailbox) { mailboxes.push_back(mailbox); });
    SmallVector<AllocBarriersOp> barriers;
    kernel.walk([&](AllocBarriersOp ring) { barriers.push_back(ring); });
    auto hasOffset = [](auto ring) { return ring.getOffset().has_value(); };
    bool placed = llvm::all_of(rings, hasOffset) && llvm::all_of(mailboxes, hasOffset) &&
                  llvm::all_of(barriers, hasOffset);
    if (kernel.getSharedBytes() && placed)
      return;
    if (!kernel.getTarget()) {
      if (rings.empty())
        return;
      kernel.emitOpError("has no target; run tile-choose-schedule first");
      return signalPassFailure();
    }

    int64_t end = 0;
    for (AllocOp ring : rings) {
      ring.setOffset(end);
      RingType type = ring.getRing().getType();
      end = llvm::alignTo(end + type.getSlots() * type.getSlotType().getBytes(), sharedAlignment);
    }
    for (AllocMailboxOp mailbox : mailboxes) {
      mailbox.setOffset(end);
      end += mailboxBytes;
    }
    for (AllocBarriersOp ring : barriers) {
      ring.setOffset(end);
      end += barrierBytes * ring.getBarriers().getType().getSlots();
    }
    const TargetInfo *target = findTarget(std::string_view(*kernel.getTarget()));
    if (!target || end > target->sharedBytesPerBlock) {
      if (!target)
        kernel.emitOpError("has unknown target '")
            << *kernel.getTarget() << "'; expected one of " << targetNames();
      else
        kernel.emitOpError("needs ") << end << " bytes of shared memory per block, " << target->name
                                     << " has " << target->sharedBytesPerBlock;
      return signalPassFailure();
    }
    kernel.setSharedBytes(end);
    sharedBytes += end;
  }
};
} // namespace
} // namespace lacuna::tile
