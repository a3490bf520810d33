// Kernels that synchronise by hand and are right: no report, in any schedule;
// and runs that must be alike bit for bit.
#include "test/unit/Emulator/KernelRunner.h"

using namespace lacuna;
using namespace lacuna::emulator;

TEST(ChecksOrder, WarpsHandOverThroughAnAtomicFlag) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(R"(
extern "C" __global__ void k(int *out) {
  __shared__ int flag; int t = threadIdx.x;
  if (t == 0) flag = 0;
  __syncthreads();
  // Each warp waits for the one before it.
  if (t % 32 == 0) while (atomicAdd(&flag, 0) != t / 32) {}
  __syncwarp();
  if (t % 32 == 0) { out[t / 32] = t / 32; atomicAdd(&flag, 1); }
})",
                                    "k");
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress output = runner.allocate(16);
    runner.runClean(image, {{1}, {128}}, Arguments(output));
    EXPECT_EQ(runner.get<s32>(output, 4), (std::vector<s32>{0, 1, 2, 3}));
  }
}

TEST(ChecksOrder, BlocksWaitForEachOther) {
  if (skipWithoutNvrtc())
    return;
  // All blocks meet at a counter; then the last arrival's sum is seen by all.
  KernelImage image = compileKernel(R"(
extern "C" __global__ void k(int *counter, int *out) {
  if (threadIdx.x == 0) {
    atomicAdd(counter + 1, blockIdx.x + 1);
    __threadfence();
    atomicAdd(counter, 1);
    while (atomicAdd(counter, 0) < gridDim.x) {}
    out[blockIdx.x] = atomicAdd(counter + 1, 0);
  }
})",
                                    "k");
  for (const EmulatorOptions &options : everyMode()) {
    if (options.mode != AsyncMode::Eager)
      continue;
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress counter = runner.put(std::vector<s32>{0, 0}), output = runner.allocate(8 * 4);
    runner.runClean(image, {{8}, {32}}, Arguments(counter, output));
    EXPECT_EQ(runner.get<s32>(output, 8), std::vector<s32>(8, 36));
  }
}

namespace {

/// Results and reports of one run.
struct Trial {
  std::vector<u32> values;
  std::string reports;
  bool operator==(const Trial &) const = default;
};

} // namespace

TEST(ChecksOrder, ASeedGivesTheSameRunOnAnyNumberOfThreads) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  // Everything whose outcome depends on order: sums of floats, tickets, races.
  KernelImage image = compileKernel(R"(
extern "C" __global__ void k(float *sum, int *ticket, int *out) {
  __shared__ int s[64]; int t = threadIdx.x;
  s[t] = t + blockIdx.x;
  int stolen = s[63 - t];
  atomicAdd(sum, 1.0f / (1 + t + 64 * blockIdx.x));
  out[(blockIdx.x * 64 + t) * 2] = atomicAdd(ticket, 1);
  out[(blockIdx.x * 64 + t) * 2 + 1] = stolen;
})",
                                    "k");
  KernelImage racing = compileKernel(R"(
extern "C" __global__ void k(float *sum, int *ticket, int *out) {
  out[(threadIdx.x + 50 * blockIdx.x) % 1024] = blockIdx.x;
  sum[0] = blockIdx.x;
})",
                                     "k");
  for (const KernelImage &kernel : {image, racing})
    for (std::uint64_t seed : {0, 1, 7}) {
      std::vector<Trial> runs;
      for (unsigned threads : {1, 2, 2, 3}) {
        EmulatorOptions options;
        options.seed = seed;
        options.threads = threads;
        options.mode = AsyncMode::Random;
        KernelRunner runner(options);
        DeviceAddress sum = runner.put(std::vector<float>(1)),
                      ticket = runner.put(std::vector<s32>(1));
        DeviceAddress output = runner.put(std::vector<s32>(8 * 64 * 2));
        Outcome outcome = runner.run(kernel, {{8}, {64}}, Arguments(sum, ticket, output));
        EXPECT_FALSE(outcome.reports.empty());
        Trial run{runner.get<u32>(output, 8 * 64 * 2), toString(outcome.reports)};
        run.values.push_back(runner.get<u32>(sum, 1)[0]);
        runs.push_back(run);
      }
      for (const Trial &run : runs) {
        EXPECT_EQ(run.values, runs[0].values) << "seed " << seed;
        EXPECT_EQ(run.reports, runs[0].reports) << "seed " << seed;
      }
    }
}

TEST(ChecksOrder, SeedsDiffer) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = compileKernel("extern \"C\" __global__ void k(int *ticket, int *out) {\n"
                                    "  if (threadIdx.x % 32 == 0) out[blockIdx.x * 4 + threadIdx.x "
                                    "/ 32] = atomicAdd(ticket, 1);\n}",
                                    "k");
  std::vector<std::vector<s32>> orders;
  for (std::uint64_t seed : {1, 2}) {
    EmulatorOptions options;
    options.seed = seed;
    KernelRunner runner(options);
    DeviceAddress ticket = runner.put(std::vector<s32>(1)), output = runner.allocate(16 * 4 * 4);
    runner.runClean(image, {{16}, {128}}, Arguments(ticket, output));
    orders.push_back(runner.get<s32>(output, 64));
  }
  EXPECT_NE(orders[0], orders[1]);
}
