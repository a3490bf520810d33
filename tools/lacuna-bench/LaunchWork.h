//===- LaunchWork.h - What a launch executes and moves -----------------------===//
//
// The static model of a kernel's speed begins here: with how much each unit of the
// device has to do. A launch is predicted from the machine code of its kernels, their
// arguments and tables; nothing is multiplied, copied or written. The emulator, which
// does all of it, is the check (ModelBench.cpp).
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_BENCH_LAUNCHWORK_H
#define TOOLS_LACUNA_BENCH_LAUNCHWORK_H

#include "lacuna/Compile.h"
#include "lib/Support/Npy.h"

#include <vector>

namespace lacuna {

/// What all kernels of a launch execute and move.
struct LaunchWork {
  double instructions = 0; ///< normalised, of warps
  double copiers = 0;      ///< of these, by warps that multiply nothing beside some that do
  double flops = 0;        ///< of products of matrices
  double exponentials = 0; ///< powers of two, of lanes
  double sharedBytes = 0;  ///< as emulator::Counters has them
  double cacheBytes = 0;   ///< loaded from global memory

  LaunchWork &operator+=(const LaunchWork &other);
};

/// The work of a launch with these arguments; tensors without bytes get random numbers.
/// What kernels that multiply would execute and move is predicted from one of `step`
/// neighbouring blocks (emulator::EmulatorOptions); kernels that plan are executed.
/// Errors: those of loading and launching.
Result<LaunchWork> predictWork(const Executable &executable,
                               const std::vector<HostArray> &arguments, std::uint64_t step = 1);

/// The same, counted as the emulator executes all of it.
Result<LaunchWork> countWork(const Executable &executable, const std::vector<HostArray> &arguments);

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_LAUNCHWORK_H
