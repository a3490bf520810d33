//===- State.h - Warps and blocks while they run ---------------------------===//
//
// A warp's lanes are one or more *groups*; the lanes of a group stand at the
// same instruction. One group runs, the others are parked. A branch that
// splits a group opens a *join* at the branch's immediate post-dominator,
// where the halves wait for each other, as Volta's convergence barriers do.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_STATE_H
#define LIB_EMULATOR_SIM_STATE_H

#include "lib/Emulator/Decode/Code.h"
#include "lib/Emulator/Sim/CopyQueue.h"
#include "lib/Emulator/Sim/Ordering.h"
#include "lib/Emulator/Sim/Random.h"
#include "lib/Emulator/Sim/Report.h"
#include "lib/Emulator/Sim/Shadow.h"

#include <array>
#include <cstddef>
#include <deque>
#include <memory>

namespace lacuna::emulator {

struct Block;
struct Worker;
struct Launch;

/// What parked lanes wait for.
struct Condition {
  enum class Kind : u8 {
    None,     ///< ready
    Barrier,  ///< bar.sync: a = barrier
    WarpSync, ///< bar.warp.sync: a = member mask
    Turn,     ///< an instruction that may communicate with other blocks
    Mbarrier, ///< a = shared address, b = parity
    Matrix,   ///< wgmma.wait_group: a = group
    Budget,   ///< setmaxnreg.inc: a = registers the warp lacks
  };
  Kind kind = Kind::None;
  u32 a = 0, b = 0;
  u32 at = nowhere; ///< the instruction that waits
};

/// Lanes of a warp that stand at the same instruction.
struct Group {
  u32 pc = 0;
  u32 mask = 0;
  int join = -1;
  Condition condition;
};

/// Where lanes that parted wait for each other.
struct Join {
  u32 pc = nowhere;
  u32 wanted = 0;
  u32 arrived = 0;
  int parent = -1;
  bool used = false;
};

/// A bar.red whose result is written when the barrier opens.
struct Reduction {
  u32 warp, mask, slot;
  u8 operation; ///< 0 popc, 1 and, 2 or
};

/// One of the 16 barriers of a block.
struct Barrier {
  u32 arrived = 0;  ///< threads
  u32 expected = 0; ///< threads; 0: nobody has come
  bool expectsAll = false;
  u32 votes = 0;                         ///< threads whose predicate held
  std::array<u32, copyAgents> present{}; ///< by warp: lanes that have come
  std::vector<Reduction> reductions;
  std::array<u32, allAgents> clock{}, proxyClock{};
};

/// 32 threads that execute together, with their registers and divergence.
struct Warp {
  u8 *registers = nullptr;
  u32 mask = 0; ///< lanes that execute the current instruction
  u32 pc = 0;
  u32 active = 0; ///< lanes of the running group
  u32 joinPc = nowhere;
  int join = -1;
  u32 live = 0; ///< lanes that have not exited
  u32 id = 0;
  Block *block = nullptr;
  Condition condition; ///< set by a handler that returns Step::Wait
  std::deque<Group> parked;
  std::vector<Join> joins;
  u32 jumpsSinceSwitch = 0; ///< backward jumps of the running group
  u32 lastStore = 0;        ///< position of the last bulk store
  u32 registersPerThread = 0;
  u32 budgetSetAt = nowhere; ///< the last setmaxnreg
  WarpOrder order;
  u32 touched = 0;      ///< lanes that touched memory since all lanes last met
  u32 wrote = 0;        ///< those that wrote
  u32 touchedClock = 0; ///< the warp's clock when the first of them did

  CopyQueue copies;                 ///< cp.async
  u32 syncedCopies = 0;             ///< copy groups that all lanes know to be complete
  std::vector<u32> initialised;     ///< lanes, by tracked register
  std::vector<u8> localInitialised; ///< by byte: [lane][localBytes]
  std::vector<u8> localBytes;

  bool finished() const { return !active && parked.empty(); }
  bool ready() const {
    if (active)
      return true;
    for (const Group &group : parked)
      if (group.condition.kind == Condition::Kind::None)
        return true;
    return false;
  }
};

/// State of a block's asynchronous-proxy machinery (TMA, mbarrier, wgmma).
struct AsyncState;

/// A block on its way through a kernel.
struct Block {
  const Launch *launch = nullptr;
  Worker *worker = nullptr;
  const Code *code = nullptr;
  u64 index = 0; ///< linear
  u32 x = 0, y = 0, z = 0;
  std::vector<u8> shared; ///< indexed by shared address
  u32 sharedEnd = 0;
  std::vector<Cell> cells; ///< of shared memory
  u32 grainShift = 0;
  Clocks clocks;
  std::vector<Warp> warps;
  std::array<Barrier, 16> barriers;
  BlockOrder order;
  /// What ordered writes of this block's warps left, by address.
  std::unordered_map<u64, std::vector<u32>> released;
  Random random;
  bool dead = false;   ///< deadlock, trap or limit: does not run on
  bool inTurn = false; ///< executing its communication phase
  u64 executed = 0;    ///< warp instructions
  u64 clockReads = 0;  ///< of %clock
  u32 nextWarp = 0;
  std::vector<u8> registerFile;
  u32 freeRegisters = 0; ///< given back by setmaxnreg
  std::shared_ptr<AsyncState> async;

  u8 *sharedAt(u32 address) { return shared.data() + address; }
};

/// Adds a report at the warp's current instruction; lane -1: the whole warp.
void report(Warp &warp, ReportKind kind, int lane, const std::string &message);
/// As above, but builds the message only when it will be kept.
template <class Message>
void reportLazily(Warp &warp, ReportKind kind, int lane, Message message);
bool alreadyReported(Warp &warp, ReportKind kind);

template <class Message>
void reportLazily(Warp &warp, ReportKind kind, int lane, Message message) {
  if (!alreadyReported(warp, kind))
    report(warp, kind, lane, message());
}

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_STATE_H
