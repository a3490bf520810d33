//===- Types.h - Element types ---------------------------------------------===//
#ifndef LACUNA_TYPES_H
#define LACUNA_TYPES_H

#include <cstddef>
#include <optional>
#include <string_view>

namespace lacuna {

/// Type of a tensor element or of a scalar argument. The numbers are part of
/// the C ABI and of stored programs: append only.
enum class DType : int {
  F16 = 0,
  BF16 = 1,
  F32 = 2,
  F64 = 3,
  I1 = 4, ///< stored as one byte, 0 or 1
  I8 = 5,
  I16 = 6,
  I32 = 7,
  I64 = 8,
};

/// Number of enumerators of DType.
inline constexpr int dtypeCount = 9;

/// Bytes of one element in memory.
constexpr std::size_t byteSize(DType type) {
  constexpr std::size_t sizes[dtypeCount] = {2, 2, 4, 8, 1, 1, 2, 4, 8};
  return sizes[static_cast<int>(type)];
}

/// Spelling as in MLIR: "bf16".
constexpr std::string_view name(DType type) {
  constexpr std::string_view names[dtypeCount] = {"f16", "bf16", "f32", "f64", "i1",
                                                  "i8",  "i16",  "i32", "i64"};
  return names[static_cast<int>(type)];
}

/// The type of that spelling, if there is one.
constexpr std::optional<DType> parseDType(std::string_view spelling) {
  for (int i = 0; i < dtypeCount; ++i)
    if (name(static_cast<DType>(i)) == spelling)
      return static_cast<DType>(i);
  return std::nullopt;
}

/// True for f16, bf16, f32 and f64.
constexpr bool isFloat(DType type) { return type <= DType::F64; }

} // namespace lacuna

#endif // LACUNA_TYPES_H
