//===- Scheduler.h - Groups of lanes: parting, meeting, waiting ------------===//
#ifndef LIB_EMULATOR_SIM_SCHEDULER_H
#define LIB_EMULATOR_SIM_SCHEDULER_H

#include "lib/Emulator/Sim/Lanes.h"

namespace lacuna::emulator {

/// The running group's lanes in `taken` go to `target`, the others on to the
/// next instruction; they meet again at `reconvergence`.
void part(Warp &warp, u32 taken, u32 target, u32 reconvergence);

/// The lanes in the mask leave the kernel.
void exitLanes(Warp &warp);

/// Parks the lanes in the mask behind a condition; they go on at `pc`. The
/// handler returns the result.
Step waitFor(Warp &warp, u32 pc, Condition condition);

/// Opens barriers that wait only for warps that have exited.
void settleBarriers(Block &block);

/// Lets lanes in bar.warp.sync go on whose fellow members are all there.
void settleWarpSync(Warp &warp);

/// What the lanes of a warp did before is ordered before what any of them does
/// next (bar.warp.sync).
void orderLanes(Warp &warp);

/// Reports warp groups whose warps have not changed their registers alike.
void checkBudgetsAtExit(Block &block);

/// Ends the block at once (deadlock, trap, limit).
void kill(Block &block);

/// Reports when the executing lanes are not all live lanes of the warp.
bool requireConverged(Warp &warp);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_SCHEDULER_H
