//===- SchedulePlans.cpp - Plan kernels take the tiles of what they plan --===//
//
// A plan counts tiles of the kernel that will use it, so its own schedule and
// the sizes in its program follow from that kernel's schedule. Each plan kernel
// is a warp a block: its work is one list, one segment, one order or some rows. Kernels
// that move rows for an attend, before or after it, are scheduled likewise.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

#include "lib/Support/Targets.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILESCHEDULEPLANSPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {

/// Rows that one block of a plan kernel takes on.
struct BlockRows {
  int64_t queryTile, keyTile;
};

BlockRows rowsOf(KernelOp plan, ScheduleAttr planned) {
  BlockRows rows{planned.getQueryTile(), planned.getKeyTile()};
  if (plan.getTransposed())
    std::swap(rows.queryTile, rows.keyTile);
  plan.walk([&](Operation *op) {
    if (isa<SummarizeOp>(op))
      rows.queryTile = SummarizeOp::kSegment;
    if (isa<ExpandBlocksOp>(op))
      rows.queryTile = ExpandBlocksOp::kRows;
    if (isa<HashRowsOp>(op))
      rows.queryTile = HashRowsOp::kRows;
    if (isa<MoveRowsOp>(op))
      rows.queryTile = MoveRowsOp::kRows;
  });
  return rows;
}

struct SchedulePlans : impl::TileSchedulePlansPassBase<SchedulePlans> {
  using Base::Base;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto kernel : getOperation().getOps<KernelOp>())
      if (kernel.getPlans() && !kernel.getSchedule() && failed(schedule(kernel, symbols)))
        return signalPassFailure();
    WalkResult walk = getOperation().walk([&](Operation *op) -> WalkResult {
      if (auto count = dyn_cast<TileCountOp>(op))
        return resolve(count, symbols);
      if (auto bytes = dyn_cast<CacheBytesOp>(op))
        return resolve(bytes, symbols);
      return success();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }

  /// The schedule of a kernel that `user` names; an error if it has none.
  static FailureOr<KernelOp> scheduledKernel(Operation *user, StringRef name,
                                             SymbolTable &symbols) {
    auto kernel = symbols.lookup<KernelOp>(name);
    if (!kernel || !kernel.getSchedule() || !kernel.getTarget())
      return user->emitOpError("takes the tiles of '")
                 << name << "', which is no kernel with a schedule",
             failure();
    return kernel;
  }

  LogicalResult schedule(KernelOp plan, SymbolTable &symbols) {
    FailureOr<KernelOp> planned = scheduledKernel(plan, *plan.getPlans(), symbols);
    if (failed(planned))
      return failure();
    BlockRows rows = rowsOf(plan, *planned->getSchedule());
    plan.setScheduleAttr(ScheduleAttr::get(&getContext(), rows.queryTile, rows.keyTile,
                                           /*warps=*/1, /*stages=*/2,
                                           /*query_in_registers=*/false, /*roles=*/false));
    plan.setTarget(*planned->getTarget());
    return success();
  }

  static LogicalResult resolve(TileCountOp count, SymbolTable &symbols) {
    if (count.getAxis() == Axis::Feature)
      return count.emitOpError("counts tiles along features, which are not tiled");
    FailureOr<KernelOp> kernel = scheduledKernel(count, count.getKernel(), symbols);
    if (failed(kernel))
      return failure();
    ScheduleAttr schedule = *kernel->getSchedule();
    OpBuilder builder(count);
    Value size = arith::ConstantIndexOp::create(
        builder, count.getLoc(),
        count.getAxis() == Axis::Query ? schedule.getQueryTile() : schedule.getKeyTile());
    count.replaceAllUsesWith(
        arith::CeilDivSIOp::create(builder, count.getLoc(), count.getExtent(), size).getResult());
    count.erase();
    return success();
  }

  static LogicalResult resolve(CacheBytesOp bytes, SymbolTable &symbols) {
    FailureOr<KernelOp> kernel = scheduledKernel(bytes, bytes.getKernel(), symbols);
    if (failed(kernel))
      return failure();
    const TargetInfo *target = findTarget(*kernel->getTarget());
    if (!target)
      return bytes.emitOpError("asks for the cache of '")
             << *kernel->getTarget() << "', which is no target";
    OpBuilder builder(bytes);
    bytes.replaceAllUsesWith(
        arith::ConstantIndexOp::create(builder, bytes.getLoc(), target->cacheBytes / 2)
            .getResult());
    bytes.erase();
    return success();
  }
};
} // namespace
} // namespace lacuna::tile
