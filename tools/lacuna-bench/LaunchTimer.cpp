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

Result<double> LaunchTimer::timeOnce(DeviceRun &run) const {
  if (Status status = device.fill(cacheFiller.ref().address, 0, cacheFiller.bytes(), {});
      !status.isOk())
    return status;
  return timeOnCuda(device, {}, [&] { return run.launch(); });
}

/// One launch by the host's clock.
static Result<Measurement> timeOnHost(DeviceRun &run) {
  Stopwatch watch;
  if (Status status = run.launch(); !status.isOk())
    return status;
  Status status = run.wait();
  return status.isOk() ? Result<Measurement>({watch.seconds(), {}, {}}) : status;
}

Result<Measurement> LaunchTimer::time(DeviceRun &run) const {
  if (dynamic_cast<emulator::EmulatorDevice *>(&device))
    return timeOnHost(run);
  std::vector<double> times;
  for (int n = -warmUps; n < repeats; ++n) {
    Result<double> seconds = timeOnce(run);
    if (!seconds)
      return seconds.status();
    if (n >= 0)
      times.push_back(*seconds);
  }
  Measurement measured{median(times), {}, {}};
  // Clock and power are read while the device has a second's work before it.
  for (int n = std::min(2000, int(std::ceil(1 / std::max(measured.seconds, 1e-6)))); n > 0; --n)
    if (Status status = run.launch(); !status.isOk())
      return status;
  std::istringstream sample(outputOf("nvidia-smi --query-gpu=clocks.sm,power.draw "
                                     "--format=csv,noheader,nounits 2>/dev/null | tr -d ,"));
  double megahertz, watts;
  if (sample >> megahertz >> watts) {
    measured.megahertz = megahertz;
    measured.watts = watts;
  }
  Status status = run.wait();
  return status.isOk() ? Result<Measurement>(measured) : status;
}
