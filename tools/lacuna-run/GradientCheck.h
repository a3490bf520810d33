//===- GradientCheck.h - Gradients against the reference ---------------------===//
//
// A gradient is a sum whose terms are rounded, and which may be near 0 where they are
// not: so its error is held against that of a float64 run with the roundings of a kernel,
// and against the size of the terms. For each row of queries, keys or values, and each
// element of another gradient,
//
//   |found - exact| <= 2 |rounded - exact| + 1e-3 size
//
// in Euclidean norm. For dq[i,:] the size is scale * the root of the sum over keys j of
// (p[i,j] (|dp[i,j]| + |delta[i]|) |k[j,:]|)^2, with p times the derivative of the score;
// for dk and dv alike. What is exactly 0 for want of terms has to be 0. What is NaN has to
// be NaN; then others may be, too, for a row of attention that is NaN spoils what its
// tiles add to keys that it does not see.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_RUN_GRADIENTCHECK_H
#define TOOLS_LACUNA_RUN_GRADIENTCHECK_H

#include "lacuna/Reference.h"
#include "lib/Support/Npy.h"

#include <string>

namespace lacuna {

/// What a check of a gradient has seen.
struct GradientReport {
  double worst = 0; ///< error of a row, as a multiple of what is allowed
  /// The first row that is wrong: "row 12: error 0.1, allowed 0.01"; empty: none.
  std::string failure;
};

/// Compares a gradient of the same shape with the reference.
GradientReport checkGradient(const ReferenceGradient &reference, const HostArray &found);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_GRADIENTCHECK_H
