//===- CopyQueue.h - cp.async copies on their way --------------------------===//
//
// Copy groups belong to threads: each lane counts its own. As long as all
// lanes commit together, which is the rule, one number serves them all.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_COPYQUEUE_H
#define LIB_EMULATOR_SIM_COPYQUEUE_H

#include "lib/Emulator/PtxTypes.h"

#include <array>
#include <vector>

namespace lacuna::emulator {

/// One 4-, 8- or 16-byte copy of one lane.
struct Copy {
  u8 *to;
  const u8 *from;
  u32 group; ///< the lane's group it belongs to, from 1
  u8 lane;
  u8 bytes;  ///< written
  u8 source; ///< of these, read; the rest is zero
};

/// The copies of one warp.
struct CopyQueue {
  std::vector<Copy> pending;             ///< not yet performed, in issue order
  std::array<u32, warpSize> committed{}; ///< groups, by lane
};

/// Moves the bytes of a copy.
void perform(const Copy &copy);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_COPYQUEUE_H
