//===- FileIdentity.h - Which build of a program or library a file is ------===//
//
// What compiled a kernel is part of the kernel's cache key. Neither version
// numbers (they stay the same while one develops) nor time stamps (they change
// on copying, and do not when an older file is put back) identify a build; the
// linker's build id does, and reading it costs microseconds.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_SUPPORT_FILEIDENTITY_H
#define LIB_SUPPORT_FILEIDENTITY_H

#include "lacuna/Result.h"

#include <string>

namespace lacuna {

/// "build-id:<hex>" for an ELF file that has one, else "content:<digest>",
/// for which the whole file is read. Errors: Io.
Result<std::string> fileIdentity(const std::string &path);

/// The program or shared library that this code was linked into.
std::string ownFile();

} // namespace lacuna

#endif // LIB_SUPPORT_FILEIDENTITY_H
