#include "lib/Emulator/Sim/GlobalMemory.h"

#include <algorithm>
#include <cstring>

using namespace lacuna::emulator;

/// A float NaN and a large odd integer: visible when it leaks into results.
static constexpr u8 poisonByte = 0xff;
/// Room on both sides, so that no two allocations touch.
static constexpr u64 guardBytes = 256;

Allocation *GlobalMemory::allocate(u64 bytes, std::string name) {
  auto result = std::make_unique<Allocation>();
  // Rounded up so that whole cells cover it.
  u64 padded = (bytes + 255) / 256 * 256;
  u8 *storage = static_cast<u8 *>(std::aligned_alloc(256, padded + 2 * guardBytes));
  u8 *initialised = static_cast<u8 *>(std::calloc(padded + 1, 1));
  if (!storage || !initialised) {
    std::free(storage);
    std::free(initialised);
    return nullptr;
  }
  std::memset(storage, poisonByte, padded + 2 * guardBytes);
  result->storage.reset(storage);
  result->initialisedStorage.reset(initialised);
  result->initialised = initialised;
  result->base = reinterpret_cast<u64>(storage) + guardBytes;
  result->bytes = bytes;
  ++serial;
  result->name = name.empty() ? "allocation " + std::to_string(serial) : std::move(name);
  auto at = std::lower_bound(allocations.begin(), allocations.end(), result->base,
                             [](const auto &x, u64 base) { return x->base < base; });
  return allocations.insert(at, std::move(result))->get();
}

bool GlobalMemory::release(u64 base) {
  return std::erase_if(allocations, [&](const auto &x) { return x->base == base; }) > 0;
}

Allocation *GlobalMemory::find(u64 address, u64 bytes) const {
  auto after = std::upper_bound(allocations.begin(), allocations.end(), address,
                                [](u64 value, const auto &x) { return value < x->base; });
  if (after == allocations.begin())
    return nullptr;
  Allocation *candidate = std::prev(after)->get();
  return candidate->contains(address, bytes) ? candidate : nullptr;
}

std::string GlobalMemory::nearest(u64 address) const {
  const Allocation *best = nullptr;
  u64 distance = ~u64(0);
  for (const auto &allocation : allocations) {
    u64 end = allocation->base + allocation->bytes;
    u64 here = address < allocation->base ? allocation->base - address
               : address >= end           ? address - end
                                          : 0;
    if (here < distance) {
      distance = here;
      best = allocation.get();
    }
  }
  if (!best || distance > (u64(1) << 40))
    return "far from any allocation";
  std::string name = best->name + " (" + std::to_string(best->bytes) + " bytes)";
  if (address < best->base)
    return std::to_string(distance) + " bytes before " + name;
  if (address < best->base + best->bytes)
    return "at byte " + std::to_string(address - best->base) + " of " + name;
  return std::to_string(distance) + " bytes after the end of " + name;
}

void GlobalMemory::prepareCells(u32 cellBytes, bool withTimes) {
  // Zero pages appear only when touched.
  for (const auto &allocation : allocations) {
    u64 count = (allocation->bytes + 255) / 256 * 256 / cellBytes + 1;
    if (allocation->cellBytes != cellBytes) {
      allocation->cells.reset(static_cast<GlobalCell *>(std::calloc(count, sizeof(GlobalCell))));
      allocation->times.reset();
      allocation->cellBytes = cellBytes;
    }
    if (withTimes && !allocation->times)
      allocation->times.reset(static_cast<CellTimes *>(std::calloc(count, sizeof(CellTimes))));
  }
}

void GlobalMemory::setInitialised(u64 address, u64 bytes) {
  if (Allocation *allocation = find(address, bytes))
    std::memset(allocation->initialised + (address - allocation->base), 1, bytes);
}

UndoLog::Range UndoLog::save(Allocation &allocation, u64 address, u64 bytes) {
  u64 first = (address - allocation.base) / pageBytes;
  u64 last = (address - allocation.base + bytes - 1) / pageBytes;
  // The table is filled while blocks run.
  std::lock_guard lock(mutex);
  std::vector<bool> &kept = saved[&allocation];
  kept.resize(allocation.bytes / pageBytes + 1);
  for (u64 page = first; page <= last; ++page) {
    if (kept[page])
      continue;
    kept[page] = true;
    u64 offset = page * pageBytes;
    u64 size = std::min(pageBytes, allocation.bytes - offset);
    const u8 *data = reinterpret_cast<const u8 *>(allocation.base) + offset;
    const u8 *initialised = allocation.initialised + offset;
    pages.push_back(
        {&allocation, offset, size, {data, data + size}, {initialised, initialised + size}});
  }
  // The last page ends with the allocation: others may lie closer than a page.
  return {allocation.base + first * pageBytes,
          allocation.base + std::min((last + 1) * pageBytes, allocation.bytes) - 1};
}

void UndoLog::restore() {
  for (const Page &page : pages) {
    std::memcpy(reinterpret_cast<u8 *>(page.allocation->base) + page.offset, page.data.data(),
                page.bytes);
    std::memcpy(page.allocation->initialised + page.offset, page.initialised.data(), page.bytes);
  }
  pages.clear();
  saved.clear();
}
