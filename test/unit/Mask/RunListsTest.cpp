#include "lib/Mask/RunLists.h"

#include <gtest/gtest.h>

using namespace lacuna;
using namespace lacuna::mask;

/// Two heads of three rows.
static RunLists sample() {
  RunListBuilder builder(1, 2, 3, 10);
  builder.append(2, 0, 3, false);
  builder.append(0, 1, 1, true);
  builder.append(2, 3, 2, false); // extends the run before
  builder.append(2, 5, 1, true);
  builder.setHead(0, 1);
  builder.append(1, 7, 2, false);
  builder.append(1, 9, 1, true);
  return builder.finish();
}

TEST(RunLists, NeighboursOfOneClassAreOneRun) {
  RunLists lists = sample();
  ASSERT_EQ(lists.row(0, 0, 2).size(), 2u);
  EXPECT_EQ(lists.row(0, 0, 2)[0], Run::of(0, 5, false));
  EXPECT_EQ(lists.row(0, 0, 2)[1], Run::of(5, 1, true));
  EXPECT_EQ(lists.row(0, 0, 1).size(), 0u);
  EXPECT_EQ(lists.row(0, 1, 1)[0].lengthAndClass, 4);
  EXPECT_EQ(lists.row(0, 1, 1)[1].lengthAndClass, 3);
  EXPECT_EQ(lists.tiles(0, 0, 2), 6);
  EXPECT_EQ(lists.longest(), 2);
  EXPECT_EQ(lists.runCount(), 5u);
}

TEST(RunLists, LongestRowsComeFirst) {
  EXPECT_EQ(sample().longestFirst(), (std::vector<std::int32_t>{2, 0, 1, 4, 5, 3}));
}

TEST(RunLists, BecomeTheArrayThatKernelsRead) {
  EXPECT_EQ(sample().capacity(), 2);
  EXPECT_EQ(sample().toArray(), (std::vector<std::int32_t>{1, 3, 0, 0, 0, 0, 0, 0, 0, 10, 5, 3, //
                                                           0, 0, 0, 0, 7, 4, 9, 3, 0, 0,  0, 0}));
}

TEST(RunLists, HaveRoomForOneRunWhereNothingIsVisited) {
  RunLists lists = RunListBuilder(1, 1, 2, 10).finish();
  EXPECT_EQ(lists.capacity(), 1);
  EXPECT_EQ(lists.toArray(), std::vector<std::int32_t>(4));
}
