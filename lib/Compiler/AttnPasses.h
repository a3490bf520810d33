//===- AttnPasses.h - The passes of specs ------------------------*- C++ -*-===//
#ifndef LIB_COMPILER_ATTNPASSES_H
#define LIB_COMPILER_ATTNPASSES_H

#include "mlir/Pass/PassManager.h"

#include <string>

namespace lacuna {

/// Which attends get a classifier: those that kernels plan, or all, for tools that
/// look at masks whatever mode their kernels have.
enum class Classifiers { OfPlans, OfAll };

/// Adds what leaves specs (func.func) canonical: sugar expanded, intervals derived,
/// `mode` chosen, tiles classified. `mode` is what attn-choose-mode is told, `gradients`
/// what attn-split-gradients is.
void addAttnPasses(mlir::OpPassManager &specs, const std::string &mode,
                   const std::string &gradients, Classifiers classifiers);

} // namespace lacuna

#endif // LIB_COMPILER_ATTNPASSES_H
