#include "lacuna/Reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace lacuna;

static const char *const causal = R"mlir(
!t = tensor<?x?x?x8xf16>
func.func @causal(%q: !t, %k: !t, %v: !t, %offset: i32) -> (tensor<?x?x?xf32>, !t) {
  %o, %lse = attn.attend %q, %k, %v where(%b, %h, %i, %j) {
    %keep = attn.causal %i, %j offset %offset
    attn.yield %keep : i1
  } : !t, !t, !t
  return %lse, %o : tensor<?x?x?xf32>, !t
}
)mlir";

static ReferenceSpec parse(const char *text) {
  Result<ReferenceSpec> spec = ReferenceSpec::parse(text, "test.mlir");
  EXPECT_TRUE(spec) << spec.status().message();
  return std::move(*spec);
}

static TensorRef f16(const std::vector<std::uint16_t> &bits, std::vector<std::int64_t> shape) {
  return TensorRef::contiguous(reinterpret_cast<DeviceAddress>(bits.data()), DType::F16, shape);
}

/// 1.0, 2.0, 3.0, ... in f16, up to 8.
static constexpr std::uint16_t numbers[] = {0x3c00, 0x4000, 0x4200, 0x4400,
                                            0x4500, 0x4600, 0x4700, 0x4800};

TEST(ReferenceTest, NamesWhatAFunctionTakes) {
  ReferenceSpec spec = parse(causal);
  EXPECT_EQ(spec.name(), "causal");
  EXPECT_EQ(spec.attendCount(), 1u);
  ASSERT_EQ(spec.arguments().size(), 4u);
  EXPECT_TRUE(spec.arguments()[0].isTensor);
  EXPECT_EQ(spec.arguments()[0].dtype, DType::F16);
  EXPECT_EQ(spec.arguments()[0].shape, (std::vector<std::int64_t>{-1, -1, -1, 8}));
  EXPECT_FALSE(spec.arguments()[3].isTensor);
  EXPECT_EQ(spec.arguments()[3].dtype, DType::I32);
}

TEST(ReferenceTest, ResultsKnowTheirAttend) {
  ReferenceSpec spec = parse(causal);
  std::vector<std::uint16_t> zeros(3 * 8), ones(3 * 8, numbers[0]);
  TensorRef q = f16(zeros, {1, 1, 3, 8}), v = f16(ones, {1, 1, 3, 8});
  Result<ReferenceRun> run = spec.run({q, q, v, std::int32_t(-1)});
  ASSERT_TRUE(run) << run.status().message();
  ASSERT_EQ(run->results.size(), 2u);
  EXPECT_EQ(run->results[0].kind, ReferenceResult::Kind::Lse);
  EXPECT_EQ(run->results[0].dtype, DType::F32);
  EXPECT_EQ(run->results[1].kind, ReferenceResult::Kind::Output);
  EXPECT_EQ(run->results[1].dtype, DType::F16);
  const ReferenceAttend &attend = run->attends[0];
  EXPECT_EQ(attend.keys, 3);
  EXPECT_EQ(attend.visibleKeys, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(attend.largestScore, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(run->result(0).values[0], -std::numeric_limits<double>::infinity());
  EXPECT_DOUBLE_EQ(run->result(0).values[2], std::log(2.0));
  EXPECT_EQ(run->result(1).values[0], 0.0);
  EXPECT_EQ(run->result(1).values[23], 1.0);
}

TEST(ReferenceTest, StridesAreAnything) {
  // Values in reverse: the base is the last row, the stride negative.
  ReferenceSpec spec = parse(causal);
  std::vector<std::uint16_t> zeros(2 * 8), rows;
  for (int row = 0; row < 2; ++row)
    rows.insert(rows.end(), 8, numbers[row]);
  TensorRef q = f16(zeros, {1, 1, 2, 8}), v = f16(rows, {1, 1, 2, 8});
  v.address = reinterpret_cast<DeviceAddress>(rows.data() + 8);
  v.strides[2] = -8;
  Result<ReferenceRun> run = spec.run({q, q, v, std::int32_t(0)});
  ASSERT_TRUE(run) << run.status().message();
  EXPECT_EQ(run->result(1).values[0], 2.0); // row 0 sees the last row only
  EXPECT_EQ(run->result(1).values[8], 1.5);
}

TEST(ReferenceTest, ThreadsChangeNothing) {
  ReferenceSpec spec = parse(causal);
  std::vector<std::uint16_t> values;
  for (int n = 0; n < 2 * 17 * 8; ++n)
    values.push_back(numbers[n * 5 % 8] - (n % 7) * 64);
  TensorRef t = f16(values, {2, 1, 17, 8});
  Result<ReferenceRun> one = spec.run({t, t, t, std::int32_t(0)}, 1);
  Result<ReferenceRun> many = spec.run({t, t, t, std::int32_t(0)}, 7);
  ASSERT_TRUE(one && many);
  EXPECT_EQ(one->result(0).values, many->result(0).values);
  EXPECT_EQ(one->result(1).values, many->result(1).values);
}

TEST(ReferenceTest, TheFirstFaultIsReportedByAnyNumberOfThreads) {
  ReferenceSpec spec = parse(R"mlir(
    !t = tensor<?x?x?x8xf16>
    func.func @f(%q: !t) -> !t {
      %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
        %five = arith.constant 5 : i32
        %d = arith.subi %i, %five : i32
        %x = arith.divsi %j, %d : i32
        %keep = arith.cmpi sle, %x, %i : i32
        attn.yield %keep : i1
      } : !t, !t, !t
      return %o : !t
    })mlir");
  std::vector<std::uint16_t> zeros(3 * 9 * 8);
  for (unsigned threads : {1u, 8u}) {
    Result<ReferenceRun> run = spec.run({f16(zeros, {1, 3, 9, 8})}, threads);
    ASSERT_FALSE(run);
    EXPECT_EQ(run.status().kind(), StatusKind::Type);
    EXPECT_NE(run.status().message().find("at batch 0, head 0, query 5, key 0"), std::string::npos)
        << run.status().message();
  }
}

TEST(ReferenceTest, VisibilityReadsShapesOnly) {
  ReferenceSpec spec = parse(causal);
  TensorRef q = TensorRef::contiguous(0, DType::F16, {1, 2, 2, 8});
  TensorRef k = TensorRef::contiguous(0, DType::F16, {1, 2, 3, 8});
  Result<ReferenceMask> mask = spec.visibility({q, k, k, std::int32_t(1)}, 0, 0, 1);
  ASSERT_TRUE(mask) << mask.status().message();
  EXPECT_EQ(mask->queries, 2);
  EXPECT_EQ(mask->keys, 3);
  EXPECT_EQ(mask->visible, (std::vector<std::uint8_t>{1, 1, 0, 1, 1, 1}));
}

TEST(ReferenceTest, VisibilityOfWhatIsNotThere) {
  ReferenceSpec spec = parse(causal);
  TensorRef t = TensorRef::contiguous(0, DType::F16, {1, 1, 2, 8});
  TensorRef none = TensorRef::contiguous(0, DType::F16, {0, 1, 2, 8});
  auto errorOf = [&](std::size_t attend, std::int64_t batch, std::int64_t head) {
    return spec.visibility({t, t, t, std::int32_t(0)}, attend, batch, head).status().message();
  };
  EXPECT_NE(errorOf(0, 1, 0).find("has no batch 1 and head 0: there are 1 and 1"),
            std::string::npos);
  EXPECT_NE(errorOf(0, 0, 2).find("has no batch 0 and head 2"), std::string::npos);
  EXPECT_NE(errorOf(1, 0, 0).find("has no attend number 1: there are 1"), std::string::npos);
  Result<ReferenceMask> empty = spec.visibility({none, none, none, std::int32_t(0)}, 0, 0, 0);
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->visible.empty());
}

TEST(ReferenceTest, VisibilityOfALaterAttendNeedsNoValuesOfTheFirst) {
  ReferenceSpec spec = parse(R"mlir(
    !t = tensor<?x?x?x8xf16>
    func.func @f(%q: !t) -> !t {
      %o, %lse = attn.attend %q, %q, %q : !t, !t, !t
      %o2, %lse2 = attn.attend %o, %q, %q where(%b, %h, %i, %j) {
        %keep = attn.causal %i, %j
        attn.yield %keep : i1
      } : !t, !t, !t
      return %o2 : !t
    })mlir");
  TensorRef t = TensorRef::contiguous(0, DType::F16, {1, 1, 2, 8});
  Result<ReferenceMask> mask = spec.visibility({t}, 1, 0, 0);
  ASSERT_TRUE(mask) << mask.status().message();
  EXPECT_EQ(mask->visible, (std::vector<std::uint8_t>{1, 0, 1, 1}));
}

TEST(ReferenceTest, ErrorsSayWhereAndWhat) {
  Result<ReferenceSpec> broken = ReferenceSpec::parse("func.func @f( {", "broken.mlir");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.status().kind(), StatusKind::Syntax);
  EXPECT_EQ(broken.status().message().rfind("broken.mlir:1:", 0), 0u) << broken.status().message();

  ReferenceSpec spec = parse(causal);
  Result<ReferenceRun> run = spec.run({std::int32_t(1)});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.status().message(), "@causal takes 4 arguments, but 1 are given");
  std::vector<std::uint16_t> zeros(16);
  TensorRef t = f16(zeros, {1, 1, 2, 8});
  EXPECT_EQ(spec.run({t, t, t, 1.0f}).status().message(),
            "argument 3 of @causal is i32, but f32 is given");
  EXPECT_EQ(spec.run({t, std::int32_t(3), t, std::int32_t(0)}).status().message(),
            "argument 1 of @causal is tensor<?x?x?x8xf16>, but i32 is given");
}
