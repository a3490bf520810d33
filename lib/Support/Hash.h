//===- Hash.h - Digests of bytes -------------------------------------------===//
//
// XXH3 with 128 bits: it runs at memory speed, which keeps a disk hit of the
// kernel cache within its 2 ms. It is not cryptographic, so nothing may be
// *identified* by a digest alone: the cache stores what it hashed and compares.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_SUPPORT_HASH_H
#define LIB_SUPPORT_HASH_H

#include <string>
#include <string_view>

namespace lacuna {

/// 32 lower-case hexadecimal digits.
std::string hashHex(std::string_view bytes);

} // namespace lacuna

#endif // LIB_SUPPORT_HASH_H
