//===- Candidates.h - Schedules that could be the fastest -------------------===//
#ifndef TOOLS_LACUNA_TUNE_CANDIDATES_H
#define TOOLS_LACUNA_TUNE_CANDIDATES_H

#include "dialects/Tile/Transforms/Schedule.h"
#include "lib/Support/Targets.h"

#include <vector>

namespace lacuna {

/// Every legal schedule of useful sizes, in the target's own family and in the one that
/// runs everywhere; not only those that the compiler would consider unasked.
std::vector<tile::Schedule> candidatesFor(const tile::AttentionShape &shape,
                                          const TargetInfo &target);

} // namespace lacuna

#endif // TOOLS_LACUNA_TUNE_CANDIDATES_H
