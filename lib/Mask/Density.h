//===- Density.h - How many elements a mask leaves --------------------------===//
#ifndef LIB_MASK_DENSITY_H
#define LIB_MASK_DENSITY_H

#include "lib/Mask/Planner.h"

#include <cstdint>

namespace lacuna::mask {

/// Elements of masks, of all batches and heads that have masks of their own.
struct ElementCount {
  std::int64_t visible = 0;
  std::int64_t undecided = 0; ///< of which the classifier cannot tell
  std::int64_t total = 0;
};

/// Counts visible elements exactly, as far as the classifier knows single
/// elements. Empty and full tiles count as a whole; partial ones are cut until
/// every part is one or the other, so the cost follows the boundary of the mask.
/// `plan` was made by `classifier` with `options`.
ElementCount countElements(BoxClassifier &classifier, const MaskPlan &plan,
                           const PlanOptions &options);

} // namespace lacuna::mask

#endif // LIB_MASK_DENSITY_H
