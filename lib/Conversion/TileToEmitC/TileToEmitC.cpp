//===- TileToEmitC.cpp - The conversion, kernel by kernel -----------------===//
#include "lib/Conversion/TileToEmitC/KernelLowering.h"
#include "lib/Conversion/TileToEmitC/Passes.h"

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
      if (failed(lacuna::KernelLowering(emission, kernel).run()))
        return signalPassFailure();
    if (!kernels.empty())
      emission.finish(&module.getBody()->front());
    for (lacuna::tile::KernelOp kernel : kernels)
      kernel.erase();
    numFunctions = emission.numFunctions();
    numShared = emission.numShared();
  }
};
} // namespace
