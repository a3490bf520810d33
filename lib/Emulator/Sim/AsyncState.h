//===- AsyncState.h - What runs beside the warps of a block ----------------===//
//
// The scheduler's view of asynchronous work: something it may let happen
// between two instructions.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_ASYNCSTATE_H
#define LIB_EMULATOR_SIM_ASYNCSTATE_H

#include "lib/Emulator/Sim/State.h"

namespace lacuna::emulator {

/// Random mode: lets some pending operations take effect now.
void completeAsyncByChance(Block &block);
/// No warp can run: lets pending work that warps may wait for take effect.
/// True when that happened.
bool completeAsyncWork(Block &block);
/// Reports work that nobody waited for and that outlives the block's memory.
void checkAsyncAtExit(Block &block);
/// "on mbarrier 3 ...": for deadlock reports.
std::string describeWait(const Block &block, const Condition &condition);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_ASYNCSTATE_H
