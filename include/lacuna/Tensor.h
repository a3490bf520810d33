//===- Tensor.h - What is passed to a launch -------------------------------===//
//
// Plain values without ownership: a tensor is an address with a shape and
// strides, as every framework has it at hand. Everything is stored in place,
// so that a launch allocates nothing.
//
//===----------------------------------------------------------------------===//
#ifndef LACUNA_TENSOR_H
#define LACUNA_TENSOR_H

#include "lacuna/Device.h"
#include "lacuna/Types.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <vector>

namespace lacuna {

/// A borrowed array: pointer and length. Built from a braced list, a vector or
/// a pointer, none of which may die before the call that it is passed to.
template <class T>
class Span {
public:
  constexpr Span() = default;
  constexpr Span(const T *data, std::size_t size) : first(data), count(size) {}
  constexpr Span(std::initializer_list<T> list) : first(std::data(list)), count(list.size()) {}
  Span(const std::vector<T> &vector) : first(vector.data()), count(vector.size()) {}

  constexpr const T *begin() const { return first; }
  constexpr const T *end() const { return first + count; }
  constexpr std::size_t size() const { return count; }
  constexpr bool empty() const { return count == 0; }
  constexpr const T &operator[](std::size_t i) const { return first[i]; }

private:
  const T *first = nullptr;
  std::size_t count = 0;
};

/// Largest rank of a tensor argument.
inline constexpr int maxRank = 8;

/// A tensor in a device's memory. Strides are in elements; the innermost one
/// has to be 1 for a kernel, which the launch checks.
struct TensorRef {
  DeviceAddress address = 0;
  DType dtype = DType::F32;
  int rank = 0;
  std::int64_t shape[maxRank] = {};
  std::int64_t strides[maxRank] = {};

  /// Row-major without gaps. `shape` has at most maxRank entries; more are
  /// cut off, which the rank check of a launch then reports.
  static TensorRef contiguous(DeviceAddress address, DType dtype, Span<std::int64_t> shape) {
    TensorRef tensor;
    tensor.address = address;
    tensor.dtype = dtype;
    tensor.rank = shape.size() < std::size_t(maxRank) ? int(shape.size()) : maxRank;
    std::int64_t stride = 1;
    for (int axis = tensor.rank - 1; axis >= 0; --axis) {
      tensor.shape[axis] = shape[axis];
      tensor.strides[axis] = stride;
      stride *= shape[axis];
    }
    return tensor;
  }

  std::int64_t elementCount() const {
    std::int64_t count = 1;
    for (int axis = 0; axis < rank; ++axis)
      count *= shape[axis];
    return count;
  }
};

/// One argument of a launch: a tensor or a scalar. A scalar's bits lie in the
/// low bytes of `bits` (little-endian hosts only, as everywhere CUDA runs).
struct Value {
  bool isTensor = false;
  TensorRef tensor;
  DType scalarType = DType::I32;
  std::uint64_t bits = 0;

  Value() = default; ///< the i32 0
  Value(const TensorRef &tensor) : isTensor(true), tensor(tensor) {}
  Value(std::int32_t value) : Value(DType::I32, &value) {}
  Value(std::int64_t value) : Value(DType::I64, &value) {}
  Value(float value) : Value(DType::F32, &value) {}
  Value(double value) : Value(DType::F64, &value) {}
  /// A scalar of any type: `data` points to byteSize(type) bytes.
  Value(DType type, const void *data) : scalarType(type) {
    std::memcpy(&bits, data, byteSize(type));
  }
};

} // namespace lacuna

#endif // LACUNA_TENSOR_H
