//===- Launch.h - Running a grid -------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_LAUNCH_H
#define LIB_EMULATOR_SIM_LAUNCH_H

#include "lib/Emulator/EmulatorOptions.h"
#include "lib/Emulator/Sim/GlobalMemory.h"
#include "lib/Emulator/Sim/Ordering.h"
#include "lib/Emulator/Sim/Report.h"

#include <atomic>

namespace lacuna::emulator {

struct Block;

/// One launch; shared by all threads that execute its blocks.
struct Launch {
  const Code *code = nullptr;
  const EmulatorOptions *options = nullptr;
  GlobalMemory *memory = nullptr;
  u32 gridX = 1, gridY = 1, gridZ = 1;
  u32 blockX = 1, blockY = 1, blockZ = 1;
  u32 dynamicShared = 0;
  u64 serial = 0; ///< launches of the device before this one

  /// Numbers in GlobalCell: block i is firstBlock + i; smaller ones are stale.
  u32 firstBlock = 1;
  u32 manyReaders = 0;
  u32 atomicWriter = 0;

  /// Set while blocks run on several threads and hope not to meet.
  UndoLog *undo = nullptr;
  /// Blocks have met: the run is worthless and will be repeated in order.
  mutable std::atomic<bool> met = false;

  u32 firstClock = 1;              ///< at which the blocks' own clocks start
  MeetingPoints *points = nullptr; ///< when the kernel's blocks may communicate

  u64 blocks() const { return u64(gridX) * gridY * gridZ; }
  /// Blocks that are run; fewer in a prediction that follows a sample.
  u64 sampledBlocks() const;
  u32 threadsPerBlock() const { return blockX * blockY * blockZ; }
};

/// What one thread that executes blocks keeps to itself.
struct Worker {
  Reporter reporter;
  ReadSets readSets;
  std::vector<u64> warpCounts, laneCounts; ///< by instruction
  std::vector<u32> byWarps;                ///< by instruction: a bit for each warp that came there
  u64 globalBytesLoaded = 0, sharedBytes = 0;
  u32 fewestPhases = ~u32(0);      ///< that an mbarrier of a block has completed
  u32 latestClock = 0;             ///< of any block
  std::vector<Allocation *> hints; ///< by instruction: allocation it touched last
  UndoLog::Range saved;            ///< known to be in the undo log

  explicit Worker(const Code &code)
      : warpCounts(code.instructions.size()), laneCounts(code.instructions.size()),
        byWarps(code.instructions.size()), hints(code.instructions.size()) {}
  void merge(Worker &&other);
};

/// Executes all blocks of the grid; reports and counts are in the result.
Worker runGrid(Launch &launch);

// The pieces of runGrid, one block at a time.

/// Registers that each thread has when its block starts.
u32 registersAtStart(const Launch &launch);
/// Prepares a block to run from its first instruction.
void startBlock(Block &block, const Launch &launch, Worker &worker, u64 index);
/// Runs until the block is done or every unfinished warp waits for its turn.
/// True when it is done.
bool runBlock(Block &block);
/// Executes the instructions whose warps wait for their turn.
void takeTurn(Block &block);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_LAUNCH_H
