#include "lib/Emulator/Sim/AsyncState.h"

#include "lib/Emulator/Sim/Launch.h"

#include <algorithm>

using namespace lacuna::emulator;

/// Scheduler rounds after which warps that all run are believed to spin.
static constexpr u32 patience = 64;

std::shared_ptr<AsyncState> lacuna::emulator::makeAsyncState(const Code &code, u32 warps) {
  auto state = std::make_shared<AsyncState>();
  state->warps.resize(warps);
  for (WarpAsync &warp : state->warps) {
    warp.touched.assign(code.pinnedCount, 0);
    warp.accumulatorOf.assign(code.pinnedCount, 0);
    warp.operandOf.assign(code.pinnedCount, 0);
  }
  return state;
}

static void performOneLoad(Block &block, std::size_t index) {
  AsyncState &state = *block.async;
  BulkLoad load = state.loads[index];
  state.loads.erase(state.loads.begin() + static_cast<std::ptrdiff_t>(index));
  state.roundsWithoutLoad = 0;
  performLoad(block, load);
}

void lacuna::emulator::completeAsyncByChance(Block &block) {
  for (Warp &warp : block.warps) {
    auto &pending = warp.copies.pending;
    if (pending.empty())
      continue;
    for (u64 k = block.random.below(8); k > 0 && !pending.empty(); --k) {
      u64 pick = block.random.below(pending.size());
      perform(pending[pick]);
      pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(pick));
    }
  }
  if (block.async && !block.async->loads.empty() && block.random.below(4) == 0)
    performOneLoad(block, block.random.below(block.async->loads.size()));
}

bool lacuna::emulator::completeAsyncWork(Block &block, bool noWarpCanRun) {
  if (!block.async || block.async->loads.empty())
    return false;
  AsyncState &state = *block.async;
  if (!noWarpCanRun && ++state.roundsWithoutLoad < patience)
    return false;
  bool shuffled = block.launch->options->mode == AsyncMode::Random;
  performOneLoad(block, shuffled ? block.random.below(state.loads.size()) : 0);
  return true;
}

void lacuna::emulator::checkAsyncAtExit(Block &block) {
  if (!block.async)
    return;
  AsyncState &state = *block.async;
  for (Warp &warp : block.warps) {
    WarpAsync &own = state.warps[warp.id];
    for (const BulkStore &store : own.stores) {
      warp.pc = warp.lastStore;
      report(warp, ReportKind::Tma, static_cast<int>(store.lane),
             "the block ends while this bulk store may still read its shared memory");
      break;
    }
    for (const BulkStore &store : own.stores)
      if (block.launch->options->mode != AsyncMode::Eager && !store.adds)
        performStore(warp, store);
    if (!own.matrix.empty()) {
      warp.pc = static_cast<u32>(own.matrix.front().instruction - block.code->instructions.data());
      report(warp, ReportKind::Wgmma, -1, "the warp ends before this wgmma was waited for");
    }
  }
  if (!state.loads.empty()) {
    Warp &warp = block.warps[0];
    report(warp, ReportKind::Tma, -1,
           "the block ends while " + std::to_string(state.loads.size()) +
               " bulk loads may still write to its shared memory");
  }
}

void lacuna::emulator::countPhases(const Block &block) {
  if (!block.async)
    return;
  u32 &fewest = block.worker->fewestPhases;
  for (const Mbarrier &mbarrier : block.async->mbarriers)
    fewest = std::min(fewest, mbarrier.phase);
}

std::string lacuna::emulator::describeWait(const Block &block, const Condition &condition) {
  if (condition.kind == Condition::Kind::Matrix)
    return "waits for wgmma group " + std::to_string(condition.a) +
           ", which not all warps of the warpgroup have committed";
  if (condition.kind != Condition::Kind::Mbarrier)
    return "waits";
  std::string text = "waits for parity " + std::to_string(condition.b) +
                     " of the mbarrier at byte " + std::to_string(s64(condition.a) - sharedBase);
  for (const Mbarrier &mbarrier : block.async->mbarriers)
    if (mbarrier.address == condition.a)
      text += " (" + std::to_string(mbarrier.phase) + " phases done, " +
              std::to_string(mbarrier.pending) + " of " + std::to_string(mbarrier.expected) +
              " arrivals and " + std::to_string(mbarrier.bytes) + " bytes missing)";
  return text;
}
