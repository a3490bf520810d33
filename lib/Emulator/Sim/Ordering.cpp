#include "lib/Emulator/Sim/Ordering.h"

#include "lib/Emulator/Sim/Launch.h"
#include "lib/Emulator/Sim/State.h"

#include <algorithm>

using namespace lacuna::emulator;

static void join(BlockClock &into, const BlockClock &from) {
  for (auto [block, clock] : from) {
    u32 &known = into[block];
    known = std::max(known, clock);
  }
}

static void join(std::vector<u32> &into, const std::vector<u32> &from) {
  if (into.size() < from.size())
    into.resize(from.size(), 0);
  for (std::size_t i = 0; i < from.size(); ++i)
    into[i] = std::max(into[i], from[i]);
}

void lacuna::emulator::acquirePending(Warp &warp) {
  Block &block = *warp.block;
  if (!warp.order.pending.empty()) {
    block.clocks.join(block.clocks.of(warp.id), warp.order.pending.data());
    warp.order.pending.clear();
  }
  if (!block.order.pending.empty()) {
    join(block.order.known, block.order.pending);
    block.order.pending.clear();
  }
}

void lacuna::emulator::fence(Warp &warp, Scope scope) {
  Block &block = *warp.block;
  acquirePending(warp);
  const u32 *known = block.clocks.of(warp.id);
  warp.order.fenced.assign(known, known + block.clocks.agents());
  block.clocks.tick(warp.id);
  if (scope == Scope::Block || !block.code->ordersBlocks)
    return;
  BlockOrder &order = block.order;
  order.fenced = order.known;
  order.fenced[static_cast<u32>(block.index)] = order.clock++;
}

void lacuna::emulator::meetAt(Warp &warp, u64 address, bool reads, bool writes, Strength strength) {
  Block &block = *warp.block;
  bool acquires = strength == Strength::Acquire || strength == Strength::AcquireRelease;
  bool releases = strength == Strength::Release || strength == Strength::AcquireRelease;
  bool global = (address & windowMask) != sharedWindow;
  MeetingPoints *points = global && block.code->ordersBlocks ? block.launch->points : nullptr;
  if (reads) {
    if (auto found = block.released.find(address); found != block.released.end())
      join(warp.order.pending, found->second);
    if (points)
      if (auto found = points->released.find(address); found != points->released.end())
        join(block.order.pending, found->second);
    if (acquires)
      acquirePending(warp);
  }
  if (!writes)
    return;
  if (releases)
    fence(warp, Scope::Device);
  if (!warp.order.fenced.empty())
    join(block.released[address], warp.order.fenced);
  if (points)
    join(points->released[address], block.order.fenced);
}
