//===- HopperKernelTest.cpp - TMA, mbarrier, wgmma, warp specialisation -----===//
#include "lib/Emulator/Ptx/Mutate.h"
#include "test/unit/Emulator/Attention.h"

#include <algorithm>

using namespace lacuna;
using namespace lacuna::emulator;

static constexpr int block = 128;

TEST(HopperKernel, IsRightInEveryModeAndOrder) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = hopperKernel();
  AttentionProblem dense(256, 128, 2, block, false, 1.0), causal(640, 128, 1, block, true, 0.8);
  for (AsyncMode mode : {AsyncMode::Eager, AsyncMode::Lazy, AsyncMode::Random})
    for (std::uint64_t seed : {0, 1}) {
      EmulatorOptions options;
      options.mode = mode;
      options.seed = seed;
      KernelRunner runner(options);
      for (const AttentionProblem *problem : {&dense, &causal}) {
        AttentionRun run = runAttention(runner, *problem, image);
        EXPECT_EQ(run.message, "");
        AttentionError error = compareWithReference(*problem, run.output, run.lse);
        EXPECT_LT(error.output, 4e-3);
        EXPECT_LT(error.lse, 2e-5);
      }
    }
}

TEST(HopperKernel, SharedBytesAreThoseOfCopiesAndOperands) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = hopperKernel();
  auto bytesFor = [&](int keys) {
    AttentionProblem problem(keys, 128, 1, block, false, 1.0);
    problem.rowStart.resize(2); // one row of blocks
    problem.blockRows = 1;
    KernelRunner runner;
    EXPECT_EQ(runAttention(runner, problem, image).message, "");
    return double(runner.emulator->counters().sharedBytes);
  };
  // A block of keys and values comes in once, and both groups of 64 queries read all of
  // it and the queries themselves.
  constexpr double tile = 128 * 128 * 2, perBlock = 2 * tile + 2 * (2 * tile) + tile;
  const double counted = (bytesFor(768) - bytesFor(256)) / 4;
  EXPECT_GE(counted, perBlock);
  EXPECT_LE(counted, 1.03 * perBlock) << "looks at barriers are all there is besides";
}

/// What can go without harm, and why.
struct Redundant {
  std::uint32_t sourceLine;
  const char *instruction, *reason;
};
const Redundant redundant[] = {
    {206, "bar.sync",
     "before O overwrites Q: wgmma.wait_group 0 has completed the reads of all four warps"},
};

TEST(HopperKernel, SynchronisationThatCanGoIsKnown) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  // Six key blocks: three laps of the ring of two stages.
  AttentionProblem problem(768, 128, 1, block, false, 1.0);
  problem.rowStart.resize(2); // one row of blocks is enough
  problem.blockRows = 1;
  KernelImage image = hopperKernel();
  Result<std::vector<ptx::Mutant>> mutants = ptx::dropSynchronization(image.ptx, image.name);
  ASSERT_TRUE(mutants) << mutants.status().message();
  std::vector<EmulatorOptions> strategies(3);
  strategies[1].mode = AsyncMode::Lazy;
  strategies[2].mode = AsyncMode::Random;
  strategies[2].seed = 5;
  auto run = [&](const std::string &ptx, EmulatorOptions options) {
    options.instructionLimit = 2000000;
    KernelRunner runner(options);
    image.ptx = ptx;
    AttentionRun result = runAttention(runner, problem, image);
    return std::make_pair(result.message, result.output);
  };
  std::vector<std::uint16_t> expected = run(image.ptx, {}).second;
  for (const ptx::Mutant &mutant : *mutants) {
    bool caught = false;
    for (const EmulatorOptions &options : strategies) {
      auto [message, output] = run(mutant.ptx, options);
      caught |= !message.empty() || output != expected;
      if (caught)
        break;
    }
    bool known = std::any_of(std::begin(redundant), std::end(redundant), [&](const Redundant &r) {
      return r.sourceLine == mutant.sourceLine && mutant.removed.starts_with(r.instruction);
    });
    EXPECT_NE(caught, known) << "PTX line " << mutant.ptxLine << ", source line "
                             << mutant.sourceLine << ": " << mutant.removed;
  }
}
