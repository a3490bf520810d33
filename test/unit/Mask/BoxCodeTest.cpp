#include "lib/Mask/BoxCode.h"
#include "lib/Mask/BoxEvaluator.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

using namespace lacuna;
using namespace lacuna::mask;
using Int = std::int64_t;

static constexpr Int smallest = std::numeric_limits<Int>::min();
static constexpr Int largest = std::numeric_limits<Int>::max();

/// The code of i >= j: what every derivation looks like.
static BoxCode causal() {
  BoxCodeBuilder builder;
  ValueId iFirst = builder.input(BoxInput::QueryFirst), iLast = builder.input(BoxInput::QueryLast);
  ValueId jFirst = builder.input(BoxInput::KeyFirst), jLast = builder.input(BoxInput::KeyLast);
  ValueId maySee = builder.binary(BoxOp::LessEqual, jFirst, iLast);
  return *builder.finish(maySee, builder.binary(BoxOp::Less, iFirst, jLast));
}

/// The result of one operation on scalars that are arguments (one value in all),
/// and on inputs (one value per box); both have to agree.
static Int compute(BoxOp op, Int a, Int b) {
  Int result = 0;
  for (bool aVaries : {false, true})
    for (bool bVaries : {false, true}) {
      BoxCodeBuilder builder;
      ValueId x = aVaries ? builder.input(BoxInput::QueryFirst) : builder.argument(0);
      ValueId y = bVaries ? builder.input(BoxInput::KeyFirst) : builder.argument(1);
      ValueId value = op == BoxOp::Narrow ? builder.narrow(x, int(b)) : builder.binary(op, x, y);
      // One bit of the result at a time is what an answer shows.
      ValueId bit = builder.binary(BoxOp::Ushr, value, builder.input(BoxInput::QueryLast));
      ValueId one = builder.constant(1);
      BoxCode code = *builder.finish(builder.binary(BoxOp::And, bit, one), one);
      BoxEvaluator evaluator = *BoxEvaluator::bind(code, {a, b}, {});
      for (int n = 0; n < 64; ++n) {
        evaluator.input(BoxInput::QueryFirst)[n] = a;
        evaluator.input(BoxInput::KeyFirst)[n] = b;
        evaluator.input(BoxInput::QueryLast)[n] = n;
      }
      TileClass classes[64];
      evaluator.evaluate(64, classes);
      std::uint64_t bits = 0;
      for (int n = 0; n < 64; ++n)
        bits |= std::uint64_t(classes[n] == TileClass::Partial) << n;
      EXPECT_TRUE((!aVaries && !bVaries) || Int(bits) == result) << aVaries << bVaries;
      result = Int(bits);
    }
  return result;
}

TEST(BoxCode, Prints) {
  EXPECT_EQ(causal().text(), "%0 = i_first\n"
                             "%1 = i_last\n"
                             "%2 = j_first\n"
                             "%3 = j_last\n"
                             "%4 = le %2, %1\n"
                             "%5 = lt %0, %3\n"
                             "yield %4, %5\n");
  BoxCodeBuilder builder;
  std::uint32_t table = builder.addTable(2);
  ValueId b = builder.input(BoxInput::Batch), size = builder.dim(table, 1);
  ValueId last = builder.binary(BoxOp::Sub, size, builder.constant(1));
  RangeValues all = builder.loadRange(table, {b, builder.constant(0)}, {b, last});
  ValueId low = builder.narrow(all.signature, 32);
  ValueId chosen = builder.select(all.min, low, builder.argument(2));
  EXPECT_EQ(builder.finish(chosen, all.max)->text(),
            "%0 = b\n"
            "%1 = dim table0, 1\n"
            "%2 = constant 1\n"
            "%3 = sub %1, %2\n"
            "%4 = constant 0\n"
            "%5, %6, %7 = load_range table0[%0, %4] to [%0, %3]\n"
            "%8 = narrow %7 to 32\n"
            "%9 = argument 2\n"
            "%10 = select %5, %8, %9\n"
            "yield %10, %6\n");
}

TEST(BoxCode, DropsWhatNoAnswerNeeds) {
  BoxCodeBuilder builder;
  ValueId head = builder.input(BoxInput::Head);
  builder.binary(BoxOp::Add, head, builder.argument(7));
  ValueId yes = builder.constant(1);
  BoxCode code = *builder.finish(yes, yes);
  EXPECT_EQ(code.text(), "%3 = constant 1\nyield %3, %3\n");
  EXPECT_EQ(code.argumentCount(), 0u);
  EXPECT_FALSE(code.readsHead());
}

TEST(BoxCode, VerifierNamesTheStep) {
  auto message = [](auto write) {
    BoxCodeBuilder builder;
    ValueId yes = builder.constant(1);
    write(builder);
    return builder.finish(yes, yes).status().message();
  };
  EXPECT_EQ(message([](BoxCodeBuilder &b) { b.binary(BoxOp::Add, 0, 5); }),
            "box code: %1 reads a value that is not made before it");
  EXPECT_EQ(message([](BoxCodeBuilder &b) { b.binary(BoxOp(200), 0, 0); }),
            "box code: %1 has no such operation");
  EXPECT_EQ(message([](BoxCodeBuilder &b) { b.dim(0, 0); }),
            "box code: %1 reads a table that is not declared");
  EXPECT_EQ(message([](BoxCodeBuilder &b) { b.loadRange(b.addTable(2), {0}, {0}); }),
            "box code: %1 does not have two indices for each axis of its table");
  EXPECT_EQ(message([](BoxCodeBuilder &b) { b.dim(b.addTable(2), 2); }),
            "box code: %1 has a number out of range");
  EXPECT_EQ(message([](BoxCodeBuilder &b) { b.narrow(0, 65); }),
            "box code: %1 has a number out of range");
  BoxCodeBuilder builder;
  EXPECT_EQ(builder.finish(0, 1).status().message(), "box code: yields a value that is never made");
}

TEST(BoxEvaluator, BindChecksWhatItIsGiven) {
  BoxCodeBuilder builder;
  std::uint32_t table = builder.addTable(1);
  ValueId i = builder.input(BoxInput::QueryFirst);
  BoxCode code = *builder.finish(builder.loadRange(table, {i}, {i}).min, builder.argument(0));
  auto message = [&](Span<Int> arguments, Span<TensorRef> tables) {
    return BoxEvaluator::bind(code, arguments, tables).status().message();
  };
  const float floats[2] = {};
  TensorRef vector = TensorRef::contiguous(DeviceAddress(floats), DType::F32, {2});
  TensorRef matrix = TensorRef::contiguous(DeviceAddress(floats), DType::F32, {2, 1});
  EXPECT_EQ(message({1}, {}), "a classifier takes 1 scalars and 1 tables");
  EXPECT_EQ(message({}, {vector}), "a classifier takes 1 scalars and 1 tables");
  EXPECT_EQ(message({1}, {matrix}), "table 0 of a classifier has rank 2 instead of 1");
  EXPECT_EQ(message({1}, {vector}), "table 0 of a classifier does not hold integers");
}

TEST(BoxEvaluator, OperationsAreTotal) {
  EXPECT_EQ(compute(BoxOp::Add, largest, 1), smallest);
  EXPECT_EQ(compute(BoxOp::Sub, smallest, 1), largest);
  EXPECT_EQ(compute(BoxOp::Mul, largest, 2), -2);
  for (BoxOp op : {BoxOp::FloorDiv, BoxOp::CeilDiv, BoxOp::Div, BoxOp::Rem, BoxOp::Mod}) {
    EXPECT_EQ(compute(op, 5, 0), 0);
    const bool quotient = op != BoxOp::Rem && op != BoxOp::Mod;
    EXPECT_EQ(compute(op, smallest, -1), quotient ? smallest : 0);
  }
  const Int signs[4][2] = {{7, 3}, {-7, 3}, {7, -3}, {-7, -3}};
  const Int expected[4][5] = {
      {2, 3, 2, 1, 1}, {-3, -2, -2, -1, 2}, {-3, -2, -2, 1, -2}, {2, 3, 2, -1, -1}};
  const BoxOp divisions[] = {BoxOp::FloorDiv, BoxOp::CeilDiv, BoxOp::Div, BoxOp::Rem, BoxOp::Mod};
  for (int n = 0; n < 4; ++n)
    for (int op = 0; op < 5; ++op)
      EXPECT_EQ(compute(divisions[op], signs[n][0], signs[n][1]), expected[n][op]) << n << op;
  EXPECT_EQ(compute(BoxOp::FloorDiv, 6, 3), 2);
  EXPECT_EQ(compute(BoxOp::CeilDiv, -6, 3), -2);
  for (Int amount : {Int(64), Int(-1), largest}) {
    EXPECT_EQ(compute(BoxOp::Shl, -5, amount), 0);
    EXPECT_EQ(compute(BoxOp::Shr, -5, amount), -1);
    EXPECT_EQ(compute(BoxOp::Ushr, -5, amount), 0);
  }
  EXPECT_EQ(compute(BoxOp::Shl, -5, 2), -20);
  EXPECT_EQ(compute(BoxOp::Shr, -5, 1), -3);
  EXPECT_EQ(compute(BoxOp::Ushr, -1, 60), 15);
  EXPECT_EQ(compute(BoxOp::Narrow, 0x180000001, 32), Int(std::int32_t(0x80000001)));
  EXPECT_EQ(compute(BoxOp::Narrow, 3, 1), 1);
  EXPECT_EQ(compute(BoxOp::Narrow, smallest, 64), smallest);
  EXPECT_EQ(compute(BoxOp::Min, -1, 2), -1);
  EXPECT_EQ(compute(BoxOp::Max, -1, 2), 2);
  EXPECT_EQ(compute(BoxOp::And, 12, 10), 8);
  EXPECT_EQ(compute(BoxOp::Or, 12, 10), 14);
  EXPECT_EQ(compute(BoxOp::Xor, 12, 10), 6);
  EXPECT_EQ(compute(BoxOp::Equal, 3, 3), 1);
  EXPECT_EQ(compute(BoxOp::NotEqual, 3, 3), 0);
  EXPECT_EQ(compute(BoxOp::Less, -1, 0), 1);
  EXPECT_EQ(compute(BoxOp::LessEqual, 0, -1), 0);
  EXPECT_EQ(compute(BoxOp::UnsignedLess, -1, 0), 0);
  EXPECT_EQ(compute(BoxOp::UnsignedLessEqual, 0, -1), 1);
}

TEST(BoxEvaluator, SelectTakesScalarsAndLanes) {
  for (int forms = 0; forms < 8; ++forms) {
    BoxCodeBuilder builder;
    const BoxInput inputs[] = {BoxInput::QueryFirst, BoxInput::KeyFirst, BoxInput::KeyLast};
    ValueId operands[3];
    for (int n = 0; n < 3; ++n)
      operands[n] = forms >> n & 1 ? builder.input(inputs[n]) : builder.argument(n);
    ValueId value = builder.select(operands[0], operands[1], operands[2]);
    ValueId isSeven = builder.binary(BoxOp::Equal, value, builder.constant(7));
    ValueId isNine = builder.binary(BoxOp::Equal, value, builder.constant(9));
    BoxCode code = *builder.finish(isSeven, isNine);
    for (Int condition : {0, 4}) {
      BoxEvaluator evaluator = *BoxEvaluator::bind(code, {condition, 7, 9}, {});
      const Int values[] = {condition, 7, 9};
      for (int n = 0; n < 3; ++n)
        std::fill_n(evaluator.input(inputs[n]), 3, values[n]);
      TileClass classes[3];
      evaluator.evaluate(3, classes);
      EXPECT_EQ(classes[2], condition ? TileClass::Full : TileClass::Empty) << forms;
    }
  }
}

TEST(BoxEvaluator, ClassifiesFullBatches) {
  BoxCode code = causal();
  BoxEvaluator evaluator = *BoxEvaluator::bind(code, {}, {});
  for (int n = 0; n < BoxEvaluator::batch; ++n) {
    evaluator.input(BoxInput::QueryFirst)[n] = 100;
    evaluator.input(BoxInput::QueryLast)[n] = 109;
    evaluator.input(BoxInput::KeyFirst)[n] = n;
    evaluator.input(BoxInput::KeyLast)[n] = n + 4;
  }
  TileClass classes[BoxEvaluator::batch];
  evaluator.evaluate(BoxEvaluator::batch, classes);
  for (int n = 0; n < BoxEvaluator::batch; ++n)
    EXPECT_EQ(classes[n], n + 4 <= 100 ? TileClass::Full
                          : n > 109    ? TileClass::Empty
                                       : TileClass::Partial);
}

TEST(BoxEvaluator, HeadsChooseTheirValues) {
  const std::int32_t lengths[2][2] = {{3, 5}, {7, 9}};
  BoxCodeBuilder builder;
  std::uint32_t table = builder.addTable(2);
  ValueId b = builder.input(BoxInput::Batch), h = builder.input(BoxInput::Head);
  RangeValues length = builder.loadRange(table, {b, h}, {b, h});
  ValueId see = builder.binary(BoxOp::Less, builder.input(BoxInput::KeyFirst), length.min);
  ValueId hide = builder.binary(BoxOp::LessEqual, length.max, builder.input(BoxInput::KeyLast));
  BoxCode code = *builder.finish(see, hide);
  EXPECT_TRUE(code.readsBatch() && code.readsHead());
  EXPECT_EQ(code.variation(length.min), Variation::PerHead);
  TensorRef ref = TensorRef::contiguous(DeviceAddress(lengths), DType::I32, {2, 2});
  BoxEvaluator evaluator = *BoxEvaluator::bind(code, {}, {ref});
  evaluator.input(BoxInput::KeyFirst)[0] = evaluator.input(BoxInput::KeyLast)[0] = 6;
  for (int head = 0; head < 4; ++head) {
    evaluator.setHead(head / 2, head % 2);
    TileClass answer;
    evaluator.evaluate(1, &answer);
    EXPECT_EQ(answer, head < 2 ? TileClass::Empty : TileClass::Full);
  }
}

/// Random straight-line code: places of values that are used again may not
/// disturb values that are still needed.
TEST(BoxEvaluator, SharedPlacesKeepTheirValues) {
  std::mt19937 random(11);
  auto below = [&](unsigned n) { return random() % n; };
  for (int trial = 0; trial < 200; ++trial) {
    BoxCodeBuilder builder;
    std::vector<ValueId> values = {builder.input(BoxInput::QueryFirst), builder.argument(0),
                                   builder.input(BoxInput::KeyFirst), builder.constant(3)};
    const Int i = below(100), j = below(100), argument = below(100);
    std::vector<std::uint64_t> expected = {std::uint64_t(i), std::uint64_t(argument),
                                           std::uint64_t(j), 3};
    for (int n = 0; n < 40; ++n) {
      std::size_t a = below(values.size()), b = below(values.size());
      values.push_back(builder.binary(n % 2 ? BoxOp::Add : BoxOp::Xor, values[a], values[b]));
      expected.push_back(n % 2 ? expected[a] + expected[b] : expected[a] ^ expected[b]);
    }
    ValueId one = builder.constant(1);
    BoxCode code = *builder.finish(builder.binary(BoxOp::And, values[20], one),
                                   builder.binary(BoxOp::And, values.back(), one));
    BoxEvaluator evaluator = *BoxEvaluator::bind(code, {argument}, {});
    std::fill_n(evaluator.input(BoxInput::QueryFirst), 5, i);
    std::fill_n(evaluator.input(BoxInput::KeyFirst), 5, j);
    TileClass classes[5];
    evaluator.evaluate(5, classes);
    EXPECT_EQ(int(classes[4]), int(expected[20] % 2 + 2 * (expected.back() % 2))) << trial;
  }
}
