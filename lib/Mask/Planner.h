//===- Planner.h - From a classifier to run lists ---------------------------===//
//
// Finds the class of every tile at a cost that follows the boundary of the mask,
// not its area: boxes of tiles that are empty or full as a whole are never looked
// into. Undecided boxes are split, breadth first, so that the classifier always
// has batches to work on. The grid is taken in bands of 64 rows of tiles, which
// bounds the memory whatever the mask. A band is split along its columns down to
// squares and squares in four; where all four parts are undecided the split told
// nothing (keys chosen at random for each query, say), and rows are parted before
// columns from there on.
//
// Lists do not depend on how boxes are split: the tests hold it against a flat
// visit of all tiles, and lists of keys against the transpose.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_MASK_PLANNER_H
#define LIB_MASK_PLANNER_H

#include "lib/Mask/BoxClassifier.h"
#include "lib/Mask/Refinement.h"
#include "lib/Mask/RunLists.h"

namespace lacuna::mask {

/// How a mask is planned.
struct PlanOptions {
  int queryTile = 128, keyTile = 128;
  bool transposed = false; ///< make lists of key tiles too
  /// A tile that reaches past the last key is partial, as it is to a kernel: what
  /// lies behind is hidden.
  bool endIsPartial = false;
  Refinement refinement; ///< of tiles that the classifier leaves undecided
  /// Which boxes of tiles are asked about; Flat and Rows are there to compare.
  enum class Traversal { Quadtree, Rows, Flat } traversal = Traversal::Quadtree;
};

/// What is known of all tiles.
struct MaskPlan {
  RunLists rows;    ///< of query tiles
  RunLists columns; ///< of key tiles; empty unless they were asked for
  struct Tiles {
    std::int64_t empty = 0, full = 0, partial = 0;
  } tiles;                ///< of all batches and heads that have masks of their own
  std::int64_t boxes = 0; ///< that the classifier was asked about
  std::size_t bytes = 0;  ///< most memory that was in use, summaries and lists included
};

/// Plans all batches and heads that have masks of their own. Tiles at the end are
/// clipped to the lengths.
MaskPlan planMask(BoxClassifier &classifier, const PlanOptions &options);

} // namespace lacuna::mask

#endif // LIB_MASK_PLANNER_H
