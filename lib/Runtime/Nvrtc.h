//===- Nvrtc.h - CUDA C++ text to cubin and PTX ----------------------------===//
//
// NVRTC is opened at run time, so that a process that only launches cached
// kernels, or uses the emulator, needs none. One compile for the exact target
// gives both forms: the cubin for the device, and its PTX, which is identical
// to what the virtual target would give, for the emulator and as a fallback.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_NVRTC_H
#define LIB_RUNTIME_NVRTC_H

#include "lacuna/Result.h"
#include "lib/Runtime/NvrtcLog.h"

#include <cstddef>
#include <string>
#include <vector>

namespace lacuna {

/// A header that the source includes by name; nothing is read from disk.
struct NvrtcHeader {
  std::string name; ///< "lacuna/arch/mma.cuh"
  std::string text;
};

/// Everything that decides what NVRTC produces.
struct NvrtcInput {
  std::string name; ///< of the source, for messages and line tables: "attend.cu"
  std::string source;
  std::string target; ///< "sm_90a"
  std::vector<NvrtcHeader> headers;
};

/// What one compile produced.
struct NvrtcOutput {
  std::string cubin;
  std::string ptx;
  std::string logText;
  NvrtcLog log; ///< logText, taken apart
};

/// The options of a compile for `target`.
std::vector<std::string> nvrtcOptions(const std::string &target);

/// The input as one text, for cache keys: equal exactly when NVRTC sees the
/// same.
std::string nvrtcKey(const NvrtcInput &input);

/// The loaded library. Thread-safe; compiles run in parallel.
class Nvrtc {
public:
  /// Loads what findNvrtc finds; once per file and process. Errors: Driver.
  static Result<const Nvrtc *> get();

  /// Errors: Compiler with NVRTC's message when the source is refused;
  /// Unsupported when this NVRTC does not know the target.
  Result<NvrtcOutput> compile(const NvrtcInput &input) const;

  /// "13.0".
  std::string version() const;
  const std::string &path() const { return file; }
  /// Compute capabilities that it compiles for: 80, 90, ...
  const std::vector<int> &architectures() const { return archs; }

private:
  struct Symbols {
#define LACUNA_NVRTC_SYMBOL(result, name, parameters) result(*name) parameters;
#include "lib/Runtime/NvrtcSymbols.def"
#undef LACUNA_NVRTC_SYMBOL
  };

  static Result<Nvrtc> load(const std::string &path);
  Status checkTarget(const std::string &target) const;

  Symbols nvrtc;
  std::string file;
  int major = 0, minor = 0;
  std::vector<int> archs;
};

} // namespace lacuna

#endif // LIB_RUNTIME_NVRTC_H
