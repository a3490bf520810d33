#include "tools/lacuna-bench/LaunchTimer.h"

#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Runtime/CudaDevice.h"
#include "lib/Support/CommandOutput.h"
#include "lib/Support/Stopwatch.h"
#include "lib/Support/Targets.h"
#include "tools/lacuna-bench/Bench.h"

#include <cmath>
#include <sstream>

using namespace lacuna;

static constexpr int warmUps = 3, leastRuns = 30;

Result<LaunchTimer> LaunchTimer::create(Device &device, int repeats) {
  const std::int64_t bytes = 2 * std::int64_t(findTarget(device.target())->cacheBytes);
  Result<DeviceTensor> filler = DeviceTensor::create(device, DType::I8, {bytes});
  if (!filler)
    return filler.status();
  return LaunchTimer(device, std::move(*filler), std::max(repeats, leastRuns));
}

static Status launchAll(llvm::ArrayRef<DeviceRun> runs) {
  for (const DeviceRun &run : runs)
    if (Status status = run.launch(); !status.isOk())
      return status;
  return Status();
}

/// The device's errors, too.
static Status waitForAll(llvm::MutableArrayRef<DeviceRun> runs) {
  for (DeviceRun &run : runs)
    if (Status status = run.wait(); !status.isOk())
      return status;
  return Status();
}

Result<double> LaunchTimer::timeOnce(llvm::MutableArrayRef<DeviceRun> runs) const {
  if (Status status = device.fill(cacheFiller.ref().address, 0, cacheFiller.bytes(), {});
      !status.isOk())
    return status;
  return timeOnCuda(device, {}, [&] { return launchAll(runs); });
}

/// Once by the host's clock.
static Result<Measurement> timeOnHost(llvm::MutableArrayRef<DeviceRun> runs) {
  Stopwatch watch;
  if (Status status = launchAll(runs); !status.isOk())
    return status;
  Status status = waitForAll(runs);
  return status.isOk() ? Result<Measurement>({watch.seconds(), {}, {}}) : status;
}

Result<Measurement> LaunchTimer::time(llvm::MutableArrayRef<DeviceRun> runs) const {
  if (dynamic_cast<emulator::EmulatorDevice *>(&device))
    return timeOnHost(runs);
  std::vector<double> times;
  for (int n = -warmUps; n < repeats; ++n) {
    Result<double> seconds = timeOnce(runs);
    if (!seconds)
      return seconds.status();
    if (n >= 0)
      times.push_back(*seconds);
  }
  Measurement measured{median(times), {}, {}};
  // Clock and power are read while the device has a second's work before it.
  for (int n = std::min(2000, int(std::ceil(1 / std::max(measured.seconds, 1e-6)))); n > 0; --n)
    if (Status status = launchAll(runs); !status.isOk())
      return status;
  std::istringstream sample(outputOf("nvidia-smi --query-gpu=clocks.sm,power.draw "
                                     "--format=csv,noheader,nounits 2>/dev/null | tr -d ,"));
  double megahertz, watts;
  if (sample >> megahertz >> watts) {
    measured.megahertz = megahertz;
    measured.watts = watts;
  }
  Status status = waitForAll(runs);
  return status.isOk() ? Result<Measurement>(measured) : status;
}
