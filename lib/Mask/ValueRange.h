//===- ValueRange.h - What is known of many integers -----------------------===//
#ifndef LIB_MASK_VALUERANGE_H
#define LIB_MASK_VALUERANGE_H

#include <algorithm>
#include <cstdint>
#include <limits>

namespace lacuna::mask {

/// The bit that stands for a value in a signature: its residue modulo 64. Sets of
/// values whose signatures share no bit have no value in common.
inline std::uint64_t signatureBit(std::int64_t value) {
  return std::uint64_t(1) << (static_cast<std::uint64_t>(value) & 63);
}

/// A superset of some integers: their extremes and the union of their signature
/// bits. The default is that of no integer.
struct ValueRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::max();
  std::int64_t max = std::numeric_limits<std::int64_t>::min();
  std::uint64_t signature = 0;

  /// Any integers at all.
  static ValueRange unknown() {
    return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
            ~std::uint64_t(0)};
  }
  void include(const ValueRange &other) {
    min = std::min(min, other.min);
    max = std::max(max, other.max);
    signature |= other.signature;
  }
  bool covers(const ValueRange &other) const {
    return min <= other.min && other.max <= max && !(other.signature & ~signature);
  }
};

} // namespace lacuna::mask

#endif // LIB_MASK_VALUERANGE_H
