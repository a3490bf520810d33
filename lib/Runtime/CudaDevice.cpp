//===- CudaDevice.cpp -------------------------------------------------------===//
//
// A kernel is loaded from its cubin, which works on every driver of the same
// major version, and from its PTX where the device is newer than the cubin;
// PTX needs a driver at least as new as the NVRTC that wrote it. When neither
// loads, the message names the component that is too old.
//
//===----------------------------------------------------------------------===//
#include "lib/Runtime/CudaDevice.h"

#include "lib/Runtime/CudaDriver.h"
#include "lib/Runtime/CudaTensorMap.h"
#include "lib/Support/Targets.h"

#include <algorithm>
#include <charconv>

using namespace lacuna;

namespace {

/// Values of the driver's enumerations.
constexpr int attributeMultiprocessors = 16;
constexpr int attributeCapabilityMajor = 75, attributeCapabilityMinor = 76;
constexpr int attributeSharedBytesOptIn = 97;
constexpr int functionSharedBytes = 1, functionMaxDynamicSharedBytes = 8;
constexpr int jitErrorLog = 5, jitErrorLogBytes = 6;
constexpr std::uintptr_t launchBufferPointer = 1, launchBufferSize = 2;

/// A retained primary context. Kernels share it with their device, so that the
/// order in which they are destroyed does not matter.
class PrimaryContext {
public:
  PrimaryContext(const CudaDriver &driver, int device, void *handle)
      : driver(driver), handle(handle), device(device) {}
  PrimaryContext(const PrimaryContext &) = delete;
  PrimaryContext &operator=(const PrimaryContext &) = delete;
  ~PrimaryContext() { driver.cuDevicePrimaryCtxRelease(device); }

  const CudaDriver &driver;
  void *const handle;

private:
  int device;
};

/// Makes the context current while it lives. The usual caller has it current
/// already, which costs one cheap query.
class ContextScope {
public:
  explicit ContextScope(const PrimaryContext &context) : driver(context.driver) {
    void *current = nullptr;
    driver.cuCtxGetCurrent(&current);
    pushed = current != context.handle && driver.cuCtxPushCurrent(context.handle) == cudaSuccess;
  }
  ContextScope(const ContextScope &) = delete;
  ContextScope &operator=(const ContextScope &) = delete;
  ~ContextScope() {
    void *popped = nullptr;
    if (pushed)
      driver.cuCtxPopCurrent(&popped);
  }

private:
  const CudaDriver &driver;
  bool pushed = false;
};

class CudaKernel final : public LoadedKernel {
public:
  CudaKernel(std::shared_ptr<PrimaryContext> context, void *module, void *function)
      : function(function), context(std::move(context)), module(module) {}
  ~CudaKernel() override {
    ContextScope scope(*context);
    context->driver.cuModuleUnload(module);
  }

  void *const function;

private:
  std::shared_ptr<PrimaryContext> context;
  void *module;
};

class CudaDevice final : public Device {
public:
  CudaDevice(std::shared_ptr<PrimaryContext> context, std::string name, std::string_view target,
             int multiprocessors, int sharedBytesPerBlock)
      : context(std::move(context)), driver(this->context->driver), label(std::move(name)),
        compileTarget(target), multiprocessorCount(multiprocessors),
        sharedBytesPerBlock(sharedBytesPerBlock) {}

  std::string name() const override { return label; }
  std::string target() const override { return compileTarget; }
  std::uint32_t multiprocessors() const override { return multiprocessorCount; }

  Result<DeviceAddress> allocate(std::size_t bytes) override;
  Status release(DeviceAddress address) override;
  Status copyIn(DeviceAddress to, const void *from, std::size_t bytes, Stream stream) override;
  Status copyOut(void *to, DeviceAddress from, std::size_t bytes, Stream stream) override;
  Status fill(DeviceAddress to, std::uint8_t byte, std::size_t bytes, Stream stream) override;
  Result<std::unique_ptr<LoadedKernel>> load(const KernelImage &image) override;
  Status launch(const LoadedKernel &kernel, const LaunchShape &shape, std::string_view arguments,
                Stream stream) override;
  Result<TensorMap> encode(const TensorMapSpec &spec) const override {
    return encodeForCuda(driver, spec);
  }
  Status synchronize(Stream stream) override;
  Result<double> secondsOf(Stream stream, const std::function<Status()> &work);

private:
  Result<void *> loadModule(const KernelImage &image);
  Status explainRefusal(const KernelImage &image, int result, const std::string &log) const;

  std::shared_ptr<PrimaryContext> context;
  const CudaDriver &driver;
  std::string label;
  std::string compileTarget;
  std::uint32_t multiprocessorCount;
  int sharedBytesPerBlock; ///< the most that a block may have
};

} // namespace

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Result<DeviceAddress> CudaDevice::allocate(std::size_t bytes) {
  ContextScope scope(*context);
  DeviceAddress address = 0;
  // The driver refuses 0 bytes and aligns to 256.
  Status status =
      driver.check(driver.cuMemAlloc(&address, std::max<std::size_t>(bytes, 1)), "cuMemAlloc");
  if (status.isOk())
    return address;
  return Status(status.kind(), "cannot allocate " + std::to_string(bytes) + " bytes on " + label +
                                   ": " + status.message());
}

Status CudaDevice::release(DeviceAddress address) {
  ContextScope scope(*context);
  return driver.check(driver.cuMemFree(address), "cuMemFree");
}

Status CudaDevice::copyIn(DeviceAddress to, const void *from, std::size_t bytes, Stream stream) {
  if (bytes == 0)
    return Status();
  ContextScope scope(*context);
  return driver.check(driver.cuMemcpyHtoDAsync(to, from, bytes, stream.handle),
                      "cuMemcpyHtoDAsync");
}

Status CudaDevice::copyOut(void *to, DeviceAddress from, std::size_t bytes, Stream stream) {
  ContextScope scope(*context);
  if (bytes != 0)
    if (Status status = driver.check(driver.cuMemcpyDtoHAsync(to, from, bytes, stream.handle),
                                     "cuMemcpyDtoHAsync");
        !status.isOk())
      return status;
  return driver.check(driver.cuStreamSynchronize(stream.handle), "cuStreamSynchronize");
}

Status CudaDevice::fill(DeviceAddress to, std::uint8_t byte, std::size_t bytes, Stream stream) {
  if (bytes == 0)
    return Status();
  ContextScope scope(*context);
  return driver.check(driver.cuMemsetD8Async(to, byte, bytes, stream.handle), "cuMemsetD8Async");
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// The PTX's ISA version, "9.0", from its .version line; empty without one.
static std::string ptxVersion(std::string_view ptx) {
  std::size_t begin = ptx.find(".version ");
  if (begin == std::string_view::npos)
    return {};
  begin += 9;
  return std::string(ptx.substr(begin, ptx.find_first_of(" \r\n", begin) - begin));
}

Status CudaDevice::explainRefusal(const KernelImage &image, int result,
                                  const std::string &log) const {
  std::string message = "cannot load " + image.name + ", compiled for " + image.target + ", on " +
                        label + " (" + compileTarget + "): ";
  if (result == cudaUnsupportedPtxVersion)
    message += "the driver (CUDA " + driver.version() +
               ") is older than the NVRTC that wrote the PTX (PTX " + ptxVersion(image.ptx) +
               "); update the driver, or use an NVRTC of CUDA " + driver.version();
  else if (image.target != compileTarget)
    message += "compile it for " + compileTarget;
  else
    message += driver.check(result, "cuModuleLoadDataEx").message();
  return Status(StatusKind::Driver, log.empty() ? message : message + "\n" + log);
}

Result<void *> CudaDevice::loadModule(const KernelImage &image) {
  void *module = nullptr;
  int result = cudaNoBinaryForGpu;
  if (!image.cubin.empty())
    result = driver.cuModuleLoadDataEx(&module, image.cubin.data(), 0, nullptr, nullptr);
  if (result == cudaSuccess)
    return module;
  if (image.ptx.empty())
    return explainRefusal(image, result, {});
  std::string log(4096, '\0');
  int options[] = {jitErrorLog, jitErrorLogBytes};
  void *values[] = {log.data(), reinterpret_cast<void *>(std::uintptr_t(log.size()))};
  result = driver.cuModuleLoadDataEx(&module, image.ptx.c_str(), 2, options, values);
  if (result == cudaSuccess)
    return module;
  log.resize(std::min(log.find('\0'), log.size()));
  return explainRefusal(image, result, log);
}

Result<std::unique_ptr<LoadedKernel>> CudaDevice::load(const KernelImage &image) {
  ContextScope scope(*context);
  Result<void *> module = loadModule(image);
  if (!module)
    return module.status();
  void *function = nullptr;
  int result = driver.cuModuleGetFunction(&function, *module, image.name.c_str());
  auto kernel = std::make_unique<CudaKernel>(context, *module, function);
  if (Status status = driver.check(result, "cuModuleGetFunction"); !status.isOk())
    return status;
  // Without this a launch may ask for 48 KiB only. It is a permission, not an
  // allocation, so every kernel gets all that its static part leaves.
  int staticBytes = 0;
  driver.cuFuncGetAttribute(&staticBytes, functionSharedBytes, function);
  result = driver.cuFuncSetAttribute(function, functionMaxDynamicSharedBytes,
                                     sharedBytesPerBlock - staticBytes);
  if (Status status = driver.check(result, "cuFuncSetAttribute"); !status.isOk())
    return status;
  return std::unique_ptr<LoadedKernel>(std::move(kernel));
}

Status CudaDevice::launch(const LoadedKernel &kernel, const LaunchShape &shape,
                          std::string_view arguments, Stream stream) {
  ContextScope scope(*context);
  std::size_t size = arguments.size();
  void *extra[] = {reinterpret_cast<void *>(launchBufferPointer),
                   const_cast<char *>(arguments.data()), reinterpret_cast<void *>(launchBufferSize),
                   &size, nullptr};
  int result =
      driver.cuLaunchKernel(static_cast<const CudaKernel &>(kernel).function, shape.grid.x,
                            shape.grid.y, shape.grid.z, shape.block.x, shape.block.y, shape.block.z,
                            shape.sharedBytes, stream.handle, nullptr, extra);
  return result == cudaSuccess ? Status() : driver.check(result, "cuLaunchKernel");
}

Status CudaDevice::synchronize(Stream stream) {
  ContextScope scope(*context);
  return driver.check(driver.cuStreamSynchronize(stream.handle), "cuStreamSynchronize");
}

//===----------------------------------------------------------------------===//
// Timing
//===----------------------------------------------------------------------===//

namespace {

/// A moment in a stream.
class Event {
public:
  explicit Event(const CudaDriver &driver) : driver(driver) {
    status = driver.check(driver.cuEventCreate(&handle, /*flags=*/0), "cuEventCreate");
  }
  Event(const Event &) = delete;
  Event &operator=(const Event &) = delete;
  ~Event() {
    if (handle)
      driver.cuEventDestroy(handle);
  }

  Status record(Stream stream) {
    return status.isOk()
               ? driver.check(driver.cuEventRecord(handle, stream.handle), "cuEventRecord")
               : status;
  }

  void *handle = nullptr;

private:
  const CudaDriver &driver;
  Status status;
};

} // namespace

Result<double> CudaDevice::secondsOf(Stream stream, const std::function<Status()> &work) {
  ContextScope scope(*context);
  Event start(driver), end(driver);
  if (Status status = start.record(stream); !status.isOk())
    return status;
  if (Status status = work(); !status.isOk())
    return status;
  if (Status status = end.record(stream); !status.isOk())
    return status;
  if (Status status = driver.check(driver.cuEventSynchronize(end.handle), "cuEventSynchronize");
      !status.isOk())
    return status;
  float milliseconds = 0;
  Status status = driver.check(driver.cuEventElapsedTime(&milliseconds, start.handle, end.handle),
                               "cuEventElapsedTime");
  return status.isOk() ? Result<double>(1e-3 * double(milliseconds)) : status;
}

Result<double> lacuna::timeOnCuda(Device &device, Stream stream,
                                  const std::function<Status()> &work) {
  if (auto *cuda = dynamic_cast<CudaDevice *>(&device))
    return cuda->secondsOf(stream, work);
  return Status(StatusKind::Unsupported, device.name() + " is no CUDA device");
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

/// Compute capability of a target's name: 90 for "sm_90a".
static int capabilityOf(std::string_view target) {
  int capability = 0;
  std::from_chars(target.data() + 3, target.data() + target.size(), capability);
  return capability;
}

/// What to compile for on a device: its own target or the newest one whose
/// cubins it runs (same major version), else the newest whose PTX it can
/// translate. Null when the device is older than all.
static const TargetInfo *targetFor(int major, int minor) {
  const TargetInfo *sameMajor = nullptr, *older = nullptr;
  for (const TargetInfo &target : allTargets()) {
    int capability = capabilityOf(target.name);
    if (capability > 10 * major + minor)
      continue;
    if (capability / 10 == major)
      sameMajor = &target;
    else if (!target.name.ends_with("a")) // such PTX is for one architecture only
      older = &target;
  }
  return sameMajor ? sameMajor : older;
}

static Result<int> countDevices(const CudaDriver &driver) {
  int count = 0;
  int result = driver.cuDeviceGetCount(&count);
  if (result == cudaNoDevice)
    return 0;
  Status status = driver.check(result, "cuDeviceGetCount");
  return status.isOk() ? Result<int>(count) : status;
}

Result<int> lacuna::cudaDeviceCount() {
  if (!CudaDriver::isInstalled())
    return 0;
  Result<const CudaDriver *> driver = CudaDriver::get();
  return driver ? countDevices(**driver) : driver.status();
}

Result<std::unique_ptr<Device>> lacuna::openCudaDevice(int ordinal) {
  Result<const CudaDriver *> found = CudaDriver::get();
  if (!found)
    return found.status();
  const CudaDriver &driver = **found;
  Result<int> count = countDevices(driver);
  if (!count)
    return count.status();
  if (ordinal < 0 || ordinal >= *count)
    return Status(StatusKind::Driver, "there is no device cuda:" + std::to_string(ordinal) +
                                          "; the driver sees " + std::to_string(*count));
  int device = 0, major = 0, minor = 0, multiprocessors = 0, sharedBytes = 0;
  char name[256] = "";
  driver.cuDeviceGet(&device, ordinal);
  driver.cuDeviceGetName(name, sizeof(name), device);
  driver.cuDeviceGetAttribute(&major, attributeCapabilityMajor, device);
  driver.cuDeviceGetAttribute(&minor, attributeCapabilityMinor, device);
  driver.cuDeviceGetAttribute(&multiprocessors, attributeMultiprocessors, device);
  driver.cuDeviceGetAttribute(&sharedBytes, attributeSharedBytesOptIn, device);
  std::string label = "cuda:" + std::to_string(ordinal) + " (" + name + ")";
  const TargetInfo *target = targetFor(major, minor);
  if (!target)
    return Status(StatusKind::Unsupported, label + " has compute capability " +
                                               std::to_string(major) + "." + std::to_string(minor) +
                                               "; the targets are " + targetNames());
  void *handle = nullptr;
  if (Status status = driver.check(driver.cuDevicePrimaryCtxRetain(&handle, device),
                                   "cuDevicePrimaryCtxRetain");
      !status.isOk())
    return status;
  auto context = std::make_shared<PrimaryContext>(driver, device, handle);
  return std::unique_ptr<Device>(std::make_unique<CudaDevice>(
      std::move(context), label, target->name, multiprocessors, sharedBytes));
}
