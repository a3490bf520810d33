//===- TunedTable.h - The table of measured schedules as a file --------------===//
//
// dialects/Tile/Transforms/TunedSchedules.def: comments, then a line for each kind of
// kernel. Lines of kinds that were not measured now stay as they are.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_TUNE_TUNEDTABLE_H
#define TOOLS_LACUNA_TUNE_TUNEDTABLE_H

#include "dialects/Tile/Transforms/TunedSchedules.h"
#include "lacuna/Result.h"

#include <vector>

namespace lacuna {

/// The text of a table with these entries in the place of those of the same kinds;
/// lines are sorted. Errors: Syntax for a line that is neither an entry nor a comment.
Result<std::string> mergeTuned(const std::string &table,
                               const std::vector<tile::TunedSchedule> &entries);

} // namespace lacuna

#endif // TOOLS_LACUNA_TUNE_TUNEDTABLE_H
