//===- Scalars.h - What each scalar op of a region computes ----------------===//
//
// The meaning of arith and math as specs use them, one entry per op. Values are
// computed in their declared type: f32 as float, f16 and bf16 rounded after
// every op, integers exactly. Where MLIR leaves a result undefined (overflow,
// division by zero, a conversion out of range), an op faults instead.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_REFERENCE_SCALARS_H
#define LIB_REFERENCE_SCALARS_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Types.h"

#include <cstdint>

namespace lacuna::reference {

/// A value in canonical form: an integer sign-extended to 64 bits (so a true i1
/// is -1), a float of any width as the float that it equals.
union Scalar {
  std::int64_t integer;
  float real;
};

/// Scalar from an integer that already is in canonical form.
inline Scalar integerScalar(std::int64_t value) { return {.integer = value}; }
/// Scalar from a float that its type can hold.
inline Scalar realScalar(float value) { return {.real = value}; }
/// An i1.
inline Scalar boolScalar(bool value) { return {.integer = value ? -1 : 0}; }

/// Which scalar type, as far as arithmetic must know.
struct ScalarType {
  enum class Kind : std::uint8_t { Integer, F16, BF16, F32 };
  Kind kind = Kind::Integer;
  std::uint8_t width = 64; ///< bits; index has 64
};

/// Precondition: attn::isRegionScalar(type).
ScalarType scalarTypeOf(mlir::Type type);

/// The canonical integer whose low `width` bits are those of `value`.
std::int64_t wrap(std::int64_t value, unsigned width);
/// The nearest value that the type can hold, ties to even.
float roundTo(ScalarType type, float value);

/// What an op knows besides its operands.
struct ScalarContext {
  ScalarType operand;          ///< type of the first operand
  ScalarType result;           ///< type of the only result
  int predicate = 0;           ///< of cmpi and cmpf
  const char *fault = nullptr; ///< set by an op that has no result: "divides by zero"
};

/// Computes the result of an op from its operands; sets `fault` when there is
/// none and returns anything.
using ScalarFunction = Scalar (*)(const Scalar *operands, ScalarContext &context);

/// What `op` computes; null when it is not a scalar op of specs. The context
/// gets the types and the predicate.
ScalarFunction scalarFunction(mlir::Operation *op, ScalarContext &context);

} // namespace lacuna::reference

#endif // LIB_REFERENCE_SCALARS_H
