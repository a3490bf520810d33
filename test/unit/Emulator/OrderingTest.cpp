//===- OrderingTest.cpp - Synchronisation through atomics and fences -------===//
#include "test/unit/Emulator/KernelRunner.h"

#include <iterator>
#include <set>
#include <utility>
#include <vector>

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

constexpr int blocks = 6, threads = 64;

/// Two buffers of zeros that lie within a page, the lower first: what is known
/// of the page of one (whether it can be undone, say) must not hold for both.
std::pair<DeviceAddress, DeviceAddress> neighbours(KernelRunner &runner) {
  std::set<DeviceAddress> buffers;
  for (;;) {
    auto added = buffers.insert(runner.put(std::vector<int>(blocks), "one of many")).first;
    if (added != buffers.begin() && *added - *std::prev(added) < 4096)
      return {*std::prev(added), *added};
  }
}

/// Runs "k(int *partial, int *count, int *out, const int *in)" on any number of
/// host threads; `result` gets out[0].
std::vector<Report> run(const KernelImage &image, int &result, std::uint64_t seed,
                        unsigned hostThreads) {
  EmulatorOptions options;
  options.seed = seed;
  options.threads = hostThreads;
  KernelRunner runner(options);
  std::vector<int> values(blocks * threads);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<int>(i * i % 97);
  auto [partial, count] = neighbours(runner);
  DeviceAddress out = runner.put(std::vector<int>{0, 0}, "out"), in = runner.put(values, "in");
  Outcome outcome = runner.run(image, {{blocks}, {threads}}, Arguments(partial, count, out, in));
  result = runner.get<int>(out, 1)[0];
  return outcome.reports;
}

int expectedSum() {
  int sum = 0;
  for (int i = 0; i < blocks * threads; ++i)
    sum += i * i % 97;
  return sum;
}

/// The last block to finish adds up what the others left.
const char *lastBlock = R"(
extern "C" __global__ void k(int *partial, int *count, int *out, const int *in) {
  __shared__ int sum, last;
  if (threadIdx.x == 0) sum = 0;
  __syncthreads();
  atomicAdd(&sum, in[blockIdx.x * blockDim.x + threadIdx.x]);
  __syncthreads();
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sum;
    /*fence*/
    last = atomicAdd(count, 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && threadIdx.x == 0) {
    int total = 0;
    for (int b = 0; b < gridDim.x; ++b) total += partial[b];
    out[0] = total;
  }
})";

/// All blocks wait for each other, twice, and each reads what another wrote.
const char *gridBarrier = R"(
__device__ void barrier(int *count, int target) {
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    atomicAdd(count, 1);
    while (atomicAdd(count, 0) < target) ;
    __threadfence();
  }
  __syncthreads();
}
extern "C" __global__ void k(int *partial, int *count, int *out, const int *in) {
  if (threadIdx.x == 0) {
    int sum = 0;
    for (int i = 0; i < blockDim.x; ++i) sum += in[blockIdx.x * blockDim.x + i];
    partial[blockIdx.x] = sum;
  }
  barrier(count, gridDim.x);
  int x = partial[(blockIdx.x + 1) % gridDim.x];
  /*second*/
  if (threadIdx.x == 0) { partial[blockIdx.x] = x; atomicAdd(out, x); }
})";

/// Warps take turns in a critical section on shared memory.
const char *spinLock = R"(
extern "C" __global__ void k(int *partial, int *count, int *out, const int *in) {
  __shared__ int lock, sum;
  if (threadIdx.x == 0) { lock = 0; sum = 0; }
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    while (atomicCAS(&lock, 0, 1) != 0) ;
    __threadfence_block();
    for (int i = 0; i < 32; ++i) sum += in[blockIdx.x * blockDim.x + threadIdx.x + i];
    /*fence*/
    atomicExch(&lock, 0);
  }
  __syncthreads();
  if (threadIdx.x == 0) atomicAdd(out, sum);
})";

void expectSilent(const std::string &source) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = compileKernel(source, "k");
  for (std::uint64_t seed : {0, 1, 2})
    for (unsigned hostThreads : {1u, 3u}) {
      int result = 0;
      for (const Report &report : run(image, result, seed, hostThreads))
        ADD_FAILURE() << "seed " << seed << ": " << report.line();
      EXPECT_EQ(result, expectedSum());
    }
}

void expectReported(const std::string &source, ReportKind kind) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = compileKernel(source, "k");
  for (std::uint64_t seed : {0, 1, 2}) {
    std::vector<std::string> lines[2];
    for (unsigned hostThreads : {1u, 3u}) {
      int result = 0;
      bool found = false;
      for (const Report &report : run(image, result, seed, hostThreads)) {
        found |= report.kind == kind;
        lines[hostThreads == 3].push_back(report.line());
      }
      EXPECT_TRUE(found) << "seed " << seed;
    }
    EXPECT_EQ(lines[0], lines[1]) << "the same report at any number of threads";
  }
}

} // namespace

TEST(Ordering, LastBlockReadsWhatOthersWrote) {
  expectSilent(replaced(lastBlock, "/*fence*/", "__threadfence();"));
}
TEST(Ordering, LastBlockNeedsTheFence) { expectReported(lastBlock, ReportKind::BlockConflict); }
TEST(Ordering, GridBarrierOrdersBlocks) {
  expectSilent(replaced(gridBarrier, "/*second*/", "barrier(count, 2 * gridDim.x);"));
}
TEST(Ordering, GridBarrierIsNeededBeforeOverwriting) {
  expectReported(gridBarrier, ReportKind::BlockConflict);
}
TEST(Ordering, SpinLockOrdersWarps) {
  expectSilent(replaced(spinLock, "/*fence*/", "__threadfence_block();"));
}
TEST(Ordering, SpinLockNeedsTheFence) { expectReported(spinLock, ReportKind::Race); }

TEST(Ordering, ReleaseAndAcquireNeedNoFence) {
  std::string source = replaced(
      replaced(lastBlock, "last = atomicAdd(count, 1) == gridDim.x - 1;",
               "int before; asm volatile(\"atom.acq_rel.gpu.global.add.s32 %0, [%1], 1;\""
               " : \"=r\"(before) : \"l\"(count) : \"memory\"); last = before == gridDim.x - 1;"),
      "/*fence*/", "");
  expectSilent(source);
}
