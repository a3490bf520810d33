//===- Compile.h - From a spec to an executable ------------------------------===//
//
// Compiling needs no GPU and no driver, only NVRTC; a spec that has been
// compiled before comes from the cache and needs not even that.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_COMPILE_H
#define LACUNA_COMPILE_H

#include "lacuna/Device.h"
#include "lacuna/Result.h"
#include "lacuna/Types.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default) // these are what the shared library exports

namespace lacuna {

/// How to compile.
struct CompileOptions {
  std::string target = {};   ///< Device::target(), or a name such as "sm_90a"
  std::string function = {}; ///< which function of the text; empty: the only one
  /// Where runs of key tiles come from: auto, closed or planned; lacuna/Baked.h makes
  /// specs that hold theirs.
  std::string mode = "auto";
  /// How gradients of attention are summed: deterministic, the same to the last bit in every
  /// run; or fastest, with fewer products, where those of queries may differ in their last bits.
  std::string gradients = "deterministic";
  std::string fileName = "spec"; ///< for locations in messages
  bool useCache = true;          ///< false: compile, and store nothing
};

/// A parameter of the compiled function.
struct ArgumentInfo {
  std::string name; ///< as in the spec, without '%'
  DType dtype = DType::F32;
  bool isTensor = false;
  std::vector<std::int64_t> shape; ///< of a tensor; -1 where any size is legal
};

/// A result of the compiled function. Its shape follows from the arguments.
struct ResultInfo {
  DType dtype = DType::F32;
  int rank = 0;
};

/// What one kernel needs of the device, as the assembler states it.
struct KernelInfo {
  std::string name;
  int registers = 0; ///< per thread
  int staticSharedBytes = 0;
  int stackBytes = 0;
  int spillStoreBytes = 0;
  int spillLoadBytes = 0;
};

/// Where an executable came from.
enum class CompileSource { Compiled, MemoryCache, DiskCache };

/// What happened during a compile. Times are 0 for what was not done.
struct CompileReport {
  CompileSource source = CompileSource::Compiled;
  double totalSeconds = 0;
  double loweringSeconds = 0; ///< spec to CUDA C++
  double nvrtcSeconds = 0;    ///< CUDA C++ to cubin and PTX
  std::vector<KernelInfo> kernels;
  std::vector<std::string> advisories; ///< of the assembler, on lost performance
};

class LoadedProgram;

/// A compiled spec: immutable, thread-safe, cheap to copy.
class Executable {
public:
  /// Name of the function.
  const std::string &name() const;
  /// What it was compiled for.
  const std::string &target() const;
  const std::vector<ArgumentInfo> &arguments() const;
  const std::vector<ResultInfo> &results() const;
  /// Every kernel as source, PTX and cubin.
  const std::vector<KernelImage> &kernels() const;
  const CompileReport &report() const;

  struct Implementation;
  explicit Executable(std::shared_ptr<const Implementation> implementation);

private:
  friend class LoadedProgram;
  std::shared_ptr<const Implementation> implementation;
};

/// Compiles MLIR text of any level (attn, tile, scheduled tile, emitc).
/// Errors: Syntax and Type with located diagnostics ("file:line:col: error:
/// ..."); Unsupported; Resource with need and limit; Driver when NVRTC is
/// needed and missing; Compiler.
Result<Executable> compile(std::string_view spec, const CompileOptions &options);

} // namespace lacuna

#pragma GCC visibility pop

#endif // LACUNA_COMPILE_H
