//===- Emission.h - Intervals of keys as scalar code ------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_INTERVALS_EMISSION_H
#define DIALECTS_ATTN_TRANSFORMS_INTERVALS_EMISSION_H

#include "dialects/Attn/Transforms/Intervals/ClosedForm.h"

namespace lacuna::attn::intervals {

/// Writes the `intervals` region of an attend. Its results may lie outside of
/// [0, keys]; users clamp them.
void emitIntervals(const ClosedForm &form, TiledAttention attend);

} // namespace lacuna::attn::intervals

#endif // DIALECTS_ATTN_TRANSFORMS_INTERVALS_EMISSION_H
