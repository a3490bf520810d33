//===- SpeedBench.cpp - Kernels on a device ----------------------------------===//
//
// A configuration is launched until warm, then timed launch by launch with the
// second-level cache emptied in between; the median counts. Work is what the mask
// leaves visible, so that a tile visited for a few elements does not look like
// speed. eta is the time over that of the same launch without a mask, per visible
// pair: 1 where sparsity costs nothing.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Runtime.h"
#include "lib/Runtime/CudaDevice.h"
#include "lib/Support/CommandOutput.h"
#include "lib/Support/Targets.h"
#include "tools/lacuna-bench/Configurations.h"
#include "tools/lacuna-run/DeviceRun.h"

#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <map>
#include <sstream>

using namespace lacuna;

namespace {

/// A median, and what the device did meanwhile.
struct Measurement {
  double seconds = 0;
  std::optional<double> megahertz, watts;
};

class SpeedBench {
public:
  SpeedBench(const BenchOptions &options, Device &device)
      : options(options), device(device), target(findTarget(device.target())) {}

  /// Takes memory to empty the cache with.
  Status start();
  Result<Grid::Line> measure(const Configuration &configuration);

private:
  Result<Measurement> run(const Configuration &configuration,
                          const PreparedConfiguration &prepared);
  Result<Measurement> time(DeviceRun &run);
  Result<double> timeOnce(DeviceRun &run);
  Result<double> secondsOfDense(const Configuration &configuration);

  const BenchOptions &options;
  Device &device;
  const TargetInfo *target;
  std::optional<DeviceTensor> cacheFiller;
  std::map<std::string, double> denseSeconds; ///< by kernel and shape
};

} // namespace

static constexpr int warmUps = 3, leastRuns = 30;

static Result<Executable> compileFor(const std::string &target, const Configuration &configuration,
                                     const PreparedConfiguration &prepared) {
  CompileOptions compiler;
  compiler.target = target;
  compiler.fileName = configuration.kernel.spec + ".mlir";
  return compile(prepared.text, compiler);
}

/// Fills the cache with what measuring will ask for.
static Status compileAll(const BenchOptions &options) {
  for (const Configuration &wanted : configurations(options)) {
    if (!wanted.notYet.empty())
      continue;
    for (const Configuration &configuration : {wanted, denseLike(wanted)}) {
      Result<PreparedConfiguration> prepared = prepare(options, configuration);
      if (!prepared)
        return prepared.status();
      Result<Executable> executable = compileFor(options.prepareTarget, configuration, *prepared);
      if (!executable)
        return executable.status();
    }
  }
  return Status();
}

Status SpeedBench::start() {
  Result<DeviceTensor> filler =
      DeviceTensor::create(device, DType::I8, {2 * std::int64_t(target->cacheBytes)});
  if (filler)
    cacheFiller = std::move(*filler);
  return filler.status();
}

Result<double> SpeedBench::timeOnce(DeviceRun &run) {
  if (Status status = device.fill(cacheFiller->ref().address, 0, cacheFiller->bytes(), {});
      !status.isOk())
    return status;
  Result<double> seconds = timeOnCuda(device, {}, [&] { return run.launch(); });
  if (seconds || seconds.status().kind() != StatusKind::Unsupported)
    return seconds;
  Stopwatch watch; // the emulator has no clock but the host's
  if (Status status = run.launch(); !status.isOk())
    return status;
  Status status = run.wait();
  return status.isOk() ? Result<double>(watch.seconds()) : status;
}

Result<Measurement> SpeedBench::time(DeviceRun &run) {
  const bool emulated = options.device == "emulator";
  std::vector<double> times;
  for (int n = emulated ? 0 : -warmUps; n < (emulated ? 1 : std::max(options.repeats, leastRuns));
       ++n) {
    Result<double> seconds = timeOnce(run);
    if (!seconds)
      return seconds.status();
    if (n >= 0)
      times.push_back(*seconds);
  }
  Measurement measured{median(times), {}, {}};
  if (emulated)
    return measured;
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

Result<Measurement> SpeedBench::run(const Configuration &configuration,
                                    const PreparedConfiguration &prepared) {
  Result<Executable> executable = compileFor(device.target(), configuration, prepared);
  if (!executable)
    return executable.status();
  Result<DeviceRun> run = DeviceRun::create(*executable, device, prepared.arguments.arrays);
  return run ? time(*run) : run.status();
}

Result<double> SpeedBench::secondsOfDense(const Configuration &configuration) {
  const Configuration dense = denseLike(configuration);
  double &seconds = denseSeconds[dense.kernel.name() + " " + dense.shape.name()];
  if (seconds == 0) {
    Result<PreparedConfiguration> prepared = prepare(options, dense);
    if (!prepared)
      return prepared.status();
    Result<Measurement> measured = run(dense, *prepared);
    if (!measured)
      return measured.status();
    seconds = measured->seconds;
  }
  return seconds;
}

Result<Grid::Line> SpeedBench::measure(const Configuration &configuration) {
  Result<PreparedConfiguration> prepared = prepare(options, configuration);
  if (!prepared)
    return prepared.status();
  Result<Measurement> measured = run(configuration, *prepared);
  if (!measured)
    return measured.status();
  Result<double> dense = secondsOfDense(configuration);
  if (!dense)
    return dense.status();
  const double density = double(prepared->visiblePairs) / pairsOf(configuration.shape);
  const double flops = flopsOf(configuration.kernel, double(prepared->visiblePairs));
  std::optional<double> shareOfPeak;
  if (measured->megahertz)
    shareOfPeak = 100 * flops / measured->seconds /
                  (*measured->megahertz * 1e6 * device.multiprocessors() * target->flopsPerClock);
  return Grid::Line{configuration.title,
                    {density, 1e3 * measured->seconds, flops / measured->seconds / 1e12,
                     shareOfPeak, measured->seconds / (density * *dense), measured->megahertz,
                     measured->watts}};
}

Status lacuna::benchSpeed(const BenchOptions &options, Table &table) {
  if (!options.prepareTarget.empty())
    return compileAll(options);
  Result<std::unique_ptr<Device>> device =
      openDevice(options.device.empty() ? "cuda" : options.device);
  if (!device && device.status().kind() == StatusKind::Driver && options.device.empty()) {
    llvm::errs() << "speed: left out: " << device.status().message() << '\n';
    return Status();
  }
  if (!device)
    return device.status();
  SpeedBench bench(options, **device);
  if (Status status = bench.start(); !status.isOk())
    return status;
  Grid grid{"speed",
            (*device)->name() + ", forward, work of visible pairs",
            {"density", "time, ms", "TFLOP/s", "of peak at that clock, %", "eta", "MHz", "W"}};
  for (const Configuration &configuration : configurations(options)) {
    if (!configuration.notYet.empty()) {
      grid.lines.push_back({configuration.title, {}, "not yet: " + configuration.notYet});
      continue;
    }
    Result<Grid::Line> line = bench.measure(configuration);
    if (!line)
      return Status(line.status().kind(), configuration.title + ": " + line.status().message());
    grid.lines.push_back(std::move(*line));
  }
  table.add(std::move(grid));
  return Status();
}
