//===- NvrtcSearch.h - Where NVRTC is --------------------------------------===//
//
// Finding the library is apart from loading it: a disk hit needs to know which
// NVRTC *would* compile, which takes microseconds, while loading it takes 10 to
// 130 ms.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_NVRTCSEARCH_H
#define LIB_RUNTIME_NVRTCSEARCH_H

#include "lacuna/Result.h"

#include <string>

namespace lacuna {

/// Path of the NVRTC library to load. The first that exists of:
///   1. LACUNA_NVRTC_PATH, a file or a folder; nothing else is tried when set
///   2. lib/ beside the folder of this program or library, then the build's lib/
///   3. the folders of LD_LIBRARY_PATH
///   4. /usr/local/cuda/lib64 and the system's library folders
///   5. Python's nvidia-cuda-nvrtc wheel in $VIRTUAL_ENV, $CONDA_PREFIX, the
///      user's or the system's site-packages
///   6. what the dynamic loader finds under the bare name (this loads it)
/// Errors: Driver, saying where it looked and how to get it.
Result<std::string> findNvrtc();

/// Identity of that library (FileIdentity.h), for cache keys. Errors: Driver
/// when there is none.
Result<std::string> nvrtcIdentity();

} // namespace lacuna

#endif // LIB_RUNTIME_NVRTCSEARCH_H
