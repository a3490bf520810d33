//===- CompileDriver.h - Compiler, cache and NVRTC in one --------------------===//
//
// Two keys, each everything that decided what is stored under it:
//
//   request   spec text and options, build of this library, NVRTC library
//             -> the whole program. A hit runs no pass and loads no library.
//   NVRTC     its exact input -> cubin and PTX. A hit on a miss of the first:
//             specs that differ in form only end in the same CUDA C++.
//
// A machine without NVRTC cannot say which NVRTC the first key should name.
// Every request is therefore also stored without it, as a reference to what was
// compiled last.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_API_COMPILEDRIVER_H
#define LIB_API_COMPILEDRIVER_H

#include "lacuna/Compile.h"
#include "lib/Runtime/KernelCache.h"
#include "lib/Runtime/Nvrtc.h"
#include "lib/Runtime/Program.h"

#include <array>
#include <atomic>
#include <functional>
#include <mutex>

namespace lacuna {

/// What the driver needs of a compiler.
struct CompilerFrontEnd {
  /// Identifies the build: equal ids make equal text from equal requests.
  std::string buildId;
  /// A spec to a program whose kernels have their source and nothing else.
  std::function<Result<Program>(std::string_view spec, const CompileOptions &)> lower;
  /// What NVRTC is given for such a program.
  std::function<NvrtcInput(const Program &)> nvrtcInput;
};

/// A program with its kernels, and how it was made.
struct CompiledProgram {
  Program program;
  CompileReport report;
};

/// Thread-safe. Requests that come at the same time compile in parallel; equal
/// ones compile once.
class CompileDriver {
public:
  /// `cache` must outlive the driver.
  CompileDriver(KernelCache &cache, CompilerFrontEnd frontEnd);

  /// Errors: see lacuna::compile.
  Result<std::shared_ptr<const CompiledProgram>> compile(std::string_view spec,
                                                         const CompileOptions &options);

  /// Times that NVRTC ran.
  std::uint64_t nvrtcRuns() const { return nvrtcRunCount; }

private:
  std::string requestKey(std::string_view spec, const CompileOptions &options,
                         const std::string &nvrtc) const;
  std::shared_ptr<const CacheEntry>
  findRequest(const std::string &key, const std::string &anyNvrtcKey, CompileReport &report);
  Result<CacheEntry> runNvrtc(const NvrtcInput &input, bool useCache);
  Result<CacheEntry> build(std::string_view spec, const CompileOptions &options,
                           CompileReport &report);

  KernelCache &cache;
  CompilerFrontEnd frontEnd;
  std::array<std::mutex, 64> compiling; ///< by digest of the key: equal requests wait
  std::atomic<std::uint64_t> nvrtcRunCount{0};
};

} // namespace lacuna

#endif // LIB_API_COMPILEDRIVER_H
