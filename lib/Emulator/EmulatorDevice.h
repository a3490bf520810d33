//===- EmulatorDevice.h - A GPU made of software ---------------------------===//
//
// Executes the PTX of a kernel on the host, lane by lane, with a strict memory
// model: what a kernel does wrong becomes the error of the launch. It is exact
// about semantics, not about time.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_EMULATOR_EMULATORDEVICE_H
#define LIB_EMULATOR_EMULATORDEVICE_H

#include "lacuna/Device.h"
#include "lib/Emulator/Counters.h"
#include "lib/Emulator/EmulatorOptions.h"
#include "lib/Emulator/Sim/Report.h"

#include <memory>
#include <vector>

namespace lacuna::emulator {

/// The device "emulator". Launches run at once; launch() and synchronize()
/// return a Driver error with one line for each defect found.
class EmulatorDevice : public Device {
public:
  /// Gives an allocation a name for messages ("Q").
  virtual void nameAllocation(DeviceAddress address, std::string name) = 0;
  /// From now on a kernel that writes there is wrong. Reads cost less, for nobody can
  /// be in their way.
  virtual void protectAllocation(DeviceAddress address) = 0;
  /// Defects since the last takeReports(), over all launches.
  virtual const std::vector<Report> &reports() const = 0;
  virtual std::vector<Report> takeReports() = 0;
  virtual const Counters &counters() const = 0;
  virtual void resetCounters() = 0;
  /// May be changed between launches (mode, seed, threads, ...).
  virtual EmulatorOptions &options() = 0;
};

/// A new emulator device with memory of its own.
std::unique_ptr<EmulatorDevice> createEmulatorDevice(EmulatorOptions options = {});

} // namespace lacuna::emulator

#endif // LIB_EMULATOR_EMULATORDEVICE_H
