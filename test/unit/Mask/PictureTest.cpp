#include "lib/Mask/Picture.h"

#include <gtest/gtest.h>

using namespace lacuna;

static bool causal(std::int64_t i, std::int64_t j) { return j <= i; }

TEST(Picture, DrawsEachElementWhenItFits) {
  EXPECT_EQ(drawMask({3, 4, causal}), "#...\n"
                                      "##..\n"
                                      "###.\n"
                                      "3 queries x 4 keys, 6 visible (50.0 %)\n");
}

TEST(Picture, TellsFullFromPartialCells) {
  EXPECT_EQ(drawMask({64, 64, causal}, 4, 4), "+...\n"
                                              "#+..\n"
                                              "##+.\n"
                                              "###+\n"
                                              "64 queries x 64 keys, 2080 visible (50.8 %)\n");
}

TEST(Picture, CutsUnevenExtents) {
  auto all = [](std::int64_t, std::int64_t) { return true; };
  EXPECT_EQ(drawMask({7, 5, all}, 3, 2), "##\n##\n##\n7 queries x 5 keys, 35 visible (100.0 %)\n");
}

TEST(Picture, EmptyMaskHasOnlyItsCount) {
  EXPECT_EQ(drawMask({0, 5, causal}), "0 queries x 5 keys, 0 visible (0.0 %)\n");
  EXPECT_EQ(drawMask({5, 0, causal}), "5 queries x 0 keys, 0 visible (0.0 %)\n");
}
