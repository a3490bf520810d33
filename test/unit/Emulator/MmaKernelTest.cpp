#include "test/unit/Emulator/Attention.h"

#include <chrono>
#include <cstdlib>
#include <ctime>

using namespace lacuna;
using namespace lacuna::emulator;

static void expectRight(KernelRunner &runner, const AttentionProblem &problem,
                        const KernelImage &image) {
  AttentionRun run = runAttention(runner, problem, image);
  EXPECT_EQ(run.message, "");
  AttentionError error = compareWithReference(problem, run.output, run.lse);
  EXPECT_LT(error.output, 4e-3);
  EXPECT_LT(error.lse, 2e-5);
}

TEST(MmaKernel, IsRightInEveryModeAndOrder) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage narrow = mmaKernel(64), wide = mmaKernel(128);
  AttentionProblem dense(192, 64, 2, 64, false, 1.0), causal(256, 128, 1, 64, true, 0.7);
  for (AsyncMode mode : {AsyncMode::Eager, AsyncMode::Lazy, AsyncMode::Random})
    for (std::uint64_t seed : {0, 1, 2}) {
      EmulatorOptions options;
      options.mode = mode;
      options.seed = seed;
      KernelRunner runner(options);
      expectRight(runner, dense, narrow);
      expectRight(runner, causal, wide);
    }
}

TEST(MmaKernel, CountsMatchTheWork) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  AttentionProblem problem(256, 64, 1, 64, true, 1.0);
  KernelRunner runner;
  AttentionRun run = runAttention(runner, problem, mmaKernel(64));
  EXPECT_EQ(run.message, "");
  // 10 tiles of 64x64, each 2 products of 64*64*64 multiply-adds, 2048 per mma.
  EXPECT_EQ(runner.emulator->counters().warps("mma"), 10u * 2 * 64 * 64 * 64 / 2048);
  EXPECT_EQ(runner.emulator->counters().lanes("mma"), 32u * 10 * 2 * 64 * 64 * 64 / 2048);
}

TEST(MmaKernel, SameBitsAtAnyNumberOfThreads) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = mmaKernel(64);
  AttentionProblem problem(256, 64, 2, 64, true, 0.7);
  std::vector<AttentionRun> runs;
  for (unsigned threads : {1u, 2u, 5u}) {
    EmulatorOptions options;
    options.mode = AsyncMode::Random;
    options.seed = 42;
    options.threads = threads;
    KernelRunner runner(options);
    runs.push_back(runAttention(runner, problem, image));
  }
  for (const AttentionRun &run : runs) {
    EXPECT_EQ(run.output, runs[0].output);
    EXPECT_EQ(run.message, runs[0].message);
  }
}

namespace {

/// How long the fastest of three runs took, and what it cost on all threads.
struct Duration {
  double wall = 1e9, processor = 1e9; ///< milliseconds

  /// False when the threads had to wait for processors that others used.
  bool undisturbed(unsigned threads) const { return processor > 0.95 * wall * threads; }
};

double processorMilliseconds() { return 1e3 * std::clock() / CLOCKS_PER_SEC; }

Duration timeOf(const AttentionProblem &problem, const KernelImage &image, unsigned threads) {
  EmulatorOptions options;
  options.threads = threads;
  KernelRunner runner(options);
  Duration best;
  for (int repeat = 0; repeat < 3; ++repeat) {
    auto start = std::chrono::steady_clock::now();
    double used = processorMilliseconds();
    EXPECT_EQ(runAttention(runner, problem, image).message, "");
    used = processorMilliseconds() - used;
    std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (took.count() < best.wall)
      best = {took.count(), used};
  }
  return best;
}

} // namespace

TEST(MmaKernel, IsFast) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  AttentionProblem problem(1024, 128, 1, 64, false, 1.0);
  Duration one = timeOf(problem, mmaKernel(128), 1);
  std::printf("1 head, 1024 x 1024 x 128, 1 thread: %.0f ms, %.0f ms of processor time\n", one.wall,
              one.processor);
  EXPECT_LT(one.processor, 300);
}

/// Whether other programs have been running for the last minute. Threads that
/// share a core's caches and memory with them are slower without waiting.
static bool machineIsBusy() {
  double load = 0;
  return getloadavg(&load, 1) != 1 || load > 1;
}

TEST(MmaKernel, UsesTwoThreads) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  if (machineIsBusy())
    GTEST_SKIP() << "other programs use the processors";
  AttentionProblem problem(1024, 128, 8, 64, false, 1.0);
  KernelImage image = mmaKernel(128);
  Duration one = timeOf(problem, image, 1), two = timeOf(problem, image, 2);
  double speedUp = one.wall / two.wall;
  std::printf("8 heads: %.0f ms, with 2 threads %.0f ms: %.2f times as fast\n", one.wall, two.wall,
              speedUp);
  if (!one.undisturbed(1) || !two.undisturbed(2))
    GTEST_SKIP() << "other programs use the processors";
  EXPECT_GE(speedUp, 1.7);
}
