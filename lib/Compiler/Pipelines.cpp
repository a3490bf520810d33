//===- Pipelines.cpp - The passes of each arrow ---------------------------===//
//
// Each pipeline takes what the one before it leaves. A module that already is
// further down passes through unchanged, so that any level is an input.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/Pipelines.h"

#include "dialects/Tile/Transforms/Passes.h"
#include "lacuna/Compile.h"
#include "lib/Compiler/AttnPasses.h"
#include "lib/Conversion/AttnToTile/Passes.h"
#include "lib/Conversion/TileToEmitC/Passes.h"

#include "mlir/Dialect/EmitC/Transforms/Passes.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace lacuna;

void lacuna::buildAttnPreparePipeline(OpPassManager &passes, const std::string &mode,
                                      const std::string &gradients) {
  addAttnPasses(passes.nest<func::FuncOp>(), mode, gradients, Classifiers::OfPlans);
}

void lacuna::buildAttnToTilePipeline(OpPassManager &passes) {
  passes.addPass(createConvertAttnToTile());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addNestedPass<tile::KernelOp>(tile::createTileVerifyAbstractPass());
}

void lacuna::buildTileSchedulePipeline(OpPassManager &passes, const std::string &target) {
  passes.addNestedPass<tile::KernelOp>(tile::createTileChooseSchedulePass({target}));
  passes.addPass(tile::createTileSchedulePlansPass());
  OpPassManager &kernels = passes.nest<tile::KernelOp>();
  kernels.addPass(tile::createTileAssignLayoutsPass());
  kernels.addPass(tile::createTileExchangeOperandsPass());
  kernels.addPass(tile::createTileSpecializeWarpsPass());
  kernels.addPass(tile::createTileMakePersistentPass());
  kernels.addPass(tile::createTilePlaceOperandsPass());
  kernels.addPass(tile::createTileDeferRowSumsPass());
  kernels.addPass(tile::createTileOverlapProductsPass());
  kernels.addPass(tile::createTilePipelinePass());
  kernels.addPass(tile::createTileClipRowsPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(tile::createTileAllocateSharedPass());
  kernels.addPass(tile::createTileVerifyScheduledPass());
  passes.addPass(tile::createTileSizeLaunchesPass());
}

void lacuna::buildTileToEmitCPipeline(OpPassManager &passes) {
  passes.addNestedPass<tile::KernelOp>(tile::createTileVerifyScheduledPass());
  passes.addPass(tile::createTileSizeLaunchesPass());
  passes.addPass(createConvertTileToEmitC());
  passes.addNestedPass<emitc::FuncOp>(createFoldScalarCode());
  passes.addPass(emitc::createFormExpressionsPass());
  passes.addNestedPass<emitc::FuncOp>(createPrepareEmitCNames());
}

namespace {
struct SpecOptions : PassPipelineOptions<SpecOptions> {
  Option<std::string> mode{*this, "mode", llvm::cl::init(CompileOptions().mode),
                           llvm::cl::desc("where runs come from: auto, closed or planned")};
  Option<std::string> gradients{*this, "gradients", llvm::cl::init(CompileOptions().gradients),
                                llvm::cl::desc("how they are summed: deterministic or fastest")};
};

struct TargetOption : PassPipelineOptions<TargetOption> {
  Option<std::string> target{*this, "target", llvm::cl::desc("GPU to schedule for: sm_90a")};
};
} // namespace

void lacuna::registerPipelines() {
  PassPipelineRegistration<SpecOptions>(
      "attn-prepare", "Specs: sugar expanded, intervals derived, mode chosen",
      [](OpPassManager &passes, const SpecOptions &options) {
        buildAttnPreparePipeline(passes, options.mode, options.gradients);
      });
  PassPipelineRegistration<SpecOptions>("attn-to-tile", "Specs to programs and abstract kernels",
                                        [](OpPassManager &passes, const SpecOptions &options) {
                                          buildAttnPreparePipeline(passes, options.mode,
                                                                   options.gradients);
                                          buildAttnToTilePipeline(passes);
                                        });
  PassPipelineRegistration<TargetOption>("tile-schedule", "Abstract kernels to scheduled ones",
                                         [](OpPassManager &passes, const TargetOption &options) {
                                           buildTileSchedulePipeline(passes, options.target);
                                         });
  PassPipelineRegistration<>("tile-to-emitc", "Scheduled kernels to EmitC",
                             buildTileToEmitCPipeline);
}
