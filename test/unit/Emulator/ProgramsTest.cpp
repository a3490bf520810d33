//===- ProgramsTest.cpp - Whole small programs against the host ------------===//
#include "test/unit/Emulator/Harness.h"

#include <cmath>
#include <numeric>

using namespace lacuna;
using namespace lacuna::test;

/// Runs "k" of a source that must be free of defects.
static void runClean(Machine &machine, const std::string &source, std::uint32_t blocks,
                     std::uint32_t threads, const Arguments &arguments,
                     std::uint32_t sharedBytes = 0) {
  LaunchShape shape;
  shape.grid.x = blocks;
  shape.block.x = threads;
  shape.sharedBytes = sharedBytes;
  EXPECT_EQ(runKernel(machine, source, shape, arguments), "");
}

TEST(Programs, AccurateMathFunctions) {
  const char *source = R"(
extern "C" __global__ void k(float *out, const float *in, int n) {
  int i = threadIdx.x;
  float x = in[i];
  out[i] = sinf(x);
  out[n + i] = expf(x);
  out[2 * n + i] = logf(x);
  out[3 * n + i] = powf(x, 2.5f);
  out[4 * n + i] = tanhf(x);
  out[5 * n + i] = erff(x);
  out[6 * n + i] = rsqrtf(x);
  out[7 * n + i] = x / in[0];
  out[8 * n + i] = cosf(x * 100000.0f);
  out[9 * n + i] = (float)fmod((double)x, 0.7);
  out[10 * n + i] = (float)exp((double)x);
  out[11 * n + i] = exp2f(x) + log2f(x) + log1pf(x) + expm1f(x);
})";
  const int n = 64;
  std::vector<float> in(n);
  for (int i = 0; i < n; ++i)
    in[i] = 0.1f + 0.13f * i;
  Machine machine;
  DeviceAddress out = machine.fresh<float>(12 * n);
  runClean(machine, source, 1, n, Arguments(out, machine.upload(in), n));
  std::vector<float> got = machine.download<float>(out, 12 * n);
  for (int i = 0; i < n; ++i) {
    double x = in[i];
    double expected[12] = {std::sin(x),
                           std::exp(x),
                           std::log(x),
                           std::pow(x, 2.5),
                           std::tanh(x),
                           std::erf(x),
                           1 / std::sqrt(x),
                           in[i] / in[0],
                           std::cos(double(in[i] * 100000.0f)),
                           std::fmod(x, 0.7),
                           std::exp(x),
                           std::exp2(x) + std::log2(x) + std::log1p(x) + std::expm1(x)};
    for (int f = 0; f < 12; ++f)
      EXPECT_NEAR(got[f * n + i], expected[f], 4e-6 * std::max(1.0, std::fabs(expected[f])))
          << "function " << f << " of " << x;
  }
}

TEST(Programs, CallsLocalArraysConstantsAndSwitches) {
  const char *source = R"(
__constant__ int table[4] = {10, 20, 30, 40};
__device__ int base = 7;
__device__ __noinline__ int collatz(int x) {
  int steps = 0;
  while (x != 1) { x = x & 1 ? 3 * x + 1 : x / 2; ++steps; }
  return steps;
}
__device__ __noinline__ void both(int x, int *a, long long *b) { *a = collatz(x) + 1; *b = (long long)x * x * x; }
extern "C" __global__ void k(long long *out, int n) {
  int i = threadIdx.x, a;
  long long b;
  int history[16];
  for (int j = 0; j < 16; ++j) history[j] = (i * j) % 11;
  both(i + 1, &a, &b);
  long long result = a + b + history[(i * 7) % 16] + table[i % 4] + base;
  switch (i % 7) {
  case 0: result += 100; break;
  case 1: result *= 3; break;
  case 2: result ^= 0xff; break;
  case 3: result -= i; break;
  case 5: result <<= 2; break;
  default: break;
  }
  out[i] = result;
})";
  const int n = 96;
  Machine machine;
  DeviceAddress out = machine.fresh<long long>(n);
  runClean(machine, source, 1, n, Arguments(out, n));
  std::vector<long long> got = machine.download<long long>(out, n);
  const int table[4] = {10, 20, 30, 40};
  for (int i = 0; i < n; ++i) {
    int steps = 0;
    for (int x = i + 1; x != 1; ++steps)
      x = x & 1 ? 3 * x + 1 : x / 2;
    long long result = steps + 1 + (long long)(i + 1) * (i + 1) * (i + 1) +
                       (i * ((i * 7) % 16)) % 11 + table[i % 4] + 7;
    switch (i % 7) {
    case 0:
      result += 100;
      break;
    case 1:
      result *= 3;
      break;
    case 2:
      result ^= 0xff;
      break;
    case 3:
      result -= i;
      break;
    case 5:
      result <<= 2;
      break;
    }
    EXPECT_EQ(got[i], result) << i;
  }
}

TEST(Programs, DivergentLoopsReconverge) {
  const char *source = R"(
extern "C" __global__ void k(int *out) {
  int i = threadIdx.x, sum = 0;
  for (int j = 0; j < i; ++j) {
    if ((i ^ j) & 1) { if (j % 3 == 0) continue; sum += j; }
    else if (j > 20) break;
    sum += __popc(j);
  }
  sum += __shfl_xor_sync(~0u, sum, 5);
  out[i] = sum;
})";
  Machine machine;
  DeviceAddress out = machine.fresh<int>(64);
  runClean(machine, source, 1, 64, Arguments(out));
  std::vector<int> got = machine.download<int>(out, 64);
  int sums[64];
  for (int i = 0; i < 64; ++i) {
    sums[i] = 0;
    for (int j = 0; j < i; ++j) {
      if ((i ^ j) & 1) {
        if (j % 3 == 0)
          continue;
        sums[i] += j;
      } else if (j > 20) {
        break;
      }
      sums[i] += __builtin_popcount(j);
    }
  }
  for (int i = 0; i < 64; ++i)
    EXPECT_EQ(got[i], sums[i] + sums[i ^ 5]);
}

TEST(Programs, NestedAssemblyScopes) {
  const char *source = R"(
extern "C" __global__ void k(int *out, const int *in) {
  int x = in[threadIdx.x], y;
  asm volatile("{ .reg .b32 b0, b1; .reg .pred p; mov.b32 b0, %1; setp.gt.s32 p, b0, 10;\n"
               "@p bra BIG; { .reg .b32 b0; mov.b32 b0, 1000; add.s32 b1, b0, 1; } bra END;\n"
               "BIG: xor.b32 b1, b0, 5;\nEND: mov.b32 %0, b1; }" : "=r"(y) : "r"(x));
  asm volatile("{ .reg .b32 b<3>; mov.b32 b0, %0; mov.b32 b1, b0; add.s32 b2, b0, b1; mov.b32 %0, b2; }" : "+r"(y));
  out[threadIdx.x] = y;
})";
  std::vector<int> in(32);
  std::iota(in.begin(), in.end(), 0);
  Machine machine;
  DeviceAddress out = machine.fresh<int>(32);
  runClean(machine, source, 1, 32, Arguments(out, machine.upload(in)));
  std::vector<int> got = machine.download<int>(out, 32);
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(got[i], 2 * (i > 10 ? i ^ 5 : 1001));
}

TEST(Programs, AtomicsAreTheSameAtAnyNumberOfThreads) {
  const char *source = R"(
__device__ float last;
extern "C" __global__ void k(float *sum, int *count, int *order, const float *in) {
  __shared__ int local;
  if (threadIdx.x == 0) local = 0;
  __syncthreads();
  atomicAdd(&local, 1);
  atomicAdd(sum, in[blockIdx.x * blockDim.x + threadIdx.x]);
  __syncthreads();
  if (threadIdx.x == 0) order[atomicAdd(count, local) / 64] = blockIdx.x;
})";
  std::vector<float> in(64 * 20);
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = 1.0f / (i + 1);
  std::vector<float> sums;
  std::vector<std::vector<int>> orders;
  for (unsigned threads : {1u, 2u, 3u}) {
    EmulatorOptions options;
    options.threads = threads;
    options.seed = 11;
    Machine machine(options);
    DeviceAddress sum = machine.upload(std::vector<float>{0}),
                  count = machine.upload(std::vector<int>{0}), order = machine.fresh<int>(20);
    runClean(machine, source, 20, 64, Arguments(sum, count, order, machine.upload(in)));
    sums.push_back(machine.download<float>(sum, 1)[0]);
    orders.push_back(machine.download<int>(order, 20));
    EXPECT_EQ(machine.download<int>(count, 1)[0], 64 * 20);
  }
  EXPECT_NEAR(sums[0], 7.73, 0.01);
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
  EXPECT_EQ(orders[0], orders[1]);
  EXPECT_EQ(orders[0], orders[2]);
}

TEST(Programs, SeveralLaunchesShareMemory) {
  const char *source = R"(
extern "C" __global__ void k(int *data) { data[threadIdx.x + 32 * blockIdx.x] = data[(threadIdx.x + 32 * blockIdx.x)] * 2 + 1; })";
  Machine machine;
  DeviceAddress data = machine.upload(std::vector<int>(64, 1));
  std::unique_ptr<LoadedKernel> kernel = machine.load(compilePtx(source), "k");
  LaunchShape shape;
  shape.grid.x = 2;
  shape.block.x = 32;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(machine.device->launch(*kernel, shape, Arguments(data).view(), {}).message(), "");
  EXPECT_EQ(machine.download<int>(data, 64), std::vector<int>(64, 15));
}

TEST(Programs, BlocksWaitForEachOther) {
  // Every block but the last spins until its right neighbour has been.
  const char *source = R"(
extern "C" __global__ void k(int *flag, int *out) {
  if (threadIdx.x == 0) {
    int next = blockIdx.x + 1;
    if (next < gridDim.x)
      while (atomicAdd(flag + next, 0) == 0) ;
    out[blockIdx.x] = next;
    atomicExch(flag + blockIdx.x, 1);
  }
})";
  for (std::uint64_t seed : {0, 5}) {
    EmulatorOptions options;
    options.seed = seed;
    Machine machine(options);
    DeviceAddress flag = machine.upload(std::vector<int>(8, 0)), out = machine.fresh<int>(8);
    runClean(machine, source, 8, 32, Arguments(flag, out));
    EXPECT_EQ(machine.download<int>(out, 8), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  }
}

TEST(Programs, ClocksGrow) {
  const char *source = R"(
extern "C" __global__ void k(long long *out) {
  long long first = clock64(), sum = 0;
  for (int i = 0; i < 10; ++i) sum += clock();
  out[threadIdx.x] = clock64() - first;
  out[32 + threadIdx.x] = sum;
})";
  Machine machine;
  DeviceAddress out = machine.fresh<long long>(64);
  runClean(machine, source, 1, 32, Arguments(out));
  EXPECT_GE(machine.download<long long>(out, 64)[0], 10);
}

TEST(Programs, UnknownInstructionsAreNamed) {
  const char *ptx = ".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry k()\n{\n"
                    "  .reg .b32 %r<3>;\n  frobnicate.b32 %r1, %r2;\n  ret;\n}\n";
  Machine machine;
  Result<std::unique_ptr<LoadedKernel>> kernel = machine.device->load({"k", "", "", ptx, ""});
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.status().message(),
            "PTX line 7: `frobnicate.b32 %r1, %r2`: unknown instruction 'frobnicate.b32'");
  std::string form = ptx;
  form.replace(form.find("frobnicate.b32 %r1, %r2"), 23, "add.weird.s32 %r1, %r2, 1");
  kernel = machine.device->load({"k", "", "", form, ""});
  ASSERT_FALSE(kernel);
  EXPECT_NE(kernel.status().message().find("PTX line 7"), std::string::npos);
  EXPECT_NE(kernel.status().message().find("add.weird.s32"), std::string::npos);
}

TEST(Programs, BadLaunchesAreRefused) {
  const char *source = "extern \"C\" __global__ void k(int *p, int n) { p[0] = n; }";
  Machine machine;
  std::unique_ptr<LoadedKernel> kernel = machine.load(compilePtx(source), "k");
  DeviceAddress p = machine.fresh<int>(1);
  auto launch = [&](LaunchShape shape, const Arguments &arguments) {
    return machine.device->launch(*kernel, shape, arguments.view(), {}).message();
  };
  LaunchShape tooLarge, tooMuchShared;
  tooLarge.block.x = 2048;
  tooMuchShared.sharedBytes = 300 * 1024;
  EXPECT_NE(launch(tooLarge, Arguments(p, 1)).find("2048 threads per block"), std::string::npos);
  EXPECT_NE(launch(tooMuchShared, Arguments(p, 1)).find("bytes of shared memory"),
            std::string::npos);
  EXPECT_NE(launch({}, Arguments(p)).find("8 bytes of arguments"), std::string::npos);
  EXPECT_EQ(launch({}, Arguments(p, 1)), "");
}
