//===- ClosedForm.h - What can be said of the masks of a function -----------===//
//
// An analysis, so that the pass that writes the intervals and the one that asks
// whether they suffice derive them once.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_INTERVALS_CLOSEDFORM_H
#define DIALECTS_ATTN_TRANSFORMS_INTERVALS_CLOSEDFORM_H

#include "dialects/Attn/Transforms/Intervals/Bounds.h"

#include "llvm/ADT/MapVector.h"

namespace lacuna::attn::intervals {

/// Intervals of one op as forms.
struct ClosedForm {
  System system;
  Affine keys; ///< sequence length
  Bounds bounds;
  /// Why some tiles are visited, or masked, in vain; nothing: none is, whatever
  /// the sizes of tiles.
  std::optional<Obstacle> obstacle;
  /// Whether the intervals say more than that keys are keys.
  bool isUseful = false;
};

/// Closed forms of the attention of a function that has a predicate.
class ClosedForms {
public:
  explicit ClosedForms(mlir::Operation *spec);

  /// Null for attention without a predicate.
  const ClosedForm *find(TiledAttention attend) const;

private:
  llvm::MapVector<mlir::Operation *, ClosedForm> forms;
};

} // namespace lacuna::attn::intervals

#endif // DIALECTS_ATTN_TRANSFORMS_INTERVALS_CLOSEDFORM_H
