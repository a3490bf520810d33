//===- KernelCosts.h - What a kernel needs and executes ---------------------===//
//
// For a machine without a GPU: resources as the assembler states them, and the work
// that is predicted for the heads of one group at any length. From them follows how
// many clocks of a multiprocessor 128 x 128 scores of visited tiles take at least on
// each of its units, if the others cost nothing, and so the share of the peak that the
// kernel cannot exceed. These are bounds and not times: what units wait for each
// other is not in them.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_BENCH_KERNELCOSTS_H
#define TOOLS_LACUNA_BENCH_KERNELCOSTS_H

#include "lacuna/Compile.h"
#include "lib/Compiler/Facts.h"
#include "lib/Support/Targets.h"
#include "tools/lacuna-bench/Configurations.h"

namespace lacuna {

/// Clocks of each unit for 128 x 128 visited scores.
struct UnitClocks {
  double matrix = 0, exponent = 0, issue = 0, shared = 0, cache = 0;

  /// Those of the unit that takes longest.
  double most() const;
};

/// What the assembler and the compiler say of the kernel that needs the most registers,
/// and the model of all launches of a configuration.
struct KernelCosts {
  KernelInfo info;
  KernelFacts facts;
  double instructions = 0; ///< normalised warp instructions for 128 x 128 visited scores
  double copiers = 0;      ///< of these, by a producer's warps
  double visited = 0;      ///< visited scores over visible ones
  UnitClocks clocks;

  /// Of the matrix unit's peak, at most, for the work that is visible.
  double shareOfPeak() const { return clocks.matrix / clocks.most() / visited; }
};

/// The configuration with the query heads of one key head, for costsOf.
Configuration oneGroupOf(const Configuration &configuration);

/// Compiles the programs of `prepared`, specs or lower levels of them, and predicts their
/// launches; large ones from a sample of their blocks. Errors: those of compiling and of
/// predictions.
Result<KernelCosts> costsOf(const Configuration &configuration,
                            const PreparedConfiguration &prepared, const TargetInfo &target);

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_KERNELCOSTS_H
