//===- Refinement.h - Looking into undecided tiles --------------------------===//
//
// A classifier may leave a tile undecided that is empty or full. Nine elements
// are looked at first, in pairs that boundaries part early: a visible and a
// hidden one prove the tile partial. Where all agree, only their class is still
// possible, and the tile is cut in two again and again until every part has that
// class, or one has the other (a partial tile), or a budget is spent (partial as
// far as anyone can tell).
//
//===----------------------------------------------------------------------===//
#ifndef LIB_MASK_REFINEMENT_H
#define LIB_MASK_REFINEMENT_H

#include "lib/Mask/BoxClassifier.h"

#include <vector>

namespace lacuna::mask {

/// What may be spent on one tile. A depth of 0 turns refinement off.
struct Refinement {
  int depth = 14;  ///< cuts from the tile to a part
  int boxes = 512; ///< parts looked at
};

/// Replaces classes of undecided tiles by what refinement proves. `tiles` are
/// those with the class Partial.
void refineTiles(BoxClassifier &classifier, const Refinement &limits,
                 const std::vector<SlotBox> &tiles, TileClass *classes);

} // namespace lacuna::mask

#endif // LIB_MASK_REFINEMENT_H
