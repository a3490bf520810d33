#include "test/unit/Emulator/KernelRunner.h"

using namespace lacuna;
using namespace lacuna::emulator;

/// PTX of a kernel of one warp with these instructions.
static KernelImage warpOf(const std::string &instructions) {
  return {"k", "sm_90a", "",
          ".version 9.0\n.target sm_90a\n.address_size 64\n.visible .entry k() {\n"
          ".reg .f32 %f<9>;\n.reg .b32 %r<9>;\n" +
              instructions + "ret;\n}\n",
          ""};
}

/// Instructions that count, without the one that ends the kernel.
static std::uint64_t normalised(const std::string &instructions) {
  KernelRunner runner;
  runner.runClean(warpOf(instructions), {{1}, {32}}, Arguments());
  return runner.emulator->counters().normalisedWarps() - 1;
}

TEST(Weights, MovesDoNotCount) {
  if (testsUseGpu())
    return;
  EXPECT_EQ(normalised("mov.f32 %f1, 0f3F800000; mov.f32 %f2, %f1; mov.u32 %r1, %tid.x;"), 0u);
  EXPECT_EQ(normalised("mov.u32 %r1, 1; shl.b32 %r2, %r1, 1;"), 1u);
}

TEST(Weights, AProductCountsWithItsSum) {
  if (testsUseGpu())
    return;
  const std::string values = "mov.f32 %f1, 0f3F800000; mov.f32 %f2, 0f40000000; mov.u32 %r1, 3;";
  EXPECT_EQ(normalised(values + "mul.f32 %f3, %f1, %f2; add.f32 %f4, %f3, %f1;"), 1u);
  EXPECT_EQ(normalised(values + "mul.lo.s32 %r2, %r1, %r1; sub.s32 %r3, %r1, %r2;"), 1u);
  EXPECT_EQ(normalised(values + "fma.rn.f32 %f3, %f1, %f2, %f1;"), 1u);
  // Used twice, or by something else, it is an instruction of its own.
  EXPECT_EQ(normalised(values + "mul.f32 %f3, %f1, %f2; add.f32 %f4, %f3, %f3;"), 2u);
  EXPECT_EQ(normalised(values + "mul.f32 %f3, %f1, %f2; add.f32 %f4, %f3, %f1; "
                                "max.f32 %f5, %f3, %f1;"),
            3u);
  EXPECT_EQ(normalised(values + "mul.f32 %f3, %f1, %f2; max.f32 %f4, %f3, %f1;"), 2u);
  // A sum takes one product with it.
  EXPECT_EQ(normalised(values + "mul.f32 %f3, %f1, %f2; mul.f32 %f4, %f2, %f2; "
                                "add.f32 %f5, %f3, %f4;"),
            2u);
}
