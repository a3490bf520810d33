//===- CollectFacts.h - Facts of scheduled kernels ---------------*- C++ -*-===//
#ifndef LIB_COMPILER_COLLECTFACTS_H
#define LIB_COMPILER_COLLECTFACTS_H

#include "lib/Compiler/Facts.h"
#include "mlir/IR/BuiltinOps.h"

namespace lacuna {

/// Facts of every scheduled kernel of the module.
std::vector<KernelFacts> collectFacts(mlir::ModuleOp module);

} // namespace lacuna

#endif // LIB_COMPILER_COLLECTFACTS_H
