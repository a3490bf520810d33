//===- SampleMasks.h - Masks for the tests of planning ----------------------===//
//
// A mask is written once, as an expression that can be evaluated for one element
// and translated to a classifier (interval arithmetic, and two truth values per
// condition). That is a small model of what the compiler derives, so that these
// tests need none.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_UNIT_MASK_SAMPLEMASKS_H
#define TEST_UNIT_MASK_SAMPLEMASKS_H

#include "lib/Mask/BoxClassifier.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace lacuna::mask {

/// An integer or a condition over batch, head, query position and key position.
class Expression {
public:
  enum class Kind {
    Constant,
    Input,
    Load,
    Add,
    Sub,
    Mul,
    FloorDiv,
    Mod,
    Less,
    Equal,
    And,
    Or,
    Not
  };

  Expression(std::int64_t value);
  /// Batch, Head, QueryFirst for the query and KeyFirst for the key.
  static Expression input(BoxInput input);
  /// Element `index` of a table, which exists.
  static Expression load(std::shared_ptr<const std::vector<std::int32_t>> table, Expression index);
  /// Operations; the right side of Mul, FloorDiv and Mod is a positive constant.
  static Expression make(Kind kind, Expression a, Expression b);

  /// The value for one element; conditions are 0 or 1.
  std::int64_t evaluate(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j) const;

private:
  friend struct SampleMask;
  struct Node;
  /// Lowest and highest value; of conditions whether they may hold and may not.
  struct Bounds {
    ValueId low, high;
  };
  Bounds emit(BoxCodeBuilder &builder, std::vector<TensorRef> &tables) const;
  std::shared_ptr<const Node> node;
};

inline Expression operator+(Expression a, Expression b) {
  return Expression::make(Expression::Kind::Add, a, b);
}
inline Expression operator-(Expression a, Expression b) {
  return Expression::make(Expression::Kind::Sub, a, b);
}
inline Expression operator*(Expression a, std::int64_t b) {
  return Expression::make(Expression::Kind::Mul, a, b);
}
inline Expression operator/(Expression a, std::int64_t b) {
  return Expression::make(Expression::Kind::FloorDiv, a, b);
}
inline Expression operator%(Expression a, std::int64_t b) {
  return Expression::make(Expression::Kind::Mod, a, b);
}
inline Expression operator<(Expression a, Expression b) {
  return Expression::make(Expression::Kind::Less, a, b);
}
inline Expression operator==(Expression a, Expression b) {
  return Expression::make(Expression::Kind::Equal, a, b);
}
inline Expression operator&(Expression a, Expression b) {
  return Expression::make(Expression::Kind::And, a, b);
}
inline Expression operator|(Expression a, Expression b) {
  return Expression::make(Expression::Kind::Or, a, b);
}
inline Expression operator!(Expression a) { return Expression::make(Expression::Kind::Not, a, a); }
inline Expression operator<=(Expression a, Expression b) { return !(b < a); }

/// What masks are written in.
inline const Expression batchIndex = Expression::input(BoxInput::Batch);
inline const Expression headIndex = Expression::input(BoxInput::Head);
inline const Expression query = Expression::input(BoxInput::QueryFirst);
inline const Expression key = Expression::input(BoxInput::KeyFirst);

/// A predicate with its classifier; must outlive classifiers made of it.
struct SampleMask {
  explicit SampleMask(Expression predicate);

  bool visible(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j) const {
    return predicate.evaluate(b, h, i, j) != 0;
  }
  BoxClassifier classifier(AttendShape shape, Positions queries = Positions(),
                           Positions keys = Positions()) const;

  Expression predicate;
  std::vector<TensorRef> tables;
  BoxCode code;
};

/// Queries see earlier keys with the same label. Documents have random lengths,
/// tokens / documents on average.
SampleMask documentMask(std::int64_t tokens, int documents, unsigned seed);
/// A random expression over positions below `tokens` and tables of that size.
SampleMask randomMask(std::int64_t tokens, unsigned seed);

} // namespace lacuna::mask

#endif // TEST_UNIT_MASK_SAMPLEMASKS_H
