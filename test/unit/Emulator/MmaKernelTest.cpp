#include "test/unit/Emulator/Attention.h"

#include <chrono>

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

/// Milliseconds of the fastest of three runs.
static double milliseconds(const AttentionProblem &problem, unsigned threads) {
  EmulatorOptions options;
  options.threads = threads;
  Machine machine(options);
  std::string ptx = mmaKernelPtx(problem.headDim);
  double best = 1e9;
  for (int repeat = 0; repeat < 3; ++repeat) {
    auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(runMmaKernel(machine, problem, ptx).message, "");
    std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

TEST(MmaKernel, IsFast) {
  AttentionProblem one(1024, 128, 1, 64, false, 1.0), eight(1024, 128, 8, 64, false, 1.0);
  double single = milliseconds(one, 1), serial = milliseconds(eight, 1),
         parallel = milliseconds(eight, 2);
  RecordProperty("OneHeadMilliseconds", static_cast<int>(single));
  RecordProperty("TwoThreadsPercent", static_cast<int>(serial / parallel * 100));
  std::printf("1 head: %.0f ms; 8 heads: %.0f ms, with 2 threads %.0f ms (%.2fx)\n", single, serial,
              parallel, serial / parallel);
  // Other jobs may share the machine; what a quiet one reaches is in the README.
  EXPECT_LT(single, 600);
}
