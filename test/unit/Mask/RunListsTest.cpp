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
  EXPECT_EQ(sample().longestFirst(), (std::vector<std::int32_t>{2, 0, 1, 1, 0, 2}));
}

TEST(RunLists, WritesTheArraysThatKernelsRead) {
  std::vector<std::int32_t> runs(2 * 3 * 2 * 2, -1), counts(2 * 3 * 2, -1);
  ASSERT_TRUE(sample().write(2, runs.data(), counts.data()).isOk());
  EXPECT_EQ(counts, (std::vector<std::int32_t>{1, 1, 0, 0, 2, 6, 0, 0, 2, 3, 0, 0}));
  EXPECT_EQ(runs, (std::vector<std::int32_t>{1,  3,  -1, -1, -1, -1, -1, -1, 0,  10, 5,  3, //
                                             -1, -1, -1, -1, 7,  4,  9,  3,  -1, -1, -1, -1}));
  EXPECT_EQ(sample().write(1, runs.data(), counts.data()).message(),
            "a row of the plan has 2 runs, but lists hold 1; pin plan_capacity in #attn.schedule");
}

TEST(RunLists, CapacityIsBoundedByMemory) {
  EXPECT_EQ(listCapacity(100, 100), 100);     // 78 KiB
  EXPECT_EQ(listCapacity(1024, 2048), 2048);  // 16 MiB exactly
  EXPECT_EQ(listCapacity(2048, 2048), 1024);  // what 16 MiB hold
  EXPECT_EQ(listCapacity(1 << 20, 8192), 64); // never less than 64 ...
  EXPECT_EQ(listCapacity(1 << 20, 8), 8);     // ... where there are that many tiles
  EXPECT_EQ(listCapacity(0, 8), 8);
}
