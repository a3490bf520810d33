#include "lib/Support/Hash.h"

#include <xxhash.h>

#include <cinttypes>
#include <cstdio>

std::string lacuna::hashHex(std::string_view bytes) {
  XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  char text[33];
  std::snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
  return text;
}
