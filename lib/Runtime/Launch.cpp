#include "lib/Runtime/Launch.h"

#include "lib/Runtime/LaunchChecks.h"
#include "lib/Runtime/Plan.h"
#include "lib/Runtime/PlanDigest.h"
#include "lib/Runtime/ProgramMemory.h"
#include "lib/Support/Hash.h"
#include "lib/Support/TensorMap.h"

#include <algorithm>
#include <cstring>

using namespace lacuna;

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

const std::string &ProgramInstance::identity() const {
  std::call_once(identityMade, [&] {
    std::string text = programToJson(loaded);
    for (const KernelImage &kernel : loaded.kernels)
      text += kernel.source + kernel.ptx + kernel.cubin;
    identityText = hashHex(text);
  });
  return identityText;
}

Status ProgramInstance::load() {
  planned = hasPlan(loaded);
  inputs = planInputs(loaded);
  for (const ProgramArgument &argument : loaded.arguments)
    checksDigests |= !argument.digest.empty() && checksForStalePlans();
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

/// How kernels take a scalar: they compute with f16 and bf16 as f32.
static DType passedType(DType dtype) {
  return dtype == DType::F16 || dtype == DType::BF16 ? DType::F32 : dtype;
}

/// Bytes of a parameter. They are its alignment up to 8, or 64 for a copy map.
std::uint32_t ProgramInstance::parameterBytes(const ProgramParameter &parameter) const {
  switch (parameter.kind) {
  case ProgramParameter::Kind::Argument: {
    const ProgramArgument &argument = loaded.arguments[parameter.index];
    return argument.isTensor ? viewBytes(argument.dims.size())
                             : std::uint32_t(byteSize(passedType(argument.dtype)));
  }
  case ProgramParameter::Kind::Result:
    return viewBytes(loaded.results[parameter.index].dims.size());
  case ProgramParameter::Kind::Temporary:
    return viewBytes(loaded.temporaries[parameter.index].dims.size());
  case ProgramParameter::Kind::Status:
    return 16;
  case ProgramParameter::Kind::Integer:
    return std::uint32_t(byteSize(parameter.integerType));
  case ProgramParameter::Kind::CopyMap:
    return sizeof(TensorMap);
  }
  return 0;
}

Result<ProgramInstance::Step> ProgramInstance::loadStep(const ProgramStep &source) const {
  const KernelImage &image = loaded.kernels[source.kernel];
  Step step;
  step.grid = source.grid;
  step.shape.block = {source.threads, 1, 1};
  step.shape.sharedBytes = source.sharedBytes;
  step.isPlan = source.isPlan;
  if (std::uint64_t most = std::uint64_t(device.multiprocessors()) * source.blocksPerMultiprocessor)
    step.mostBlocks = std::uint32_t(std::min(most, std::uint64_t(INT32_MAX)));
  std::uint32_t end = 0;
  for (const ProgramParameter &parameter : source.parameters) {
    std::uint32_t bytes = parameterBytes(parameter);
    bool isMap = parameter.kind == ProgramParameter::Kind::CopyMap;
    std::uint32_t offset =
        roundUp(end, isMap ? std::uint32_t(alignof(TensorMap)) : std::min(bytes, 8u));
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
  if (Status status = checkShapes(loaded, arguments); !status.isOk())
    return status;
  if (result >= loaded.results.size())
    return Status(StatusKind::Type, loaded.name + " has no result " + std::to_string(result));
  const ProgramTensor &tensor = loaded.results[result];
  auto extents = extentsOf(tensor, arguments);
  if (!extents)
    return extents.status();
  return std::vector<std::int64_t>(extents->begin(), extents->begin() + tensor.dims.size());
}

Result<ProgramInstance::WorkspaceSize> ProgramInstance::workspaceSize(Span<Value> arguments,
                                                                      bool withPlan) const {
  Result<std::size_t> rest = memoryBytes(loaded, arguments, /*ofPlan=*/false);
  if (!rest)
    return rest.status();
  if (withPlan || !planned)
    return WorkspaceSize{0, *rest};
  Result<std::size_t> ofPlan = memoryBytes(loaded, arguments, /*ofPlan=*/true);
  if (!ofPlan)
    return ofPlan.status();
  return WorkspaceSize{*ofPlan, *rest};
}

Result<std::size_t> ProgramInstance::workspaceBytes(Span<Value> arguments, bool withPlan) const {
  if (Status status = checkShapes(loaded, arguments); !status.isOk())
    return status;
  Result<WorkspaceSize> size = workspaceSize(arguments, withPlan);
  return size ? Result<std::size_t>(size->bytes()) : size.status();
}

Result<std::size_t> ProgramInstance::planBytes(Span<Value> arguments) const {
  if (Status status = checkShapes(loaded, arguments); !status.isOk())
    return status;
  return memoryBytes(loaded, arguments, /*ofPlan=*/true);
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
  if (tensor.rank == 0)
    put(to, std::int32_t(1));
}

/// Boxes of `rows` x `columns` along the last two axes of a tensor of 16-bit
/// elements, none of whose extents is 0.
static TensorMapSpec boxesOf(const TensorRef &tensor, std::uint32_t rows, std::uint32_t columns) {
  TensorMapSpec spec;
  spec.base = tensor.address;
  spec.rank = std::uint32_t(tensor.rank);
  spec.element = tensor.dtype == DType::BF16 ? TensorElement::Bf16 : TensorElement::F16;
  spec.swizzle = columns == 64   ? Swizzle::Bytes128
                 : columns == 32 ? Swizzle::Bytes64
                                 : Swizzle::Bytes32;
  spec.box = {columns, rows, 1, 1, 1};
  for (std::uint32_t dimension = 0; dimension < spec.rank; ++dimension) {
    std::uint32_t axis = spec.rank - 1 - dimension;
    spec.dims[dimension] = std::uint64_t(tensor.shape[axis]);
    // The stride of an axis with one element is never used, and may be anything.
    std::int64_t stride =
        tensor.shape[axis] == 1 ? tensor.shape[spec.rank - 1] : tensor.strides[axis];
    if (dimension > 0)
      spec.strides[dimension - 1] = 2 * std::uint64_t(stride);
  }
  return spec;
}

/// Makes rows positions of `heads` neighbouring heads of a tensor of rank 4: the head
/// within such a group is an axis of its own, inside that of positions.
static void packHeads(TensorMapSpec &spec, std::uint32_t heads) {
  const std::uint64_t rowBytes = spec.strides[0], headBytes = spec.strides[1];
  spec.rank = 5;
  spec.box = {spec.box[0], heads, spec.box[1] / heads, 1, 1};
  spec.dims = {spec.dims[0], heads, spec.dims[1], spec.dims[2] / heads, spec.dims[3]};
  spec.strides = {headBytes, rowBytes, headBytes * heads, spec.strides[2]};
}

/// Makes the last axis, of one batch, count parts along the axis of dimension `along`:
/// one tensor for each row where a part may end, of as many rows before it as there are.
/// What lies before the tensor itself is never asked for.
static void splitParts(TensorMapSpec &spec, std::uint32_t along) {
  const std::uint64_t rowBytes = spec.strides[along - 1];
  spec.base -= spec.dims[along] * rowBytes;
  spec.dims[spec.rank - 1] = spec.dims[along] + 1;
  spec.strides[spec.rank - 2] = rowBytes;
}

/// The boxes of a copy map's tensor, as it asks for them.
static TensorMapSpec boxesOf(const TensorRef &tensor, const ProgramParameter &map) {
  TensorMapSpec spec = boxesOf(tensor, map.boxRows, map.boxColumns);
  if (map.boxHeads > 1)
    packHeads(spec, map.boxHeads);
  if (map.ofParts)
    splitParts(spec, map.boxHeads > 1 ? 2 : 1);
  return spec;
}

/// What messages call the tensor of a copy map.
static std::string nameOf(const Program &program, const ProgramParameter &map) {
  if (map.of == ProgramParameter::Kind::Argument)
    return "%" + program.arguments[map.index].name;
  return (map.of == ProgramParameter::Kind::Result ? program.results
                                                   : program.temporaries)[map.index]
      .name;
}

Result<TensorRef> ProgramInstance::tensorOf(const Given &given, ProgramParameter::Kind kind,
                                            std::uint32_t index) const {
  if (kind == ProgramParameter::Kind::Argument)
    return given.arguments[index].tensor;
  if (kind == ProgramParameter::Kind::Result)
    return given.results[index];
  return temporaryIn(loaded, given.arguments, index,
                     loaded.temporaries[index].ofPlan ? given.plan : given.workspace);
}

Status ProgramInstance::pack(const Given &given, const Step &step,
                             const ProgramParameter &parameter, char *to) const {
  switch (parameter.kind) {
  case ProgramParameter::Kind::Argument: {
    const Value &value = given.arguments[parameter.index];
    if (value.isTensor) {
      putView(to, value.tensor);
    } else {
      DType dtype = loaded.arguments[parameter.index].dtype, passed = passedType(dtype);
      std::uint64_t rounded = *scalarBits(value, dtype);
      std::uint64_t bits = *scalarBits(Value(dtype, &rounded), passed);
      std::memcpy(to, &bits, byteSize(passed));
    }
    return Status();
  }
  case ProgramParameter::Kind::Result:
  case ProgramParameter::Kind::Temporary: {
    Result<TensorRef> tensor = tensorOf(given, parameter.kind, parameter.index);
    if (tensor)
      putView(to, *tensor);
    return tensor.status();
  }
  case ProgramParameter::Kind::CopyMap: {
    Result<TensorRef> tensor = tensorOf(given, parameter.of, parameter.index);
    if (!tensor)
      return tensor.status();
    if (tensor->elementCount() == 0)
      return Status(); // nothing of it is ever copied
    Result<TensorMap> map = device.encode(boxesOf(*tensor, parameter));
    if (!map)
      return Status(map.status().kind(), nameOf(loaded, parameter) + ": " + map.status().message());
    put(to, *map);
    return Status();
  }
  case ProgramParameter::Kind::Status: {
    // The plan's word lies at the beginning of the plan.
    DeviceAddress plan = planned ? given.plan : statusWord;
    put(put(to, std::uint64_t(step.isPlan ? plan : statusWord)), std::uint64_t(plan));
    return Status();
  }
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
    if (Status status = pack(given, step, parameter.source, arguments + parameter.offset);
        !status.isOk())
      return status;
  LaunchShape shape = step.shape;
  shape.grid = {std::min(std::uint32_t(*blocks), step.mostBlocks), 1, 1};
  return device.launch(*step.kernel, shape, std::string_view(arguments, step.parameterBytes),
                       given.stream);
}

static bool areAllEmpty(Span<TensorRef> results) {
  for (const TensorRef &result : results)
    if (result.elementCount() != 0)
      return false;
  return true;
}

Status ProgramInstance::runPlan(const Given &given) const {
  if (Status status = device.fill(given.plan, 0, sizeof(std::int32_t), given.stream);
      !status.isOk())
    return status;
  for (const Step &step : steps)
    if (step.isPlan)
      if (Status status = launchStep(given, step); !status.isOk())
        return status;
  return Status();
}

Status ProgramInstance::runRest(const Given &given) const {
  for (const Step &step : steps)
    if (!step.isPlan)
      if (Status status = launchStep(given, step); !status.isOk())
        return status;
  return Status();
}

Status ProgramInstance::launch(Span<Value> arguments, Span<TensorRef> results,
                               DeviceAddress workspace, std::size_t bytes, Stream stream,
                               const PlanInstance *plan) const {
  if (Status status = checkArguments(loaded, arguments); !status.isOk())
    return status;
  if (Status status = checkResults(loaded, arguments, results); !status.isOk())
    return status;
  if (areAllEmpty(results))
    return Status();
  if (checksDigests)
    if (Status status = checkDigests(arguments, stream); !status.isOk())
      return status;
  if (plan)
    if (Status status = plan->checkServes(*this, arguments, stream); !status.isOk())
      return status;
  Result<WorkspaceSize> needed = workspaceSize(arguments, plan);
  if (!needed)
    return needed.status();
  if (Status status = checkMemory("the workspace", workspace, bytes, needed->bytes());
      !status.isOk())
    return status;
  const bool plansHere = planned && !plan;
  DeviceAddress planMemory = plan ? plan->memory() : plansHere ? workspace : 0;
  Given given{arguments, results, planMemory, workspace + needed->plan, stream};
  if (plansHere)
    if (Status status = runPlan(given); !status.isOk())
      return status;
  return runRest(given);
}

Status ProgramInstance::checkDigests(Span<Value> arguments, Stream stream) const {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const ProgramArgument &expected = loaded.arguments[i];
    if (expected.digest.empty())
      continue;
    Result<std::string> digest = digestOf(device, arguments[i].tensor, stream);
    if (!digest)
      return digest.status();
    if (*digest != expected.digest)
      return Status(StatusKind::Type, "the elements of %" + expected.name +
                                          " are not those that @" + loaded.name + " was baked for");
  }
  return Status();
}

Status ProgramInstance::explain(std::uint32_t word) const {
  if (word == 0)
    return Status();
  std::string text;
  for (std::size_t bit = 0; bit < loaded.statusMeanings.size(); ++bit)
    if (word >> bit & 1)
      text += (text.empty() ? "" : "; ") + loaded.statusMeanings[bit];
  if (text.empty())
    text = "status " + std::to_string(word);
  return Status(StatusKind::Type,
                "@" + loaded.name + ": " + text + "; results that depend on it are NaN");
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
  return explain(std::uint32_t(word));
}
