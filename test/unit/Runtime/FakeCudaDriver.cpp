#include "test/unit/Runtime/FakeCudaDriver.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
// The declarations of the real driver: a fake with other types is a compile error.
#define LACUNA_CUDA_SYMBOL(result, name, exported, parameters)                                     \
  [[gnu::visibility("default")]] result name parameters __asm__(exported);
#include "lib/Runtime/CudaSymbols.def"
#undef LACUNA_CUDA_SYMBOL

[[gnu::visibility("default")]] FakeCudaState fakeCudaState;
}

static FakeCudaState &state = fakeCudaState;
static int contextObject;

/// Records a call; what it returns.
static int record(const std::string &function, const std::string &details = "") {
  state.calls.push_back(details.empty() ? function : function + " " + details);
  auto it = state.fail.find(function);
  return it == state.fail.end() ? 0 : it->second;
}

static std::string text(unsigned x, unsigned y, unsigned z) {
  return std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(z);
}

int cuGetErrorName(int error, const char **text) {
  *text = error == 2     ? "CUDA_ERROR_OUT_OF_MEMORY"
          : error == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS"
                         : "CUDA_ERROR_OTHER";
  return 0;
}
int cuGetErrorString(int error, const char **text) {
  *text = error == 2     ? "out of memory"
          : error == 700 ? "an illegal memory access was encountered"
                         : "some other error";
  return 0;
}
int cuInit(unsigned) { return record("cuInit"); }
int cuDriverGetVersion(int *version) {
  *version = state.driverVersion;
  return 0;
}
int cuDeviceGetCount(int *count) {
  *count = state.deviceCount;
  return record("cuDeviceGetCount");
}
int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return 0;
}
int cuDeviceGetName(char *name, int size, int) {
  std::strncpy(name, "Fake GPU", size);
  return 0;
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 16   ? 132
           : attribute == 75 ? state.major
           : attribute == 76 ? state.minor
                             : 232448;
  return 0;
}
int cuDevicePrimaryCtxRetain(void **context, int) {
  int result = record("cuDevicePrimaryCtxRetain");
  if (result == 0) {
    *context = &contextObject;
    ++state.retained;
  }
  return result;
}
int cuDevicePrimaryCtxRelease(int) {
  --state.retained;
  return 0;
}
int cuCtxGetCurrent(void **context) {
  *context = state.contexts.empty() ? nullptr : state.contexts.back();
  return 0;
}
int cuCtxPushCurrent(void *context) {
  state.contexts.push_back(context);
  return 0;
}
int cuCtxPopCurrent(void **context) {
  *context = state.contexts.back();
  state.contexts.pop_back();
  return 0;
}
int cuModuleLoadDataEx(void **module, const void *image, unsigned options, int *names,
                       void **values) {
  bool isCubin = std::memcmp(image,
                             "\x7f"
                             "ELF",
                             4) == 0;
  int result = isCubin ? state.cubinResult : state.ptxResult;
  record(isCubin ? "load cubin" : "load PTX", std::to_string(result));
  if (result != 0) {
    for (unsigned i = 0; i < options; ++i)
      if (names[i] == 5)
        std::strcpy(static_cast<char *>(values[i]), state.jitLog.c_str());
    return result;
  }
  ++state.modules;
  *module = &state;
  return 0;
}
int cuModuleUnload(void *) {
  --state.modules;
  return 0;
}
int cuModuleGetFunction(void **function, void *, const char *name) {
  *function = &state;
  return record("cuModuleGetFunction", name);
}
int cuFuncGetAttribute(int *value, int, void *) {
  *value = state.staticSharedBytes;
  return 0;
}
int cuFuncSetAttribute(void *, int attribute, int value) {
  return record("cuFuncSetAttribute", std::to_string(attribute) + "=" + std::to_string(value));
}
int cuMemAlloc(std::uint64_t *address, std::size_t bytes) {
  int result = record("cuMemAlloc");
  if (result == 0) {
    *address = reinterpret_cast<std::uint64_t>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
    ++state.allocations;
  }
  return result;
}
int cuMemFree(std::uint64_t address) {
  std::free(reinterpret_cast<void *>(address));
  --state.allocations;
  return record("cuMemFree");
}
int cuMemcpyHtoDAsync(std::uint64_t to, const void *from, std::size_t bytes, void *) {
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return record("cuMemcpyHtoDAsync");
}
int cuMemcpyDtoHAsync(void *to, std::uint64_t from, std::size_t bytes, void *) {
  std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return record("cuMemcpyDtoHAsync");
}
int cuMemsetD8Async(std::uint64_t to, unsigned char value, std::size_t bytes, void *) {
  std::memset(reinterpret_cast<void *>(to), value, bytes);
  return record("cuMemsetD8Async");
}
int cuLaunchKernel(void *, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                   unsigned blockY, unsigned blockZ, unsigned sharedBytes, void *stream, void **,
                   void **extra) {
  if (state.contexts.empty() || state.contexts.back() != &contextObject)
    ++state.launchesWithoutContext;
  auto size = *static_cast<std::size_t *>(extra[3]);
  state.lastArguments.assign(static_cast<char *>(extra[1]), size);
  return record("cuLaunchKernel",
                "grid=" + text(gridX, gridY, gridZ) + " block=" + text(blockX, blockY, blockZ) +
                    " shared=" + std::to_string(sharedBytes) +
                    " stream=" + std::to_string(reinterpret_cast<std::uintptr_t>(stream)));
}
int cuTensorMapEncodeTiled(void *map, int dataType, unsigned rank, void *base,
                           const std::uint64_t *dims, const std::uint64_t *strides,
                           const std::uint32_t *box, const std::uint32_t *elementStrides,
                           int interleave, int swizzle, int promotion, int fill) {
  std::memset(map, 0xa5, 128);
  auto list = [](const auto *values, unsigned count) {
    std::string text;
    for (unsigned i = 0; i < count; ++i)
      text.append(i ? "," : "").append(std::to_string(values[i]));
    return text;
  };
  return record("cuTensorMapEncodeTiled",
                "type=" + std::to_string(dataType) +
                    " base=" + std::to_string(reinterpret_cast<std::uintptr_t>(base)) +
                    " dims=" + list(dims, rank) + " strides=" + list(strides, rank - 1) +
                    " box=" + list(box, rank) + " steps=" + list(elementStrides, rank) +
                    " modes=" + std::to_string(interleave) + "," + std::to_string(swizzle) + "," +
                    std::to_string(promotion) + "," + std::to_string(fill));
}
int cuStreamSynchronize(void *) { return record("cuStreamSynchronize"); }
int cuEventCreate(void **event, unsigned) {
  *event = new std::size_t(0);
  ++state.events;
  return record("cuEventCreate");
}
int cuEventDestroy(void *event) {
  delete static_cast<std::size_t *>(event);
  --state.events;
  return 0;
}
int cuEventRecord(void *event, void *) {
  *static_cast<std::size_t *>(event) = state.calls.size();
  return record("cuEventRecord");
}
int cuEventSynchronize(void *) { return record("cuEventSynchronize"); }
int cuEventElapsedTime(float *milliseconds, void *start, void *end) {
  // A millisecond for every call between the two.
  *milliseconds = float(*static_cast<std::size_t *>(end) - *static_cast<std::size_t *>(start) - 1);
  return record("cuEventElapsedTime");
}
