//===- Expression.h - Integers known at launch -----------------------------===//
//
// A compiled spec works for every length, so grid sizes, result shapes and
// checks are expressions over the dims and scalars of a launch. They are
// evaluated on the launch path, hence their form: a tree flattened to postfix
// code that runs over a fixed stack, without allocation.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_RUNTIME_EXPRESSION_H
#define LIB_RUNTIME_EXPRESSION_H

#include "lacuna/Tensor.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace lacuna {

/// An integer expression over the arguments of a program. Built from leaves
/// with the operators below:
///   Expression rows = ceilDiv(Expression::dim(0, 2), 64);
///   Expression grid = rows * Expression::dim(0, 0) * Expression::dim(0, 1);
class Expression {
public:
  enum class Op : int { Constant, Dim, Scalar, Add, Sub, Mul, FloorDiv, CeilDiv, Min, Max };

  /// One step of the postfix code. Leaves use the operands: `value` of a
  /// constant; `argument` (and `axis`) of a dim or scalar.
  struct Instruction {
    Op op;
    std::int64_t value = 0;
    std::int32_t argument = 0;
    std::int32_t axis = 0;
    bool operator==(const Instruction &) const = default;
  };

  /// Deepest stack of any expression that is accepted from a file.
  static constexpr int maxDepth = 16;

  Expression() : Expression(0) {}
  Expression(std::int64_t constant) : code{{Op::Constant, constant}} {}

  /// Extent of axis `axis` of tensor argument number `argument`.
  static Expression dim(int argument, int axis);
  /// Value of integer scalar argument number `argument`.
  static Expression scalar(int argument);
  /// `op` of two expressions; `op` is none of the leaves.
  static Expression binary(Op op, const Expression &left, const Expression &right);
  /// From postfix code as instructions() gives it; none when the code does not
  /// leave exactly one value or needs more than maxDepth.
  static std::optional<Expression> fromInstructions(std::vector<Instruction> code);

  const std::vector<Instruction> &instructions() const { return code; }

  /// The value if the expression is one constant.
  std::optional<std::int64_t> asConstant() const;

  /// Value for these arguments; none on overflow, division by zero, or when
  /// the arguments do not have the dims and integer scalars that it reads.
  std::optional<std::int64_t> evaluate(Span<Value> arguments) const;

  bool operator==(const Expression &) const = default;

private:
  std::vector<Instruction> code;
};

Expression operator+(const Expression &left, const Expression &right);
Expression operator-(const Expression &left, const Expression &right);
Expression operator*(const Expression &left, const Expression &right);
/// Quotient rounded to negative infinity.
Expression floorDiv(const Expression &left, const Expression &right);
/// Quotient rounded to positive infinity.
Expression ceilDiv(const Expression &left, const Expression &right);
Expression min(const Expression &left, const Expression &right);
Expression max(const Expression &left, const Expression &right);

/// The integer that a scalar value holds; none for floats and tensors.
std::optional<std::int64_t> asInteger(const Value &value);

} // namespace lacuna

#endif // LIB_RUNTIME_EXPRESSION_H
