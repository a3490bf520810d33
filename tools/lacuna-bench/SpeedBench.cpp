//===- SpeedBench.cpp - Kernels on a device ----------------------------------===//
//
// Work is what the mask leaves visible, so that a tile visited for a few elements
// does not look like speed. eta is the time over that of the same launch without a
// mask, per visible pair: 1 where sparsity costs nothing.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Targets.h"
#include "tools/lacuna-bench/Configurations.h"
#include "tools/lacuna-bench/LaunchTimer.h"

#include "llvm/Support/raw_ostream.h"

#include <map>

using namespace lacuna;

namespace {

class SpeedBench {
public:
  SpeedBench(const BenchOptions &options, Device &device, const LaunchTimer &timer)
      : options(options), device(device), timer(timer), target(findTarget(device.target())) {}

  Result<Grid::Line> measure(const Configuration &configuration);

private:
  Result<Measurement> run(const Configuration &configuration,
                          const PreparedConfiguration &prepared);
  Result<double> secondsOfDense(const Configuration &configuration);

  const BenchOptions &options;
  Device &device;
  const LaunchTimer &timer;
  const TargetInfo *target;
  std::map<std::string, double> denseSeconds; ///< by kernel and shape
};

} // namespace

static Result<Executable> compileFor(const std::string &target, const Configuration &configuration,
                                     const PreparedProgram &program) {
  CompileOptions compiler;
  compiler.target = target;
  compiler.fileName = configuration.kernel.spec + ".mlir";
  compiler.gradients = configuration.gradients;
  return compile(program.text, compiler);
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
      for (const PreparedProgram &program : prepared->programs)
        if (auto executable = compileFor(options.prepareTarget, configuration, program);
            !executable)
          return executable.status();
    }
  }
  return Status();
}

Result<Measurement> SpeedBench::run(const Configuration &configuration,
                                    const PreparedConfiguration &prepared) {
  std::vector<DeviceRun> runs;
  for (const PreparedProgram &program : prepared.programs) {
    Result<Executable> executable = compileFor(device.target(), configuration, program);
    if (!executable)
      return executable.status();
    Result<DeviceRun> run = DeviceRun::create(*executable, device, program.arguments);
    if (!run)
      return run.status();
    runs.push_back(std::move(*run));
  }
  return timer.time(runs);
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
  const double flops = flopsOf(configuration, double(prepared->visiblePairs));
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
  Result<LaunchTimer> timer = LaunchTimer::create(**device, options.repeats);
  if (!timer)
    return timer.status();
  SpeedBench bench(options, **device, *timer);
  Grid grid{"speed",
            (*device)->name() + nameOf(options.passes) + ", work of visible pairs",
            {"density", "time, ms", "TFLOP/s", "of peak at that clock, %", "eta", "MHz", "W"}};
  for (const Configuration &configuration : configurations(options)) {
    if (!configuration.notYet.empty()) {
      grid.lines.push_back({configuration.title, {}, "not yet: " + configuration.notYet});
      continue;
    }
    Result<Grid::Line> line = bench.measure(configuration);
    if (line.status().kind() == StatusKind::Unsupported) {
      grid.lines.push_back(leftOut(configuration.title, line.status()));
      continue;
    }
    if (!line)
      return Status(line.status().kind(), configuration.title + ": " + line.status().message());
    grid.lines.push_back(std::move(*line));
  }
  table.add(std::move(grid));
  return Status();
}
