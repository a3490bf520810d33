#include "tools/lacuna-run/Arguments.h"

using namespace lacuna;

/// An array has to have the type that the spec declares.
static Status checkShape(const std::string &text, const HostArray &array,
                         const ReferenceArgument &expected) {
  bool fits = array.dtype == expected.dtype && array.shape.size() == expected.shape.size();
  for (std::size_t axis = 0; fits && axis < array.shape.size(); ++axis)
    fits = expected.shape[axis] < 0 || array.shape[axis] == expected.shape[axis];
  if (fits)
    return Status();
  std::string type;
  for (std::int64_t size : expected.shape)
    type += (size < 0 ? "?" : std::to_string(size)) + "x";
  return Status(StatusKind::Type,
                "--input=" + text + ": the spec takes " + type + std::string(name(expected.dtype)));
}

Result<Arguments> lacuna::makeArguments(const std::string &name,
                                        const std::vector<ReferenceArgument> &expected,
                                        const std::vector<std::string> &inputs,
                                        TensorInput tensors) {
  if (inputs.size() != expected.size())
    return Status(StatusKind::Type, "@" + name + " takes " + std::to_string(expected.size()) +
                                        " arguments, but " + std::to_string(inputs.size()) +
                                        " inputs are given");
  const bool mayBeShape = tensors == TensorInput::ElementsOrShape;
  Arguments arguments;
  for (std::size_t n = 0; n < expected.size(); ++n) {
    Result<HostArray> array = mayBeShape && isShapeOnly(inputs[n], expected[n])
                                  ? makeShape(inputs[n], expected[n])
                                  : makeInput(inputs[n], expected[n]);
    if (!array)
      return array.status();
    if (mayBeShape)
      if (Status fits = checkShape(inputs[n], *array, expected[n]); !fits.isOk())
        return fits;
    arguments.arrays.push_back(std::move(*array));
  }
  for (std::size_t n = 0; n < expected.size(); ++n) {
    Value value = valueOf(arguments.arrays[n], expected[n].isTensor);
    if (mayBeShape && isShapeOnly(inputs[n], expected[n]))
      value.tensor.address = 0;
    arguments.values.push_back(value);
  }
  return arguments;
}

Result<Arguments> lacuna::makeArguments(const ReferenceSpec &spec,
                                        const std::vector<std::string> &inputs,
                                        TensorInput tensors) {
  return makeArguments(spec.name(), spec.arguments(), inputs, tensors);
}

Result<Arguments> lacuna::parseArguments(std::string_view text, std::string_view fileName,
                                         std::string_view function,
                                         const std::vector<std::string> &inputs,
                                         TensorInput tensors) {
  Result<ReferenceSpec> spec = ReferenceSpec::parse(text, fileName, function);
  if (!spec)
    return spec.status();
  return makeArguments(*spec, inputs, tensors);
}
