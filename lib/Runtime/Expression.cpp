#include "lib/Runtime/Expression.h"

#include <algorithm>

using namespace lacuna;

Expression Expression::dim(int argument, int axis) {
  Expression leaf;
  leaf.code = {{Op::Dim, 0, argument, axis}};
  return leaf;
}

Expression Expression::scalar(int argument) {
  Expression leaf;
  leaf.code = {{Op::Scalar, 0, argument}};
  return leaf;
}

static std::optional<std::int64_t> divide(std::int64_t left, std::int64_t right, bool up) {
  if (right == 0 || (left == INT64_MIN && right == -1))
    return std::nullopt;
  std::int64_t quotient = left / right;
  if (left % right == 0)
    return quotient;
  bool negative = (left < 0) != (right < 0);
  if (up)
    return negative ? quotient : quotient + 1;
  return negative ? quotient - 1 : quotient;
}

static std::optional<std::int64_t> apply(Expression::Op op, std::int64_t left, std::int64_t right) {
  std::int64_t value = 0;
  bool overflow = false;
  switch (op) {
  case Expression::Op::Add:
    overflow = __builtin_add_overflow(left, right, &value);
    break;
  case Expression::Op::Sub:
    overflow = __builtin_sub_overflow(left, right, &value);
    break;
  case Expression::Op::Mul:
    overflow = __builtin_mul_overflow(left, right, &value);
    break;
  case Expression::Op::FloorDiv:
    return divide(left, right, /*up=*/false);
  case Expression::Op::CeilDiv:
    return divide(left, right, /*up=*/true);
  case Expression::Op::Min:
    return std::min(left, right);
  case Expression::Op::Max:
    return std::max(left, right);
  case Expression::Op::Constant:
  case Expression::Op::Dim:
  case Expression::Op::Scalar:
    return std::nullopt;
  }
  if (overflow)
    return std::nullopt;
  return value;
}

static bool isLeaf(Expression::Op op) { return op <= Expression::Op::Scalar; }

Expression Expression::binary(Op op, const Expression &left, const Expression &right) {
  // Folding keeps the launch path and the printed form short.
  std::optional<std::int64_t> a = left.asConstant(), b = right.asConstant();
  if (a && b)
    if (std::optional<std::int64_t> value = apply(op, *a, *b))
      return *value;
  if (op == Op::Mul && (a == 1 || b == 1))
    return a == 1 ? right : left;
  if (op == Op::Add && (a == 0 || b == 0))
    return a == 0 ? right : left;
  Expression result = left;
  result.code.insert(result.code.end(), right.code.begin(), right.code.end());
  result.code.push_back({op});
  return result;
}

std::optional<Expression> Expression::fromInstructions(std::vector<Instruction> code) {
  int depth = 0;
  for (const Instruction &instruction : code) {
    depth += isLeaf(instruction.op) ? 1 : -1;
    if (depth < 1 || depth > maxDepth)
      return std::nullopt;
  }
  if (depth != 1)
    return std::nullopt;
  Expression result;
  result.code = std::move(code);
  return result;
}

std::optional<std::int64_t> Expression::asConstant() const {
  if (code.size() == 1 && code[0].op == Op::Constant)
    return code[0].value;
  return std::nullopt;
}

std::optional<std::int64_t> lacuna::asInteger(const Value &value) {
  if (value.isTensor)
    return std::nullopt;
  switch (value.scalarType) {
  case DType::I1:
    return value.bits & 1;
  case DType::I8:
    return static_cast<std::int8_t>(value.bits);
  case DType::I16:
    return static_cast<std::int16_t>(value.bits);
  case DType::I32:
    return static_cast<std::int32_t>(value.bits);
  case DType::I64:
    return static_cast<std::int64_t>(value.bits);
  case DType::F16:
  case DType::BF16:
  case DType::F32:
  case DType::F64:
    break;
  }
  return std::nullopt;
}

static std::optional<std::int64_t> readLeaf(const Expression::Instruction &leaf,
                                            Span<Value> arguments) {
  if (leaf.op == Expression::Op::Constant)
    return leaf.value;
  if (leaf.argument < 0 || std::size_t(leaf.argument) >= arguments.size())
    return std::nullopt;
  const Value &argument = arguments[leaf.argument];
  if (leaf.op == Expression::Op::Scalar)
    return asInteger(argument);
  if (!argument.isTensor || leaf.axis < 0 || leaf.axis >= argument.tensor.rank)
    return std::nullopt;
  return argument.tensor.shape[leaf.axis];
}

std::optional<std::int64_t> Expression::evaluate(Span<Value> arguments) const {
  std::int64_t stack[maxDepth];
  int depth = 0;
  for (const Instruction &instruction : code) {
    std::optional<std::int64_t> value;
    if (isLeaf(instruction.op)) {
      value = readLeaf(instruction, arguments);
    } else {
      depth -= 2;
      value = apply(instruction.op, stack[depth], stack[depth + 1]);
    }
    if (!value || depth == maxDepth)
      return std::nullopt;
    stack[depth++] = *value;
  }
  return stack[0];
}

Expression lacuna::operator+(const Expression &left, const Expression &right) {
  return Expression::binary(Expression::Op::Add, left, right);
}
Expression lacuna::operator-(const Expression &left, const Expression &right) {
  return Expression::binary(Expression::Op::Sub, left, right);
}
Expression lacuna::operator*(const Expression &left, const Expression &right) {
  return Expression::binary(Expression::Op::Mul, left, right);
}
Expression lacuna::floorDiv(const Expression &left, const Expression &right) {
  return Expression::binary(Expression::Op::FloorDiv, left, right);
}
Expression lacuna::ceilDiv(const Expression &left, const Expression &right) {
  return Expression::binary(Expression::Op::CeilDiv, left, right);
}
Expression lacuna::min(const Expression &left, const Expression &right) {
  return Expression::binary(Expression::Op::Min, left, right);
}
Expression lacuna::max(const Expression &left, const Expression &right) {
  return Expression::binary(Expression::Op::Max, left, right);
}
