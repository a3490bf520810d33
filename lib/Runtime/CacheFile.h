//===- CacheFile.h - One entry of the disk cache as a file ------------------===//
//
//   lacuna-cache 1 00000000001795258800      format; stamp: last use in seconds
//   99aa06d3014798d86001c324468d497f         digest of the next line
//   {"key":{...},"parts":[...]}              names, sizes and digests
//   <key><part><part>...                     bytes
//
// The stamp has a fixed place and width, so that a use is noted by overwriting
// it; it is the only thing that no digest covers.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_CACHEFILE_H
#define LIB_RUNTIME_CACHEFILE_H

#include "lib/Runtime/KernelCache.h"

namespace lacuna {

/// Suffix of entry files.
inline constexpr std::string_view cacheFileSuffix = ".entry";

/// An entry as the bytes of a file, last used at `stamp` (seconds since 1970).
std::string formatCacheFile(std::string_view key, const CacheEntry &entry, std::uint64_t stamp);

/// The parts, if the file is whole and for exactly this key.
std::optional<CacheEntry> parseCacheFile(std::string_view file, std::string_view key);

/// When a file says that it was last used; 0 when it does not say. Its first
/// cacheStampEnd bytes suffice.
std::uint64_t cacheFileStamp(std::string_view file);

/// Where the stamp ends.
inline constexpr std::size_t cacheStampEnd = 35;

/// Overwrites the stamp of a file; failure does not matter.
void touchCacheFile(const std::string &path, std::uint64_t stamp);

} // namespace lacuna

#endif // LIB_RUNTIME_CACHEFILE_H
