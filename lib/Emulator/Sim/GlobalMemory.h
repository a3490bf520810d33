//===- GlobalMemory.h - Device memory that knows its bounds ----------------===//
//
// Addresses are host addresses, so an access that passes the checks is a plain
// memory access. Each allocation carries one byte per byte that says whether
// it was ever written, and, while a kernel runs, cells with the blocks and
// warps that touched it.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_SIM_GLOBALMEMORY_H
#define LIB_EMULATOR_SIM_GLOBALMEMORY_H

#include "lib/Emulator/Sim/Shadow.h"

#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lacuna::emulator {

/// Who touched a cell of global memory in the current launch. Block numbers
/// are unique over all launches, so that an old entry is recognised by its
/// number and nothing is cleared between launches.
struct GlobalCell {
  u32 writer = 0; ///< block that wrote, or Launch::atomicWriter
  u32 reader = 0; ///< block that read, or Launch::manyReaders
  Cell within;    ///< order inside the one block that touched it
};
static_assert(sizeof(GlobalCell) == 16);

/// When a cell was touched, in the clock of the block that did (Ordering.h);
/// kept for kernels whose blocks may communicate.
struct CellTimes {
  u32 write = 0, read = 0;
};

/// Arrays from calloc: zero pages cost nothing until they are touched.
struct FreeDeleter {
  void operator()(void *memory) const { std::free(memory); }
};
template <class T>
using CMemory = std::unique_ptr<T[], FreeDeleter>;

/// A piece of device memory.
struct Allocation {
  u64 base = 0;
  u64 bytes = 0;
  std::string name;
  bool readOnly = false; ///< for kernels
  CMemory<u8> storage;
  u8 *initialised = nullptr; ///< by byte: 1 when written
  CMemory<u8> initialisedStorage;
  CMemory<GlobalCell> cells;
  CMemory<CellTimes> times; ///< parallel to cells, or null
  u32 cellBytes = 0;        ///< bytes of memory for each cell

  bool contains(u64 address, u64 size) const {
    return address >= base && size <= bytes && address - base <= bytes - size;
  }
};

/// All allocations of a device.
class GlobalMemory {
public:
  /// Fresh memory, poisoned, aligned to 256 bytes; null when there is none.
  Allocation *allocate(u64 bytes, std::string name);
  /// False when `base` is not the start of an allocation.
  bool release(u64 base);
  /// The allocation that holds [address, address + bytes), or null.
  Allocation *find(u64 address, u64 bytes) const;
  /// "24 bytes after the end of allocation 3 (4096 bytes)".
  std::string nearest(u64 address) const;
  /// Gives every allocation cells of `cellBytes` each, and their times.
  void prepareCells(u32 cellBytes, bool withTimes);
  void setInitialised(u64 address, u64 bytes);

private:
  std::vector<std::unique_ptr<Allocation>> allocations; ///< by base
  u64 serial = 0;
};

/// Copies of pages as they were before a launch wrote to them, so that a run
/// whose blocks got in each other's way can be undone.
class UndoLog {
public:
  /// Addresses from the first to the last, both of them in one allocation.
  struct Range {
    u64 first = 1, last = 0;
    bool covers(u64 address, u64 bytes) const {
      return address >= first && address + bytes - 1 <= last;
    }
  };
  /// Keeps the pages of [address, address + bytes) before they are written;
  /// what of the allocation is kept by them.
  Range save(Allocation &allocation, u64 address, u64 bytes);
  /// Puts everything back.
  void restore();

private:
  static constexpr u64 pageBytes = 4096;
  struct Page {
    Allocation *allocation;
    u64 offset, bytes;
    std::vector<u8> data, initialised;
  };
  std::mutex mutex;
  std::vector<Page> pages;
  std::map<const Allocation *, std::vector<bool>> saved; ///< by page
};

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_SIM_GLOBALMEMORY_H
