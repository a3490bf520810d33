//===- Runtime.h - Devices and launches --------------------------------------===//
#ifndef LACUNA_RUNTIME_H
#define LACUNA_RUNTIME_H

#include "lacuna/Compile.h"
#include "lacuna/Device.h"
#include "lacuna/Tensor.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default) // these are what the shared library exports

namespace lacuna {

/// Opens a device: "cuda" or "cuda:N", "emulator", or "auto", which is the
/// first CUDA device, or the emulator on a machine without one.
/// Errors: Driver, Unsupported; Type for another name.
Result<std::unique_ptr<Device>> openDevice(std::string_view name = "auto");

/// Device memory that a program of several steps uses between them.
struct Workspace {
  DeviceAddress address = 0; ///< aligned to 256 bytes, as Device::allocate gives it
  std::size_t bytes = 0;
};

/// An executable on a device: what is launched. Must not outlive the device.
class LoadedProgram {
public:
  /// Loads the kernels. Errors: Driver when they are not for this device, with
  /// what is too old or what to compile for.
  static Result<LoadedProgram> load(const Executable &executable, Device &device);

  LoadedProgram(LoadedProgram &&) noexcept;
  LoadedProgram &operator=(LoadedProgram &&) noexcept;
  ~LoadedProgram();

  /// Shape of a result for these arguments; the addresses in them may be 0.
  /// Errors: as launch.
  Result<std::vector<std::int64_t>> resultShape(std::size_t result, Span<Value> arguments) const;

  /// Bytes that Workspace must have for these arguments; 0 for a program of one
  /// step. Errors: as launch.
  Result<std::size_t> workspaceBytes(Span<Value> arguments) const;

  /// Checks arguments and results, then enqueues the kernels on `stream`; takes
  /// no lock and allocates nothing. Tensors have any strides whose innermost is
  /// 1; addresses and other strides are multiples of 16 bytes where the spec's
  /// operations need it. Nothing is enqueued when all results are empty.
  /// Errors: Type, naming the argument and what it needs; Resource; Driver.
  Status launch(Span<Value> arguments, Span<TensorRef> results, Stream stream = {},
                Workspace workspace = {}) const;

  /// Waits for the stream and reports what failed on the device. Errors: Driver;
  /// Type when a kernel met an index out of range, and made its outputs NaN.
  Status synchronize(Stream stream = {});

private:
  struct Implementation;
  explicit LoadedProgram(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

/// A row-major tensor that owns its memory; for programs without a framework.
/// Must not outlive the device.
class DeviceTensor {
public:
  /// Contents are undefined. Errors: Resource.
  static Result<DeviceTensor> create(Device &device, DType dtype, std::vector<std::int64_t> shape);

  DeviceTensor(DeviceTensor &&other) noexcept;
  DeviceTensor &operator=(DeviceTensor &&other) noexcept;
  ~DeviceTensor();

  const TensorRef &ref() const { return tensor; }
  operator const TensorRef &() const { return tensor; }
  operator Value() const { return Value(tensor); }
  std::size_t bytes() const { return std::size_t(tensor.elementCount()) * byteSize(tensor.dtype); }

  /// Copies bytes() bytes from or to host memory; returns when they arrived.
  Status copyIn(const void *host, Stream stream = {});
  Status copyOut(void *host, Stream stream = {}) const;

private:
  DeviceTensor(Device &device, const TensorRef &tensor) : device(&device), tensor(tensor) {}
  Device *device;
  TensorRef tensor;
};

} // namespace lacuna

#pragma GCC visibility pop

#endif // LACUNA_RUNTIME_H
