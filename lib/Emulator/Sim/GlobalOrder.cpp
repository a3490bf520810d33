//===- GlobalOrder.cpp - Who else touches a cell of global memory ----------===//
//
// A cell has at most one block that writes and one that reads, or "several".
// That is a lattice, so blocks may join it in any order and from any thread.
// Two blocks in one cell are a conflict unless both only read, both change it
// atomically, or the first is ordered before the second by atomics and fences.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/Sim/GlobalOrder.h"

#include <atomic>
#include <cstddef>

using namespace lacuna::emulator;

/// Is everything that `clock` names ordered before this block's next step?
static bool knowsAll(const BlockOrder &order, const BlockClock &clock, u32 self) {
  for (auto [block, time] : clock)
    if (block != self && !order.knows(block, time))
      return false;
  return true;
}

/// Is the write by `writer` ordered before this block's next step?
static bool writeIsKnown(const Block &block, const Allocation &allocation, u64 cell, u32 writer) {
  const Launch &launch = *block.launch;
  if (!block.code->ordersBlocks)
    return false;
  if (writer != launch.atomicWriter)
    return block.order.knows(writer - launch.firstBlock, allocation.times[cell].write);
  auto changed = launch.points->changed.find(allocation.base + cell * allocation.cellBytes);
  return changed != launch.points->changed.end() &&
         knowsAll(block.order, changed->second, static_cast<u32>(block.index));
}

static bool readIsKnown(const Block &block, const Allocation &allocation, u64 cell, u32 reader) {
  const Launch &launch = *block.launch;
  if (!block.code->ordersBlocks)
    return false;
  u32 time = allocation.times[cell].read;
  if (reader != launch.manyReaders)
    return block.order.knows(reader - launch.firstBlock, time);
  // Several blocks read: all blocks of the grid must be known up to the latest
  // of these times, as they are after a barrier of the whole grid.
  for (u64 other = 0; other < launch.blocks(); ++other)
    if (other != block.index && !block.order.knows(static_cast<u32>(other), time))
      return false;
  return true;
}

/// Writer and reader of a cell, in the low and the high word.
static std::atomic_ref<u64> ownersOf(GlobalCell &cell) {
  static_assert(offsetof(GlobalCell, writer) == 0 && offsetof(GlobalCell, reader) == 4);
  return std::atomic_ref<u64>(*reinterpret_cast<u64 *>(&cell));
}

/// Enters this block in a cell. True when it is alone there; `other` is the
/// block it meets without order, or 0. Updates are compare-and-swap, so that
/// two threads cannot miss each other.
static bool claim(Block &block, Allocation &allocation, u64 index, const Accessor &access,
                  u32 &other) {
  const Launch &launch = *block.launch;
  GlobalCell &cell = allocation.cells[index];
  u32 me = launch.firstBlock + static_cast<u32>(block.index);
  std::atomic_ref<u64> owners = ownersOf(cell);
  u64 seen = owners.load(std::memory_order_relaxed);
  for (;;) {
    u32 writer = static_cast<u32>(seen), reader = static_cast<u32>(seen >> 32);
    writer = writer < launch.firstBlock ? 0 : writer;
    reader = reader < launch.firstBlock ? 0 : reader;
    bool foreignWriter =
        writer && writer != me && !(access.atomic && writer == launch.atomicWriter);
    bool foreignReader = access.write && reader && reader != me;
    other = 0;
    if (foreignWriter && !writeIsKnown(block, allocation, index, writer))
      other = writer;
    else if (foreignReader && !readIsKnown(block, allocation, index, reader))
      other = reader;
    u32 newWriter = !access.write ? writer : access.atomic ? launch.atomicWriter : me;
    u32 newReader = access.write || access.atomic ? reader
                    : !reader || reader == me     ? me
                                                  : launch.manyReaders;
    if (access.write && (foreignWriter || foreignReader))
      newReader = 0; // ordered or reported: the cell starts afresh
    if ((!writer && !reader) || foreignWriter)
      cell.within = Cell{};
    u64 next = u64(newReader) << 32 | newWriter;
    if (next == seen || owners.compare_exchange_weak(seen, next, std::memory_order_relaxed)) {
      bool alone = (!newWriter || newWriter == me) && (!newReader || newReader == me);
      return alone && !other;
    }
  }
}

/// Notes when this block touched a cell.
static void stamp(Block &block, Allocation &allocation, u64 index, const Accessor &access) {
  u32 now = block.order.clock;
  if (access.write && access.atomic)
    block.launch->points
        ->changed[allocation.base + index * allocation.cellBytes][static_cast<u32>(block.index)] =
        now;
  else if (access.write)
    allocation.times[index].write = now;
  else if (!access.atomic) {
    std::atomic_ref<u32> latest(allocation.times[index].read);
    u32 seen = latest.load(std::memory_order_relaxed);
    while (seen < now && !latest.compare_exchange_weak(seen, now, std::memory_order_relaxed))
      ;
  }
}

static void reportConflict(Warp &warp, int lane, const Allocation &allocation, u64 address,
                           bool write, u32 other) {
  const Launch &launch = *warp.block->launch;
  if (launch.undo) {
    launch.met.store(true, std::memory_order_relaxed);
    return;
  }
  reportLazily(warp, ReportKind::BlockConflict, lane, [&] {
    std::string who =
        other == launch.manyReaders ? "several other blocks read"
        : other == launch.atomicWriter
            ? "other accesses change atomically"
            : "block " + std::to_string(other - launch.firstBlock) + " of the grid touches";
    return std::string(write ? "write of" : "read of") + " byte " +
           std::to_string(address - allocation.base) + " of " + allocation.name + ", which " + who +
           " in the same launch";
  });
}

void lacuna::emulator::checkGlobalOrder(Warp &warp, int lane, Allocation &allocation, u64 address,
                                        u32 bytes, const Accessor &access, AccessMemo &memo,
                                        bool sameValue) {
  Block &block = *warp.block;
  const Knowledge known{block.clocks.of(warp.id), block.clocks.proxyOf(warp.id), warp.id,
                        warp.syncedCopies};
  u64 first = (address - allocation.base) / allocation.cellBytes;
  u64 last = (address - allocation.base + bytes - 1) / allocation.cellBytes;
  // What several blocks have read and none has written is as it was after one
  // more read, unless its time counts.
  const bool onlyReads = !access.write && !access.atomic && !block.code->ordersBlocks;
  const u64 sharedByReaders = u64(block.launch->manyReaders) << 32;
  for (u64 index = first; index <= last; ++index) {
    if (onlyReads &&
        ownersOf(allocation.cells[index]).load(std::memory_order_relaxed) == sharedByReaders)
      continue;
    u32 other = 0;
    bool alone = claim(block, allocation, index, access, other);
    u64 at = allocation.base + index * allocation.cellBytes;
    if (other) [[unlikely]]
      reportConflict(warp, lane, allocation, at, access.write, other);
    if (block.code->ordersBlocks)
      stamp(block, allocation, index, access);
    Cell &within = allocation.cells[index].within;
    if (!alone || touchInOrder(known, within, access, memo))
      continue;
    Verdict verdict = judge(warp, within, access, sameValue, memo);
    // Whether it was initialised is known by byte, and for earlier launches.
    if (verdict.hazard > Hazard::Uninitialised) [[unlikely]]
      reportHazard(warp, lane, verdict, access.write, "byte", ReportKind::UninitialisedGlobal,
                   std::to_string(at - allocation.base) + " of " + allocation.name);
  }
}
