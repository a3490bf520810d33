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
  double flops = 0;        ///< of products of matrices
  double exponentials = 0; ///< powers of two, of lanes
  double sharedBytes = 0;  ///< as emulator::Counters has them
  double cacheBytes = 0;   ///< loaded from global memory
};

/// Where counts come from.
enum class Counting {
  Predicted, ///< control flow alone is followed (emulator::EmulatorOptions::predict)
  Executed   ///< the emulator executes everything
};

/// The work of a launch with these arguments; tensors without bytes get random
/// numbers. Errors: those of loading and launching.
Result<LaunchWork> workOf(const Executable &executable, const std::vector<HostArray> &arguments,
                          Counting counting);

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_LAUNCHWORK_H
