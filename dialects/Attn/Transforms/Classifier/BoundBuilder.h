//===- BoundBuilder.h - 64-bit arithmetic that folds what it can ------------===//
//
// Bounds of ranges as i64 values, each with what is known of it when the
// classifier is compiled. Comparisons that this decides cost nothing at run time,
// and it shows that no operation can overflow.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_BOUNDBUILDER_H
#define DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_BOUNDBUILDER_H

#include "dialects/Attn/Transforms/Classifier/Symbols.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace lacuna::attn::classifier {

/// An i64 value that is from `least` to `most`.
struct Bound {
  mlir::Value value;
  int64_t least = INT64_MIN, most = INT64_MAX;
  bool isConstant() const { return least == most; }
  /// The greatest absolute value.
  __int128 magnitude() const { return std::max(-__int128(least), __int128(most)); }
};

/// Integers from `low` to `high`, inclusive.
struct Range {
  Bound low, high;
  /// Whether it is one number by construction.
  bool isExact() const { return low.value == high.value; }
};

/// Sums and differences of two numbers up to this magnitude fit 64 bits.
inline constexpr int64_t modest = int64_t(1) << 61;
bool isModest(const Range &range);

/// Emits at a builder; operands dominate it.
class BoundBuilder {
public:
  explicit BoundBuilder(mlir::ImplicitLocOpBuilder &builder) : builder(builder) {}

  Bound constant(int64_t value);
  Range constants(int64_t least, int64_t most) { return {constant(least), constant(most)}; }
  Range exact(const Bound &bound) { return {bound, bound}; }
  /// An integer or index of the classifier as i64; i1 as 0 and 1.
  Bound widen(mlir::Value value, int64_t least, int64_t most);

  /// Operands, and products, within +-2^61.
  Bound add(const Bound &a, const Bound &b);
  Bound subtract(const Bound &a, const Bound &b);
  Bound multiply(const Bound &a, const Bound &b);
  Bound negate(const Bound &a) { return subtract(constant(0), a); }
  /// `b` is never 0.
  Bound divide(const Bound &a, const Bound &b, Atom::Rounding rounding);
  /// a shifted right, sign kept; b from 0 to 63.
  Bound shiftRight(const Bound &a, const Bound &b);
  Bound min(const Bound &a, const Bound &b);
  Bound max(const Bound &a, const Bound &b);
  Bound clamp(const Bound &a, int64_t least, int64_t most);
  /// Bit by bit: BitAnd, BitOr or BitXor.
  Bound bitwise(Atom::Kind kind, const Bound &a, const Bound &b);
  /// The lowest bits up to the highest one that is set; all for a negative number.
  Bound lowBits(const Bound &a);
  /// The same value, known to be in a range.
  static Bound known(Bound bound, int64_t least, int64_t most) {
    return {bound.value, least, most};
  }
  Bound select(mlir::Value condition, const Bound &a, const Bound &b);
  Range select(mlir::Value condition, const Range &a, const Range &b);
  /// The number itself, or 1 for 0: no division may trap.
  Bound notZero(const Bound &a);

  mlir::Value lessEqual(const Bound &a, const Bound &b);
  mlir::Value less(const Bound &a, const Bound &b);
  mlir::Value equal(const Bound &a, const Bound &b);

  mlir::Value truth(bool value);
  mlir::Value both(mlir::Value a, mlir::Value b);
  mlir::Value either(mlir::Value a, mlir::Value b);
  mlir::Value opposite(mlir::Value a);

  /// Whether two sets of values with these signatures (attn.load_range) may share
  /// one.
  mlir::Value mayShare(mlir::Value signature, mlir::Value other);
  /// The signature of all numbers of a range.
  mlir::Value signatureOf(const Range &range);

private:
  template <class Op>
  mlir::Value make(const Bound &a, const Bound &b) {
    return builder.createOrFold<Op>(a.value, b.value);
  }
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, const Bound &a, const Bound &b);

  mlir::ImplicitLocOpBuilder &builder;
};

} // namespace lacuna::attn::classifier

#endif // DIALECTS_ATTN_TRANSFORMS_CLASSIFIER_BOUNDBUILDER_H
