//===- Device.h - Where kernels run ----------------------------------------===//
//
// One interface, two implementations: a CUDA device (driver API, opened with
// dlopen) and the PTX emulator on the host's cores. Code that launches kernels
// cannot tell them apart, which is how every kernel is executed in tests on a
// machine without a GPU.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_DEVICE_H
#define LACUNA_DEVICE_H

#include "lacuna/Result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lacuna {

/// An address in a device's memory. 0 is "no memory".
using DeviceAddress = std::uint64_t;

/// A queue of work on a device: a CUstream, or null for the default one. The
/// emulator runs work at once, so any value orders it.
struct Stream {
  void *handle = nullptr;
};

/// A tensor and the box of it that one bulk copy moves, and what kernels are
/// handed of it. The launch path fills them in; nobody else needs to.
struct TensorMapSpec;
struct TensorMap;

/// Extent of a grid or of a block.
struct Extent {
  std::uint32_t x = 1, y = 1, z = 1;
};

/// One kernel in both of its forms. A CUDA device loads the cubin when it was
/// made for that device and else the PTX; the emulator reads the PTX.
struct KernelImage {
  std::string name;   ///< symbol of the entry
  std::string target; ///< "sm_90a": what the cubin was made for
  std::string cubin;  ///< may be empty
  std::string ptx;
  std::string source; ///< generated CUDA C++; for messages that name its lines, may be empty
};

/// Shape of one launch.
struct LaunchShape {
  Extent grid;
  Extent block;
  std::uint32_t sharedBytes = 0; ///< dynamic shared memory per block
};

/// A kernel that a device has loaded. Unloaded by the destructor; must not
/// outlive its device.
class LoadedKernel {
public:
  virtual ~LoadedKernel() = default;
};

/// A place with memory where kernels run. Not thread-safe unless said.
class Device {
public:
  virtual ~Device() = default;

  /// For people: "emulator", "cuda:0 (NVIDIA H200)".
  virtual std::string name() const = 0;
  /// What to compile for: "sm_90a".
  virtual std::string target() const = 0;
  /// How many blocks it runs at the same time if one fills a multiprocessor.
  virtual std::uint32_t multiprocessors() const = 0;

  /// Memory of at least `bytes`, aligned to 256 bytes; contents undefined.
  /// Errors: Resource when there is not enough.
  virtual Result<DeviceAddress> allocate(std::size_t bytes) = 0;
  virtual Status release(DeviceAddress address) = 0;
  virtual Status copyIn(DeviceAddress to, const void *from, std::size_t bytes, Stream stream) = 0;
  /// Returns when the bytes have arrived.
  virtual Status copyOut(void *to, DeviceAddress from, std::size_t bytes, Stream stream) = 0;
  virtual Status fill(DeviceAddress to, std::uint8_t byte, std::size_t bytes, Stream stream) = 0;

  /// Errors: Driver when the image is not for this device.
  virtual Result<std::unique_ptr<LoadedKernel>> load(const KernelImage &image) = 0;
  /// Enqueues one launch. `arguments` is the kernel's parameter block as the
  /// PTX lays it out (each parameter at its natural alignment).
  virtual Status launch(const LoadedKernel &kernel, const LaunchShape &shape,
                        std::string_view arguments, Stream stream) = 0;
  /// What a kernel on this device must be told to copy boxes of a tensor. Errors:
  /// Driver, naming what bulk copies cannot do.
  virtual Result<TensorMap> encode(const TensorMapSpec &spec) const = 0;
  /// Waits for everything enqueued; reports what failed since the last call.
  virtual Status synchronize(Stream stream) = 0;
};

} // namespace lacuna

#endif // LACUNA_DEVICE_H
