//===- Launch.cpp - Running a grid on host threads, reproducibly -----------===//
//
// Three ways to run the blocks of a grid, all with the same result for the
// same seed at any number of threads:
//
// * Kernels that cannot communicate between blocks (no atomics, no ordered
//   accesses to global memory) run on all threads at once, each block from
//   start to end. If two blocks touch the same data after all, which is a
//   defect of the kernel, everything is undone and
// * the blocks run one after the other in seeded order, and the conflict is
//   reported the same way each time.
// * Kernels that may communicate run in rounds: every resident block runs, in
//   parallel, up to its next communicating instruction; then these execute one
//   by one in seeded order.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Sim/Launch.h"

#include "lib/Emulator/Sim/AsyncState.h"
#include "lib/Emulator/Sim/Progress.h"
#include "lib/Emulator/Sim/State.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <thread>

using namespace lacuna::emulator;

/// Blocks that a communicating kernel has in flight; more than any GPU holds
/// would hide a kernel that relies on all being resident.
static constexpr u64 residentBlocks = 256;

void Worker::merge(Worker &&other) {
  reporter.merge(std::move(other.reporter));
  for (std::size_t i = 0; i < warpCounts.size(); ++i) {
    warpCounts[i] += other.warpCounts[i];
    laneCounts[i] += other.laneCounts[i];
    byWarps[i] |= other.byWarps[i];
  }
  globalBytesLoaded += other.globalBytesLoaded;
  fewestPhases = std::min(fewestPhases, other.fewestPhases);
  sharedBytes += other.sharedBytes;
  latestClock = std::max(latestClock, other.latestClock);
}

static u64 mix(u64 a, u64 b) { return Random(a ^ Random(b).next()).next(); }

/// The first block that is run, and the distance to the next.
static std::pair<u64, u64> sampleOf(const Launch &launch) {
  const u64 step = launch.code->isPrediction ? launch.options->predictedStep : 1;
  return {std::min(step, launch.blocks()) / 2, step};
}

u64 Launch::sampledBlocks() const {
  const auto [first, step] = sampleOf(*this);
  return (blocks() - first + step - 1) / step;
}

/// Order in which blocks start.
static std::vector<u64> blockOrder(const Launch &launch) {
  const auto [first, step] = sampleOf(launch);
  std::vector<u64> order(launch.sampledBlocks());
  for (u64 i = 0; i < order.size(); ++i)
    order[i] = first + i * step;
  if (launch.options->seed) {
    Random random(mix(launch.options->seed, launch.serial));
    for (u64 i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random.below(i)]);
  }
  return order;
}

static u32 specialValue(const Launch &launch, const Block &block, Special id, u32 warp, u32 lane) {
  u32 thread = warp * warpSize + lane;
  switch (id) {
  case Special::TidX:
    return thread % launch.blockX;
  case Special::TidY:
    return thread / launch.blockX % launch.blockY;
  case Special::TidZ:
    return thread / launch.blockX / launch.blockY;
  case Special::NtidX:
    return launch.blockX;
  case Special::NtidY:
    return launch.blockY;
  case Special::NtidZ:
    return launch.blockZ;
  case Special::CtaidX:
    return block.x;
  case Special::CtaidY:
    return block.y;
  case Special::CtaidZ:
    return block.z;
  case Special::NctaidX:
    return launch.gridX;
  case Special::NctaidY:
    return launch.gridY;
  case Special::NctaidZ:
    return launch.gridZ;
  case Special::LaneId:
    return lane;
  case Special::WarpId:
    return warp;
  case Special::NWarpId:
    return (launch.threadsPerBlock() + warpSize - 1) / warpSize;
  case Special::LaneMaskEq:
    return u32(1) << lane;
  case Special::LaneMaskLt:
    return (u32(1) << lane) - 1;
  case Special::LaneMaskLe:
    return (u32(2) << lane) - 1;
  case Special::LaneMaskGt:
    return ~((u32(2) << lane) - 1);
  case Special::LaneMaskGe:
    return ~((u32(1) << lane) - 1);
  case Special::DynamicSharedBytes:
    return launch.dynamicShared;
  case Special::TotalSharedBytes:
    return block.sharedEnd - sharedBase;
  case Special::GridId:
    return static_cast<u32>(launch.serial);
  case Special::SmId:
  case Special::Zero:
    return 0;
  case Special::NSmId:
  case Special::One:
    return 1;
  case Special::WarpSize:
    return warpSize;
  }
  return 0;
}

static void startWarp(Block &block, Warp &warp, u32 id) {
  const Launch &launch = *block.launch;
  const Code &code = *block.code;
  u32 threads = launch.threadsPerBlock() - id * warpSize;
  std::vector<u8> localBytes = std::move(warp.localBytes);
  std::vector<u8> localInitialised = std::move(warp.localInitialised);
  std::vector<Copy> pending = std::move(warp.copies.pending);
  warp = Warp();
  warp.localBytes = std::move(localBytes);
  warp.localInitialised = std::move(localInitialised);
  warp.copies.pending = std::move(pending);
  warp.copies.pending.clear();
  warp.id = id;
  warp.block = &block;
  warp.live = warp.active = threads >= warpSize ? allLanes : (u32(1) << threads) - 1;
  warp.registersPerThread = registersAtStart(launch);
  warp.registers = block.registerFile.data() + std::size_t(id) * code.registerBytes;
  std::memcpy(warp.registers, code.initialRegisters.data(), code.registerBytes);
  for (const SpecialSlot &special : code.specials) {
    u32 *place = reinterpret_cast<u32 *>(warp.registers + special.slot);
    for (u32 lane = 0; lane < warpSize; ++lane)
      place[lane] = specialValue(launch, block, special.id, id, lane);
  }
  warp.initialised.assign(code.trackedCount, 0);
  warp.localBytes.assign(std::size_t(code.localBytes) * warpSize, 0xff);
  warp.localInitialised.assign(std::size_t(code.localBytes) * warpSize, 0);
}

void lacuna::emulator::startBlock(Block &block, const Launch &launch, Worker &worker, u64 index) {
  const Code &code = *launch.code;
  block.launch = &launch;
  block.worker = &worker;
  block.code = &code;
  block.index = index;
  block.x = static_cast<u32>(index % launch.gridX);
  block.y = static_cast<u32>(index / launch.gridX % launch.gridY);
  block.z = static_cast<u32>(index / launch.gridX / launch.gridY);
  block.random = Random(mix(mix(launch.options->seed, launch.serial), index + 1));
  block.dead = false;
  block.executed = 0;
  block.clockReads = 0;
  block.nextWarp = 0;
  block.freeRegisters = 0;
  block.sharedEnd = std::max(code.staticSharedEnd, code.dynamicSharedStart + launch.dynamicShared);
  // Poison that is a NaN as f16, bf16 and f32 would hide in maxima; this is a
  // large negative number in all of them.
  block.shared.assign(block.sharedEnd + 16, 0xcd);
  block.grainShift = static_cast<u32>(std::countr_zero(code.sharedGrain));
  u32 warps = (launch.threadsPerBlock() + warpSize - 1) / warpSize;
  if (launch.options->checkRaces || code.isPrediction)
    block.cells.assign((block.sharedEnd >> block.grainShift) + 2, Cell{});
  if (worker.readSets.size() > 100000)
    worker.readSets.clear();
  block.clocks.reset(warps, code.usesAsyncProxy ? allAgents : 2 * copyAgents);
  block.barriers.fill(Barrier());
  block.order = {};
  block.order.clock = launch.firstClock;
  block.released.clear();
  block.async = code.usesAsyncProxy ? makeAsyncState(code, warps) : nullptr;
  block.registerFile.resize(std::size_t(warps) * code.registerBytes + 64);
  block.warps.resize(warps);
  for (u32 w = 0; w < warps; ++w)
    startWarp(block, block.warps[w], w);
}

/// Calls work(worker) on each thread; work returns when nothing is left.
template <class Work>
static void onThreads(std::vector<Worker> &workers, Work work) {
  std::vector<std::thread> threads;
  for (std::size_t t = 1; t < workers.size(); ++t)
    threads.emplace_back([&, t] { work(workers[t]); });
  work(workers[0]);
  for (std::thread &thread : threads)
    thread.join();
}

static std::vector<Worker> makeWorkers(const Launch &launch, u64 limit) {
  u64 count = std::max<u64>(1, std::min<u64>(launch.options->threads, limit));
  std::vector<Worker> workers;
  for (u64 i = 0; i < count; ++i)
    workers.emplace_back(*launch.code);
  return workers;
}

static Worker mergeAll(std::vector<Worker> &&workers) {
  Worker result = std::move(workers[0]);
  for (std::size_t i = 1; i < workers.size(); ++i)
    result.merge(std::move(workers[i]));
  return result;
}

/// Every block from start to end, on all threads.
static Worker runIndependent(Launch &launch, const std::vector<u64> &order, u64 threads) {
  std::vector<Worker> workers = makeWorkers(launch, std::min<u64>(threads, order.size()));
  std::atomic<u64> next = 0;
  Progress progress(*launch.options, order.size());
  onThreads(workers, [&](Worker &worker) {
    Block block;
    for (;;) {
      u64 at = next.fetch_add(1, std::memory_order_relaxed);
      if (at >= order.size() || launch.met.load(std::memory_order_relaxed))
        return;
      startBlock(block, launch, worker, order[at]);
      runBlock(block);
      progress.blockDone();
    }
  });
  return mergeAll(std::move(workers));
}

/// Rounds: all resident blocks to their next communication, then these in order.
static Worker runInRounds(Launch &launch, const std::vector<u64> &order, u64 threads) {
  std::vector<Worker> workers = makeWorkers(launch, std::min<u64>(threads, order.size()));
  Progress progress(*launch.options, order.size());
  struct Resident {
    Block block;
    bool done = false;
  };
  std::vector<std::unique_ptr<Resident>> resident, idle;
  u64 started = 0;
  while (started < order.size() || !resident.empty()) {
    if (launch.met)
      break;
    // Block i always belongs to worker i mod threads, which owns its read sets.
    while (resident.size() < residentBlocks && started < order.size()) {
      if (idle.empty())
        idle.push_back(std::make_unique<Resident>());
      resident.push_back(std::move(idle.back()));
      idle.pop_back();
      resident.back()->done = false;
      startBlock(resident.back()->block, launch, workers[started % workers.size()], order[started]);
      ++started;
    }
    onThreads(workers, [&](Worker &worker) {
      for (auto &entry : resident)
        if (entry->block.worker == &worker)
          entry->done = runBlock(entry->block);
    });
    for (auto &entry : resident)
      if (!entry->done)
        takeTurn(entry->block);
    for (auto &entry : resident)
      if (entry->done) {
        Worker &worker = *entry->block.worker;
        worker.latestClock = std::max(worker.latestClock, entry->block.order.clock);
        progress.blockDone();
        idle.push_back(std::move(entry));
      }
    std::erase_if(resident, [](const auto &entry) { return !entry; });
  }
  return mergeAll(std::move(workers));
}

/// One attempt at the grid on up to `threads` threads.
static Worker runOnce(Launch &launch, const std::vector<u64> &order, u64 threads) {
  MeetingPoints points;
  launch.points = launch.code->ordersBlocks ? &points : nullptr;
  Worker result =
      launch.points ? runInRounds(launch, order, threads) : runIndependent(launch, order, threads);
  launch.points = nullptr;
  return result;
}

Worker lacuna::emulator::runGrid(Launch &launch) {
  std::vector<u64> order = blockOrder(launch);
  u64 threads = std::min<u64>(launch.options->threads, order.size());
  if (threads > 1 && launch.options->checkRaces) {
    UndoLog undo;
    launch.undo = &undo;
    Worker result = runOnce(launch, order, threads);
    launch.undo = nullptr;
    if (!launch.met)
      return result;
    undo.restore();
    launch.met = false;
    // The cells remember the failed run; new numbers make them stale.
    u32 used = launch.atomicWriter + 1 - launch.firstBlock;
    launch.firstBlock += used;
    launch.manyReaders += used;
    launch.atomicWriter += used;
    threads = 1;
  }
  return runOnce(launch, order, threads);
}
