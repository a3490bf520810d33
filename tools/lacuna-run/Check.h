//===- Check.h - Results against the reference -------------------------------===//
//
// The tolerances are statements about rounding, so they follow what is rounded:
// a log-sum-exp may be off by an amount that grows with the scores, an output by
// a fraction of its own size, per head and, less strictly, per row. A head in which
// only one row sees keys is judged as that row: the norm of a head is small because
// the errors of many rows even out. What the reference says exactly has to be exact:
// 0 and -inf of a row that sees no key. GradientCheck.h says how gradients are judged.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_RUN_CHECK_H
#define TOOLS_LACUNA_RUN_CHECK_H

#include "lacuna/Reference.h"
#include "lib/Support/Npy.h"

#include <string>
#include <vector>

namespace lacuna {

/// How far results may be off.
struct Tolerance {
  double lse = 2e-5;        ///< of max(1, max |score|) of the row
  double outputF16 = 1e-3;  ///< relative Frobenius norm of each (batch, head)
  double outputBF16 = 4e-3; ///< the same for bf16
  double rowFactor = 4;     ///< a row may be off by this many times as much
};

/// The worst that a check has seen, over all results.
struct CheckReport {
  double worstLse = 0;        ///< |difference| / max(1, max |score|)
  double worstHead = 0;       ///< relative Frobenius norm
  double worstRow = 0;        ///< the same of one row
  double worstGradient = 0;   ///< as GradientReport says
  bool isOfGradients = false; ///< whether results are
  std::int64_t rows = 0, emptyRows = 0;
  std::int64_t pairs = 0, visiblePairs = 0; ///< of query and key
  double largestScore = 0;
  std::string failure; ///< the first thing that is wrong; empty: passed

  /// One line for people, and for the generator of random specs.
  std::string summary() const;
};

/// Compares results, in the order of the spec's return, with the reference.
CheckReport checkResults(const ReferenceRun &reference, const std::vector<HostArray> &results,
                         const Tolerance &tolerance);

/// Checks that exp of every log-sum-exp among `results` is the number of keys its
/// row sees: true where all scores are 0. An independent check of masks.
CheckReport countKeys(const ReferenceRun &reference, const std::vector<HostArray> &results);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_CHECK_H
