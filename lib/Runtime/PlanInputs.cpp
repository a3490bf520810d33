#include "lib/Runtime/PlanInputs.h"

#include "lib/Runtime/LaunchChecks.h"

#include <algorithm>
#include <cstring>

using namespace lacuna;

template <class T>
static void addOnce(std::vector<T> &list, const T &item) {
  if (std::find(list.begin(), list.end(), item) == list.end())
    list.push_back(item);
}

static void addLeaves(std::vector<PlanInput> &inputs, const Expression &expression) {
  for (const Expression::Instruction &leaf : expression.instructions())
    if (leaf.op == Expression::Op::Dim)
      addOnce(inputs, {std::size_t(leaf.argument), leaf.axis});
    else if (leaf.op == Expression::Op::Scalar)
      addOnce(inputs, {std::size_t(leaf.argument), -1});
}

static void addArgument(std::vector<PlanInput> &inputs, const Program &program,
                        std::size_t argument) {
  if (!program.arguments[argument].isTensor)
    return addOnce(inputs, {argument, -1});
  for (std::size_t axis = 0; axis < program.arguments[argument].dims.size(); ++axis)
    addOnce(inputs, {argument, int(axis)});
}

std::vector<PlanInput> lacuna::planInputs(const Program &program) {
  std::vector<PlanInput> inputs;
  for (const ProgramStep &step : program.steps) {
    if (!step.isPlan)
      continue;
    addLeaves(inputs, step.grid);
    for (const ProgramParameter &parameter : step.parameters)
      if (parameter.kind == ProgramParameter::Kind::Argument)
        addArgument(inputs, program, parameter.index);
      else if (parameter.kind == ProgramParameter::Kind::Integer)
        addLeaves(inputs, parameter.value);
  }
  for (const ProgramTensor &tensor : program.temporaries)
    if (tensor.ofPlan)
      for (const Expression &dim : tensor.dims)
        addLeaves(inputs, dim);
  return inputs;
}

std::vector<std::size_t> lacuna::planTensors(const Program &program) {
  std::vector<std::size_t> tensors;
  for (const ProgramStep &step : program.steps)
    for (const ProgramParameter &parameter : step.parameters)
      if (step.isPlan && parameter.kind == ProgramParameter::Kind::Argument &&
          program.arguments[parameter.index].isTensor)
        addOnce(tensors, std::size_t(parameter.index));
  return tensors;
}

std::uint64_t lacuna::valueOf(const Program &program, const PlanInput &input,
                              Span<Value> arguments) {
  const Value &value = arguments[input.argument];
  if (input.axis >= 0)
    return std::uint64_t(value.tensor.shape[input.axis]);
  return *scalarBits(value, program.arguments[input.argument].dtype);
}

/// A scalar as people write it.
static std::string scalarText(DType dtype, std::uint64_t bits) {
  Value value(dtype, &bits);
  if (std::optional<std::int64_t> integer = asInteger(value))
    return std::to_string(*integer);
  std::uint64_t wide = *scalarBits(value, DType::F64);
  double number;
  std::memcpy(&number, &wide, sizeof(number));
  return std::to_string(number);
}

std::string lacuna::describeMismatch(const Program &program, const PlanInput &input,
                                     std::uint64_t planned, std::uint64_t given) {
  const ProgramArgument &argument = program.arguments[input.argument];
  bool isDim = input.axis >= 0;
  auto text = [&](std::uint64_t value) {
    return isDim ? std::to_string(value) : scalarText(argument.dtype, value);
  };
  return (isDim ? "dim " + std::to_string(input.axis) + " of %" : "%") + argument.name + " is " +
         text(given) + ", the plan was updated for " + text(planned);
}
