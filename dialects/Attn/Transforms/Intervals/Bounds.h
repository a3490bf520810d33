//===- Bounds.h - Intervals of keys from the sets of a predicate ------------===//
//
// Of each convex part of a set only its hull on the key axis is kept, as a
// function of the tile. Too large a hull is sound on both sides: parts of where
// the predicate may be true are united, parts of where it may be false are cut
// away.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_INTERVALS_BOUNDS_H
#define DIALECTS_ATTN_TRANSFORMS_INTERVALS_BOUNDS_H

#include "dialects/Attn/Transforms/Intervals/Predicate.h"

namespace lacuna::attn::intervals {

/// The keys from max(0, begins) to min(keys, ends), exclusive; none unless every
/// condition is at least 0.
struct Interval {
  std::vector<Affine> begins, ends, conditions;

  bool isWhole() const { return begins.empty() && ends.empty() && conditions.empty(); }
};

/// What is known of a tile.
struct Bounds {
  /// Every visible key lies in one of these.
  std::vector<Interval> visible;
  /// Whether the smallest begin and the largest end of `visible` are those of
  /// all visible keys, even where one of the intervals is empty.
  bool unites = true;
  /// Every key that some query does not see lies in one of these.
  std::vector<Interval> hidden;
  /// Whether the converse holds of both, and one interval of each kind suffices.
  bool isExact = true;

  /// Whether they say no more than that keys are keys.
  bool areTrivial() const;
};

/// Bounds of the keys that the predicate may show and may hide.
Bounds deriveBounds(System &system, const Truth &truth, const Affine &keys);

} // namespace lacuna::attn::intervals

#endif // DIALECTS_ATTN_TRANSFORMS_INTERVALS_BOUNDS_H
