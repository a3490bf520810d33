#include "lib/Runtime/NvrtcLog.h"

#include <gtest/gtest.h>

using namespace lacuna;

TEST(NvrtcLogTest, ReadsResourcesOfEachKernel) {
  NvrtcLog log = parseNvrtcLog(R"(ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'plan' for 'sm_80'
ptxas info    : Function properties for plan
ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 32 registers, used 0 barriers, 420 bytes cmem[0]
ptxas info    : Compile time = 4.219 ms
ptxas info    : Compiling entry function 'attend' for 'sm_80'
ptxas info    : Function properties for attend
ptxas         .     664 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 136 registers, used 1 barriers, 664 bytes cumulative stack size, 80 bytes smem, 420 bytes cmem[0]
ptxas info    : Function properties for helper
ptxas         .     16 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
)");
  ASSERT_EQ(log.functions.size(), 3u);
  EXPECT_EQ(log.functions[0], (FunctionFacts{"plan", true, 32, 0, 0, 0, 0, 0}));
  EXPECT_EQ(log.functions[1], (FunctionFacts{"attend", true, 136, 1, 80, 664, 8, 12}));
  EXPECT_EQ(log.functions[2], (FunctionFacts{"helper", false, 0, 0, 0, 16, 0, 0}));
  EXPECT_TRUE(log.advisories.empty());
}

TEST(NvrtcLogTest, KeepsEveryAdvisory) {
  NvrtcLog log = parseNvrtcLog(
      "ptxas info    : (C7504) Potential Performance Loss: 'setmaxnreg' ignored to maintain "
      "compatibility across compilation units.\n"
      "ptxas info    : (C7520) Potential Performance Loss: wgmma.mma_async instructions are "
      "serialized in the function 'k'");
  ASSERT_EQ(log.advisories.size(), 2u);
  EXPECT_EQ(log.advisories[0].substr(0, 42), "(C7504) Potential Performance Loss: 'setma");
  EXPECT_EQ(log.advisories[1].substr(0, 7), "(C7520)");
}

TEST(NvrtcLogTest, OtherTextSaysNothing) {
  NvrtcLog log = parseNvrtcLog("k.cu(1): warning: variable \"x\" was declared but never used\n\n"
                               "  16 bytes stack frame of registers\n");
  EXPECT_TRUE(log.functions.empty());
  EXPECT_TRUE(log.advisories.empty());
}
