//===- Shadow.h - Who touched memory, and what is ordered after it ---------===//
//
// Happens-before with vector clocks. An *agent* is whatever may touch memory
// on its own: a warp, the cp.async engine of a warp, ... Each warp knows, for
// every agent, up to which of the agent's clock ticks everything is ordered
// before its own next step. Barriers join that knowledge; waits for
// asynchronous copies raise single entries.
//
// Every cell of memory remembers its last write and the set of reads since:
// (agent, clock) pairs. An access is a race when the accessing warp does not
// know of one of them. A cell is as large as the smallest access of the kernel
// to that memory, so an access always covers whole cells, and one byte more or
// less is never mistaken for a conflict.
//
// Read sets are interned: a cell holds a number, and "add this reader" is a
// memoised map from number to number.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_SHADOW_H
#define LIB_EMULATOR_SIM_SHADOW_H

#include "lib/Emulator/PtxTypes.h"

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lacuna::emulator {

struct Warp;

/// Agents: warp w is w; the others follow in banks of 32.
inline constexpr u32 copyAgents = 32;      ///< cp.async of warp w
inline constexpr u32 matrixAgents = 64;    ///< wgmma of warp w
inline constexpr u32 bulkAgents = 96;      ///< bulk store of warp w
inline constexpr u32 mbarrierAgents = 128; ///< TMA loads completing on mbarrier j
inline constexpr u32 allAgents = 256;

/// The last write of a cell and the reads since.
struct Cell {
  u64 writerAgent : 8 = 0;
  u64 writerClock : 24 = 0;
  u64 readSet : 18 = 0; ///< interned; 0: none
  u64 writerLane : 5 = 0;
  u64 readerLane : 6 = 0; ///< lane of all reads since the write, or manyLanes
  u64 written : 1 = 0;
  u64 atomic : 1 = 0;    ///< the last write was atomic or ordered
  u64 everyLane : 1 = 0; ///< written by the warp as a whole

  bool operator==(const Cell &) const = default;
};
static_assert(sizeof(Cell) == 8);
inline constexpr u32 manyLanes = 63;

/// Interned sets of (agent, clock).
class ReadSets {
public:
  using Set = std::vector<std::pair<u8, u32>>;
  ReadSets() { clear(); }
  const Set &operator[](u32 set) const { return sets[set]; }
  /// The set with `agent` at `clock`. When there are too many sets to number,
  /// the set itself: a read is then forgotten, and a race may go unseen.
  u32 add(u32 set, u32 agent, u32 clock);
  /// Forgets all sets; only when no cell refers to one.
  void clear();
  std::size_t size() const { return sets.size(); }

private:
  std::vector<Set> sets;
  std::map<Set, u32> numbers;
  std::unordered_map<u64, u32> memo;
};

/// What each warp of a block knows of each agent.
class Clocks {
public:
  /// `agents`: how many of the banks are in use.
  void reset(u32 warps, u32 agents);
  u32 *of(u32 warp) { return &known[warp * agentCount]; }
  /// The same for what the asynchronous proxy may see (fence.proxy.async).
  u32 *proxyOf(u32 warp) { return &proxyKnown[warp * agentCount]; }
  u32 agents() const { return agentCount; }
  void tick(u32 warp) { ++of(warp)[warp]; }
  /// into = max(into, from), entry by entry.
  void join(u32 *into, const u32 *from) const;

private:
  u32 agentCount = 0;
  std::vector<u32> known, proxyKnown;
};

/// One access, as far as ordering is concerned.
struct Accessor {
  u32 agent = 0; ///< who touches the memory
  u32 clock = 0; ///< the agent's time
  u32 lane = 0;  ///< executing lane; manyLanes: the warp as a whole
  bool write = false;
  bool atomic = false;     ///< atomic, volatile or otherwise ordered by itself
  bool asyncProxy = false; ///< through the asynchronous proxy
  bool modifies = false;   ///< a write that reads first: atom, red
};

/// What is wrong with an access.
enum class Hazard : u8 {
  None,
  Uninitialised, ///< read of a cell never written
  Race,          ///< unordered with agent `other`
  WarpRace,      ///< unordered with lane `other` of the same warp
  NotWaited,     ///< data of an asynchronous agent `other` of the same warp
  NotSynced,     ///< own copy was waited for by its lane, but not by this one
  Proxy,         ///< generic write of `other` not fenced for the asynchronous proxy
};
struct Verdict {
  Hazard hazard = Hazard::None;
  u32 other = 0;
  bool otherWrote = true;
};

/// Judges an access to `cell` by `warp` and updates the cell. `sameValue`:
/// a write that leaves the cell's bytes as they are, which lanes of one warp
/// may do together.
Verdict judge(Warp &warp, Cell &cell, const Accessor &access, bool sameValue,
              struct AccessMemo &memo);

/// What the cells of one instruction have in common: it knows the same of all
/// agents whichever cell it touches.
struct AccessMemo {
  u32 setBefore = ~u32(0), setAfter = 0; ///< read set, and with this reader
  u32 orderedSet = ~u32(0);              ///< ordered before every lane's write
};

/// The cell's state after a write.
inline Cell writtenBy(const Accessor &access) {
  Cell cell;
  cell.writerAgent = access.agent;
  cell.writerClock = access.clock;
  cell.writerLane = access.lane & 31;
  cell.everyLane = access.lane == manyLanes;
  cell.written = 1;
  cell.atomic = access.atomic;
  return cell;
}

/// What a warp knows while it executes one instruction.
struct Knowledge {
  const u32 *clocks;
  const u32 *proxyClocks;
  u32 warp;
  u32 syncedCopies;
};

/// Is the cell's last write ordered before this access, whatever the lane?
inline bool writeIsOrdered(const Knowledge &known, const Cell &cell, const Accessor &access) {
  u32 agent = cell.writerAgent, clock = cell.writerClock;
  if (known.clocks[agent] < clock)
    return false;
  if (access.asyncProxy && agent < matrixAgents)
    return known.proxyClocks[agent] >= clock;
  if (agent == known.warp)
    return clock != known.clocks[agent];
  return agent != copyAgents + known.warp || clock <= known.syncedCopies;
}

/// The common case of judge(), without reports: updates the cell and returns
/// true when the access is surely in order.
inline bool touchInOrder(const Knowledge &known, Cell &cell, const Accessor &access,
                         AccessMemo &memo) {
  if (access.atomic || (cell.written ? !writeIsOrdered(known, cell, access) : !access.write))
    return false;
  if (access.write) {
    if (cell.readSet && cell.readSet != memo.orderedSet)
      return false;
    cell = writtenBy(access);
    return true;
  }
  if (cell.readSet != memo.setBefore)
    return false;
  if (!cell.readSet)
    cell.readerLane = access.lane;
  else if (cell.readerLane != access.lane)
    cell.readerLane = manyLanes;
  cell.readSet = memo.setAfter;
  return true;
}

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_SHADOW_H
