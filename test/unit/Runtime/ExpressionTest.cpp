#include "lib/Runtime/Expression.h"

#include <gtest/gtest.h>

#include <climits>

using namespace lacuna;

static TensorRef tensorOf(std::initializer_list<std::int64_t> shape) {
  return TensorRef::contiguous(0, DType::F32, shape);
}

TEST(ExpressionTest, ReadsDimsAndScalars) {
  Expression rows = ceilDiv(Expression::dim(0, 1), 64) * Expression::dim(0, 0);
  EXPECT_EQ(rows.evaluate({tensorOf({3, 129})}), 9);
  EXPECT_EQ(rows.evaluate({tensorOf({3, 0})}), 0);
  Expression window = Expression::scalar(1) - 1;
  EXPECT_EQ(window.evaluate({tensorOf({1}), std::int32_t(-4)}), -5);
  EXPECT_EQ(window.evaluate({tensorOf({1}), std::int64_t(1) << 40}), (std::int64_t(1) << 40) - 1);
}

TEST(ExpressionTest, RoundsToTheSideItSays) {
  auto at = [](const Expression &e, std::int32_t value) { return e.evaluate({Value(value)}); };
  Expression x = Expression::scalar(0);
  EXPECT_EQ(at(floorDiv(x, 4), -1), -1);
  EXPECT_EQ(at(floorDiv(x, 4), 7), 1);
  EXPECT_EQ(at(floorDiv(x, -4), 7), -2);
  EXPECT_EQ(at(ceilDiv(x, 4), -1), 0);
  EXPECT_EQ(at(ceilDiv(x, 4), 7), 2);
  EXPECT_EQ(at(ceilDiv(x, 4), 8), 2);
  EXPECT_EQ(at(min(x, 4), 9), 4);
  EXPECT_EQ(at(max(x, 4), 9), 9);
}

TEST(ExpressionTest, FoldsConstants) {
  EXPECT_EQ((Expression(3) * 4 + 1).asConstant(), 13);
  EXPECT_EQ(Expression::dim(0, 0) * 1, Expression::dim(0, 0));
  EXPECT_EQ(Expression(0) + Expression::dim(0, 0), Expression::dim(0, 0));
  EXPECT_FALSE((Expression::dim(0, 0) + 1).asConstant());
}

TEST(ExpressionTest, HasNoValueWhereTheIntegersHaveNone) {
  Expression x = Expression::scalar(0);
  EXPECT_FALSE((x + x).evaluate({Value(std::int64_t(INT64_MAX))}));
  EXPECT_FALSE((x * x).evaluate({Value(std::int64_t(INT64_MIN))}));
  EXPECT_FALSE(floorDiv(1, x).evaluate({Value(std::int32_t(0))}));
  EXPECT_FALSE(floorDiv(x, -1).evaluate({Value(std::int64_t(INT64_MIN))}));
}

TEST(ExpressionTest, HasNoValueForUnfitArguments) {
  EXPECT_FALSE(Expression::dim(0, 2).evaluate({tensorOf({4, 4})}));
  EXPECT_FALSE(Expression::dim(1, 0).evaluate({tensorOf({4})}));
  EXPECT_FALSE(Expression::dim(0, 0).evaluate({Value(std::int32_t(4))}));
  EXPECT_FALSE(Expression::scalar(0).evaluate({Value(1.0f)}));
}

TEST(ExpressionTest, ReadsNarrowScalarsWithTheirSign) {
  std::int8_t byte = -3;
  std::int16_t half = -300;
  EXPECT_EQ(Expression::scalar(0).evaluate({Value(DType::I8, &byte)}), -3);
  EXPECT_EQ(Expression::scalar(0).evaluate({Value(DType::I16, &half)}), -300);
  std::uint8_t truth = 1;
  EXPECT_EQ(Expression::scalar(0).evaluate({Value(DType::I1, &truth)}), 1);
}

TEST(ExpressionTest, RefusesCodeThatIsNoExpression) {
  using Op = Expression::Op;
  EXPECT_FALSE(Expression::fromInstructions({}));
  EXPECT_FALSE(Expression::fromInstructions({{Op::Add}}));
  EXPECT_FALSE(Expression::fromInstructions({{Op::Constant, 1}, {Op::Constant, 2}}));
  EXPECT_TRUE(Expression::fromInstructions({{Op::Constant, 1}, {Op::Constant, 2}, {Op::Add}}));
  // One leaf more than the stack holds.
  std::vector<Expression::Instruction> deep(Expression::maxDepth + 1, {Op::Dim});
  deep.insert(deep.end(), Expression::maxDepth, {Op::Add});
  EXPECT_FALSE(Expression::fromInstructions(deep));
}
