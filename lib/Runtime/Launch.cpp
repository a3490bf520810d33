#include "lib/Runtime/Launch.h"

#include "lib/Runtime/LaunchChecks.h"

#include <algorithm>
#include <cstring>

using namespace lacuna;

/// Alignment of the workspace and of each temporary in it.
static constexpr std::uint64_t workspaceAlignment = 256;

template <class T>
static T roundUp(T value, T multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

ProgramInstance::ProgramInstance(Program program, Device &device)
    : loaded(std::move(program)), device(device) {}

ProgramInstance::~ProgramInstance() {
  if (statusWord)
    (void)device.release(statusWord);
}

Result<std::unique_ptr<ProgramInstance>> ProgramInstance::create(Program program, Device &device) {
  if (Status status = verifyProgram(program); !status.isOk())
    return status;
  std::unique_ptr<ProgramInstance> instance(new ProgramInstance(std::move(program), device));
  if (Status status = instance->load(); !status.isOk())
    return status;
  return instance;
}

Status ProgramInstance::load() {
  bool takesStatus = false;
  for (const ProgramStep &source : loaded.steps) {
    Result<Step> step = loadStep(source);
    if (!step)
      return step.status();
    for (const ProgramParameter &parameter : source.parameters)
      takesStatus |= parameter.kind == ProgramParameter::Kind::Status;
    steps.push_back(std::move(*step));
  }
  if (!takesStatus)
    return Status();
  Result<DeviceAddress> word = device.allocate(4);
  if (!word)
    return word.status();
  statusWord = *word;
  if (Status status = device.fill(statusWord, 0, 4, {}); !status.isOk())
    return status;
  return device.synchronize({}); // launches may come on streams that do not wait for this one
}

/// Bytes of a parameter, which are its alignment as well but for views (8).
std::uint32_t ProgramInstance::parameterBytes(const ProgramParameter &parameter) const {
  switch (parameter.kind) {
  case ProgramParameter::Kind::Argument: {
    const ProgramArgument &argument = loaded.arguments[parameter.index];
    return argument.isTensor ? viewBytes(argument.dims.size())
                             : std::uint32_t(byteSize(argument.dtype));
  }
  case ProgramParameter::Kind::Result:
    return viewBytes(loaded.results[parameter.index].dims.size());
  case ProgramParameter::Kind::Temporary:
    return viewBytes(loaded.temporaries[parameter.index].dims.size());
  case ProgramParameter::Kind::Status:
    return 8;
  case ProgramParameter::Kind::Integer:
    return std::uint32_t(byteSize(parameter.integerType));
  }
  return 0;
}

Result<ProgramInstance::Step> ProgramInstance::loadStep(const ProgramStep &source) const {
  const KernelImage &image = loaded.kernels[source.kernel];
  Step step;
  step.grid = source.grid;
  step.shape.block = {source.threads, 1, 1};
  step.shape.sharedBytes = source.sharedBytes;
  std::uint32_t end = 0;
  for (const ProgramParameter &parameter : source.parameters) {
    std::uint32_t bytes = parameterBytes(parameter);
    std::uint32_t offset = roundUp(end, std::min(bytes, 8u));
    step.parameters.push_back({parameter, offset});
    end = offset + bytes;
  }
  step.parameterBytes = end;
  if (end > maxParameterBytes)
    return Status(StatusKind::Resource, image.name + " takes " + std::to_string(end) +
                                            " bytes of parameters; the limit is " +
                                            std::to_string(maxParameterBytes));
  Result<std::unique_ptr<LoadedKernel>> kernel = device.load(image);
  if (!kernel)
    return kernel.status();
  step.kernel = std::move(*kernel);
  return step;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

Result<std::vector<std::int64_t>> ProgramInstance::resultShape(std::size_t result,
                                                               Span<Value> arguments) const {
  if (Status status = checkArguments(loaded, arguments); !status.isOk())
    return status;
  if (result >= loaded.results.size())
    return Status(StatusKind::Type, loaded.name + " has no result " + std::to_string(result));
  const ProgramTensor &tensor = loaded.results[result];
  auto extents = extentsOf(tensor, arguments);
  if (!extents)
    return extents.status();
  return std::vector<std::int64_t>(extents->begin(), extents->begin() + tensor.dims.size());
}

/// Temporary number `index` in the workspace; one past the last gives an empty
/// tensor at the workspace's end.
Result<TensorRef> ProgramInstance::temporary(std::size_t index, const Given &given) const {
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < loaded.temporaries.size(); ++i) {
    const ProgramTensor &tensor = loaded.temporaries[i];
    auto extents = extentsOf(tensor, given.arguments);
    if (!extents)
      return extents.status();
    TensorRef ref = TensorRef::contiguous(given.workspace + offset, tensor.dtype,
                                          Span<std::int64_t>(extents->data(), tensor.dims.size()));
    if (i == index)
      return ref;
    // Extents are below 2^31, but their product may be anything.
    std::uint64_t bytes = byteSize(tensor.dtype);
    for (int axis = 0; axis < ref.rank; ++axis)
      if (__builtin_mul_overflow(bytes, std::uint64_t(ref.shape[axis]), &bytes))
        return Status(StatusKind::Resource, tensor.name + " is larger than memory can be");
    offset += roundUp(bytes, workspaceAlignment);
  }
  return TensorRef::contiguous(given.workspace + offset, DType::I8, {0});
}

Result<std::size_t> ProgramInstance::workspaceBytes(Span<Value> arguments) const {
  if (loaded.temporaries.empty())
    return std::size_t(0);
  if (Status status = checkArguments(loaded, arguments); !status.isOk())
    return status;
  Result<TensorRef> end = temporary(loaded.temporaries.size(), {arguments, {}, 0, {}});
  return end ? Result<std::size_t>(std::size_t(end->address)) : end.status();
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

template <class T>
static char *put(char *to, T value) {
  std::memcpy(to, &value, sizeof(value));
  return to + sizeof(value);
}

/// Writes a view as Program.h lays it out.
static void putView(char *to, const TensorRef &tensor) {
  to = put(to, std::uint64_t(tensor.address));
  for (int axis = 0; axis + 1 < tensor.rank; ++axis)
    to = put(to, std::int64_t(tensor.strides[axis]));
  for (int axis = 0; axis < tensor.rank; ++axis)
    to = put(to, std::int32_t(tensor.shape[axis]));
}

Status ProgramInstance::pack(const Given &given, const ProgramParameter &parameter,
                             char *to) const {
  switch (parameter.kind) {
  case ProgramParameter::Kind::Argument: {
    const Value &value = given.arguments[parameter.index];
    if (value.isTensor) {
      putView(to, value.tensor);
    } else {
      DType dtype = loaded.arguments[parameter.index].dtype;
      std::uint64_t bits = *scalarBits(value, dtype);
      std::memcpy(to, &bits, byteSize(dtype));
    }
    return Status();
  }
  case ProgramParameter::Kind::Result:
    putView(to, given.results[parameter.index]);
    return Status();
  case ProgramParameter::Kind::Temporary: {
    Result<TensorRef> tensor = temporary(parameter.index, given);
    if (tensor)
      putView(to, *tensor);
    return tensor.status();
  }
  case ProgramParameter::Kind::Status:
    put(to, std::uint64_t(statusWord));
    return Status();
  case ProgramParameter::Kind::Integer: {
    std::optional<std::int64_t> value = parameter.value.evaluate(given.arguments);
    bool fits = value && (parameter.integerType == DType::I64 || *value == std::int32_t(*value));
    if (!fits)
      return Status(StatusKind::Type,
                    "a size that " + loaded.name + " computes from its arguments is out of range");
    std::memcpy(to, &*value, byteSize(parameter.integerType));
    return Status();
  }
  }
  return Status();
}

Status ProgramInstance::launchStep(const Given &given, const Step &step) const {
  std::optional<std::int64_t> blocks = step.grid.evaluate(given.arguments);
  if (!blocks || *blocks < 0 || *blocks > INT32_MAX)
    return Status(StatusKind::Resource,
                  "the grid of " + loaded.name + " would have more than 2147483647 blocks");
  if (*blocks == 0)
    return Status();
  char arguments[maxParameterBytes];
  std::memset(arguments, 0, step.parameterBytes); // padding too is the same every time
  for (const Parameter &parameter : step.parameters)
    if (Status status = pack(given, parameter.source, arguments + parameter.offset); !status.isOk())
      return status;
  LaunchShape shape = step.shape;
  shape.grid = {std::uint32_t(*blocks), 1, 1};
  return device.launch(*step.kernel, shape, std::string_view(arguments, step.parameterBytes),
                       given.stream);
}

static bool areAllEmpty(Span<TensorRef> results) {
  for (const TensorRef &result : results)
    if (result.elementCount() != 0)
      return false;
  return true;
}

Status ProgramInstance::launch(Span<Value> arguments, Span<TensorRef> results,
                               DeviceAddress workspace, std::size_t workspaceSize,
                               Stream stream) const {
  if (Status status = checkArguments(loaded, arguments); !status.isOk())
    return status;
  if (Status status = checkResults(loaded, arguments, results); !status.isOk())
    return status;
  if (areAllEmpty(results))
    return Status();
  Given given{arguments, results, workspace, stream};
  if (!loaded.temporaries.empty()) {
    Result<TensorRef> end = temporary(loaded.temporaries.size(), given);
    if (!end)
      return end.status();
    if (std::uint64_t needed = end->address - workspace; workspaceSize < needed)
      return Status(StatusKind::Resource, "the workspace has " + std::to_string(workspaceSize) +
                                              " bytes, needs " + std::to_string(needed));
    if (workspace % workspaceAlignment != 0)
      return Status(StatusKind::Type, "the workspace is not aligned to 256 bytes");
  }
  for (const Step &step : steps)
    if (Status status = launchStep(given, step); !status.isOk())
      return status;
  return Status();
}

Status ProgramInstance::takeStatus(Stream stream) {
  if (!statusWord)
    return device.synchronize(stream);
  std::int32_t word = 0;
  if (Status status = device.copyOut(&word, statusWord, sizeof(word), stream); !status.isOk())
    return status;
  if (word == 0)
    return Status();
  if (Status status = device.fill(statusWord, 0, sizeof(word), stream); !status.isOk())
    return status;
  return Status(StatusKind::Type, loaded.name + " met an index out of range in its inputs (code " +
                                      std::to_string(word) + "); its outputs are NaN");
}
