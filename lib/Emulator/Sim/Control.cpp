//===- Control.cpp - Branches, exits, barriers -----------------------------===//
#include "lib/Emulator/Decode/Rows.h"
#include "lib/Emulator/Sim/MemoryAccess.h"
#include "lib/Emulator/Sim/Scheduler.h"

using namespace lacuna::emulator;

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

static Step branch(Warp &warp, const Instruction &i) {
  if (warp.mask == warp.active)
    warp.pc = i.target;
  else
    part(warp, warp.mask, i.target, i.reconvergence);
  return Step::Jump;
}

static Step leave(Warp &warp, const Instruction &) {
  exitLanes(warp);
  settleBarriers(*warp.block);
  return Step::Jump;
}

static Step trap(Warp &warp, const Instruction &) {
  report(warp, ReportKind::Trap, firstLane(warp), "the kernel stopped itself");
  kill(*warp.block);
  return Step::Jump;
}

template <Scope scope>
static Step memoryFence(Warp &warp, const Instruction &) {
  fence(warp, scope);
  return Step::Next;
}

//===----------------------------------------------------------------------===//
// Barriers of a block
//===----------------------------------------------------------------------===//

/// Threads that a warp stands for at a barrier: barriers count whole warps.
static u32 threadsAtBarrier(const Warp &warp, u32 mask) {
  return mask == warp.live ? warpSize : static_cast<u32>(std::popcount(mask));
}

/// Threads that a barrier without a count waits for.
static u32 liveThreads(const Block &block) {
  u32 threads = 0;
  for (const Warp &warp : block.warps)
    threads += warp.live ? warpSize : 0;
  return threads;
}

static void openBarrier(Block &block, u32 id) {
  Barrier &barrier = block.barriers[id];
  for (const Reduction &reduction : barrier.reductions) {
    Warp &warp = block.warps[reduction.warp];
    u32 all = barrier.votes == barrier.arrived, any = barrier.votes != 0;
    warp.mask = reduction.mask;
    if (reduction.operation == 0)
      forLanes(reduction.mask, [&](int l) { lanes<u32>(warp, reduction.slot)[l] = barrier.votes; });
    else
      setPredicate(warp, reduction.slot, (reduction.operation == 1 ? all : any) ? allLanes : 0);
  }
  for (Warp &warp : block.warps)
    for (Group &group : warp.parked)
      if (group.condition.kind == Condition::Kind::Barrier && group.condition.a == id) {
        group.condition = {};
        block.clocks.join(block.clocks.of(warp.id), barrier.clock.data());
        block.clocks.join(block.clocks.proxyOf(warp.id), barrier.proxyClock.data());
        warp.syncedCopies = block.clocks.of(warp.id)[copyAgents + warp.id];
      }
  barrier = Barrier();
}

void lacuna::emulator::settleBarriers(Block &block) {
  for (u32 id = 0; id < block.barriers.size(); ++id) {
    Barrier &barrier = block.barriers[id];
    if (barrier.arrived && barrier.expectsAll) {
      barrier.expected = liveThreads(block);
      if (barrier.arrived >= barrier.expected)
        openBarrier(block, id);
    }
  }
}

/// bar.sync, bar.arrive, bar.red. a: barrier; b: thread count, 0 for all;
/// option: 0 sync, 1 arrive, 2.. reductions with predicate c, result d.
static Step barrier(Warp &warp, const Instruction &i) {
  Block &block = *warp.block;
  if (i.access.ordered) // .aligned
    requireConverged(warp);
  if (warp.mask == warp.live)
    warp.touched = 0;
  u32 id = lanes<u32>(warp, i.a)[firstLane(warp)];
  if (id >= block.barriers.size()) {
    report(warp, ReportKind::Barrier, firstLane(warp),
           "barrier " + std::to_string(id) + " does not exist; there are 16");
    return Step::Next;
  }
  Barrier &barrier = block.barriers[id];
  u32 count = i.b ? lanes<u32>(warp, i.b)[firstLane(warp)] : 0;
  bool all = count == 0;
  if (all)
    count = liveThreads(block);
  if (count % warpSize)
    reportLazily(warp, ReportKind::Barrier, -1, [&] {
      return "thread count " + std::to_string(count) + " is not a multiple of 32";
    });
  if (barrier.arrived && !(all && barrier.expectsAll) && barrier.expected != count)
    reportLazily(warp, ReportKind::Barrier, -1, [&] {
      return "warps disagree on the thread count of barrier " + std::to_string(id) + ": " +
             std::to_string(barrier.expected) + " and " + std::to_string(count);
    });
  u32 &present = barrier.present[warp.id];
  if (present & warp.mask)
    reportLazily(warp, ReportKind::Barrier, -1, [&] {
      return "comes to barrier " + std::to_string(id) +
             " again, which has not opened since it came before";
    });
  present |= warp.mask;
  barrier.expected = count;
  barrier.expectsAll = all;
  acquirePending(warp);
  // Arriving releases what this warp did and knows; waiting acquires the rest.
  block.clocks.join(barrier.clock.data(), block.clocks.of(warp.id));
  block.clocks.join(barrier.proxyClock.data(), block.clocks.proxyOf(warp.id));
  block.clocks.tick(warp.id);
  barrier.arrived += threadsAtBarrier(warp, warp.mask);
  if (i.option >= 2) {
    u32 votes = predicate(warp, i.c);
    votes = (i.imm ? ~votes : votes) & warp.mask;
    barrier.votes += static_cast<u32>(std::popcount(votes));
    if (i.option != 2 && votes == warp.mask) // and: absent lanes count as true
      barrier.votes += threadsAtBarrier(warp, warp.mask) - std::popcount(warp.mask);
    barrier.reductions.push_back({warp.id, warp.mask, i.d, static_cast<u8>(i.option - 2)});
  }
  bool full = barrier.arrived >= barrier.expected;
  if (barrier.arrived > barrier.expected)
    reportLazily(warp, ReportKind::Barrier, -1, [&] {
      return std::to_string(barrier.arrived) + " threads came to barrier " + std::to_string(id) +
             ", which expects " + std::to_string(barrier.expected);
    });
  Step step = Step::Next;
  if (i.option != 1)
    step = waitFor(warp, warp.pc + 1, {Condition::Kind::Barrier, id});
  if (full)
    openBarrier(block, id);
  return step;
}

/// __syncwarp: a: member mask.
static Step syncWarp(Warp &warp, const Instruction &i) {
  u32 members = lanes<u32>(warp, i.a)[firstLane(warp)];
  if (warp.mask & ~members)
    reportLazily(warp, ReportKind::Divergence, firstLane(warp), [] {
      return std::string("a lane executes bar.warp.sync without being a member");
    });
  Step step = Step::Next;
  if ((members & warp.live) != warp.mask) {
    step = waitFor(warp, warp.pc + 1, {Condition::Kind::WarpSync, members});
    settleWarpSync(warp);
    return step;
  }
  orderLanes(warp);
  return step;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

static void bindBranch(Binder &binder) {
  binder.out.target = static_cast<u32>(binder.statement.target);
}

static void bindBarrier(Binder &binder) {
  const auto &operands = binder.statement.operands;
  bool reduces = binder.has("red");
  std::size_t first = reduces ? 1 : 0, count = operands.size();
  if (count < first + 1 + reduces || count > first + 2 + reduces)
    return binder.fail("wrong number of operands");
  binder.out.access.ordered = binder.statement.mnemonic() == "bar" || binder.has("aligned");
  binder.out.a = binder.source(operands[first], 4);
  bool hasCount = count == first + 2 + reduces;
  if (hasCount)
    binder.out.b = binder.source(operands[first + 1], 4);
  binder.out.option = binder.has("arrive") ? 1 : 0;
  if (reduces) {
    binder.out.option = binder.has("popc") ? 2 : binder.has("and") ? 3 : 4;
    binder.out.d = binder.has("popc") ? binder.destination(operands[0], 4)
                                      : binder.predicateDestination(operands[0]);
    binder.out.c = binder.predicateSource(operands.back());
    binder.out.imm = operands.back().negated;
  }
}

void lacuna::emulator::addControlRows(InstructionTable &table) {
  table.add({"bra[.uni]", "", branch, 0, bindBranch});
  table.add({"ret[.uni]", "", leave});
  table.add({"exit", "", leave});
  table.add({"trap", "", trap});
  for (const char *name : {"bar", "barrier"}) {
    std::string prefix(name);
    prefix += "[.cta]";
    std::string suffix = prefix[3] == 'r' ? "[.aligned]" : "";
    table.add({prefix + ".sync" + suffix, "", barrier, 0, bindBarrier});
    table.add({prefix + ".arrive" + suffix, "", barrier, 0, bindBarrier});
    table.add({prefix + ".red.popc" + suffix + ".u32", "", barrier, 0, bindBarrier, true});
    table.add({prefix + ".red.(and|or)" + suffix + ".pred", "", barrier, 0, bindBarrier, true});
  }
  table.add({"bar.warp.sync", "a4", syncWarp});
  const std::string strengths = "[.sc|.acq_rel|.acquire|.release]";
  table.add({"membar.cta", "", memoryFence<Scope::Block>});
  table.add({"membar.(gl|sys)", "", memoryFence<Scope::Device>});
  table.add({"fence" + strengths + ".cta", "", memoryFence<Scope::Block>});
  table.add({"fence" + strengths + ".(cluster|gpu|sys)", "", memoryFence<Scope::Device>});
  table.add({"nanosleep.u32", "a4", nothing});
  table.add({"prefetch[.global|.local].(L1|L2|L2::evict_last|L2::evict_normal)", "m", nothing});
  table.add({"prefetchu.L1", "m", nothing});
  table.add({"pmevent", "i", nothing});
}
