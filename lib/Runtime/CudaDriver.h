//===- CudaDriver.h - libcuda, opened at run time --------------------------===//
#ifndef LIB_RUNTIME_CUDADRIVER_H
#define LIB_RUNTIME_CUDADRIVER_H

#include "lacuna/Result.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace lacuna {

/// Result codes of the driver that are told apart.
enum CudaResult : int {
  cudaSuccess = 0,
  cudaOutOfMemory = 2,
  cudaNoDevice = 100,
  cudaInvalidImage = 200,
  cudaNoBinaryForGpu = 209,
  cudaInvalidPtx = 218,
  cudaUnsupportedPtxVersion = 222,
};

/// The driver's functions, and how its errors read. Thread-safe.
class CudaDriver {
public:
  /// Loads and initialises the driver (LACUNA_CUDA_PATH, else libcuda.so.1);
  /// once per file and process. Errors: Driver, with what to do.
  static Result<const CudaDriver *> get();

  /// Whether there is a library to load. Cheap once it is loaded.
  static bool isInstalled();

  /// Ok for 0, else "cuMemAlloc: out of memory (CUDA_ERROR_OUT_OF_MEMORY)";
  /// Resource when memory ran out and Driver for the rest.
  Status check(int result, const char *call) const;

  /// Newest CUDA that the driver supports, as "12.4".
  std::string version() const;

#define LACUNA_CUDA_SYMBOL(result, name, exported, parameters) result(*name) parameters;
#include "lib/Runtime/CudaSymbols.def"
#undef LACUNA_CUDA_SYMBOL

private:
  static Result<CudaDriver> load(const std::string &file);
};

} // namespace lacuna

#endif // LIB_RUNTIME_CUDADRIVER_H
