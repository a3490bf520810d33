//===- Bake.cpp - Specs for one mask ------------------------------------------===//
#include "lacuna/Baked.h"

#include "lib/Compiler/Compilation.h"
#include "lib/Support/TensorBytes.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

using namespace lacuna;

Result<std::string> lacuna::bake(std::string_view spec, const CompileOptions &options,
                                 Span<Value> arguments) {
  Result<std::unique_ptr<Compilation>> compilation = Compilation::parse(
      std::string(spec), options.fileName, {options.target, options.function, "baked"});
  if (!compilation)
    return compilation.status();
  if (Status status = (*compilation)->bake(arguments); !status.isOk())
    return status;
  return (*compilation)->print(/*withLocations=*/true);
}

Result<Executable> lacuna::compileBaked(std::string_view spec, const CompileOptions &options,
                                        Span<Value> arguments) {
  Result<std::string> baked = bake(spec, options, arguments);
  if (!baked)
    return baked.status();
  // Places in the text are those of the spec, which this text is not.
  CompileOptions rest = options;
  rest.fileName += " (baked)";
  return compile(*baked, rest);
}

//===----------------------------------------------------------------------===//
// Arguments as bytes: numbers of eight bytes, and elements filled up to eight
//===----------------------------------------------------------------------===//

/// Whether a mask may read the elements of an argument, and they are there.
static bool hasElements(const Value &value) {
  return value.isTensor && value.tensor.address && !isFloat(value.tensor.dtype);
}

std::string lacuna::maskOf(Span<Value> arguments) {
  std::string bytes;
  auto put = [&](std::int64_t number) {
    bytes.append(reinterpret_cast<const char *>(&number), sizeof(number));
  };
  for (const Value &argument : arguments) {
    put(argument.isTensor ? argument.tensor.rank : -1);
    put(int(argument.isTensor ? argument.tensor.dtype : argument.scalarType));
    if (!argument.isTensor) {
      put(std::int64_t(argument.bits));
      continue;
    }
    for (int axis = 0; axis < argument.tensor.rank; ++axis)
      put(argument.tensor.shape[axis]);
    put(hasElements(argument));
    if (hasElements(argument))
      bytes +=
          rowMajorBytes(argument.tensor, reinterpret_cast<const char *>(argument.tensor.address));
    bytes.resize((bytes.size() + 7) / 8 * 8);
  }
  return bytes;
}

namespace {
/// Reads what maskOf wrote.
class MaskReader {
public:
  explicit MaskReader(const std::string &bytes) : bytes(bytes) {}

  /// The arguments, whose elements stay where they are; none if these are other
  /// bytes.
  std::optional<std::vector<Value>> read() {
    std::vector<Value> arguments;
    while (at < bytes.size() && isGood)
      arguments.push_back(readValue());
    return isGood ? std::optional(std::move(arguments)) : std::nullopt;
  }

private:
  /// The next `count` bytes; null if there are not so many.
  const char *take(std::uint64_t count) {
    isGood = isGood && count <= bytes.size() - at;
    const char *place = isGood ? bytes.data() + at : nullptr;
    at = isGood ? std::min<std::size_t>(bytes.size(), at + (count + 7) / 8 * 8) : bytes.size();
    return place;
  }

  std::int64_t number(std::int64_t least, std::int64_t most) {
    std::int64_t value = least;
    if (const char *place = take(sizeof(value)))
      std::memcpy(&value, place, sizeof(value));
    isGood = isGood && value >= least && value <= most;
    return isGood ? value : least;
  }

  Value readValue() {
    const std::int64_t rank = number(-1, maxRank);
    const DType dtype = DType(number(0, dtypeCount - 1));
    if (rank < 0) {
      const std::int64_t bits = number(std::numeric_limits<std::int64_t>::min(),
                                       std::numeric_limits<std::int64_t>::max());
      return Value(dtype, &bits);
    }
    std::vector<std::int64_t> shape;
    for (std::int64_t axis = 0; axis < rank; ++axis)
      shape.push_back(number(0, std::numeric_limits<std::int32_t>::max()));
    TensorRef tensor = TensorRef::contiguous(0, dtype, shape);
    if (number(0, 1))
      tensor.address = reinterpret_cast<DeviceAddress>(
          take(std::uint64_t(tensor.elementCount()) * byteSize(dtype)));
    return tensor;
  }

  const std::string &bytes;
  std::size_t at = 0;
  bool isGood = true;
};
} // namespace

BakedPrograms::Bake lacuna::bakeFrom(std::string spec, CompileOptions options) {
  return [spec = std::move(spec),
          options = std::move(options)](const std::string &mask) -> Result<Executable> {
    std::optional<std::vector<Value>> arguments = MaskReader(mask).read();
    if (!arguments)
      return Status(StatusKind::Type, "a mask to bake is not what maskOf made");
    return compileBaked(spec, options, *arguments);
  };
}
