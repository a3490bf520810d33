#include "lib/Support/TensorMap.h"

#include <gtest/gtest.h>

using namespace lacuna;

/// Boxes of 64 x 64 of a bf16 tensor of 64 x 128.
static TensorMapSpec boxes() {
  TensorMapSpec spec;
  spec.base = 4096;
  spec.rank = 2;
  spec.dims = {128, 64};
  spec.strides = {256};
  spec.box = {64, 64};
  spec.swizzle = Swizzle::Bytes128;
  return spec;
}

TEST(TensorMap, SaysWhatTheHardwareRefuses) {
  EXPECT_TRUE(validate(boxes()).isOk());
  auto refused = [](auto change, const std::string &message) {
    TensorMapSpec spec = boxes();
    change(spec);
    Status status = validate(spec);
    EXPECT_EQ(status.kind(), StatusKind::Driver);
    EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
    EXPECT_EQ(encodeForEmulator(spec).status().message(), status.message());
  };
  refused([](TensorMapSpec &spec) { spec.rank = 6; }, "rank 6 is not 1 to 5");
  refused([](TensorMapSpec &spec) { spec.base = 8; },
          "tensor map: the base address is not a multiple of 16");
  refused([](TensorMapSpec &spec) { spec.dims[1] = 0; }, "extent 0 of dimension 1");
  refused([](TensorMapSpec &spec) { spec.box[1] = 257; }, "box extent 257 of dimension 1");
  refused([](TensorMapSpec &spec) { spec.strides[0] = 250; }, "stride 250 of dimension 1");
  refused([](TensorMapSpec &spec) { spec.box[0] = 4; }, "8 bytes, not a multiple of 16");
  refused([](TensorMapSpec &spec) { spec.box[0] = 128; }, "the swizzle spans 128");
}

TEST(TensorMap, IsReadAsItWasWritten) {
  TensorMapSpec spec = boxes(), read;
  spec.element = TensorElement::F16;
  Result<TensorMap> map = encodeForEmulator(spec);
  ASSERT_TRUE(map) << map.status().message();
  ASSERT_TRUE(decodeForEmulator(map->bytes.data(), read));
  EXPECT_EQ(read.base, spec.base);
  EXPECT_EQ(read.rank, spec.rank);
  EXPECT_EQ(read.element, spec.element);
  EXPECT_EQ(read.swizzle, spec.swizzle);
  EXPECT_EQ(read.dims, spec.dims);
  EXPECT_EQ(read.strides, spec.strides);
  EXPECT_EQ(read.box, spec.box);
  map->bytes[3] ^= 1;
  EXPECT_FALSE(decodeForEmulator(map->bytes.data(), read));
}

TEST(TensorMap, ElementsHaveTheirSize) {
  EXPECT_EQ(elementBytes(TensorElement::U8), 1u);
  EXPECT_EQ(elementBytes(TensorElement::F16), 2u);
  EXPECT_EQ(elementBytes(TensorElement::Bf16), 2u);
  EXPECT_EQ(elementBytes(TensorElement::F32), 4u);
  EXPECT_EQ(elementBytes(TensorElement::U64), 8u);
}
