//===- Launch.h - A program on a device --------------------------------------===//
//
// The launch path. Everything that can be done once is done when a program is
// loaded; a launch checks what it was given, evaluates a few expressions, packs
// parameters on the stack and calls the device: no lock, no hash, no
// allocation, unless it ends in an error, whose message is built then.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_LAUNCH_H
#define LIB_RUNTIME_LAUNCH_H

#include "lacuna/Device.h"
#include "lacuna/Tensor.h"
#include "lib/Runtime/Program.h"

#include <memory>
#include <vector>

namespace lacuna {

/// Largest parameter block of a kernel, as every CUDA since 4.0 has it.
inline constexpr std::size_t maxParameterBytes = 4096;

/// A program whose kernels a device has loaded. Must not outlive the device.
/// Launching is thread-safe if the device's launch is.
class ProgramInstance {
public:
  /// Loads the kernels. Errors: those of verifyProgram and Device::load.
  static Result<std::unique_ptr<ProgramInstance>> create(Program program, Device &device);
  ~ProgramInstance();

  const Program &program() const { return loaded; }

  /// Extents of a result for these arguments. Errors: Type.
  Result<std::vector<std::int64_t>> resultShape(std::size_t result, Span<Value> arguments) const;

  /// Bytes of device memory that a launch with these arguments needs beside its
  /// arguments and results. Errors: Type.
  Result<std::size_t> workspaceBytes(Span<Value> arguments) const;

  /// Checks everything, then enqueues all steps on `stream`. `workspace` is
  /// aligned to 256 bytes and must be left alone until the steps are done. When
  /// all results are empty nothing is enqueued.
  /// Errors: Type, naming the argument and what it needs; Resource when the
  /// workspace is too small; those of Device::launch.
  Status launch(Span<Value> arguments, Span<TensorRef> results, DeviceAddress workspace,
                std::size_t workspaceBytes, Stream stream) const;

  /// Waits for `stream` and reports what kernels found wrong in the data they
  /// read since the last call; their outputs are NaN then. Errors: Type.
  Status takeStatus(Stream stream);

private:
  /// Where a kernel parameter lies in the parameter block.
  struct Parameter {
    ProgramParameter source;
    std::uint32_t offset;
  };
  struct Step {
    Expression grid;
    LaunchShape shape;
    std::unique_ptr<LoadedKernel> kernel;
    std::vector<Parameter> parameters;
    std::uint32_t parameterBytes = 0;
  };
  /// What one launch was given.
  struct Given {
    Span<Value> arguments;
    Span<TensorRef> results;
    DeviceAddress workspace;
    Stream stream;
  };

  ProgramInstance(Program program, Device &device);
  Status load();
  Result<Step> loadStep(const ProgramStep &step) const;
  std::uint32_t parameterBytes(const ProgramParameter &parameter) const;
  Result<TensorRef> temporary(std::size_t index, const Given &given) const;
  Status pack(const Given &given, const ProgramParameter &parameter, char *to) const;
  Status launchStep(const Given &given, const Step &step) const;

  Program loaded;
  Device &device;
  std::vector<Step> steps;
  DeviceAddress statusWord = 0; ///< of an i32; 0 when no kernel takes it
};

} // namespace lacuna

#endif // LIB_RUNTIME_LAUNCH_H
