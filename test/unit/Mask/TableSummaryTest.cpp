#include "lib/Mask/TableSummary.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

using namespace lacuna;
using namespace lacuna::mask;
using Int = std::int64_t;

namespace {
/// A random table whose elements are `Element`s, and what is in its boxes.
template <class Element>
struct Sample {
  Sample(DType type, std::vector<Int> shape, unsigned seed, bool transposed = false) {
    Int count = 1;
    for (Int size : shape)
      count *= size;
    std::mt19937 random(seed);
    elements.resize(std::size_t(count));
    for (Element &element : elements)
      element = type == DType::I1 ? random() % 16 == 0 : Element(random());
    ref = TensorRef::contiguous(DeviceAddress(elements.data()), type, shape);
    if (transposed) {
      std::swap(ref.shape[ref.rank - 1], ref.shape[ref.rank - 2]);
      std::swap(ref.strides[ref.rank - 1], ref.strides[ref.rank - 2]);
    }
  }
  ValueRange bruteForce(const Int *first, const Int *last, int axis = 0, Int offset = 0) const {
    if (axis == ref.rank)
      return {elements[offset], elements[offset], signatureBit(elements[offset])};
    ValueRange range;
    for (Int n = first[axis]; n <= last[axis]; ++n)
      range.include(bruteForce(first, last, axis + 1, offset + n * ref.strides[axis]));
    return range;
  }
  std::vector<Element> elements;
  TensorRef ref;
};
} // namespace

/// Random boxes that are long along the summarised axes, against brute force.
template <class Element>
static void check(const Sample<Element> &sample, TableSummary::Axes axes) {
  const TensorRef &table = sample.ref;
  TableSummary summary(table, axes);
  std::mt19937 random(3);
  for (int trial = 0; trial < 300; ++trial) {
    Int first[maxRank], last[maxRank];
    for (int axis = 0; axis < table.rank; ++axis) {
      first[axis] = Int(random() % table.shape[axis]);
      const bool isLong = axis == axes.row || axis == axes.column;
      last[axis] =
          isLong ? first[axis] + Int(random() % (table.shape[axis] - first[axis])) : first[axis];
    }
    const ValueRange found = summary.range(first, last), expected = sample.bruteForce(first, last);
    ASSERT_TRUE(found.covers(expected) && expected.covers(found)) << name(table.dtype) << trial;
  }
}

TEST(TableSummary, IsExactAlongOneAxis) {
  check(Sample<std::int32_t>(DType::I32, {5000}, 1), {-1, 0});
  check(Sample<std::int32_t>(DType::I32, {64}, 2), {-1, 0});
  check(Sample<std::int32_t>(DType::I32, {65}, 3), {-1, 0});
  check(Sample<std::int64_t>(DType::I64, {2, 3, 400}, 4), {-1, 2});
  check(Sample<std::int16_t>(DType::I16, {900, 2}, 5), {-1, 0});
  check(Sample<std::int8_t>(DType::I8, {3, 700}, 6, true), {-1, 0});
  check(Sample<std::uint8_t>(DType::I1, {3000}, 7), {-1, 0});
}

TEST(TableSummary, IsExactAlongTwoAxes) {
  check(Sample<std::int32_t>(DType::I32, {100, 130}, 1), {0, 1});
  check(Sample<std::uint8_t>(DType::I1, {2, 77, 300}, 2), {1, 2});
  check(Sample<std::int64_t>(DType::I64, {60, 3, 50}, 3), {0, 2});
  check(Sample<std::int16_t>(DType::I16, {1, 1000}, 4, true), {0, 1});
}

TEST(TableSummary, IsExactAtAPoint) {
  check(Sample<std::int32_t>(DType::I32, {4, 5}, 1), {});
  check(Sample<std::int32_t>(DType::I32, {}, 2), {});
}

TEST(TableSummary, KnowsNothingOfOtherBoxes) {
  Sample<std::int32_t> sample(DType::I32, {10, 200}, 1);
  TableSummary summary(sample.ref, {-1, 1});
  auto isUnknown = [&](Int row, Int rowLast, Int column, Int columnLast) {
    Int first[] = {row, column}, last[] = {rowLast, columnLast};
    return summary.range(first, last).covers(ValueRange::unknown());
  };
  EXPECT_FALSE(isUnknown(9, 9, 0, 199));
  EXPECT_TRUE(isUnknown(9, 9, 0, 200));
  EXPECT_TRUE(isUnknown(9, 9, -1, 3));
  EXPECT_TRUE(isUnknown(10, 10, 0, 3));
  EXPECT_TRUE(isUnknown(9, 9, 4, 3));
  EXPECT_TRUE(isUnknown(8, 9, 4, 5)); // long along an axis that is not summarised
  EXPECT_TRUE(isUnknown(0, 0, std::numeric_limits<Int>::min(), std::numeric_limits<Int>::max()));
}

TEST(TableSummary, EmptyTablesHaveNoElement) {
  Sample<std::int32_t> sample(DType::I32, {0, 200}, 1);
  TableSummary summary(sample.ref, {0, 1});
  Int first[] = {0, 0}, last[] = {0, 0};
  EXPECT_TRUE(summary.range(first, last).covers(ValueRange::unknown()));
}

TEST(TableSummary, CellsTakeLessThanAByteAnElement) {
  Sample<std::int32_t> line(DType::I32, {1 << 16}, 1), plane(DType::I32, {256, 256}, 1);
  EXPECT_LT(TableSummary(line.ref, {-1, 0}).bytes(), (1u << 16) * 4 / 5);
  EXPECT_LT(TableSummary(plane.ref, {0, 1}).bytes(), (1u << 16) * 3 / 5);
}

TEST(ValueRange, SignaturesAreResidues) {
  EXPECT_EQ(signatureBit(5), std::uint64_t(1) << 5);
  EXPECT_EQ(signatureBit(-1), std::uint64_t(1) << 63);
  EXPECT_EQ(signatureBit(64), signatureBit(-64));
}
