//===- DeviceRun.h - A compiled spec on host arrays --------------------------===//
#ifndef TOOLS_LACUNA_RUN_DEVICERUN_H
#define TOOLS_LACUNA_RUN_DEVICERUN_H

#include "lacuna/Runtime.h"
#include "lib/Support/Npy.h"

#include <memory>
#include <vector>

namespace lacuna {

/// A program with its arguments in device memory. Results are filled with NaN
/// bytes before the first launch, so that what a kernel leaves out is seen.
class DeviceRun {
public:
  /// Loads and copies in. `inputs` are the spec's arguments in order; those without
  /// bytes (makeShape) get normal random numbers that repeat. Errors: Type when their
  /// number is wrong; those of load, allocation and copies.
  static Result<DeviceRun> create(const Executable &executable, Device &device,
                                  const std::vector<HostArray> &inputs);
  /// The same for an executable that the device has loaded before.
  static Result<DeviceRun> create(std::shared_ptr<LoadedProgram> program,
                                  const Executable &executable, Device &device,
                                  const std::vector<HostArray> &inputs);

  /// Launches once; does not wait. Errors: those of LoadedProgram::launch.
  Status launch() const;
  /// Waits, and reports what failed on the device.
  Status wait() { return program->synchronize(); }
  /// Results on the host. Precondition: wait() was ok.
  Result<std::vector<HostArray>> results() const;

private:
  explicit DeviceRun(std::shared_ptr<LoadedProgram> program) : program(std::move(program)) {}
  Status allocateResults(const Executable &executable, Device &device);

  std::shared_ptr<LoadedProgram> program;
  std::vector<DeviceTensor> tensors; ///< of arguments; scalars have none
  std::vector<Value> arguments;
  std::vector<DeviceTensor> outputs;
  std::vector<TensorRef> outputRefs;
  std::unique_ptr<DeviceTensor> scratch; ///< null when the program needs none
};

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_DEVICERUN_H
