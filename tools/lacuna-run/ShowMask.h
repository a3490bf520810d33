//===- ShowMask.h - What a run could see ------------------------------------===//
#ifndef TOOLS_LACUNA_RUN_SHOWMASK_H
#define TOOLS_LACUNA_RUN_SHOWMASK_H

#include "lacuna/Reference.h"

#include <string>

namespace lacuna {

/// The masks of batch 0 and head 0 of every attend that has rows, drawn as text
/// from the predicate itself. `values` are the arguments of the run. Errors:
/// those of ReferenceSpec::visibility.
Result<std::string> showMasks(const ReferenceSpec &spec, Span<Value> values);

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_SHOWMASK_H
