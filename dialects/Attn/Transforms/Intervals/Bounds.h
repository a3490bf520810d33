//===- Bounds.h - Intervals of keys from the sets of a predicate ------------===//
//
// Of each convex part of a set only its hull on the key axis is kept, as a
// function of the tile. Too large a hull is sound on both sides: parts of where
// the predicate may be true become intervals of visible keys, parts of where it
// may be false are cut away. Nothing is lost where a projection keeps integers
// apart from rational numbers, and where four intervals suffice.
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

/// Intervals taken as one: from the least begin to the largest end of those that
/// are not empty.
struct Hull {
  std::vector<Interval> parts;
  /// Whether these are the least begin and the largest end of all parts, even
  /// where some are empty.
  bool unites = true;
};

/// What is known of a tile.
struct Bounds {
  /// Every visible key lies in one of these; at most AttendOp::kMaxIntervalPairs.
  std::vector<Hull> visible;
  /// Every key that some query does not see lies in one of these: intervals from
  /// the first key on, up to the last key, and others, in order of their begins
  /// if they have one. Full keys lie after some of the latter and before the rest.
  std::vector<Interval> fromFirst, toLast, between;
  /// Whether all and only the visible keys lie in `visible`, and all that nothing
  /// hides in one of kMaxIntervalPairs such places.
  bool isExact = true;
  /// Whether any key may be visible, or any hidden, for all that is known.
  bool seesAll = false, hidesAll = false;

  /// Whether they say no more than that keys are keys.
  bool areTrivial() const { return seesAll && hidesAll; }
};

/// Bounds of the keys that the predicate may show and may hide.
Bounds deriveBounds(System &system, const Truth &truth, const Affine &keys);

} // namespace lacuna::attn::intervals

#endif // DIALECTS_ATTN_TRANSFORMS_INTERVALS_BOUNDS_H
