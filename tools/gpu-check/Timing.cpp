#include "tools/gpu-check/Timing.h"

#include "lacuna/Reference.h"
#include "lib/Support/Files.h"
#include "lib/Support/Stopwatch.h"
#include "tools/lacuna-run/DeviceRun.h"
#include "tools/lacuna-run/Inputs.h"

#include <algorithm>
#include <numeric>

using namespace lacuna;

static constexpr CaseShape timedShape = {1, 16, 16, 4096, 4096};
static constexpr int warmUps = 5, batches = 9, launchesPerBatch = 20;

/// Share of visible pairs, from one head of the reference's mask.
static Result<double> densityOf(const ReferenceSpec &reference,
                                const std::vector<HostArray> &inputs) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    values.push_back(valueOf(inputs[i], reference.arguments()[i].isTensor));
  auto mask = reference.visibility(values, 0, 0, 0);
  if (!mask)
    return mask.status();
  double visible = std::accumulate(mask->visible.begin(), mask->visible.end(), 0.0);
  return visible / double(mask->visible.size());
}

/// Median time of a launch in seconds.
static Result<double> timeLaunches(DeviceRun &run) {
  auto launchAll = [&](int count) -> Status {
    for (int i = 0; i < count; ++i)
      if (Status status = run.launch(); !status.isOk())
        return status;
    return run.wait();
  };
  if (Status status = launchAll(warmUps); !status.isOk())
    return status;
  std::vector<double> seconds;
  for (int batch = 0; batch < batches; ++batch) {
    Stopwatch watch;
    if (Status status = launchAll(launchesPerBatch); !status.isOk())
      return status;
    seconds.push_back(watch.seconds() / launchesPerBatch);
  }
  std::nth_element(seconds.begin(), seconds.begin() + batches / 2, seconds.end());
  return seconds[batches / 2];
}

TimedSpec lacuna::timeSpec(const Runner &runner, const std::string &specFolder,
                           const std::string &spec, Device &device) {
  CaseKernel kernel{spec, DType::BF16, 128, 128};
  TimedSpec timed{spec, timedShape.name(), 0, 0, 0, {}};
  auto fail = [&](const Status &status) {
    timed.failure = status.message();
    return timed;
  };
  Result<std::string> text = readFile(specFolder + "/" + spec + ".mlir");
  if (!text)
    return fail(text.status());
  Result<Executable> executable = runner.compileKernel(kernel);
  if (!executable)
    return fail(executable.status());
  Result<ReferenceSpec> reference = ReferenceSpec::parse(*text, spec);
  if (!reference)
    return fail(reference.status());
  Result<std::vector<HostArray>> inputs = makeInputs(*text, *reference, kernel, timedShape);
  if (!inputs)
    return fail(inputs.status());
  Result<double> density = densityOf(*reference, *inputs);
  if (!density)
    return fail(density.status());
  Result<DeviceRun> run = DeviceRun::create(*executable, device, *inputs);
  if (!run)
    return fail(run.status());
  Result<double> seconds = timeLaunches(*run);
  if (!seconds)
    return fail(seconds.status());
  timed.density = *density;
  timed.milliseconds = 1e3 * *seconds;
  double pairs = *density * double(timedShape.batch * timedShape.queryHeads) *
                 double(timedShape.queries * timedShape.keys);
  timed.teraflops = pairs * 2 * double(kernel.queryDim + kernel.valueDim) / *seconds / 1e12;
  return timed;
}
