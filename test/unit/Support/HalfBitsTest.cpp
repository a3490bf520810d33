#include "lib/Support/HalfBits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace lacuna;

TEST(HalfBitsTest, EveryF16SurvivesTheRoundTrip) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = floatFromF16(bits);
    if (std::isnan(value))
      EXPECT_EQ(f16FromFloat(value), 0x7fff);
    else
      EXPECT_EQ(f16FromFloat(value), bits);
  }
}

TEST(HalfBitsTest, EveryBf16SurvivesTheRoundTrip) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = floatFromBf16(bits);
    if (std::isnan(value))
      EXPECT_EQ(bf16FromFloat(value), 0x7fff);
    else
      EXPECT_EQ(bf16FromFloat(value), bits);
  }
}

/// Between two neighbours the nearer one wins, and the even one in the middle.
template <class ToFloat, class FromFloat>
static void checkRounding(ToFloat toFloat, FromFloat fromFloat, std::uint16_t largestFinite) {
  for (std::uint16_t bits = 0; bits < largestFinite; ++bits) {
    float low = toFloat(bits), high = toFloat(bits + 1);
    float middle = float((double(low) + double(high)) / 2);
    std::uint16_t even = bits % 2 == 0 ? bits : bits + 1;
    EXPECT_EQ(fromFloat(middle), even) << bits;
    EXPECT_EQ(fromFloat(std::nextafter(middle, low)), bits) << bits;
    EXPECT_EQ(fromFloat(std::nextafter(middle, high)), bits + 1) << bits;
    EXPECT_EQ(fromFloat(-std::nextafter(middle, high)), 0x8000 | (bits + 1)) << bits;
  }
}

TEST(HalfBitsTest, F16RoundsToNearestEven) { checkRounding(floatFromF16, f16FromFloat, 0x7bff); }
TEST(HalfBitsTest, Bf16RoundsToNearestEven) { checkRounding(floatFromBf16, bf16FromFloat, 0x7f7f); }

TEST(HalfBitsTest, TooLargeBecomesInfinity) {
  EXPECT_EQ(f16FromFloat(65504.0f), 0x7bff);
  EXPECT_EQ(f16FromFloat(65519.99f), 0x7bff);
  EXPECT_EQ(f16FromFloat(65520.0f), 0x7c00);
  EXPECT_EQ(f16FromFloat(-1e30f), 0xfc00);
  EXPECT_EQ(bf16FromFloat(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(bf16FromFloat(-std::numeric_limits<float>::infinity()), 0xff80);
}
