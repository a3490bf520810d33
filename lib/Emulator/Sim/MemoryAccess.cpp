//===- MemoryAccess.cpp - Bounds, initialisation and order -----------------===//
#include "lib/Emulator/Sim/MemoryAccess.h"

#include "lib/Emulator/Sim/GlobalOrder.h"

#include <cstring>

using namespace lacuna::emulator;

static std::string agentName(u32 agent) {
  std::string warp = "warp " + std::to_string(agent % 32);
  if (agent < copyAgents)
    return warp;
  if (agent < matrixAgents)
    return "cp.async of " + warp;
  if (agent < bulkAgents)
    return "wgmma of " + warp;
  if (agent < mbarrierAgents)
    return "a bulk store of " + warp;
  return "a bulk load on mbarrier " + std::to_string(agent - mbarrierAgents);
}

static ReportKind kindOf(Hazard hazard, ReportKind uninitialised) {
  switch (hazard) {
  case Hazard::Uninitialised:
    return uninitialised;
  case Hazard::WarpRace:
    return ReportKind::WarpRace;
  case Hazard::NotWaited:
  case Hazard::NotSynced:
    return ReportKind::AsyncCopy;
  case Hazard::Proxy:
    return ReportKind::Proxy;
  default:
    return ReportKind::Race;
  }
}

void lacuna::emulator::reportHazard(Warp &warp, int lane, const Verdict &verdict, bool write,
                                    const char *memory, ReportKind uninitialised,
                                    const std::string &where) {
  if (alreadyReported(warp, kindOf(verdict.hazard, uninitialised)))
    return;
  std::string doing = std::string(write ? "write of " : "read of ") + memory + " " + where;
  std::string other = verdict.otherWrote ? "write" : "read";
  switch (verdict.hazard) {
  case Hazard::None:
    return;
  case Hazard::Uninitialised:
    return report(warp, uninitialised, lane,
                  std::string("reads ") + memory + " " + where + ", which was never written");
  case Hazard::Race:
    return report(warp, ReportKind::Race, lane,
                  doing + " is not ordered after the " + other + " by " + agentName(verdict.other));
  case Hazard::WarpRace:
    return report(warp, ReportKind::WarpRace, lane,
                  doing + " is not ordered after the " + other + " by " +
                      (verdict.other == manyLanes ? std::string("other lanes")
                                                  : "lane " + std::to_string(verdict.other)) +
                      " of the same warp (no __syncwarp between)");
  case Hazard::NotWaited:
    return report(warp, ReportKind::AsyncCopy, lane,
                  doing + " before the " + agentName(verdict.other) +
                      " that writes it was waited for");
  case Hazard::NotSynced:
    return report(warp, ReportKind::AsyncCopy, lane,
                  doing + " that lane " + std::to_string(verdict.other) +
                      " copied and waited for, without __syncwarp after its wait");
  case Hazard::Proxy:
    return report(warp, ReportKind::Proxy, lane,
                  doing + " through the asynchronous proxy, written by " +
                      agentName(verdict.other) + " without fence.proxy.async");
  }
}

/// Notes that a lane of the warp by itself has touched memory.
static void noteTouch(Warp &warp, const Accessor &access) {
  if (access.agent != warp.id || access.atomic || access.lane == manyLanes)
    return;
  if (!warp.touched) {
    warp.touchedClock = access.clock;
    warp.wrote = 0;
  }
  warp.touched |= u32(1) << access.lane;
  warp.wrote |= u32(access.write) << access.lane;
}

static bool misaligned(Warp &warp, int lane, u64 address, u32 bytes) {
  u32 alignment = bytes & (~bytes + 1); // an access of 12 bytes is aligned to 4
  if ((address & (alignment - 1)) == 0)
    return false;
  reportLazily(warp, ReportKind::Misaligned, lane, [&] {
    return "access of " + std::to_string(bytes) + " bytes at an address that is " +
           std::to_string(address & (alignment - 1)) + " past a multiple of " +
           std::to_string(alignment);
  });
  return true;
}

u8 *lacuna::emulator::accessShared(Warp &warp, int lane, u32 address, u32 bytes,
                                   const Accessor &access, AccessMemo &memo, const u8 *newBytes) {
  if (misaligned(warp, lane, address, bytes))
    return nullptr;
  warp.block->worker->sharedBytes += bytes;
  return accessSharedRange(warp, lane, address, bytes, access, memo, newBytes);
}

u8 *lacuna::emulator::accessSharedRange(Warp &warp, int lane, u32 address, u32 bytes,
                                        const Accessor &access, AccessMemo &memo,
                                        const u8 *newBytes) {
  Block &block = *warp.block;
  if (address < sharedBase || u64(address) + bytes > block.sharedEnd) [[unlikely]] {
    reportLazily(warp, ReportKind::OutOfBounds, lane, [&] {
      return std::string(access.write ? "write" : "read") + " of " + std::to_string(bytes) +
             " bytes at byte " + std::to_string(s64(address) - sharedBase) +
             " of shared memory, which has " + std::to_string(block.sharedEnd - sharedBase);
    });
    return nullptr;
  }
  u8 *place = block.sharedAt(address);
  if (!block.launch->options->checkRaces || block.code->isPrediction)
    return place;
  noteTouch(warp, access);
  const Knowledge known{block.clocks.of(warp.id), block.clocks.proxyOf(warp.id), warp.id,
                        warp.syncedCopies};
  u32 last = (address + bytes - 1) >> block.grainShift;
  for (u32 c = address >> block.grainShift; c <= last; ++c) {
    Cell &cell = block.cells[c];
    if (touchInOrder(known, cell, access, memo)) [[likely]]
      continue;
    bool sameValue = newBytes && std::memcmp(place, newBytes, bytes) == 0;
    Verdict verdict = judge(warp, cell, access, sameValue, memo);
    if (verdict.hazard != Hazard::None) [[unlikely]] {
      reportHazard(warp, lane, verdict, access.write, "shared byte",
                   ReportKind::UninitialisedShared,
                   std::to_string((c << block.grainShift) - sharedBase));
    }
  }
  return place;
}

//===----------------------------------------------------------------------===//
// Global memory
//===----------------------------------------------------------------------===//

static bool allInitialised(const u8 *flags, u32 bytes) {
  constexpr u64 ones = 0x0101010101010101;
  u32 i = 0;
  for (; i + sizeof ones <= bytes; i += sizeof ones)
    if (std::memcmp(flags + i, &ones, sizeof ones) != 0)
      return false;
  for (; i < bytes; ++i)
    if (!flags[i])
      return false;
  return true;
}

static void saveForUndo(Warp &warp, Allocation &allocation, u64 address, u32 bytes) {
  UndoLog::Range &saved = warp.block->worker->saved;
  if (!saved.covers(address, bytes))
    saved = warp.block->launch->undo->save(allocation, address, bytes);
}

u8 *lacuna::emulator::accessGlobal(Warp &warp, int lane, u64 address, u32 bytes,
                                   const Accessor &access, AccessMemo &memo, const u8 *newBytes) {
  if (bytes == 0 || misaligned(warp, lane, address, bytes))
    return nullptr;
  return accessGlobalRange(warp, lane, address, bytes, access, memo, newBytes);
}

u8 *lacuna::emulator::accessGlobalRange(Warp &warp, int lane, u64 address, u32 bytes,
                                        const Accessor &access, AccessMemo &memo,
                                        const u8 *newBytes) {
  Block &block = *warp.block;
  Allocation *&hint = block.worker->hints[warp.pc];
  Allocation *allocation = hint;
  if (!allocation || !allocation->contains(address, bytes)) {
    allocation = block.launch->memory->find(address, bytes);
    if (!allocation) {
      reportLazily(warp, ReportKind::OutOfBounds, lane, [&] {
        return std::string(access.write ? "write" : "read") + " of " + std::to_string(bytes) +
               " bytes of global memory " + block.launch->memory->nearest(address);
      });
      return nullptr;
    }
    hint = allocation;
  }
  u8 *flags = allocation->initialised + (address - allocation->base);
  if (access.write) {
    if (allocation->readOnly) {
      reportLazily(warp, ReportKind::ReadOnlyWrite, lane,
                   [&] { return "writes to " + allocation->name + ", which is read-only"; });
      return nullptr;
    }
    if (block.launch->undo)
      saveForUndo(warp, *allocation, address, bytes);
  }
  if (!access.write || access.modifies) {
    if (!allInitialised(flags, bytes) && !block.launch->options->predict) [[unlikely]]
      reportLazily(warp, ReportKind::UninitialisedGlobal, lane, [&] {
        return "reads byte " + std::to_string(address - allocation->base) + " of " +
               allocation->name + ", which was never written";
      });
  }
  if (access.write)
    std::memset(flags, 1, bytes);
  else
    block.worker->globalBytesLoaded += bytes;
  u8 *place = reinterpret_cast<u8 *>(address);
  if (block.launch->options->checkRaces && !allocation->readOnly) {
    noteTouch(warp, access);
    checkGlobalOrder(warp, lane, *allocation, address, bytes, access, memo,
                     newBytes && std::memcmp(place, newBytes, bytes) == 0);
  }
  return place;
}

//===----------------------------------------------------------------------===//
// Local memory, and the choice between them
//===----------------------------------------------------------------------===//

u8 *lacuna::emulator::accessLocal(Warp &warp, int lane, u32 address, u32 bytes, bool write) {
  u32 size = warp.block->code->localBytes;
  if (misaligned(warp, lane, address, bytes))
    return nullptr;
  if (address < localBase || u64(address) + bytes > u64(localBase) + size) {
    reportLazily(warp, ReportKind::OutOfBounds, lane, [&] {
      return std::string(write ? "write" : "read") + " of " + std::to_string(bytes) +
             " bytes at byte " + std::to_string(s64(address) - localBase) +
             " of local memory, which has " + std::to_string(size);
    });
    return nullptr;
  }
  std::size_t offset = std::size_t(lane) * size + (address - localBase);
  u8 *flags = warp.localInitialised.data() + offset;
  if (write)
    std::memset(flags, 1, bytes);
  else if (!allInitialised(flags, bytes))
    reportLazily(warp, ReportKind::UninitialisedLocal, lane, [&] {
      return "reads byte " + std::to_string(address - localBase) +
             " of local memory, which was never written";
    });
  return warp.localBytes.data() + offset;
}

u8 *lacuna::emulator::accessMemory(Warp &warp, const Instruction &i, int lane,
                                   const Accessor &access, AccessMemo &memo, const u8 *newBytes) {
  u64 address = laneAddress(warp, i, lane);
  switch (resolveSpace(i.access.space, address)) {
  case ptx::Space::Shared:
    return accessShared(warp, lane, static_cast<u32>(address), i.access.bytes(), access, memo,
                        newBytes);
  case ptx::Space::Local:
    return accessLocal(warp, lane, static_cast<u32>(address), i.access.bytes(), access.write);
  default:
    return accessGlobal(warp, lane, address, i.access.bytes(), access, memo, newBytes);
  }
}

void lacuna::emulator::meetThrough(Warp &warp, const Instruction &i, int lane, bool reads,
                                   bool writes, Strength strength) {
  u64 address = laneAddress(warp, i, lane);
  ptx::Space space = resolveSpace(i.access.space, address);
  if (space != ptx::Space::Local)
    meetAt(warp, space == ptx::Space::Shared ? address | sharedWindow : address, reads, writes,
           strength);
}
