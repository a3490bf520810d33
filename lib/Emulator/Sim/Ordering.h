//===- Ordering.h - Synchronisation through memory -------------------------===//
//
// Besides barriers, threads order each other through atomic and volatile
// accesses with fences, within a block and across blocks:
//
//   write data; fence; write flag          read flag; fence (or barrier); read data
//
// A fence notes what its thread knows; an ordered write leaves the last note at
// its address; an ordered read picks up what it finds there, to be known after
// the next fence or barrier. .release and .acquire have the fence in them.
//
// Within a block this is done for warps, with the clocks of Shadow.h; across
// blocks for blocks as a whole, with sparse clocks, because a grid has many.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_ORDERING_H
#define LIB_EMULATOR_SIM_ORDERING_H

#include "lib/Emulator/PtxTypes.h"

#include <map>
#include <unordered_map>
#include <vector>

namespace lacuna::emulator {

struct Warp;
struct Block;

/// Up to which of its ticks a block is known; absent: not at all.
using BlockClock = std::map<u32, u32>;

/// What a block knows of other blocks.
struct BlockOrder {
  u32 clock = 1; ///< of the block itself; ticks at fences
  BlockClock known, fenced, pending;

  /// Is what block `other` did at `time` ordered before now?
  bool knows(u32 other, u32 time) const {
    auto found = known.find(other);
    return found != known.end() && found->second >= time;
  }
};

/// The same within a block, for one warp; empty until the warp needs it.
struct WarpOrder {
  std::vector<u32> fenced, pending;
};

/// What ordered writes left in memory, for the blocks of a launch. Changed only
/// by instructions that execute one at a time.
struct MeetingPoints {
  std::unordered_map<u64, BlockClock> released; ///< by address
  /// Blocks that changed a cell atomically, and when; by address of the cell.
  std::unordered_map<u64, BlockClock> changed;
};

/// How strong an ordered access is.
enum class Strength : u8 { Relaxed, Acquire, Release, AcquireRelease };

/// Which threads a fence orders.
enum class Scope : u8 { Block, Device };

/// A fence of the warp's executing lanes.
void fence(Warp &warp, Scope scope);
/// What ordered reads found becomes known (a barrier, or the end of a fence).
void acquirePending(Warp &warp);
/// An ordered access to an address of global (or, tagged by its window, of
/// shared) memory.
void meetAt(Warp &warp, u64 address, bool reads, bool writes, Strength strength);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_ORDERING_H
