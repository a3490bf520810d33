//===- LaunchChecks.cpp -----------------------------------------------------===//
//
// On the launch path: a check that holds costs a comparison; messages are only
// put together, out of line, when one does not.
//
//===----------------------------------------------------------------------===//
#include "lib/Runtime/LaunchChecks.h"

#include "lib/Support/HalfBits.h"

#include <bit>
#include <cstdint>

using namespace lacuna;

template <class... Parts>
[[gnu::noinline, gnu::cold]] static Status typeError(const Parts &...parts) {
  std::string message;
  auto add = [&](const auto &part) {
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(part)>>)
      message += std::to_string(part);
    else
      message += part;
  };
  (add(parts), ...);
  return Status(StatusKind::Type, std::move(message));
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

static double floatValue(const Value &value) {
  switch (value.scalarType) {
  case DType::F16:
    return floatFromF16(std::uint16_t(value.bits));
  case DType::BF16:
    return floatFromBf16(std::uint16_t(value.bits));
  case DType::F32:
    return std::bit_cast<float>(std::uint32_t(value.bits));
  default:
    return std::bit_cast<double>(value.bits);
  }
}

static std::uint64_t floatBits(double value, DType dtype) {
  switch (dtype) {
  case DType::F16:
    return f16FromFloat(float(value));
  case DType::BF16:
    return bf16FromFloat(float(value));
  case DType::F32:
    return std::bit_cast<std::uint32_t>(float(value));
  default:
    return std::bit_cast<std::uint64_t>(value);
  }
}

std::optional<std::uint64_t> lacuna::scalarBits(const Value &value, DType dtype) {
  if (value.isTensor)
    return std::nullopt;
  if (value.scalarType == dtype)
    return value.bits;
  if (isFloat(dtype) != isFloat(value.scalarType))
    return std::nullopt;
  if (isFloat(dtype))
    return floatBits(floatValue(value), dtype);
  std::int64_t integer = *asInteger(value);
  if (dtype == DType::I1)
    return integer == 0 || integer == 1 ? std::optional<std::uint64_t>(integer) : std::nullopt;
  int unused = 64 - 8 * int(byteSize(dtype));
  if (std::int64_t(std::uint64_t(integer) << unused) >> unused != integer)
    return std::nullopt;
  return std::uint64_t(integer);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

/// That extents are in range. `name` has its '%' in `prefix`.
static Status checkExtents(const TensorRef &tensor, const char *prefix, const std::string &name) {
  for (int axis = 0; axis < tensor.rank; ++axis)
    if (std::int64_t extent = tensor.shape[axis]; extent < 0 || extent > INT32_MAX)
      return typeError("dim ", axis, " of ", prefix, name, " is ", extent,
                       ", needs to be from 0 to 2147483647");
  return Status();
}

/// Strides and address, which arguments and results share. Extents have been
/// checked.
static Status checkTensorMemory(const TensorRef &tensor, std::uint32_t alignment,
                                const char *prefix, const std::string &name) {
  for (int axis = 0; axis < tensor.rank; ++axis)
    if (tensor.shape[axis] == 0)
      return Status();
  if (tensor.address == 0)
    return typeError(prefix, name, " has elements but its address is 0");
  if (tensor.address % alignment != 0)
    return typeError("the address of ", prefix, name, " is ", tensor.address % alignment,
                     " bytes past a multiple of ", alignment, ", needs to be one");
  for (int axis = 0; axis < tensor.rank; ++axis) {
    // The stride of an axis with one element is never used.
    std::int64_t stride = tensor.strides[axis];
    if (tensor.shape[axis] == 1)
      continue;
    if (axis == tensor.rank - 1) {
      if (stride != 1)
        return typeError("the innermost stride of ", prefix, name, " is ", stride,
                         ", needs to be 1");
    } else if (stride < 0) {
      return typeError("stride ", axis, " of ", prefix, name, " is ", stride,
                       ", needs to be positive");
    } else if (stride * std::int64_t(byteSize(tensor.dtype)) % alignment != 0) {
      return typeError("stride ", axis, " of ", prefix, name, " is ", stride, " elements, ",
                       stride * std::int64_t(byteSize(tensor.dtype)),
                       " bytes, needs to be a multiple of ", alignment, " bytes");
    }
  }
  return Status();
}

static Status checkArgument(const ProgramArgument &argument, const Value &value) {
  if (argument.isTensor != value.isTensor)
    return typeError("%", argument.name, " is a ", argument.isTensor ? "tensor" : "scalar", ", a ",
                     value.isTensor ? "tensor" : "scalar", " is given");
  if (!argument.isTensor) {
    if (scalarBits(value, argument.dtype))
      return Status();
    return typeError("%", argument.name, " is of type ", name(argument.dtype), ", which the given ",
                     name(value.scalarType), " does not fit");
  }
  const TensorRef &tensor = value.tensor;
  if (tensor.dtype != argument.dtype)
    return typeError("%", argument.name, " is a tensor of ", name(argument.dtype), ", one of ",
                     name(tensor.dtype), " is given");
  if (tensor.rank != int(argument.dims.size()))
    return typeError("%", argument.name, " has rank ", argument.dims.size(), ", a tensor of rank ",
                     tensor.rank, " is given");
  for (int axis = 0; axis < tensor.rank; ++axis)
    if (argument.dims[axis] != dynamicExtent && argument.dims[axis] != tensor.shape[axis])
      return typeError("dim ", axis, " of %", argument.name, " is ", tensor.shape[axis],
                       ", needs to be ", argument.dims[axis]);
  return checkExtents(tensor, "%", argument.name);
}

static bool holds(ProgramCheck::Relation relation, std::int64_t left, std::int64_t right) {
  switch (relation) {
  case ProgramCheck::Relation::Equal:
    return left == right;
  case ProgramCheck::Relation::Divides:
    return left == 0 ? right == 0 : right % left == 0;
  case ProgramCheck::Relation::AtMost:
    return left <= right;
  }
  return false;
}

[[gnu::cold]] static Status checkFailed(const ProgramCheck &check, std::int64_t left,
                                        std::int64_t right) {
  const char *relation = check.relation == ProgramCheck::Relation::Equal     ? "equal "
                         : check.relation == ProgramCheck::Relation::Divides ? "divide "
                                                                             : "be at most ";
  std::string other = check.rightName.empty() ? "" : check.rightName + ", ";
  return typeError(check.leftName, " is ", left, ", needs to ", relation, other, right);
}

Status lacuna::checkAddress(const Program &program, Span<Value> arguments, std::size_t index) {
  const ProgramArgument &argument = program.arguments[index];
  if (!argument.isTensor)
    return Status();
  return checkTensorMemory(arguments[index].tensor, argument.alignment, "%", argument.name);
}

Status lacuna::checkArguments(const Program &program, Span<Value> arguments) {
  if (Status status = checkShapes(program, arguments); !status.isOk())
    return status;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (Status status = checkAddress(program, arguments, i); !status.isOk())
      return status;
  return Status();
}

Status lacuna::checkShapes(const Program &program, Span<Value> arguments) {
  if (arguments.size() != program.arguments.size())
    return typeError(program.name, " takes ", program.arguments.size(), " arguments, ",
                     arguments.size(), " are given");
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (Status status = checkArgument(program.arguments[i], arguments[i]); !status.isOk())
      return status;
  for (const ProgramCheck &check : program.checks) {
    std::optional<std::int64_t> left = check.left.evaluate(arguments);
    std::optional<std::int64_t> right = check.right.evaluate(arguments);
    if (!left || !right)
      return typeError((left ? check.rightName : check.leftName),
                       " has no value: an overflow or a division by zero");
    if (!holds(check.relation, *left, *right))
      return checkFailed(check, *left, *right);
  }
  return Status();
}

Result<std::array<std::int64_t, maxRank>> lacuna::extentsOf(const ProgramTensor &tensor,
                                                            Span<Value> arguments) {
  std::array<std::int64_t, maxRank> extents{};
  for (std::size_t axis = 0; axis < tensor.dims.size(); ++axis) {
    std::optional<std::int64_t> extent = tensor.dims[axis].evaluate(arguments);
    if (!extent || *extent < 0 || *extent > INT32_MAX)
      return typeError("dim ", axis, " of ", tensor.name, " is ",
                       extent ? std::to_string(*extent) : "without a value",
                       ", needs to be from 0 to 2147483647");
    extents[axis] = *extent;
  }
  return extents;
}

static Status checkResult(const ProgramTensor &expected, Span<Value> arguments,
                          const TensorRef &given) {
  if (given.dtype != expected.dtype)
    return typeError(expected.name, " is a tensor of ", name(expected.dtype), ", one of ",
                     name(given.dtype), " is given");
  if (given.rank != int(expected.dims.size()))
    return typeError(expected.name, " has rank ", expected.dims.size(), ", a tensor of rank ",
                     given.rank, " is given");
  auto extents = extentsOf(expected, arguments);
  if (!extents)
    return extents.status();
  for (int axis = 0; axis < given.rank; ++axis)
    if (given.shape[axis] != (*extents)[axis])
      return typeError("dim ", axis, " of ", expected.name, " is ", given.shape[axis],
                       ", needs to be ", (*extents)[axis]);
  for (int axis = 0; axis < given.rank; ++axis)
    if (given.strides[axis] == 0 && given.shape[axis] > 1 && given.elementCount() != 0)
      return typeError("stride ", axis, " of ", expected.name,
                       " is 0: its elements would share memory");
  if (Status status = checkExtents(given, "", expected.name); !status.isOk())
    return status;
  return checkTensorMemory(given, expected.alignment, "", expected.name);
}

Status lacuna::checkResults(const Program &program, Span<Value> arguments,
                            Span<TensorRef> results) {
  if (results.size() != program.results.size())
    return typeError(program.name, " has ", program.results.size(), " results, memory for ",
                     results.size(), " is given");
  for (std::size_t i = 0; i < results.size(); ++i)
    if (Status status = checkResult(program.results[i], arguments, results[i]); !status.isOk())
      return status;
  return Status();
}
