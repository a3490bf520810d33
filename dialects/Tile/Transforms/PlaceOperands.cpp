//===- PlaceOperands.cpp - Loads become copies to shared memory -----------===//
//
// The synchronous form: one slot per load of an operand or of a loop's vector, every copy waited
// for at once, and a barrier on either side of it. It is correct as it stands; overlapping copies
// with work is left to tile-pipeline, which recognises exactly this form.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEPLACEOPERANDSPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {
struct PlaceOperands : impl::TilePlaceOperandsPassBase<PlaceOperands> {
  using Base::Base;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    SmallVector<LoadOp> loads;
    kernel.walk([&](LoadOp load) {
      if (!isa<FragmentAttr>(load.getResult().getType().getEncoding()) || isColumnOfLoop(load))
        loads.push_back(load);
    });
    if (loads.empty())
      return;
    for (LoadOp load : loads)
      if (failed(check(kernel, load)))
        return signalPassFailure();

    // Rings live as long as the kernel: they stand before the first load.
    Operation *first = kernel.getBody().findAncestorOpInRegion(*loads.front());
    OpBuilder rings(first);
    auto constant = arith::ConstantOp::create(rings, first->getLoc(), rings.getI32IntegerAttr(0));
    zero = constant;
    Operation *previous = constant;
    llvm::SmallPtrSet<Operation *, 2> guardedLoops;
    for (LoadOp load : loads) {
      auto loop = dyn_cast<ForRunsOp>(load->getParentOp());
      if (loop && guardedLoops.insert(loop).second) {
        // Every warp is done with what the slots held for the last key tile.
        OpBuilder body = OpBuilder::atBlockBegin(&loop.getBody().front());
        BarrierOp::create(body, load.getLoc());
      }
      rings.setInsertionPointAfter(previous);
      previous = place(kernel, load, rings);
    }
  }

  /// Whether every step of a loop loads a vector along its columns. All warps need it
  /// whole, late, and have no registers to keep it in until then.
  static bool isColumnOfLoop(LoadOp load) {
    RankedTensorType type = load.getResult().getType();
    auto layout = dyn_cast<FragmentAttr>(type.getEncoding());
    return layout && layout.getKind() == FragmentKind::Column && type.getElementType().isF32() &&
           isa<ForRunsOp>(load->getParentOp());
  }

  /// What this pass can place.
  LogicalResult check(KernelOp kernel, LoadOp load) {
    if (!kernel.getSchedule())
      return kernel.emitOpError("has no schedule; run tile-choose-schedule first");
    if (isColumnOfLoop(load))
      return success();
    if (!isa<KernelOp, ForRunsOp>(load->getParentOp()))
      return load.emitOpError("must stand in the body of the kernel or of its loop over runs");
    RankedTensorType type = load.getResult().getType();
    if (type.getRank() != 2 || !type.hasStaticShape())
      return load.emitOpError("must load a tile of two static extents; run tile-assign-layouts "
                              "first");
    if (!type.getElementType().isF16() && !type.getElementType().isBF16())
      return load.emitOpError("loads ")
             << type.getElementType() << " for a product, which multiplies f16 or bf16";
    for (Operation *user : load->getUsers())
      if (!isa<DotOp>(user))
        return load.emitOpError("feeds '")
               << user->getName() << "', but a loaded tile can only be an operand of 'tile.dot'";
    for (OpOperand &use : load.getResult().getUses())
      if (use.getOperandNumber() == 2)
        return load.emitOpError("feeds the accumulator of a 'tile.dot'");
    return success();
  }

  /// Replaces `load`; gives the ring that `rings` made for it.
  AllocOp place(KernelOp kernel, LoadOp load, OpBuilder &rings) {
    RankedTensorType type = load.getResult().getType();
    auto slotType = SharedType::get(&getContext(), type.getDimSize(0),
                                    type.getRank() == 2 ? type.getDimSize(1) : 1,
                                    type.getElementType(), axesOf(type));
    OpBuilder builder(load);
    Location loc = load.getLoc();
    auto ring = AllocOp::create(rings, loc, RingType::get(&getContext(), 1, slotType),
                                /*offset=*/IntegerAttr());
    Value slot = SlotOp::create(builder, loc, ring, zero);
    Value token = CopyAsyncOp::create(builder, loc, load.getView(), load.getIndices(), slot);
    CommitOp::create(builder, loc, token);
    WaitOp::create(builder, loc, 0);
    BarrierOp::create(builder, loc);
    placedLoads += 1;

    if (type.getRank() == 1) {
      readBeforeUse(load, slot);
      return ring;
    }
    // A query that is the same for every key tile may stay in registers.
    bool keep = kernel.getSchedule()->getQueryInRegisters() && isa<KernelOp>(load->getParentOp());
    Value fragment;
    for (OpOperand &use : llvm::make_early_inc_range(load.getResult().getUses())) {
      if (!keep || use.getOperandNumber() != 0) {
        use.set(slot);
        continue;
      }
      if (!fragment) {
        auto layout = FragmentAttr::get(&getContext(), axesOf(type), FragmentKind::Operand,
                                        kernel.getSchedule()->getWarps());
        fragment = LoadSharedOp::create(
            builder, loc, RankedTensorType::get(type.getShape(), type.getElementType(), layout),
            slot);
      }
      use.set(fragment);
    }
    load.erase();
    return ring;
  }

  /// Replaces the load of a vector by what reads its slot as late as possible.
  static void readBeforeUse(LoadOp load, Value slot) {
    Operation *first = nullptr;
    for (Operation *user : load->getUsers()) {
      Operation *above = load->getBlock()->findAncestorOpInBlock(*user);
      if (!first || above->isBeforeInBlock(first))
        first = above;
    }
    if (first) {
      OpBuilder builder(first);
      load.replaceAllUsesWith(
          LoadSharedOp::create(builder, load.getLoc(), load.getResult().getType(), slot)
              .getResult());
    }
    load.erase();
  }

  Value zero;
};
} // namespace
} // namespace lacuna::tile
