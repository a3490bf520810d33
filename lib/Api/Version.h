//===- Version.h - What --version prints ------------------------------------===//
#ifndef LIB_API_VERSION_H
#define LIB_API_VERSION_H

#include <string>

namespace lacuna {

/// Everything a bug report needs, one fact per line: Lacuna, LLVM, the targets,
/// and the NVRTC library that compiles for them or why there is none.
std::string versionText();

} // namespace lacuna

#endif // LIB_API_VERSION_H
