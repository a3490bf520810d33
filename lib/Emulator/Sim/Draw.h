//===- Draw.h - Numbers in the place of products ---------------------------===//
//
// A prediction does not multiply. Where control flow depends on the elements of a
// product all the same (has a row's maximum grown?), it is predicted for operands
// that are standard normal numbers.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_DRAW_H
#define LIB_EMULATOR_SIM_DRAW_H

#include "lib/Emulator/Sim/Lanes.h"

namespace lacuna::emulator {

/// d = c + a sum of `count` products, in all 32 lanes.
void drawProducts(Warp &warp, f32 *d, const f32 *c, u32 count);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_DRAW_H
