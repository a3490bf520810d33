//===- DeviceRun.h - A spec on a device -------------------------------------===//
#ifndef TOOLS_LACUNA_RUN_DEVICERUN_H
#define TOOLS_LACUNA_RUN_DEVICERUN_H

#include "lacuna/Reference.h"
#include "lacuna/Runtime.h"
#include "lib/Support/Npy.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna {

/// What to run, and where.
struct DeviceRunOptions {
  std::string device;   ///< as openDevice takes it
  std::string target;   ///< what to compile for; empty: what the device is
  std::string function; ///< may be empty
  std::string fileName; ///< for messages
};

/// How long each stage took, in seconds.
struct DeviceRunTimes {
  double load = 0;
  double firstLaunch = 0;       ///< until the results were there
  std::vector<double> launches; ///< of the timed launches, each until it was done
};

/// A spec compiled for a device and loaded there.
class DeviceRun {
public:
  /// Opens the device, compiles, loads. Errors: those of openDevice, compile and
  /// LoadedProgram::load.
  static Result<DeviceRun> prepare(std::string_view spec, const DeviceRunOptions &options);

  /// What the function takes.
  std::vector<ReferenceArgument> arguments() const;
  const std::string &functionName() const { return executable->name(); }
  std::string deviceName() const { return device->name(); }
  const CompileReport &compileReport() const { return executable->report(); }
  const DeviceRunTimes &times() const { return runTimes; }

  /// Launches once, and `benchmark` times more for the clock; returns the results
  /// of the last launch. Results are filled with NaN before, so that an element
  /// that no kernel writes cannot pass for a result. One input for each argument.
  /// Errors: those of LoadedProgram and of Device.
  Result<std::vector<HostArray>> run(const std::vector<HostArray> &inputs, int benchmark = 0);

private:
  Status copyInputs(const std::vector<HostArray> &inputs);
  Status makeResults();
  Status launch();

  // Destroyed in reverse order: memory and program before the device.
  std::unique_ptr<Device> device;
  std::optional<Executable> executable;
  std::optional<LoadedProgram> program;
  std::vector<DeviceTensor> tensors;
  std::vector<Value> values;
  std::vector<DeviceTensor> results;
  std::optional<DeviceTensor> workspaceMemory;
  Workspace workspace;
  DeviceRunTimes runTimes;
};

} // namespace lacuna

#endif // TOOLS_LACUNA_RUN_DEVICERUN_H
