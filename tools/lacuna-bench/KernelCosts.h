//===- KernelCosts.h - What a kernel needs and executes ---------------------===//
//
// For a machine without a GPU: resources as the assembler states them, and counts
// of the emulator on one head of at most 2,048 tokens. From them follows how many
// clocks of a multiprocessor 128 x 128 scores of visited tiles take at least on each
// of its units, if the others cost nothing, and so the share of the peak that the
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

/// What the assembler, the compiler and the emulator say of one kernel.
struct KernelCosts {
  KernelInfo info;
  KernelFacts facts;
  double instructions = 0; ///< normalised warp instructions for 128 x 128 visited scores
  double visited = 0;      ///< visited scores over visible ones
  UnitClocks clocks;

  /// Of the matrix unit's peak, at most, for the work that is visible.
  double shareOfPeak() const { return clocks.matrix / clocks.most() / visited; }
};

/// The configuration with one head and at most 2,048 tokens, for costsOf.
Configuration smallLike(const Configuration &configuration);

/// Compiles `text`, a spec or a lower level of one, and launches it on the emulator
/// with the arguments of `prepared`. Errors: those of compiling and launching.
Result<KernelCosts> costsOf(const std::string &text, const Configuration &configuration,
                            const PreparedConfiguration &prepared, const TargetInfo &target);

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_KERNELCOSTS_H
