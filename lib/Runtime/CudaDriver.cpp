#include "lib/Runtime/CudaDriver.h"

#include "lib/Support/Environment.h"
#include "lib/Support/SharedLibrary.h"

#include <map>
#include <memory>
#include <mutex>

using namespace lacuna;

Result<CudaDriver> CudaDriver::load(const std::string &file) {
  Result<SharedLibrary> library = SharedLibrary::open(file);
  if (!library)
    return Status(StatusKind::Driver, "cannot load the CUDA driver (" + library.status().message() +
                                          "); without an NVIDIA driver, use the emulator device");
  CudaDriver driver;
  const char *missing = nullptr;
#define LACUNA_CUDA_SYMBOL(result, name, exported, parameters)                                     \
  driver.name = reinterpret_cast<result(*) parameters>(library->symbol(exported));                 \
  if (!driver.name)                                                                                \
    missing = exported;
#include "lib/Runtime/CudaSymbols.def"
#undef LACUNA_CUDA_SYMBOL
  if (missing)
    return Status(StatusKind::Driver,
                  "the CUDA driver " + library->path() + " is too old: it has no " + missing);
  // Without a device the functions that do not need one work all the same.
  int result = driver.cuInit(0);
  if (Status status = driver.check(result, "cuInit"); !status.isOk() && result != cudaNoDevice)
    return status;
  return driver;
}

static std::string driverFile() {
  return environmentValue(Variable::CudaPath).value_or("libcuda.so.1");
}

bool CudaDriver::isInstalled() { return bool(SharedLibrary::open(driverFile())); }

Result<const CudaDriver *> CudaDriver::get() {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const CudaDriver>> byFile;
  std::string file = driverFile();
  std::lock_guard lock(mutex);
  std::unique_ptr<const CudaDriver> &held = byFile[file];
  if (!held) {
    Result<CudaDriver> loaded = load(file);
    if (!loaded)
      return loaded.status();
    held = std::make_unique<const CudaDriver>(*loaded);
  }
  return held.get();
}

Status CudaDriver::check(int result, const char *call) const {
  if (result == cudaSuccess)
    return Status();
  const char *name = nullptr, *text = nullptr;
  cuGetErrorName(result, &name);
  cuGetErrorString(result, &text);
  StatusKind kind = result == cudaOutOfMemory ? StatusKind::Resource : StatusKind::Driver;
  return Status(kind, std::string(call) + ": " + (text ? text : "unknown error") + " (" +
                          (name ? name : std::to_string(result)) + ")");
}

std::string CudaDriver::version() const {
  int version = 0;
  cuDriverGetVersion(&version);
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}
