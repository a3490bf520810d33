//===- Files.h - Whole files, written completely or not at all --------------===//
#ifndef LIB_SUPPORT_FILES_H
#define LIB_SUPPORT_FILES_H

#include "lacuna/Result.h"

#include <string>
#include <string_view>

namespace lacuna {

/// The bytes of a file, by read(): a mapped file that shrinks on a network
/// file system kills the process. Errors: Io, naming path and reason.
Result<std::string> readFile(const std::string &path);

/// Replaces `path` by a file with these bytes. Readers see the old file or the
/// new one, never a part: a private file in the same folder is written, synced
/// and renamed. On any error it is removed and `path` is as before. Errors: Io.
Status writeFile(const std::string &path, std::string_view bytes);

/// Makes a folder and its parents; the ones that are made get mode 0700.
/// Errors: Io.
Status createFolder(const std::string &path);

} // namespace lacuna

#endif // LIB_SUPPORT_FILES_H
