//===- ModelTable.h - PTX instructions against scalar models ---------------===//
//
// A table of rows: an instruction over registers d, a, b, c, e and a C++
// lambda that says what it computes, written from the PTX ISA and not from the
// emulator. The lambda's signature gives the registers' types:
//
//   table.add("shl.b32 d, a, b;", [](u32 a, u32 b) { return b > 31 ? 0 : a << b; });
//
// check() puts all rows into one kernel, runs it on edge cases and random
// operands, and compares. A model that returns std::nullopt says that the
// result is unspecified.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_EMULATOR_MODELTABLE_H
#define TEST_UNIT_EMULATOR_MODELTABLE_H

#include "lib/Emulator/PtxTypes.h"

#include <bit>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace lacuna::emulator {

// Floating-point registers narrower than float, as bits.
struct F16 {
  u16 bits;
};
struct Bf16 {
  u16 bits;
};
struct F16x2 {
  u32 bits;
};
struct Bf16x2 {
  u32 bits;
};

/// What an operand register holds.
enum class OperandType : u8 {
  Predicate,
  U16,
  S16,
  U32,
  S32,
  U64,
  S64,
  F32,
  F64,
  F16,
  Bf16,
  F16x2,
  Bf16x2
};

template <class T>
constexpr OperandType operandTypeOf() {
  if constexpr (std::is_same_v<T, bool>)
    return OperandType::Predicate;
  else if constexpr (std::is_same_v<T, u16>)
    return OperandType::U16;
  else if constexpr (std::is_same_v<T, s16>)
    return OperandType::S16;
  else if constexpr (std::is_same_v<T, u32>)
    return OperandType::U32;
  else if constexpr (std::is_same_v<T, s32>)
    return OperandType::S32;
  else if constexpr (std::is_same_v<T, u64>)
    return OperandType::U64;
  else if constexpr (std::is_same_v<T, s64>)
    return OperandType::S64;
  else if constexpr (std::is_same_v<T, f32>)
    return OperandType::F32;
  else if constexpr (std::is_same_v<T, f64>)
    return OperandType::F64;
  else if constexpr (std::is_same_v<T, F16>)
    return OperandType::F16;
  else if constexpr (std::is_same_v<T, Bf16>)
    return OperandType::Bf16;
  else if constexpr (std::is_same_v<T, F16x2>)
    return OperandType::F16x2;
  else {
    static_assert(std::is_same_v<T, Bf16x2>, "no PTX register holds this type");
    return OperandType::Bf16x2;
  }
}

/// A register's bits in the low end of a 64-bit word, and back.
template <class T>
u64 toBits(T value) {
  if constexpr (std::is_same_v<T, bool>)
    return value;
  else if constexpr (sizeof(T) == 2)
    return std::bit_cast<u16>(value);
  else if constexpr (sizeof(T) == 4)
    return std::bit_cast<u32>(value);
  else
    return std::bit_cast<u64>(value);
}
template <class T>
T fromBits(u64 bits) {
  if constexpr (std::is_same_v<T, bool>)
    return bits & 1;
  else if constexpr (sizeof(T) == 2)
    return std::bit_cast<T>(static_cast<u16>(bits));
  else if constexpr (sizeof(T) == 4)
    return std::bit_cast<T>(static_cast<u32>(bits));
  else
    return std::bit_cast<T>(bits);
}

/// How far a floating-point result may be from the model's; {0, 0}: equal bits
/// (any NaN for any NaN).
struct Tolerance {
  double relative = 0, absolute = 0;
};

/// One instruction, or a short sequence.
struct ModelRow {
  std::string text;
  OperandType result;
  std::vector<OperandType> operands;
  std::function<std::optional<u64>(const u64 *)> model;
  Tolerance tolerance;
};

/// Is `got` an admissible value where the model says `want`?
bool admissible(OperandType type, u64 got, u64 want, Tolerance tolerance);

/// Edge cases of a type, then random values.
u64 operandValue(OperandType type, u64 edge, u64 random);

class ModelTable {
public:
  /// `text` is in PTX over the registers d (result), a, b, c, e (operands), and
  /// may declare registers of its own.
  template <class Model>
  void add(std::string text, Model model, Tolerance tolerance = {}) {
    addTyped(std::move(text), model, tolerance, &Model::operator());
  }
  /// Compiles, runs and compares all rows; fails the test where they differ.
  void check() const;

private:
  template <class Model, class Result, class... Operands>
  void addTyped(std::string text, Model model, Tolerance tolerance,
                Result (Model::*)(Operands...) const) {
    ModelRow row{std::move(text), {}, {operandTypeOf<Operands>()...}, {}, tolerance};
    using Value = typename Specified<Result>::Type;
    row.result = operandTypeOf<Value>();
    row.model = [model](const u64 *operands) {
      return call<Result, Operands...>(model, operands, std::index_sequence_for<Operands...>());
    };
    rows.push_back(std::move(row));
  }
  template <class Result, class... Operands, class Model, std::size_t... index>
  static std::optional<u64> call(const Model &model, const u64 *operands,
                                 std::index_sequence<index...>) {
    std::optional<typename Specified<Result>::Type> result =
        model(fromBits<Operands>(operands[index])...);
    if (!result)
      return std::nullopt;
    return toBits(*result);
  }
  template <class T>
  struct Specified {
    using Type = T;
  };
  template <class T>
  struct Specified<std::optional<T>> {
    using Type = T;
  };

  std::vector<ModelRow> rows;
};

} // namespace lacuna::emulator

#endif // TEST_UNIT_EMULATOR_MODELTABLE_H
