//===- Version.h - What --version prints ------------------------------------===//
#ifndef LIB_API_VERSION_H
#define LIB_API_VERSION_H

#include <string>

namespace lacuna {

/// Everything a bug report needs, one fact per line: Lacuna, LLVM, the NVRTC
/// library that would be used, and the targets. Loads no library, so that
/// asking costs a few milliseconds.
std::string versionText();

} // namespace lacuna

#endif // LIB_API_VERSION_H
