//===- TileToEmitC.cpp - The conversion and its pipeline ------------------===//
#include "lib/Conversion/TileToEmitC/KernelLowering.h"
#include "lib/Conversion/TileToEmitC/Passes.h"

#include "mlir/Dialect/EmitC/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

namespace lacuna {
#define GEN_PASS_DEF_CONVERTTILETOEMITC
#include "lib/Conversion/TileToEmitC/Passes.h.inc"
} // namespace lacuna

using namespace mlir;

namespace {
struct ConvertTileToEmitC : lacuna::impl::ConvertTileToEmitCBase<ConvertTileToEmitC> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    lacuna::Emission emission{OpBuilder(&getContext())};
    auto kernels = llvm::to_vector(module.getOps<lacuna::tile::KernelOp>());
    for (lacuna::tile::KernelOp kernel : kernels)
      if (failed(lacuna::lowerKernel(emission, kernel)))
        return signalPassFailure();
    if (!kernels.empty())
      emission.finish(&module.getBody()->front());
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (isa<lacuna::tile::KernelOp, lacuna::tile::ProgramOp>(op))
        op.erase();
    numFunctions = emission.numFunctions();
    numShared = emission.numShared();
  }
};
} // namespace

void lacuna::buildTileToEmitCPipeline(OpPassManager &manager) {
  manager.addPass(createConvertTileToEmitC());
  manager.addPass(emitc::createFormExpressionsPass());
  manager.addNestedPass<emitc::FuncOp>(createPrepareEmitCNames());
}

void lacuna::registerTileToEmitCPipeline() {
  PassPipelineRegistration<>("tile-to-emitc",
                             "Scheduled kernels to EmitC, named and ready to print",
                             buildTileToEmitCPipeline);
}
