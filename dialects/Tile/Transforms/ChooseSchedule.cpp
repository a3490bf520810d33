//===- ChooseSchedule.cpp - Tile sizes, warps and stages ------------------===//
//
// The only pass that looks at a target's limits to decide something: every
// later one does what the schedule says.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/KernelShape.h"
#include "dialects/Tile/Transforms/Passes.h"
#include "dialects/Tile/Transforms/ScheduleTable.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILECHOOSESCHEDULEPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {
struct ChooseSchedule : impl::TileChooseSchedulePassBase<ChooseSchedule> {
  using Base::Base;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    if (!kernel.getPlans() && failed(schedule(kernel)))
      signalPassFailure();
  }

  LogicalResult schedule(KernelOp kernel) {
    std::optional<StringRef> scheduled = kernel.getTarget();
    if (target.empty() && !scheduled)
      return kernel.emitOpError("cannot be scheduled without a target; expected one of ")
             << targetNames();
    StringRef name = target.empty() ? *scheduled : StringRef(target);
    const TargetInfo *info = findTarget(std::string_view(name));
    if (!info)
      return kernel.emitOpError("cannot be scheduled for unknown target '")
             << name << "'; expected one of " << targetNames();
    if (scheduled && *scheduled != name)
      return kernel.emitOpError("is scheduled for ") << *scheduled << ", not for " << name;
    if (scheduled && kernel.getSchedule())
      return success();

    FailureOr<SchedulePins> pins = pinsOf(kernel);
    if (failed(pins))
      return failure();
    if (std::optional<ScheduleAttr> given = kernel.getSchedule())
      *pins = {given->getQueryTile(), given->getKeyTile(),          given->getWarps(),
               given->getStages(),    given->getQueryInRegisters(), given->getRoles()};
    ScheduleChoice choice = chooseSchedule(shapeOf(kernel), *info, *pins);
    if (!choice.schedule)
      return kernel.emitOpError(choice.error);
    refused += choice.refused.size();
    kernel.setScheduleAttr(toAttribute(&getContext(), *choice.schedule));
    kernel.setTarget(name);
    kernel.setBlocksPerSm(choice.needs.blocksPerSm);
    kernel->removeAttr("tile.pins");
    return success();
  }
};
} // namespace
} // namespace lacuna::tile
