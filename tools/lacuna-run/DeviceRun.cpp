#include "tools/lacuna-run/DeviceRun.h"

#include "tools/lacuna-run/Inputs.h"

#include <chrono>

namespace lacuna {

/// All ones: a NaN in every float type, as far from an answer as can be.
static constexpr std::uint8_t poison = 0xff;

namespace {
/// Seconds since it was made.
class Stopwatch {
public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

} // namespace

Result<DeviceRun> DeviceRun::prepare(std::string_view spec, const DeviceRunOptions &options) {
  DeviceRun run;
  Result<std::unique_ptr<Device>> device = openDevice(options.device);
  if (!device)
    return device.status();
  run.device = std::move(*device);

  CompileOptions compileOptions;
  compileOptions.target = options.target.empty() ? run.device->target() : options.target;
  compileOptions.function = options.function;
  compileOptions.fileName = options.fileName;
  Result<Executable> executable = compile(spec, compileOptions);
  if (!executable)
    return executable.status();
  run.executable.emplace(std::move(*executable));

  Stopwatch loading;
  Result<LoadedProgram> program = LoadedProgram::load(*run.executable, *run.device);
  if (!program)
    return program.status();
  run.program.emplace(std::move(*program));
  run.runTimes.load = loading.seconds();
  return run;
}

std::vector<ReferenceArgument> DeviceRun::arguments() const {
  std::vector<ReferenceArgument> arguments;
  for (const ArgumentInfo &info : executable->arguments())
    arguments.push_back({info.dtype, info.isTensor, info.shape});
  return arguments;
}

Status DeviceRun::copyInputs(const std::vector<HostArray> &inputs) {
  tensors.reserve(inputs.size());
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    if (!executable->arguments()[n].isTensor) {
      values.push_back(valueOf(inputs[n], false));
      continue;
    }
    Result<DeviceTensor> tensor = DeviceTensor::create(*device, inputs[n].dtype, inputs[n].shape);
    if (!tensor)
      return tensor.status();
    if (Status copied = tensor->copyIn(inputs[n].bytes.data()); !copied.isOk())
      return copied;
    tensors.push_back(std::move(*tensor));
    values.push_back(tensors.back());
  }
  return Status();
}

Status DeviceRun::makeResults() {
  const std::vector<ResultInfo> &infos = executable->results();
  for (std::size_t n = 0; n < infos.size(); ++n) {
    Result<std::vector<std::int64_t>> shape = program->resultShape(n, values);
    if (!shape)
      return shape.status();
    Result<DeviceTensor> tensor = DeviceTensor::create(*device, infos[n].dtype, *shape);
    if (!tensor)
      return tensor.status();
    std::size_t bytes = tensor->bytes();
    Status filled = bytes ? device->fill(tensor->ref().address, poison, bytes, {}) : Status();
    if (!filled.isOk())
      return filled;
    results.push_back(std::move(*tensor));
  }
  Result<std::size_t> bytes = program->workspaceBytes(values);
  if (!bytes)
    return bytes.status();
  if (*bytes == 0)
    return Status();
  Result<DeviceTensor> memory =
      DeviceTensor::create(*device, DType::I8, {static_cast<std::int64_t>(*bytes)});
  if (!memory)
    return memory.status();
  workspace = {memory->ref().address, *bytes};
  workspaceMemory.emplace(std::move(*memory));
  return Status();
}

Status DeviceRun::launch() {
  std::vector<TensorRef> to;
  for (const DeviceTensor &result : results)
    to.push_back(result.ref());
  Status launched = program->launch(values, to, {}, workspace);
  return launched.isOk() ? program->synchronize() : launched;
}

Result<std::vector<HostArray>> DeviceRun::run(const std::vector<HostArray> &inputs, int benchmark) {
  if (Status copied = copyInputs(inputs); !copied.isOk())
    return copied;
  if (Status made = makeResults(); !made.isOk())
    return made;
  for (int n = 0; n <= benchmark; ++n) {
    Stopwatch launching;
    if (Status launched = launch(); !launched.isOk())
      return launched;
    if (n == 0)
      runTimes.firstLaunch = launching.seconds();
    else
      runTimes.launches.push_back(launching.seconds());
  }
  std::vector<HostArray> arrays;
  for (const DeviceTensor &result : results) {
    const TensorRef &ref = result.ref();
    HostArray array{ref.dtype, {ref.shape, ref.shape + ref.rank}, std::string(result.bytes(), 0)};
    if (Status copied = result.copyOut(array.bytes.data()); !copied.isOk())
      return copied;
    arrays.push_back(std::move(array));
  }
  return arrays;
}

} // namespace lacuna
