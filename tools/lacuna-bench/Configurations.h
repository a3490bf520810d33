//===- Configurations.h - What speed is measured on -------------------------===//
//
// Shapes and masks that papers and other implementations report figures for, so
// that ours can be put beside them. One table for every section and for the
// script that times the others.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_BENCH_CONFIGURATIONS_H
#define TOOLS_LACUNA_BENCH_CONFIGURATIONS_H

#include "tools/lacuna-bench/Bench.h"
#include "tools/lacuna-run/Arguments.h"
#include "tools/lacuna-run/GallerySpec.h"

namespace lacuna {

/// A kernel and one launch of it.
struct Configuration {
  int number = 0;    ///< of the group it belongs to
  std::string title; ///< "causal, 16384": unique
  CaseKernel kernel; ///< its spec is in kernels/specs or test/bench/specs
  CaseShape shape;
  std::vector<std::string> tables; ///< arguments behind queries, keys and values
  std::string notYet;              ///< what is missing for it; empty: nothing
};

/// A configuration, ready to compile and to launch.
struct PreparedConfiguration {
  std::string text; ///< of the spec, for the configuration's types
  /// In host memory; queries, keys and values have a shape alone.
  Arguments arguments;
  std::int64_t visiblePairs = 0; ///< of queries and keys, over all batches and heads
};

/// All of them, in order, with sequences as long as `options` says. Those that it
/// leaves out are not there.
std::vector<Configuration> configurations(const BenchOptions &options);

/// Reads the spec, makes its tables and counts what its mask leaves. Errors: Io, and
/// those of the spec.
Result<PreparedConfiguration> prepare(const BenchOptions &options,
                                      const Configuration &configuration);

/// Pairs of queries and keys, over all batches and heads.
inline double pairsOf(const CaseShape &shape) {
  return double(shape.batch * shape.queryHeads) * double(shape.queries) * double(shape.keys);
}

/// Operations of the two products for so many pairs.
inline double flopsOf(const CaseKernel &kernel, double pairs) {
  return 2 * double(kernel.queryDim + kernel.valueDim) * pairs;
}

/// The same launch without a mask.
Configuration denseLike(const Configuration &configuration);

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_CONFIGURATIONS_H
