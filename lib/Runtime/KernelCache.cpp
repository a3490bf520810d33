#include "lib/Runtime/KernelCache.h"

#include "lib/Runtime/CacheFile.h"
#include "lib/Support/Environment.h"
#include "lib/Support/Files.h"
#include "lib/Support/Hash.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <vector>

using namespace lacuna;
namespace fs = std::filesystem;

/// Version of the layout of the folder and of its files.
static constexpr const char *layoutFolder = "v1";

/// A use is noted only when the last one is this long ago: a hit stays a read.
static constexpr std::uint64_t stampPeriod = 3600;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

/// "512M" as bytes; none when it is no such size.
static std::optional<std::uint64_t> parseSize(std::string_view text) {
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc())
    return std::nullopt;
  std::string_view suffix = text.substr(end - text.data());
  int shift = suffix.empty()  ? 0
              : suffix == "K" ? 10
              : suffix == "M" ? 20
              : suffix == "G" ? 30
                              : -1;
  if (shift < 0 || number > (UINT64_MAX >> shift))
    return std::nullopt;
  return number << shift;
}

/// `below` in an absolute folder; a variable that holds another path is ignored.
static std::string inFolder(const char *folder, const char *below) {
  return folder && *folder == '/' ? std::string(folder) + below : std::string();
}

CacheOptions lacuna::cacheOptionsFromEnvironment() {
  CacheOptions options;
  std::string mode = environmentValue(Variable::Cache).value_or("rw");
  options.writable = mode != "ro";
  if (std::optional<std::string> size = environmentValue(Variable::CacheMaxSize))
    options.maxDiskBytes = parseSize(*size).value_or(options.maxDiskBytes);
  if (mode == "off")
    return options;
  options.folder = environmentValue(Variable::CacheDir).value_or("");
  if (options.folder.empty())
    options.folder = inFolder(std::getenv("XDG_CACHE_HOME"), "/lacuna");
  if (options.folder.empty())
    options.folder = inFolder(std::getenv("HOME"), "/.cache/lacuna");
  return options;
}

//===----------------------------------------------------------------------===//
// Finding and storing
//===----------------------------------------------------------------------===//

KernelCache::KernelCache(CacheOptions options) : cacheOptions(std::move(options)) {}

CacheCounters KernelCache::counters() const {
  std::lock_guard lock(mutex);
  return counts;
}

std::string KernelCache::pathOf(std::string_view key) const {
  if (cacheOptions.folder.empty())
    return {};
  std::string digest = hashHex(key);
  return cacheOptions.folder + "/" + layoutFolder + "/" + digest.substr(0, 2) + "/" +
         digest.substr(2) + std::string(cacheFileSuffix);
}

std::shared_ptr<const CacheEntry> KernelCache::find(std::string_view key, bool *fromDisk) {
  if (fromDisk)
    *fromDisk = false;
  if (std::shared_ptr<const CacheEntry> entry = findInMemory(key))
    return entry;
  std::optional<CacheEntry> loaded = findOnDisk(key);
  if (!loaded) {
    std::lock_guard lock(mutex);
    ++counts.misses;
    return nullptr;
  }
  auto entry = std::make_shared<const CacheEntry>(std::move(*loaded));
  keepInMemory(key, entry);
  if (fromDisk)
    *fromDisk = true;
  std::lock_guard lock(mutex);
  ++counts.diskHits;
  return entry;
}

std::shared_ptr<const CacheEntry> KernelCache::store(std::string_view key, CacheEntry parts) {
  auto entry = std::make_shared<const CacheEntry>(std::move(parts));
  keepInMemory(key, entry);
  if (!cacheOptions.folder.empty() && cacheOptions.writable && !storeOnDisk(key, *entry)) {
    std::lock_guard lock(mutex);
    ++counts.notStored;
  }
  return entry;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

std::shared_ptr<const CacheEntry> KernelCache::findInMemory(std::string_view key) {
  std::lock_guard lock(mutex);
  auto it = byKey.find(key);
  if (it == byKey.end())
    return nullptr;
  ++counts.memoryHits;
  recent.splice(recent.begin(), recent, it->second);
  return it->second->entry;
}

void KernelCache::keepInMemory(std::string_view key, std::shared_ptr<const CacheEntry> entry) {
  std::uint64_t bytes = key.size();
  for (const auto &[name, part] : *entry)
    bytes += name.size() + part.size();
  std::lock_guard lock(mutex);
  if (auto it = byKey.find(key); it != byKey.end()) {
    memoryBytes -= it->second->bytes;
    recent.erase(it->second);
    byKey.erase(it);
  }
  recent.push_front({std::string(key), std::move(entry), bytes});
  byKey[recent.front().key] = recent.begin();
  memoryBytes += bytes;
  while (memoryBytes > cacheOptions.maxMemoryBytes && recent.size() > 1) {
    memoryBytes -= recent.back().bytes;
    byKey.erase(recent.back().key);
    recent.pop_back();
  }
}

//===----------------------------------------------------------------------===//
// Disk
//===----------------------------------------------------------------------===//

static std::uint64_t now() { return std::uint64_t(std::time(nullptr)); }

std::optional<CacheEntry> KernelCache::findOnDisk(std::string_view key) {
  if (cacheOptions.folder.empty())
    return std::nullopt;
  std::string path = pathOf(key);
  Result<std::string> file = readFile(path);
  if (!file)
    return std::nullopt;
  std::optional<CacheEntry> entry = parseCacheFile(*file, key);
  if (!entry) {
    // It stays: the entry that will be stored in its place replaces it.
    std::lock_guard lock(mutex);
    ++counts.rejected;
    return std::nullopt;
  }
  if (cacheOptions.writable && cacheFileStamp(*file) + stampPeriod < now())
    touchCacheFile(path, now());
  return entry;
}

bool KernelCache::storeOnDisk(std::string_view key, const CacheEntry &entry) {
  std::string bytes = formatCacheFile(key, entry, now());
  std::string path = pathOf(key);
  if (bytes.size() > cacheOptions.maxDiskBytes ||
      !createFolder(fs::path(path).parent_path().string()).isOk() || !writeFile(path, bytes).isOk())
    return false;
  boundDisk(bytes.size());
  return true;
}

namespace {

/// A file of the cache folder.
struct DiskFile {
  fs::path path;
  std::uint64_t bytes;
  std::uint64_t stamp; ///< 0 for what is no entry: private files that were left behind
};

} // namespace

/// All files; stamps are read only on request, they cost an open each.
static std::vector<DiskFile> listFiles(const fs::path &folder, bool withStamps) {
  std::vector<DiskFile> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code gone; // another process may remove what we look at
    if (!it->is_regular_file(gone))
      continue;
    DiskFile file{it->path(), it->file_size(gone), 0};
    if (gone)
      continue;
    if (withStamps && file.path.extension() == cacheFileSuffix) {
      std::string head(cacheStampEnd, '\0');
      std::ifstream(file.path, std::ios::binary).read(head.data(), head.size());
      file.stamp = cacheFileStamp(head);
    }
    files.push_back(std::move(file));
  }
  return files;
}

/// Evicts when the folder has grown beyond its size, down to nine tenths of it.
/// Other processes add to it unseen, until the next scan of this one.
void KernelCache::boundDisk(std::uint64_t added) {
  fs::path folder = fs::path(cacheOptions.folder) / layoutFolder;
  std::lock_guard lock(mutex);
  if (diskBytes) {
    *diskBytes += added;
  } else {
    diskBytes = 0;
    for (const DiskFile &file : listFiles(folder, /*withStamps=*/false))
      *diskBytes += file.bytes;
  }
  if (*diskBytes <= cacheOptions.maxDiskBytes)
    return;
  std::vector<DiskFile> files = listFiles(folder, /*withStamps=*/true);
  std::sort(files.begin(), files.end(), [](const DiskFile &a, const DiskFile &b) {
    return a.stamp != b.stamp ? a.stamp < b.stamp : a.path < b.path;
  });
  std::uint64_t total = 0;
  for (const DiskFile &file : files)
    total += file.bytes;
  for (const DiskFile &file : files) {
    if (total <= cacheOptions.maxDiskBytes / 10 * 9)
      break;
    std::error_code error;
    if (fs::remove(file.path, error)) {
      total -= file.bytes;
      ++counts.evicted;
    }
  }
  diskBytes = total;
}
