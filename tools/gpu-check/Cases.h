//===- Cases.h - What is checked -------------------------------------------===//
//
// Every spec of the gallery, in every element type, with head dims, lengths
// and head ratios that hurt: nothing, one, around a warp and a tile, primes.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_GPU_CHECK_CASES_H
#define TOOLS_GPU_CHECK_CASES_H

#include "tools/lacuna-run/GallerySpec.h"

namespace lacuna {

/// A kernel and the launches it is checked with.
struct Case {
  CaseKernel kernel;
  std::vector<CaseShape> shapes;
};

/// All kernels with all shapes.
std::vector<Case> allCases(const std::vector<std::string> &specs);

/// A subset in which every spec meets every other head dim, every other pair of
/// values occurs, and which runs in a minute or two.
std::vector<Case> coveringCases(const std::vector<std::string> &specs);

} // namespace lacuna

#endif // TOOLS_GPU_CHECK_CASES_H
