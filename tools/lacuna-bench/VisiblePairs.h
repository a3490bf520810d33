//===- VisiblePairs.h - What the mask of a configuration leaves -------------===//
#ifndef TOOLS_LACUNA_BENCH_VISIBLEPAIRS_H
#define TOOLS_LACUNA_BENCH_VISIBLEPAIRS_H

#include "tools/lacuna-bench/Configurations.h"

namespace lacuna {

/// Pairs of queries and keys that `forward`, the program of the configuration's spec,
/// lets see each other, over all batches and heads. Errors: those of the spec's mask;
/// Unsupported for one that cannot be counted.
Result<std::int64_t> countVisible(const PreparedProgram &forward,
                                  const Configuration &configuration);

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_VISIBLEPAIRS_H
