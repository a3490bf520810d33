//===- Scheduler.cpp - Executing the warps of a block ----------------------===//
//
// A warp runs until it waits or its quantum ends; then another has its turn.
// With seed 0 warps take turns in order; any other seed picks warps and
// quanta at random. Every quantum is finite, so a warp that spins on memory
// cannot starve the one that would release it.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Sim/Scheduler.h"

#include "lib/Emulator/Sim/AsyncState.h"
#include "lib/Emulator/Sim/Launch.h"

#include <algorithm>

using namespace lacuna::emulator;

static constexpr u64 longQuantum = 20000;
static constexpr u64 shortestRandomQuantum = 1, longestRandomQuantum = 200;
/// Backward jumps after which a group lets the other groups of its warp run.
static constexpr u32 jumpsBeforeSwitch = 1000;

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

static void enterJoin(Warp &warp, int join) {
  warp.join = join;
  warp.joinPc = join < 0 ? nowhere : warp.joins[join].pc;
}

void lacuna::emulator::part(Warp &warp, u32 taken, u32 target, u32 reconvergence) {
  int join = warp.join;
  if (reconvergence != nowhere && warp.joinPc != reconvergence) {
    auto unused = std::find_if(warp.joins.begin(), warp.joins.end(),
                               [](const Join &candidate) { return !candidate.used; });
    if (unused == warp.joins.end())
      unused = warp.joins.emplace(warp.joins.end());
    *unused = {reconvergence, warp.active, 0, join, true};
    join = static_cast<int>(unused - warp.joins.begin());
  }
  warp.parked.push_back({target, taken, join, {}});
  warp.active &= ~taken;
  ++warp.pc;
  enterJoin(warp, join);
}

/// Opens a join when everyone it still waits for is there.
static bool openJoin(Warp &warp, Join &join, Group &out) {
  if (!join.used || !join.arrived || join.arrived != (join.wanted & warp.live))
    return false;
  join.used = false;
  out = {join.pc, join.arrived, join.parent, {}};
  return true;
}

void lacuna::emulator::exitLanes(Warp &warp) {
  warp.live &= ~warp.mask;
  warp.active &= ~warp.mask;
  ++warp.pc;
  for (Join &join : warp.joins)
    if (Group group; openJoin(warp, join, group))
      warp.parked.push_back(group);
  settleWarpSync(warp);
}

void lacuna::emulator::orderLanes(Warp &warp) {
  acquirePending(warp);
  Clocks &clocks = warp.block->clocks;
  clocks.tick(warp.id);
  warp.syncedCopies = clocks.of(warp.id)[copyAgents + warp.id];
  warp.touched = 0;
}

void lacuna::emulator::settleWarpSync(Warp &warp) {
  for (const Group &group : warp.parked) {
    if (group.condition.kind != Condition::Kind::WarpSync)
      continue;
    u32 members = group.condition.a, present = 0;
    for (const Group &other : warp.parked)
      if (other.condition.kind == Condition::Kind::WarpSync && other.condition.a == members)
        present |= other.mask;
    if ((members & warp.live) & ~present)
      continue;
    for (Group &other : warp.parked)
      if (other.condition.kind == Condition::Kind::WarpSync && other.condition.a == members)
        other.condition = {};
    orderLanes(warp);
  }
}

Step lacuna::emulator::waitFor(Warp &warp, u32 pc, Condition condition) {
  condition.at = warp.pc;
  warp.parked.push_back({pc, warp.mask, warp.join, condition});
  warp.active &= ~warp.mask;
  if (warp.active)
    ++warp.pc; // lanes whose guard is false go on
  return Step::Wait;
}

/// Makes a parked group that is ready the running one.
static bool resume(Warp &warp) {
  for (auto at = warp.parked.begin(); at != warp.parked.end(); ++at) {
    if (at->condition.kind != Condition::Kind::None)
      continue;
    Group group = *at;
    warp.parked.erase(at);
    warp.pc = group.pc;
    warp.active = group.mask & warp.live;
    warp.jumpsSinceSwitch = 0;
    enterJoin(warp, group.join);
    return true;
  }
  return false;
}

static void arriveAtJoin(Warp &warp) {
  Join &join = warp.joins[warp.join];
  join.arrived |= warp.active;
  warp.active = 0;
  if (Group group; openJoin(warp, join, group)) {
    warp.active = group.mask;
    enterJoin(warp, group.join);
  }
}

/// A group that jumps back again and again may be waiting for lanes of its own
/// warp: let the others run.
static void switchGroup(Warp &warp) {
  warp.jumpsSinceSwitch = 0;
  if (warp.parked.empty())
    return;
  warp.parked.push_back({warp.pc, warp.active, warp.join, {}});
  warp.active = 0;
}

bool lacuna::emulator::requireConverged(Warp &warp) {
  if (warp.mask == warp.live)
    return true;
  reportLazily(warp, ReportKind::Divergence, -1, [&] {
    return "executed by " + std::to_string(std::popcount(warp.mask)) + " of the " +
           std::to_string(std::popcount(warp.live)) +
           " live lanes of the warp, but needs all of them";
  });
  return false;
}

void lacuna::emulator::kill(Block &block) {
  block.dead = true;
  for (Warp &warp : block.warps) {
    warp.active = 0;
    warp.live = 0;
    warp.parked.clear();
    warp.joins.clear();
    warp.copies.pending.clear();
  }
}

//===----------------------------------------------------------------------===//
// Reports
//===----------------------------------------------------------------------===//

bool lacuna::emulator::alreadyReported(Warp &warp, ReportKind kind) {
  return warp.block->worker->reporter.known(kind, warp.pc, warp.block->index);
}

void lacuna::emulator::report(Warp &warp, ReportKind kind, int lane, const std::string &message) {
  const Block &block = *warp.block;
  const Code &code = *block.code;
  const InstructionInfo &info = code.info[std::min<std::size_t>(warp.pc, code.info.size() - 1)];
  Report result;
  result.kind = kind;
  result.block = block.index;
  result.blockX = block.x;
  result.blockY = block.y;
  result.blockZ = block.z;
  result.warp = warp.id;
  result.lane = lane;
  result.ptxLine = info.ptxLine;
  if (info.source.file < code.files.size())
    result.sourceFile = code.files[info.source.file];
  result.sourceLine = info.source.line;
  result.inlinedLine = info.source.inlinedLine;
  result.instruction = info.text;
  result.message = message;
  block.worker->reporter.add(std::move(result), warp.pc);
}

/// Exact check of registers that some path reads before it writes them.
static void checkTracked(Warp &warp, const Instruction &instruction) {
  const TrackedUse &use = warp.block->code->tracked[instruction.tracked];
  if (!use.pinnedReads.empty() || !use.pinnedWrites.empty())
    checkMatrixRegisters(warp, use);
  bool readsFirst = !use.readsOnlyIf || predicate(warp, use.readsOnlyIf) & warp.mask;
  u32 known = allLanes;
  for (std::size_t i = 0; i < use.reads.size(); ++i) {
    u32 initialised = warp.initialised[use.reads[i]];
    known &= initialised;
    u32 missing = warp.mask & ~initialised;
    if (missing && !use.copies && readsFirst)
      reportLazily(warp, ReportKind::UninitialisedRegister, std::countr_zero(missing), [&] {
        return "reads register " + use.readNames[i] + ", which was never written";
      });
  }
  // A copy hands the state on; anything else makes a value (the complaint was
  // made once, above).
  for (u32 written : use.writes) {
    u32 &state = warp.initialised[written];
    state = (state & ~warp.mask) | (warp.mask & (use.copies ? known : allLanes));
  }
}

//===----------------------------------------------------------------------===//
// Warps and blocks
//===----------------------------------------------------------------------===//

/// Executes up to `quantum` instructions of a warp.
static void runWarp(Warp &warp, u64 quantum) {
  Block &block = *warp.block;
  const Instruction *code = block.code->instructions.data();
  const u32 end = static_cast<u32>(block.code->instructions.size());
  u64 *warpCounts = block.worker->warpCounts.data();
  u64 *laneCounts = block.worker->laneCounts.data();
  u32 *byWarps = block.worker->byWarps.data();
  u64 left = quantum;
  while (left) {
    if (!warp.active) [[unlikely]] {
      if (!resume(warp))
        break;
      continue;
    }
    if (warp.pc == warp.joinPc) [[unlikely]] {
      arriveAtJoin(warp);
      continue;
    }
    if (warp.pc >= end) [[unlikely]] {
      warp.mask = warp.active;
      exitLanes(warp);
      continue;
    }
    const Instruction &instruction = code[warp.pc];
    u32 mask = warp.active;
    if (instruction.guard >= 0) {
      u32 holds = *reinterpret_cast<const u32 *>(warp.registers + instruction.guard);
      mask &= instruction.guardNegated ? ~holds : holds;
      if (!mask) {
        ++warp.pc;
        continue;
      }
    }
    if (instruction.ordersBlocks && block.code->ordersBlocks && !block.inTurn) [[unlikely]] {
      warp.mask = warp.active; // a predicate does not part lanes
      waitFor(warp, warp.pc, {Condition::Kind::Turn});
      continue;
    }
    warp.mask = mask;
    --left;
    ++warpCounts[warp.pc];
    byWarps[warp.pc] |= u32(1) << warp.id;
    laneCounts[warp.pc] += mask == allLanes ? warpSize : std::popcount(mask);
    if (instruction.tracked) [[unlikely]]
      checkTracked(warp, instruction);
    u32 from = warp.pc;
    Step step = instruction.execute(warp, instruction);
    if (step == Step::Next)
      ++warp.pc;
    else if (step == Step::Wait && !warp.active)
      break;
    else if (warp.pc <= from && ++warp.jumpsSinceSwitch > jumpsBeforeSwitch)
      switchGroup(warp);
    if (block.inTurn)
      break;
  }
  block.executed += quantum - left;
}

/// Every unfinished lane waits for something that will not come.
static void reportDeadlock(Block &block) {
  std::string state;
  Warp *first = nullptr;
  for (Warp &warp : block.warps) {
    for (const Group &group : warp.parked) {
      if (!first) {
        first = &warp;
        warp.pc = group.condition.at;
      }
      u32 line = block.code->info[group.condition.at].ptxLine;
      state += (state.empty() ? "" : "; ") + std::string("warp ") + std::to_string(warp.id) + " (" +
               std::to_string(std::popcount(group.mask)) + " lanes) ";
      switch (group.condition.kind) {
      case Condition::Kind::Barrier: {
        const Barrier &barrier = block.barriers[group.condition.a];
        state += "in barrier " + std::to_string(group.condition.a) + " with " +
                 std::to_string(barrier.arrived) + " of " + std::to_string(barrier.expected) +
                 " threads";
        break;
      }
      case Condition::Kind::Budget:
        state += "waits for " + std::to_string(group.condition.a) + " registers; the block has " +
                 std::to_string(block.freeRegisters) + " free";
        break;
      case Condition::Kind::WarpSync:
        state += "in a warp barrier for lanes not there";
        break;
      default:
        state += describeWait(block, group.condition);
        break;
      }
      state += " at PTX line " + std::to_string(line);
    }
    for (const Join &join : warp.joins)
      if (join.used && join.arrived)
        state += "; warp " + std::to_string(warp.id) + ": " +
                 std::to_string(std::popcount(join.arrived)) + " lanes wait for the others";
  }
  if (first)
    report(*first, ReportKind::Deadlock, -1, state);
}

bool lacuna::emulator::runBlock(Block &block) {
  const EmulatorOptions &options = *block.launch->options;
  const u32 count = static_cast<u32>(block.warps.size());
  std::vector<u32> ready;
  while (!block.dead) {
    if (options.mode == AsyncMode::Random)
      completeAsyncByChance(block);
    ready.clear();
    bool waitsForTurn = false, finished = true;
    for (u32 k = 0; k < count; ++k) {
      Warp &warp = block.warps[(block.nextWarp + k) % count];
      finished &= warp.finished();
      if (warp.ready())
        ready.push_back(warp.id);
      for (const Group &group : warp.parked)
        waitsForTurn |= group.condition.kind == Condition::Kind::Turn;
    }
    if (finished)
      break;
    if (ready.empty()) {
      if (completeAsyncWork(block, true))
        continue;
      if (waitsForTurn)
        return false;
      reportDeadlock(block);
      kill(block);
      break;
    }
    completeAsyncWork(block, false);
    bool random = options.seed != 0;
    u32 pick = random ? ready[block.random.below(ready.size())] : ready.front();
    block.nextWarp = pick + 1;
    runWarp(block.warps[pick],
            random ? shortestRandomQuantum + block.random.below(longestRandomQuantum)
                   : longQuantum);
    if (block.executed > options.instructionLimit) {
      report(block.warps[pick], ReportKind::Limit, -1,
             "the block has executed " + std::to_string(block.executed) +
                 " instructions; it seems to hang");
      kill(block);
    }
    if (block.launch->met.load(std::memory_order_relaxed))
      kill(block);
  }
  if (!block.dead) {
    checkAsyncAtExit(block);
    countPhases(block);
    checkBudgetsAtExit(block);
  }
  return true;
}

void lacuna::emulator::takeTurn(Block &block) {
  block.inTurn = true;
  for (Warp &warp : block.warps) {
    // Only groups that waited when the turn began; each executes one instruction.
    std::size_t waiting = warp.parked.size();
    for (std::size_t k = 0; k < waiting && !block.dead; ++k) {
      Group group = warp.parked.front();
      warp.parked.pop_front();
      if (group.condition.kind != Condition::Kind::Turn) {
        warp.parked.push_back(group);
        continue;
      }
      Group running{warp.pc, warp.active, warp.join, {}};
      warp.pc = group.pc;
      warp.active = group.mask & warp.live;
      enterJoin(warp, group.join);
      runWarp(warp, 1);
      if (warp.active)
        warp.parked.push_back({warp.pc, warp.active, warp.join, {}});
      warp.pc = running.pc;
      warp.active = running.mask;
      enterJoin(warp, running.join);
    }
  }
  block.inTurn = false;
}
