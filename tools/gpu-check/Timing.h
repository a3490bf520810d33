//===- Timing.h - How fast the gallery runs --------------------------------===//
#ifndef TOOLS_GPU_CHECK_TIMING_H
#define TOOLS_GPU_CHECK_TIMING_H

#include "tools/gpu-check/Runner.h"

#include <string>

namespace lacuna {

/// The time of one spec at one shape.
struct TimedSpec {
  std::string spec, shape;
  double density = 0;      ///< visible pairs of all pairs
  double milliseconds = 0; ///< of one launch: the median of several batches
  double teraflops = 0;    ///< 2 (D + E) operations for each visible pair
  std::string failure;     ///< why there is no time; empty: there is one
};

/// Times bf16, head dim 128, 16 heads, 4096 tokens. Launches follow each other
/// on one stream; the clock is the host's, around batches long enough for it.
TimedSpec timeSpec(const Runner &runner, const std::string &specFolder, const std::string &spec,
                   Device &device);

} // namespace lacuna

#endif // TOOLS_GPU_CHECK_TIMING_H
