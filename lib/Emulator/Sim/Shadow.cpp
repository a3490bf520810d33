#include "lib/Emulator/Sim/Shadow.h"

#include "lib/Emulator/Sim/Launch.h"
#include "lib/Emulator/Sim/State.h"

#include <algorithm>

using namespace lacuna::emulator;

void ReadSets::clear() {
  sets.assign(1, {});
  numbers.clear();
  memo.clear();
  numbers[{}] = 0;
}

u32 ReadSets::add(u32 set, u32 agent, u32 clock) {
  constexpr std::size_t mostSets = std::size_t(1) << 18; // bits of Cell::readSet
  u64 key = u64(set) << 32 | u64(agent) << 24 | (clock & 0xffffff);
  auto [place, isNew] = memo.try_emplace(key, 0);
  if (!isNew)
    return place->second;
  if (sets.size() == mostSets)
    return place->second = set;
  Set next = sets[set];
  auto at = std::lower_bound(next.begin(), next.end(), std::pair<u8, u32>(agent, 0));
  if (at != next.end() && at->first == agent)
    at->second = clock;
  else
    next.insert(at, {static_cast<u8>(agent), clock});
  auto [number, added] = numbers.try_emplace(next, static_cast<u32>(sets.size()));
  if (added)
    sets.push_back(std::move(next));
  return place->second = number->second;
}

void Clocks::reset(u32 warps, u32 agents) {
  agentCount = agents;
  known.assign(std::size_t(warps) * agents, 0);
  proxyKnown.assign(std::size_t(warps) * agents, 0);
  for (u32 w = 0; w < warps; ++w)
    of(w)[w] = 1;
}

void Clocks::join(u32 *into, const u32 *from) const {
  for (u32 i = 0; i < agentCount; ++i)
    into[i] = std::max(into[i], from[i]);
}

/// Is an earlier write ordered before this access?
static Verdict judgeWrite(Warp &warp, const Cell &cell, const Accessor &access, const u32 *known,
                          bool sameValue) {
  u32 agent = cell.writerAgent, clock = cell.writerClock;
  if (cell.atomic && access.atomic)
    return {};
  bool generic = access.agent == warp.id;
  if (agent == warp.id) {
    if (access.asyncProxy) {
      if (warp.block->clocks.proxyOf(warp.id)[agent] < clock)
        return {Hazard::Proxy, agent};
      return {};
    }
    // Since the last __syncwarp or barrier, by another lane?
    bool fresh = clock == known[agent];
    bool otherLane = cell.everyLane || access.lane == manyLanes || cell.writerLane != access.lane;
    bool wholeWarp = cell.everyLane && access.lane == manyLanes;
    if (fresh && otherLane && !wholeWarp && !(access.write && sameValue && generic))
      return {Hazard::WarpRace, cell.everyLane ? manyLanes : u32(cell.writerLane)};
    return {};
  }
  if (known[agent] < clock) {
    bool ownAsync = agent >= copyAgents && agent < mbarrierAgents && agent % 32 == warp.id;
    return {ownAsync ? Hazard::NotWaited : Hazard::Race, agent};
  }
  // Waiting for cp.async orders the copies of the waiting lane only.
  if (agent == copyAgents + warp.id && clock > warp.syncedCopies &&
      (access.lane == manyLanes || access.lane != cell.writerLane))
    return {Hazard::NotSynced, u32(cell.writerLane)};
  if (access.asyncProxy && agent < matrixAgents &&
      warp.block->clocks.proxyOf(warp.id)[agent] < clock)
    return {Hazard::Proxy, agent};
  return {};
}

/// Are the reads since the last write ordered before this write?
static Verdict judgeReads(Warp &warp, const Cell &cell, const Accessor &access, const u32 *known) {
  const ReadSets::Set &set = warp.block->worker->readSets[cell.readSet];
  for (auto [agent, clock] : set) {
    if (agent == warp.id) {
      bool fresh = clock == known[agent] && !access.asyncProxy;
      bool otherLane = cell.readerLane == manyLanes ? set.size() == 1 && access.lane != manyLanes
                                                    : cell.readerLane != access.lane;
      if (fresh && otherLane)
        return {Hazard::WarpRace, u32(cell.readerLane), false};
    } else if (known[agent] < clock) {
      return {Hazard::Race, agent, false};
    }
  }
  return {};
}

/// Are all reads of the set ordered before a write by any lane of the warp?
static bool orderedForAllLanes(Warp &warp, u32 set, const u32 *known) {
  for (auto [agent, clock] : warp.block->worker->readSets[set])
    if (agent == warp.id ? clock == known[agent] : known[agent] < clock)
      return false;
  return true;
}

Verdict lacuna::emulator::judge(Warp &warp, Cell &cell, const Accessor &access, bool sameValue,
                                AccessMemo &memo) {
  const u32 *known = warp.block->clocks.of(warp.id);
  Verdict verdict;
  if (cell.written)
    verdict = judgeWrite(warp, cell, access, known, sameValue);
  else if (!access.write || access.modifies)
    verdict = {Hazard::Uninitialised};
  if (access.write && verdict.hazard <= Hazard::Uninitialised && cell.readSet &&
      !(cell.atomic && access.atomic)) {
    Verdict reads = judgeReads(warp, cell, access, known);
    if (reads.hazard != Hazard::None)
      verdict = reads;
    else if (orderedForAllLanes(warp, cell.readSet, known))
      memo.orderedSet = cell.readSet;
  }
  if (access.write) {
    cell = writtenBy(access);
  } else if (!access.atomic) {
    cell.readerLane = !cell.readSet || cell.readerLane == access.lane ? access.lane : manyLanes;
    memo.setBefore = cell.readSet;
    memo.setAfter = warp.block->worker->readSets.add(cell.readSet, access.agent, access.clock);
    cell.readSet = memo.setAfter;
  }
  return verdict;
}
