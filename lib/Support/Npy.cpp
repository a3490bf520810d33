#include "lib/Support/Npy.h"

#include "lib/Support/Files.h"
#include "lib/Support/HalfBits.h"

#include <charconv>
#include <cstring>

using namespace lacuna;

static constexpr std::string_view magic("\x93NUMPY", 6);

/// NumPy's spelling of each DType; bf16 has none.
static constexpr std::string_view descriptors[dtypeCount] = {"<f2", "",    "<f4", "<f8", "|b1",
                                                             "|i1", "<i2", "<i4", "<i8"};

std::int64_t lacuna::elementCount(const std::vector<std::int64_t> &shape) {
  std::int64_t count = 1;
  for (std::int64_t extent : shape)
    count *= extent;
  return count;
}

namespace {

/// Cursor over the header, a Python dict literal such as
///   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : rest(text) {}

  bool take(char expected) {
    skipSpace();
    if (rest.empty() || rest[0] != expected)
      return false;
    rest.remove_prefix(1);
    return true;
  }

  /// A quoted string, if one is next.
  std::optional<std::string_view> quoted() {
    skipSpace();
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"'))
      return std::nullopt;
    std::size_t end = rest.find(rest[0], 1);
    if (end == std::string_view::npos)
      return std::nullopt;
    std::string_view text = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return text;
  }

  bool takeWord(std::string_view word) {
    skipSpace();
    if (!rest.starts_with(word))
      return false;
    rest.remove_prefix(word.size());
    return true;
  }

  /// A tuple of extents: (), (3,), (3, 4).
  std::optional<std::vector<std::int64_t>> shape() {
    std::vector<std::int64_t> extents;
    if (!take('('))
      return std::nullopt;
    while (!take(')')) {
      skipSpace();
      std::int64_t extent = 0;
      auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), extent);
      if (error != std::errc() || extent < 0)
        return std::nullopt;
      rest.remove_prefix(end - rest.data());
      extents.push_back(extent);
      if (take(','))
        continue;
      if (!take(')'))
        return std::nullopt;
      break;
    }
    return extents;
  }

private:
  void skipSpace() {
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\n'))
      rest.remove_prefix(1);
  }

  std::string_view rest;
};

/// The three entries of a header.
struct Header {
  std::string_view descriptor;
  bool fortranOrder = false;
  std::vector<std::int64_t> shape;
};

} // namespace

static std::optional<Header> parseHeader(std::string_view text) {
  HeaderParser parser(text);
  Header header;
  bool hasDescriptor = false, hasOrder = false, hasShape = false;
  if (!parser.take('{'))
    return std::nullopt;
  while (!parser.take('}')) {
    std::optional<std::string_view> key = parser.quoted();
    if (!key || !parser.take(':'))
      return std::nullopt;
    if (*key == "descr") {
      std::optional<std::string_view> descriptor = parser.quoted();
      if (!descriptor)
        return std::nullopt;
      header.descriptor = *descriptor;
      hasDescriptor = true;
    } else if (*key == "fortran_order") {
      header.fortranOrder = parser.takeWord("True");
      if (!header.fortranOrder && !parser.takeWord("False"))
        return std::nullopt;
      hasOrder = true;
    } else if (*key == "shape") {
      std::optional<std::vector<std::int64_t>> shape = parser.shape();
      if (!shape)
        return std::nullopt;
      header.shape = std::move(*shape);
      hasShape = true;
    } else {
      return std::nullopt;
    }
    if (!parser.take(',')) {
      if (!parser.take('}'))
        return std::nullopt;
      break;
    }
  }
  if (!hasDescriptor || !hasOrder || !hasShape)
    return std::nullopt;
  return header;
}

/// Bytes that an array of that shape takes; none on overflow.
static std::optional<std::size_t> checkedBytes(const std::vector<std::int64_t> &shape,
                                               DType dtype) {
  std::int64_t bytes = byteSize(dtype);
  for (std::int64_t extent : shape)
    if (__builtin_mul_overflow(bytes, extent, &bytes))
      return std::nullopt;
  return bytes;
}

Result<HostArray> lacuna::parseNpy(std::string_view file, const std::string &name) {
  auto error = [&](std::string reason) {
    return Status(StatusKind::Io, name + ": " + std::move(reason));
  };
  if (!file.starts_with(magic))
    return error("not a .npy file");
  if (file.size() < 12)
    return error("the header is cut off");
  int version = static_cast<unsigned char>(file[6]);
  if (version < 1 || version > 3)
    return error("format version " + std::to_string(version) + " is not supported");
  // Version 1 has a 16-bit header length, the later ones 32 bits.
  std::size_t lengthBytes = version == 1 ? 2 : 4;
  std::size_t length = 0;
  for (std::size_t i = 0; i < lengthBytes; ++i)
    length |= std::size_t(static_cast<unsigned char>(file[8 + i])) << (8 * i);
  std::size_t start = 8 + lengthBytes;
  if (file.size() - start < length)
    return error("the header is cut off");
  std::optional<Header> header = parseHeader(file.substr(start, length));
  if (!header)
    return error("the header is malformed");
  if (header->fortranOrder)
    return error("the array is in Fortran order; store np.ascontiguousarray(x) instead");

  HostArray array;
  int type = 0;
  while (type < dtypeCount && descriptors[type] != header->descriptor)
    ++type;
  if (type == dtypeCount || header->descriptor.empty())
    return error("the element type '" + std::string(header->descriptor) +
                 "' is not supported; supported are <f2, <f4, <f8, |b1, |i1, <i2, <i4, <i8");
  array.dtype = static_cast<DType>(type);
  array.shape = std::move(header->shape);
  std::string_view data = file.substr(start + length);
  std::optional<std::size_t> expected = checkedBytes(array.shape, array.dtype);
  if (!expected)
    return error("the shape is too large");
  if (data.size() != *expected)
    return error("the array has " + std::to_string(data.size()) + " bytes, its shape needs " +
                 std::to_string(*expected));
  array.bytes = data;
  return array;
}

Result<HostArray> lacuna::readNpy(const std::string &path) {
  Result<std::string> file = readFile(path);
  if (!file)
    return file.status();
  return parseNpy(*file, path);
}

Status lacuna::writeNpy(const std::string &path, const HostArray &array) {
  if (array.dtype == DType::BF16) {
    Result<HostArray> wide = convertArray(array, DType::F32);
    return wide ? writeNpy(path, *wide) : wide.status();
  }
  std::string header = "{'descr': '" + std::string(descriptors[int(array.dtype)]) +
                       "', 'fortran_order': False, 'shape': (";
  for (std::int64_t extent : array.shape)
    header += std::to_string(extent) + ",";
  header += "), }";
  // The data begins at a multiple of 64 bytes.
  std::size_t start = 10;
  header.resize((start + header.size() + 1 + 63) / 64 * 64 - start - 1, ' ');
  header += '\n';
  std::string file(magic);
  file += '\1';
  file += '\0';
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  return writeFile(path, file + header + array.bytes);
}

static double readFloat(const char *from, DType dtype) {
  if (dtype == DType::F64) {
    double value;
    std::memcpy(&value, from, 8);
    return value;
  }
  if (dtype == DType::F32) {
    float value;
    std::memcpy(&value, from, 4);
    return value;
  }
  std::uint16_t half;
  std::memcpy(&half, from, 2);
  return dtype == DType::F16 ? floatFromF16(half) : floatFromBf16(half);
}

static void writeFloat(char *to, DType dtype, double value) {
  if (dtype == DType::F64) {
    std::memcpy(to, &value, 8);
    return;
  }
  float single = float(value);
  if (dtype == DType::F32) {
    std::memcpy(to, &single, 4);
    return;
  }
  std::uint16_t half = dtype == DType::F16 ? f16FromFloat(single) : bf16FromFloat(single);
  std::memcpy(to, &half, 2);
}

Result<HostArray> lacuna::convertArray(const HostArray &array, DType dtype) {
  if (array.dtype == dtype)
    return array;
  if (!isFloat(array.dtype) || !isFloat(dtype))
    return Status(StatusKind::Type, "cannot convert " + std::string(name(array.dtype)) + " to " +
                                        std::string(name(dtype)));
  HostArray converted{dtype, array.shape, {}};
  std::int64_t count = elementCount(array.shape);
  std::size_t fromSize = byteSize(array.dtype), toSize = byteSize(dtype);
  converted.bytes.resize(count * toSize);
  for (std::int64_t i = 0; i < count; ++i)
    writeFloat(converted.bytes.data() + i * toSize, dtype,
               readFloat(array.bytes.data() + i * fromSize, array.dtype));
  return converted;
}
