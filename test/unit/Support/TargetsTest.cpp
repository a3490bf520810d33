#include "lib/Support/Targets.h"

#include <gtest/gtest.h>

using namespace lacuna;

TEST(Targets, FindsByExactName) {
  ASSERT_NE(findTarget("sm_90a"), nullptr);
  EXPECT_EQ(findTarget("sm_90a")->name, "sm_90a");
  EXPECT_EQ(findTarget("sm_90"), nullptr);
  EXPECT_EQ(findTarget(""), nullptr);
}

TEST(Targets, BlockFitsItsMultiprocessor) {
  for (const TargetInfo &target : allTargets())
    EXPECT_LE(target.sharedBytesPerBlock + target.sharedBytesReserved, target.sharedBytesPerSm)
        << target.name;
}

TEST(Targets, NamesAreListedOldestFirst) {
  EXPECT_EQ(targetNames(), "sm_80, sm_86, sm_89, sm_90a, sm_100, sm_120");
}
