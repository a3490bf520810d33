//===- AsyncState.h - What runs beside the warps of a block ----------------===//
//
// Hopper's asynchronous engines: bulk copies (TMA) that complete on mbarriers
// or in bulk groups, and wgmma, which reads shared memory and registers while
// the warp goes on. Operations are recorded when issued and take effect by
// mode; the scheduler asks for them when it may or must let some happen.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_ASYNCSTATE_H
#define LIB_EMULATOR_SIM_ASYNCSTATE_H

#include "lib/Emulator/Sim/State.h"
#include "lib/Support/TensorMap.h"

namespace lacuna::emulator {

/// An mbarrier object. A phase is complete when nobody is pending and no byte
/// is owed; the next one then begins.
struct Mbarrier {
  u32 address = 0;
  u32 expected = 0;    ///< arrivals for each phase
  u32 pending = 0;     ///< arrivals missing in this phase
  s64 bytes = 0;       ///< that copies still owe to this phase
  u32 phase = 0;       ///< phases completed
  u32 initialiser = 0; ///< warp that initialised it
  bool fenced = false; ///< and has fenced that for the asynchronous proxy
  /// Released by arrivals of this phase, and by all of the completed ones.
  std::array<u32, allAgents> released{}, releasedProxy{}, done{}, doneProxy{};
};

/// A bulk copy into shared memory.
struct BulkLoad {
  bool isTensor = false;
  TensorMapSpec map;
  std::array<s32, 5> at{}; ///< coordinates of the box
  u64 from = 0;            ///< when not a tensor
  u32 to = 0, bytes = 0;
  std::size_t mbarrier = 0; ///< index
};

/// A bulk copy out of shared memory.
struct BulkStore {
  bool isTensor = false;
  bool adds = false; ///< cp.reduce.async.bulk .add of f32
  TensorMapSpec map;
  std::array<s32, 5> at{};
  u64 to = 0;
  u32 from = 0, bytes = 0;
  u32 group = 0; ///< from 1
  u32 lane = 0;
};

/// One wgmma of one warp.
struct MatrixOp {
  const Instruction *instruction = nullptr;
  u64 a = 0, b = 0; ///< descriptors
  bool accumulate = false;
  u32 group = 0; ///< from 1
};

/// Asynchronous work of one warp.
struct WarpAsync {
  std::vector<BulkStore> stores;
  u32 storesCommitted = 0, storesDone = 0;
  std::vector<MatrixOp> matrix;
  u32 matrixCommitted = 0, matrixDone = 0;
  u32 fences = 1; ///< wgmma.fence executed, plus one
  /// By pinned register: value of `fences` when the warp last read or wrote it; group
  /// that uses it as accumulator; as operand.
  std::vector<u32> touched, accumulatorOf, operandOf;
};

/// Asynchronous work of one block.
struct AsyncState {
  std::vector<Mbarrier> mbarriers;
  std::deque<BulkLoad> loads;
  std::vector<WarpAsync> warps;
  u32 roundsWithoutLoad = 0; ///< scheduler rounds since a load completed
};

/// Fresh state for a block whose kernel needs it.
std::shared_ptr<AsyncState> makeAsyncState(const Code &code, u32 warps);

// The scheduler's questions.

/// Random mode: lets some pending operations take effect now.
void completeAsyncByChance(Block &block);
/// No warp can run, or all seem to spin: lets pending work take effect that
/// warps may wait for. True when that happened.
bool completeAsyncWork(Block &block, bool noWarpCanRun);
/// Reports work that nobody waited for and that outlives the block's memory.
void checkAsyncAtExit(Block &block);
/// Tells the worker how many phases the block's mbarriers have completed.
void countPhases(const Block &block);
/// "on mbarrier 3 ...": for deadlock reports.
std::string describeWait(const Block &block, const Condition &condition);

// Pieces in other files.

/// A pending load or store takes effect.
void performLoad(Block &block, const BulkLoad &load);
void performStore(Warp &warp, const BulkStore &store);
/// Index of the initialised mbarrier at a shared address, or -1 and a report.
int mbarrierAt(Warp &warp, int lane, u32 address);
/// Starts the next phase of a complete mbarrier and wakes who waits for it.
void settleMbarrier(Block &block, std::size_t index);
/// Lets wgmma groups finish for warps whose wait can now end.
void wakeMatrixWaits(Block &block);
/// An instruction touches registers of wgmma: checks fences and groups in flight.
void checkMatrixRegisters(Warp &warp, const TrackedUse &use);

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_ASYNCSTATE_H
