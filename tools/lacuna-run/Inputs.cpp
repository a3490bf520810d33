#include "tools/lacuna-run/Inputs.h"

#include "lib/Support/HalfBits.h"

#include <charconv>
#include <cmath>
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

/// The next piece of `text` up to `separator`, removed from it.
static std::string_view takeUntil(std::string_view &text, char separator) {
  std::size_t end = text.find(separator);
  std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

template <class T>
static bool parseNumber(std::string_view text, T &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Whether a number is an element of that type: integers whole and in range.
static bool isElement(double value, DType type) {
  if (isFloat(type))
    return true;
  if (type == DType::I1)
    return value == 0 || value == 1;
  double limit = std::ldexp(1.0, static_cast<int>(byteSize(type)) * 8 - 1);
  return value == std::trunc(value) && value >= -limit && value < limit;
}

static bool parseElement(std::string_view text, DType type, double &value) {
  if (type == DType::I1 && (text == "true" || text == "false")) {
    value = text == "true";
    return true;
  }
  return parseNumber(text, value) && isElement(value, type);
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

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

namespace {
/// SplitMix64: a stream that is the same on every machine.
class RandomBits {
public:
  explicit RandomBits(std::uint64_t seed) : state(seed) {}
  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Mean 0, variance 1, never beyond 3.5: the sum of four uniform numbers.
  double normal() { return (uniform() + uniform() + uniform() + uniform() - 2.0) * std::sqrt(3.0); }

private:
  std::uint64_t next() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  std::uint64_t state;
};
} // namespace

/// SEED or SEED:LOW:HIGH.
static bool fillRandom(std::string_view text, HostArray &array) {
  std::uint64_t seed;
  if (!parseNumber(takeUntil(text, ':'), seed))
    return false;
  bool bounded = !text.empty();
  double low = 0, high = array.dtype == DType::I1 ? 1 : 15;
  if (bounded && (!parseElement(takeUntil(text, ':'), array.dtype, low) ||
                  !parseElement(text, array.dtype, high) || high < low))
    return false;
  RandomBits random(seed);
  for (std::int64_t n = elementCount(array.shape); n > 0; --n) {
    double value = isFloat(array.dtype)
                       ? (bounded ? low + random.uniform() * (high - low) : random.normal())
                       : low + std::floor(random.uniform() * (high - low + 1));
    appendElement(array.bytes, array.dtype, value);
  }
  return true;
}

/// N.
static bool fillSteps(std::string_view text, HostArray &array) {
  std::int64_t length;
  if (!parseNumber(text, length) || length <= 0 || array.shape.empty())
    return false;
  std::int64_t last = array.shape.back();
  for (std::int64_t n = 0; n < elementCount(array.shape); ++n)
    appendElement(array.bytes, array.dtype, static_cast<double>(n % last / length));
  return true;
}

/// 1 2 3], separated by spaces or commas.
static bool fillList(std::string_view text, HostArray &array) {
  if (text.empty() || text.back() != ']')
    return false;
  text.remove_suffix(1);
  std::int64_t count = 0;
  while (true) {
    std::size_t begin = text.find_first_not_of(" ,");
    if (begin == std::string_view::npos)
      return count == elementCount(array.shape);
    text.remove_prefix(begin);
    std::string_view piece = text.substr(0, text.find_first_of(" ,"));
    text.remove_prefix(piece.size());
    double value;
    if (!parseElement(piece, array.dtype, value))
      return false;
    appendElement(array.bytes, array.dtype, value);
    ++count;
  }
}

static bool fill(std::string_view text, HostArray &array) {
  auto starts = [&](std::string_view prefix) {
    bool found = text.substr(0, prefix.size()) == prefix;
    text.remove_prefix(found ? prefix.size() : 0);
    return found;
  };
  if (starts("random:"))
    return fillRandom(text, array);
  if (starts("steps:"))
    return fillSteps(text, array);
  if (starts("["))
    return fillList(text, array);
  double value;
  if (!parseElement(text, array.dtype, value))
    return false;
  for (std::int64_t n = elementCount(array.shape); n > 0; --n)
    appendElement(array.bytes, array.dtype, value);
  return true;
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
  if (!fill(std::string_view(text).substr(equals + 1), array))
    return invalid(text, "the values are none of random:SEED, random:SEED:LOW:HIGH, steps:N, "
                         "[LIST] with an element for each place, or one number");
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
