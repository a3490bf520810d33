//===- LaunchTimer.h - How long a launch takes on a device -------------------===//
//
// Launched until warm, then timed launch by launch with the second-level cache
// emptied in between; the median counts. The emulator has no clock but the host's,
// and is timed once: a look at the path and no measurement.
//
//===----------------------------------------------------------------------===//
#ifndef TOOLS_LACUNA_BENCH_LAUNCHTIMER_H
#define TOOLS_LACUNA_BENCH_LAUNCHTIMER_H

#include "lacuna/Runtime.h"
#include "tools/lacuna-run/DeviceRun.h"

#include "llvm/ADT/ArrayRef.h"

#include <optional>

namespace lacuna {

/// A median, and what the device did meanwhile, as far as nvidia-smi is there to say.
struct Measurement {
  double seconds = 0;
  std::optional<double> megahertz, watts;
};

/// Times launches on one device, which outlives it.
class LaunchTimer {
public:
  /// Takes device memory to empty the cache with. Errors: Resource.
  static Result<LaunchTimer> create(Device &device, int repeats);

  /// Of runs that are launched one behind the other. Errors: those of the launches.
  Result<Measurement> time(llvm::MutableArrayRef<DeviceRun> runs) const;

private:
  LaunchTimer(Device &device, DeviceTensor cacheFiller, int repeats)
      : device(device), cacheFiller(std::move(cacheFiller)), repeats(repeats) {}
  Result<double> timeOnce(llvm::MutableArrayRef<DeviceRun> runs) const;

  Device &device;
  DeviceTensor cacheFiller;
  int repeats;
};

} // namespace lacuna

#endif // TOOLS_LACUNA_BENCH_LAUNCHTIMER_H
