//===- ExchangeOperands.cpp - Operands that all warps have rows of --------===//
//
// A product sums over the rows of the kernel where it computes what belongs to columns:
// the gradient of a tile of queries by a block of keys. Each warp has some of the terms
// of every sum, so the left operand goes through shared memory. There is one slot:
// a second one would save a barrier that nobody waits at for long, because whoever
// stores the next operand has computed two tiles of scores since the product.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEEXCHANGEOPERANDSPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {
struct ExchangeOperands : impl::TileExchangeOperandsPassBase<ExchangeOperands> {
  using Base::Base;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    SmallVector<DotOp> dots;
    kernel.walk([&](DotOp dot) {
      if (isa<RankedTensorType>(dot.getLhs().getType()) &&
          axesOf(dot.getLhs().getType())[0] != axesOf(dot.getType())[0])
        dots.push_back(dot);
    });
    for (DotOp dot : dots)
      if (failed(exchange(kernel, dot)))
        return signalPassFailure();
  }

  LogicalResult exchange(KernelOp kernel, DotOp dot) {
    Value operand = dot.getLhs();
    auto type = cast<RankedTensorType>(operand.getType());
    auto layout = dyn_cast<FragmentAttr>(type.getEncoding());
    Operation *made = operand.getDefiningOp();
    if (!layout || !made || made->getBlock() != dot->getBlock() ||
        !isa<ForRunsOp>(dot->getParentOp()))
      return dot.emitOpError("sums over the rows of what no operation of the same entry of a loop "
                             "over runs has computed in registers");
    bool hasRoles = kernel.getSchedule()->getRoles();
    Location loc = made->getLoc();
    OpBuilder builder = OpBuilder::atBlockBegin(&kernel.getBody().front());
    auto slotType = SharedType::get(&getContext(), type.getDimSize(0), type.getDimSize(1),
                                    type.getElementType(), layout.getAxes());
    Value zero = arith::ConstantIntOp::create(builder, loc, 0, 32);
    Value ring = AllocOp::create(builder, loc, RingType::get(&getContext(), 1, slotType),
                                 /*offset=*/IntegerAttr());
    builder.setInsertionPointAfter(made);
    Value slot = SlotOp::create(builder, loc, ring, zero);
    if (hasRoles)
      MeetOp::create(builder, loc);
    StoreSharedOp::create(builder, loc, operand, slot);
    builder.setInsertionPoint(dot);
    if (hasRoles)
      MeetOp::create(builder, loc, /*publishing=*/true);
    else
      BarrierOp::create(builder, loc);
    dot.getLhsMutable().assign(slot);
    ++exchanged;
    return success();
  }
};
} // namespace
} // namespace lacuna::tile
