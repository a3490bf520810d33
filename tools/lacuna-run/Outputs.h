//===- Outputs.h - Results of a spec to files and text ----------------------===//
#ifndef TOOLS_LACUNA_RUN_OUTPUTS_H
#define TOOLS_LACUNA_RUN_OUTPUTS_H

#include "lacuna/Reference.h"
#include "lib/Support/Npy.h"

#include <string>
#include <vector>

namespace lacuna {

/// What the reference returns, each result in the type that the spec gives it.
std::vector<HostArray> roundedResults(const ReferenceRun &run);

/// Delivers result n to destinations[n]: `@file.npy`, or `-` for text on standard
/// output. Errors: Io, and Type for a destination that is neither. Nothing is
/// written when any destination is malformed; a file is written completely or
/// not at all.
Status writeResults(const std::vector<HostArray> &results,
                    const std::vector<std::string> &destinations);

/// "2x2xf32=[[1 2][3 4]]", floats so that they read back as they are.
std::string textOf(const HostArray &array);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_OUTPUTS_H
