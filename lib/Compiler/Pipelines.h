//===- Pipelines.h - The passes of each arrow --------------------*- C++ -*-===//
#ifndef LIB_COMPILER_PIPELINES_H
#define LIB_COMPILER_PIPELINES_H

#include "mlir/Pass/PassManager.h"

#include <string>

namespace lacuna {

/// Specs, canonical: sugar expanded, intervals derived, mode chosen. Pipeline
/// `attn-prepare`, option `mode`: what attn-choose-mode is told, and `gradients`: what
/// attn-split-gradients is.
void buildAttnPreparePipeline(mlir::OpPassManager &passes, const std::string &mode,
                              const std::string &gradients);

/// Prepared specs to programs and abstract kernels. Pipeline `attn-to-tile`
/// does this after `attn-prepare`.
void buildAttnToTilePipeline(mlir::OpPassManager &passes);

/// Abstract kernels to scheduled ones. Pipeline `tile-schedule`, option
/// `target`.
void buildTileSchedulePipeline(mlir::OpPassManager &passes, const std::string &target);

/// Scheduled kernels to EmitC, named and ready to print. Pipeline `tile-to-emitc`.
void buildTileToEmitCPipeline(mlir::OpPassManager &passes);

/// Makes the pipelines known to tools by name.
void registerPipelines();

} // namespace lacuna

#endif // LIB_COMPILER_PIPELINES_H
