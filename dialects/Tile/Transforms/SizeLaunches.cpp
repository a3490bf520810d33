//===- SizeLaunches.cpp - Launches learn the sizes of their kernels -------===//
//
// A program outlives its kernels: after emission they are text. So what the
// host needs to launch one is copied to the launch.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILESIZELAUNCHESPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {
struct SizeLaunches : impl::TileSizeLaunchesPassBase<SizeLaunches> {
  using Base::Base;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    WalkResult walk = getOperation().walk([&](LaunchOp launch) -> WalkResult {
      auto kernel = symbols.lookup<KernelOp>(launch.getKernel());
      if (!kernel)
        return success(); // emitted already, when the sizes were copied
      if (!kernel.getSchedule() || !kernel.getSharedBytes())
        return launch.emitOpError("launches '")
               << launch.getKernel() << "', whose schedule is not complete";
      launch.setQueryTile(kernel.getSchedule()->getQueryTile());
      launch.setThreads(32 * kernel.getSchedule()->getWarps());
      launch.setSharedBytes(*kernel.getSharedBytes());
      return success();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
} // namespace lacuna::tile
