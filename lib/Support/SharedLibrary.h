//===- SharedLibrary.h - Libraries opened at run time ----------------------===//
#ifndef LIB_SUPPORT_SHAREDLIBRARY_H
#define LIB_SUPPORT_SHAREDLIBRARY_H

#include "lacuna/Result.h"

#include <string>

namespace lacuna {

/// A library opened with dlopen. It stays loaded until the process ends: NVRTC
/// and the CUDA driver start threads and register exit handlers, and unloading
/// them under those crashes.
class SharedLibrary {
public:
  /// `file` is a path, or a bare name that the dynamic loader searches.
  /// Errors: Driver with the loader's own words.
  static Result<SharedLibrary> open(const std::string &file);

  /// Address of a symbol, or null.
  void *symbol(const char *name) const;

  /// Path of the file that was loaded.
  std::string path() const;

private:
  explicit SharedLibrary(void *handle) : handle(handle) {}
  void *handle;
};

} // namespace lacuna

#endif // LIB_SUPPORT_SHAREDLIBRARY_H
