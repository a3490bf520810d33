#include "tools/lacuna-run/DeviceRun.h"

#include "lib/Emulator/EmulatorDevice.h"
#include "tools/lacuna-run/Elements.h"

#include <algorithm>

using namespace lacuna;

/// Fills a tensor with the same million numbers over and over. Their count is no multiple
/// of a row, so that rows differ.
static Status fillRandomly(Device &device, const DeviceTensor &tensor, std::size_t seed) {
  const TensorRef &ref = tensor.ref();
  HostArray piece{ref.dtype, {1'000'003}, {}};
  fillElements("random:" + std::to_string(seed), piece);
  for (std::size_t at = 0; at < tensor.bytes(); at += piece.bytes.size())
    if (Status status = device.copyIn(ref.address + at, piece.bytes.data(),
                                      std::min(piece.bytes.size(), tensor.bytes() - at), {});
        !status.isOk())
      return status;
  return device.synchronize({});
}

/// A tensor with the elements of argument `number`.
static Result<DeviceTensor> makeTensor(Device &device, const HostArray &input, std::size_t number) {
  Result<DeviceTensor> tensor = DeviceTensor::create(device, input.dtype, input.shape);
  if (!tensor)
    return tensor.status();
  Status filled = input.bytes.empty() ? fillRandomly(device, *tensor, number)
                                      : tensor->copyIn(input.bytes.data());
  return filled.isOk() ? std::move(tensor) : filled;
}

Result<DeviceRun> DeviceRun::create(const Executable &executable, Device &device,
                                    const std::vector<HostArray> &inputs) {
  Result<LoadedProgram> program = LoadedProgram::load(executable, device);
  if (!program)
    return program.status();
  return create(std::make_shared<LoadedProgram>(std::move(*program)), executable, device, inputs);
}

Result<DeviceRun> DeviceRun::create(std::shared_ptr<LoadedProgram> program,
                                    const Executable &executable, Device &device,
                                    const std::vector<HostArray> &inputs) {
  const std::vector<ArgumentInfo> &expected = executable.arguments();
  if (inputs.size() != expected.size())
    return Status(StatusKind::Type, "@" + executable.name() + " takes " +
                                        std::to_string(expected.size()) + " inputs, given " +
                                        std::to_string(inputs.size()));
  DeviceRun run(std::move(program));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!expected[i].isTensor) {
      run.arguments.emplace_back(inputs[i].dtype, inputs[i].bytes.data());
      continue;
    }
    Result<DeviceTensor> tensor = makeTensor(device, inputs[i], i + 1);
    if (!tensor)
      return tensor.status();
    if (auto *emulator = dynamic_cast<emulator::EmulatorDevice *>(&device)) {
      emulator->nameAllocation(tensor->ref().address, "%" + expected[i].name);
      emulator->protectAllocation(tensor->ref().address);
    }
    run.arguments.push_back(Value(tensor->ref()));
    run.tensors.push_back(std::move(*tensor));
  }
  if (Status status = run.allocateResults(executable, device); !status.isOk())
    return status;
  return run;
}

Status DeviceRun::allocateResults(const Executable &executable, Device &device) {
  for (std::size_t i = 0; i < executable.results().size(); ++i) {
    Result<std::vector<std::int64_t>> shape = program->resultShape(i, arguments);
    if (!shape)
      return shape.status();
    Result<DeviceTensor> output =
        DeviceTensor::create(device, executable.results()[i].dtype, *shape);
    if (!output)
      return output.status();
    std::string poison(output->bytes(), '\xff'); // NaN in every floating type
    if (Status status = output->copyIn(poison.data()); !status.isOk())
      return status;
    outputRefs.push_back(output->ref());
    outputs.push_back(std::move(*output));
  }
  Result<std::size_t> bytes = program->workspaceBytes(arguments);
  if (!bytes)
    return bytes.status();
  if (*bytes == 0)
    return {};
  Result<DeviceTensor> memory =
      DeviceTensor::create(device, DType::I8, {static_cast<std::int64_t>(*bytes)});
  if (!memory)
    return memory.status();
  scratch = std::make_unique<DeviceTensor>(std::move(*memory));
  return {};
}

Status DeviceRun::launch() const {
  Workspace workspace;
  if (scratch)
    workspace = {scratch->ref().address, scratch->bytes()};
  return program->launch(arguments, outputRefs, {}, workspace);
}

Result<std::vector<HostArray>> DeviceRun::results() const {
  std::vector<HostArray> arrays;
  for (const DeviceTensor &output : outputs) {
    const TensorRef &ref = output.ref();
    HostArray array{ref.dtype, {ref.shape, ref.shape + ref.rank}, std::string(output.bytes(), 0)};
    if (Status status = output.copyOut(array.bytes.data()); !status.isOk())
      return status;
    arrays.push_back(std::move(array));
  }
  return arrays;
}
