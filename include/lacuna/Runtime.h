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

class Plan;

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

  /// The same for launches that are given a plan.
  Result<std::size_t> workspaceBytesBesidePlan(Span<Value> arguments) const;

  /// Whether a mask is planned on the device, so that a Plan saves work.
  bool makesPlan() const;

  /// Bytes of device memory that a Plan for these arguments needs; 0 when the
  /// program makes none. Errors: as launch.
  Result<std::size_t> planBytes(Span<Value> arguments) const;

  /// Checks arguments and results, then enqueues the kernels on `stream`; takes
  /// no lock and allocates nothing. Tensors have any strides whose innermost is
  /// 1; addresses and other strides are multiples of 16 bytes where the spec's
  /// operations need it. Nothing is enqueued when all results are empty.
  /// Errors: Type, naming the argument and what it needs; Resource; Driver.
  Status launch(Span<Value> arguments, Span<TensorRef> results, Stream stream = {},
                Workspace workspace = {}) const;

  /// The same with a plan that has been updated: only the attention runs. Errors:
  /// also Type when the plan was updated for other sizes or scalars, naming them,
  /// or is another spec's.
  Status launch(Span<Value> arguments, Span<TensorRef> results, const Plan &plan,
                Stream stream = {}, Workspace workspace = {}) const;

  /// Waits for the stream and reports what failed on the device. Errors: Driver;
  /// Type, in the spec's words, when a kernel found its data to be wrong, say an
  /// index out of range; results that depend on it are NaN.
  Status synchronize(Stream stream = {});

private:
  friend class Plan;
  struct Implementation;
  explicit LoadedProgram(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

/// Which tiles a mask lets a launch visit, for masks that read tables (documents,
/// positions, block lists): made once by a few small kernels and used by many
/// launches, by those of every layer with the same spec. Where kernels compute
/// their own bounds there is nothing to plan, and all of this costs nothing. Launches may share a
/// plan from several threads, but not during an update; on the device the caller's
/// streams order them. Must not outlive the device.
class Plan {
public:
  /// Memory for a plan of these arguments, whose addresses may be 0: `memory`, or
  /// its own where that is empty. Plan for the largest sizes to come.
  /// Errors: Type; Resource.
  static Result<Plan> create(const LoadedProgram &program, Span<Value> arguments,
                             Workspace memory = {});

  Plan(Plan &&) noexcept;
  Plan &operator=(Plan &&) noexcept;
  ~Plan();

  /// Enqueues the making of the plan, in place; allocates nothing and does not
  /// wait. To be called before the first launch, and whenever sizes, scalars or
  /// elements of tables that the mask reads have changed. Only those tables need
  /// an address. LACUNA_CHECK_PLANS=1 reports a forgotten update.
  /// Errors: Type; Resource when the memory is too small; Driver.
  Status update(Span<Value> arguments, Stream stream = {});

  /// Waits for the stream and reports what the last update found wrong in the
  /// tables; the results of launches with the plan are NaN then. Errors: Type,
  /// Driver.
  Status synchronize(Stream stream = {}) const;

private:
  friend class LoadedProgram;
  struct Implementation;
  explicit Plan(std::unique_ptr<Implementation> implementation);
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
