#include "test/unit/Emulator/Attention.h"

#include <chrono>
#include <cstdlib>
#include <ctime>

using namespace lacuna;
using namespace lacuna::test;

static void expectRight(Machine &machine, const AttentionProblem &problem) {
  AttentionRun run = runMmaKernel(machine, problem, mmaKernelPtx(problem.headDim));
  EXPECT_EQ(run.message, "");
  AttentionError error = compareWithReference(problem, run.output, run.lse);
  EXPECT_LT(error.output, 4e-3);
  EXPECT_LT(error.lse, 2e-5);
}

TEST(MmaKernel, IsRightInEveryModeAndOrder) {
  AttentionProblem dense(192, 64, 2, 64, false, 1.0), causal(256, 128, 1, 64, true, 0.7);
  for (AsyncMode mode : {AsyncMode::Eager, AsyncMode::Lazy, AsyncMode::Random})
    for (std::uint64_t seed : {0, 1, 2}) {
      EmulatorOptions options;
      options.mode = mode;
      options.seed = seed;
      Machine machine(options);
      expectRight(machine, dense);
      expectRight(machine, causal);
    }
}

TEST(MmaKernel, CountsMatchTheWork) {
  AttentionProblem problem(256, 64, 1, 64, true, 1.0);
  Machine machine;
  AttentionRun run = runMmaKernel(machine, problem, mmaKernelPtx(64));
  EXPECT_EQ(run.message, "");
  // 10 tiles of 64x64, each 2 products of 64*64*64 multiply-adds, 2048 per mma.
  EXPECT_EQ(machine.device->counters().warps("mma"), 10u * 2 * 64 * 64 * 64 / 2048);
  EXPECT_EQ(machine.device->counters().lanes("mma"), 32u * 10 * 2 * 64 * 64 * 64 / 2048);
}

TEST(MmaKernel, SameBitsAtAnyNumberOfThreads) {
  AttentionProblem problem(256, 64, 2, 64, true, 0.7);
  std::vector<AttentionRun> runs;
  for (unsigned threads : {1u, 2u, 5u}) {
    EmulatorOptions options;
    options.mode = AsyncMode::Random;
    options.seed = 42;
    options.threads = threads;
    Machine machine(options);
    runs.push_back(runMmaKernel(machine, problem, mmaKernelPtx(64)));
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

Duration timeOf(const AttentionProblem &problem, unsigned threads) {
  EmulatorOptions options;
  options.threads = threads;
  Machine machine(options);
  std::string ptx = mmaKernelPtx(problem.headDim);
  Duration best;
  for (int repeat = 0; repeat < 3; ++repeat) {
    auto start = std::chrono::steady_clock::now();
    double used = processorMilliseconds();
    EXPECT_EQ(runMmaKernel(machine, problem, ptx).message, "");
    used = processorMilliseconds() - used;
    std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (took.count() < best.wall)
      best = {took.count(), used};
  }
  return best;
}

} // namespace

TEST(MmaKernel, IsFast) {
  AttentionProblem problem(1024, 128, 1, 64, false, 1.0);
  Duration one = timeOf(problem, 1);
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
  if (machineIsBusy())
    GTEST_SKIP() << "other programs use the processors";
  AttentionProblem problem(1024, 128, 8, 64, false, 1.0);
  Duration one = timeOf(problem, 1), two = timeOf(problem, 2);
  double speedUp = one.wall / two.wall;
  std::printf("8 heads: %.0f ms, with 2 threads %.0f ms: %.2f times as fast\n", one.wall, two.wall,
              speedUp);
  if (!one.undisturbed(1) || !two.undisturbed(2))
    GTEST_SKIP() << "other programs use the processors";
  EXPECT_GE(speedUp, 1.7);
}
