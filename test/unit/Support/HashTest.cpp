#include "lib/Support/Hash.h"

#include <gtest/gtest.h>

using namespace lacuna;

// Values of the xxHash project: stored entries must stay readable.
TEST(HashTest, IsXxh3With128Bits) {
  EXPECT_EQ(hashHex(""), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hashHex("lacuna"), hashHex(std::string("lacuna")));
  EXPECT_NE(hashHex("lacuna"), hashHex("lacunb"));
}
