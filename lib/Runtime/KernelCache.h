//===- KernelCache.h - Compiled things, in memory and on disk ---------------===//
//
// A cache from a key text to named parts. The key is everything that decided
// the parts, written out; its digest names the entry, and the entry holds the
// key itself, which is compared on every load: a collision, a renamed file or
// an entry of another build is a miss and never a wrong kernel.
//
// On disk an entry is one file under <folder>/v1/, written to a private file
// and renamed into place. There are no locks: of two processes that publish
// the same entry the later one wins, and both go on with the bytes that they
// have in hand. Every part has a digest that is verified on load. Whatever
// goes wrong (no space, no permission, damage) is a miss or is not stored; the
// counters tell.
//
// The folder is bounded in size. What is evicted is the least recently used by
// a stamp that the entry itself holds: access times are often off and copies
// change modification times.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_KERNELCACHE_H
#define LIB_RUNTIME_KERNELCACHE_H

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace lacuna {

/// Named parts: "cubin", "ptx", "program.json".
using CacheEntry = std::map<std::string, std::string>;

/// Where a cache keeps its entries.
struct CacheOptions {
  std::string folder;   ///< of the disk cache; empty: memory only
  bool writable = true; ///< whether the folder may be changed
  std::uint64_t maxDiskBytes = std::uint64_t(1) << 30;
  std::uint64_t maxMemoryBytes = std::uint64_t(256) << 20;
};

/// LACUNA_CACHE, LACUNA_CACHE_DIR and LACUNA_CACHE_MAX_SIZE, or their defaults.
/// Values that cannot be read count as unset.
CacheOptions cacheOptionsFromEnvironment();

/// What happened since the cache was made.
struct CacheCounters {
  std::uint64_t memoryHits = 0;
  std::uint64_t diskHits = 0;
  std::uint64_t misses = 0;
  std::uint64_t rejected = 0;  ///< of the misses: entries that did not verify
  std::uint64_t notStored = 0; ///< entries that could not be written
  std::uint64_t evicted = 0;   ///< files removed to keep the size
};

/// Thread-safe.
class KernelCache {
public:
  explicit KernelCache(CacheOptions options);

  /// The parts stored for exactly this key; null on a miss. `fromDisk` tells
  /// where a hit came from.
  std::shared_ptr<const CacheEntry> find(std::string_view key, bool *fromDisk = nullptr);

  /// Keeps parts for a key, in memory and, where it can, on disk; returns them.
  std::shared_ptr<const CacheEntry> store(std::string_view key, CacheEntry entry);

  CacheCounters counters() const;
  const CacheOptions &options() const { return cacheOptions; }

  /// The file that holds the entry of a key; empty when there is no folder.
  std::string pathOf(std::string_view key) const;

private:
  struct InMemory {
    std::string key;
    std::shared_ptr<const CacheEntry> entry;
    std::uint64_t bytes;
  };

  std::shared_ptr<const CacheEntry> findInMemory(std::string_view key);
  void keepInMemory(std::string_view key, std::shared_ptr<const CacheEntry> entry);
  std::optional<CacheEntry> findOnDisk(std::string_view key);
  bool storeOnDisk(std::string_view key, const CacheEntry &entry);
  void boundDisk(std::uint64_t added);

  const CacheOptions cacheOptions;
  mutable std::mutex mutex;
  std::list<InMemory> recent; ///< most recently used first
  std::map<std::string, std::list<InMemory>::iterator, std::less<>> byKey;
  std::uint64_t memoryBytes = 0;
  std::optional<std::uint64_t> diskBytes; ///< what this process believes; none before a scan
  CacheCounters counts;
};

} // namespace lacuna

#endif // LIB_RUNTIME_KERNELCACHE_H
