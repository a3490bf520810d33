#include "tools/lacuna-run/Inputs.h"

#include "lib/Support/HalfBits.h"
#include "tools/lacuna-run/Elements.h"
#include "tools/lacuna-run/Text.h"

#include <cstring>
#include <string_view>

namespace lacuna {

template <class T>
static void appendBits(std::string &bytes, T value) {
  bytes.append(reinterpret_cast<const char *>(&value), sizeof(value));
}

void appendElement(std::string &bytes, DType type, double value) {
  switch (type) {
  case DType::F16:
    return appendBits(bytes, f16FromFloat(static_cast<float>(value)));
  case DType::BF16:
    return appendBits(bytes, bf16FromFloat(static_cast<float>(value)));
  case DType::F32:
    return appendBits(bytes, static_cast<float>(value));
  case DType::F64:
    return appendBits(bytes, value);
  case DType::I1:
    return appendBits(bytes, static_cast<std::uint8_t>(value != 0));
  case DType::I8:
    return appendBits(bytes, static_cast<std::int8_t>(value));
  case DType::I16:
    return appendBits(bytes, static_cast<std::int16_t>(value));
  case DType::I32:
    return appendBits(bytes, static_cast<std::int32_t>(value));
  case DType::I64:
    return appendBits(bytes, static_cast<std::int64_t>(value));
  }
}

template <class T>
static T bitsAt(const HostArray &array, std::int64_t index) {
  T value;
  std::memcpy(&value, array.bytes.data() + static_cast<std::size_t>(index) * sizeof(T), sizeof(T));
  return value;
}

double elementOf(const HostArray &array, std::int64_t index) {
  switch (array.dtype) {
  case DType::F16:
    return floatFromF16(bitsAt<std::uint16_t>(array, index));
  case DType::BF16:
    return floatFromBf16(bitsAt<std::uint16_t>(array, index));
  case DType::F32:
    return bitsAt<float>(array, index);
  case DType::F64:
    return bitsAt<double>(array, index);
  case DType::I1:
    return bitsAt<std::uint8_t>(array, index);
  case DType::I8:
    return bitsAt<std::int8_t>(array, index);
  case DType::I16:
    return bitsAt<std::int16_t>(array, index);
  case DType::I32:
    return bitsAt<std::int32_t>(array, index);
  case DType::I64:
    return static_cast<double>(bitsAt<std::int64_t>(array, index));
  }
  return 0.0;
}

Value valueOf(const HostArray &array, bool isTensor) {
  if (!isTensor)
    return Value(array.dtype, array.bytes.data());
  return TensorRef::contiguous(reinterpret_cast<DeviceAddress>(array.bytes.data()), array.dtype,
                               array.shape);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static Status invalid(const std::string &text, const std::string &reason) {
  return Status(StatusKind::Type, "--input=" + text + ": " + reason);
}

/// "2x8xf16".
static bool parseShape(std::string_view text, HostArray &array) {
  while (true) {
    std::string_view piece = takeUntil(text, 'x');
    std::int64_t size;
    if (parseNumber(piece, size) && size >= 0 && !text.empty()) {
      array.shape.push_back(size);
      continue;
    }
    std::optional<DType> type = parseDType(piece);
    if (!type || !text.empty())
      return false;
    array.dtype = *type;
    return true;
  }
}

/// The array that `text` describes, whatever kind of argument it is for.
static Result<HostArray> makeArray(const std::string &text, const ReferenceArgument &argument) {
  if (!text.empty() && text.front() == '@') {
    Result<HostArray> array = readNpy(text.substr(1));
    if (!array)
      return array.status();
    Result<HostArray> converted = convertArray(*array, argument.dtype);
    if (!converted)
      return invalid(text, converted.status().message());
    return converted;
  }
  HostArray array;
  array.dtype = argument.dtype;
  std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    double value;
    if (!parseElement(text, argument.dtype, value))
      return invalid(text, "is no " + std::string(name(argument.dtype)) +
                               ", nor SHAPExTYPE=VALUES, nor @file.npy");
    appendElement(array.bytes, argument.dtype, value);
    return array;
  }
  if (!parseShape(std::string_view(text).substr(0, equals), array))
    return invalid(text, "the shape is not written like 2x8x64xf16");
  if (!fillElements(std::string_view(text).substr(equals + 1), array))
    return invalid(text, "the values are none of " + elementSyntax());
  return array;
}

bool isShapeOnly(const std::string &text, const ReferenceArgument &argument) {
  return argument.isTensor && text.find_first_of("@=") == std::string::npos;
}

Result<HostArray> makeShape(const std::string &text, const ReferenceArgument &argument) {
  HostArray array;
  if (!parseShape(text, array))
    return invalid(text, "the shape is not written like 2x8x64xf16");
  return array;
}

Result<HostArray> makeInput(const std::string &text, const ReferenceArgument &argument) {
  Result<HostArray> array = makeArray(text, argument);
  if (array && array->shape.empty() && argument.isTensor && !argument.shape.empty())
    return invalid(text, "is a scalar, but the argument is a tensor");
  if (array && !array->shape.empty() && !argument.isTensor)
    return invalid(text, "is a tensor, but the argument is a scalar");
  return array;
}

} // namespace lacuna
