//===- Npy.h - Arrays in NumPy's file format -------------------------------===//
//
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html,
// versions 1 to 3, little-endian, row-major. NumPy has no bf16: such tensors
// are stored as f32 and rounded on reading (convertArray).
//
//===----------------------------------------------------------------------===//
#ifndef LIB_SUPPORT_NPY_H
#define LIB_SUPPORT_NPY_H

#include "lacuna/Result.h"
#include "lacuna/Types.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna {

/// A dense row-major array on the host.
struct HostArray {
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::string bytes; ///< elementCount(shape) elements, little-endian

  bool operator==(const HostArray &) const = default;
};

/// Product of the extents.
std::int64_t elementCount(const std::vector<std::int64_t> &shape);

/// Reads an array. Errors: Io when the file is missing, cut off, malformed, or
/// of an element type or order that is not supported; the message names the
/// file and the reason.
Result<HostArray> readNpy(const std::string &path);

/// Writes an array, bf16 as f32; completely or not at all. Errors: Io.
Status writeNpy(const std::string &path, const HostArray &array);

/// Parses the bytes of a .npy file; `name` is for messages.
Result<HostArray> parseNpy(std::string_view file, const std::string &name);

/// The array with another element type. Conversions: any float to any float
/// (f64 to 16 bits by way of f32; each step rounded to nearest even), and any
/// type to itself. Errors: Type otherwise.
Result<HostArray> convertArray(const HostArray &array, DType dtype);

} // namespace lacuna

#endif // LIB_SUPPORT_NPY_H
