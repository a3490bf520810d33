//===- Configurations.h - What speed is measured on -------------------------===//
//
// Shapes and masks that papers and other implementations report figures for, so
// that ours can be put beside them. One table for every section and for the
// script that times the others.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_BENCH_CONFIGURATIONS_H
#define TOOLS_LACUNA_BENCH_CONFIGURATIONS_H

#include "lib/Support/Npy.h"
#include "tools/lacuna-bench/Bench.h"
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
  Passes passes = Passes::Forward;
  std::string gradients = CompileOptions().gradients; ///< how they are summed
};

/// A program, ready to compile and to launch.
struct PreparedProgram {
  std::string text; ///< of the spec for the configuration's types, or of its gradient
  /// In host memory; tensors with a row for each token have a shape alone.
  std::vector<HostArray> arguments;
};

/// A configuration, ready to compile and to launch.
struct PreparedConfiguration {
  std::vector<PreparedProgram> programs; ///< in the order of their launches
  std::int64_t visiblePairs = 0;         ///< of queries and keys, over all batches and heads
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

/// Operations of the products for so many pairs: two of a spec, and five of its gradient,
/// which computes the scores again.
inline double flopsOf(const Configuration &configuration, double pairs) {
  const double query = double(configuration.kernel.queryDim);
  const double value = double(configuration.kernel.valueDim);
  const double forward = query + value, backward = 3 * query + 2 * value;
  const Passes passes = configuration.passes;
  return 2 * pairs *
         ((passes != Passes::Backward ? forward : 0) + (passes != Passes::Forward ? backward : 0));
}

/// The same launch without a mask.
Configuration denseLike(const Configuration &configuration);

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_CONFIGURATIONS_H
