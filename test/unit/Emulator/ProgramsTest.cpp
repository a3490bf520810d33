//===- ProgramsTest.cpp - Whole small programs against the host ------------===//
#include "test/unit/Emulator/KernelRunner.h"

#include <cmath>
#include <numeric>

using namespace lacuna;
using namespace lacuna::emulator;

TEST(Programs, AccurateMathFunctions) {
  if (skipWithoutNvrtc())
    return;
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
  KernelRunner runner;
  DeviceAddress out = runner.allocate(12 * n * sizeof(float));
  runner.runClean(compileKernel(source, "k"), {{1}, {n}}, Arguments(out, runner.put(in), n));
  std::vector<float> got = runner.get<float>(out, 12 * n);
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
  if (skipWithoutNvrtc())
    return;
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
  KernelRunner runner;
  DeviceAddress out = runner.allocate(n * sizeof(long long));
  runner.runClean(compileKernel(source, "k"), {{1}, {n}}, Arguments(out, n));
  std::vector<long long> got = runner.get<long long>(out, n);
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
  if (skipWithoutNvrtc())
    return;
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
  KernelRunner runner;
  DeviceAddress out = runner.allocate(64 * sizeof(int));
  runner.runClean(compileKernel(source, "k"), {{1}, {64}}, Arguments(out));
  std::vector<int> got = runner.get<int>(out, 64);
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
  if (skipWithoutNvrtc())
    return;
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
  KernelRunner runner;
  DeviceAddress out = runner.allocate(32 * sizeof(int));
  runner.runClean(compileKernel(source, "k"), {{1}, {32}}, Arguments(out, runner.put(in)));
  std::vector<int> got = runner.get<int>(out, 32);
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(got[i], 2 * (i > 10 ? i ^ 5 : 1001));
}

TEST(Programs, AtomicsAreTheSameAtAnyNumberOfThreads) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
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
    KernelRunner runner(options);
    DeviceAddress sum = runner.put(std::vector<float>{0}), count = runner.put(std::vector<int>{0}),
                  order = runner.allocate(20 * sizeof(int));
    runner.runClean(compileKernel(source, "k"), {{20}, {64}},
                    Arguments(sum, count, order, runner.put(in)));
    sums.push_back(runner.get<float>(sum, 1)[0]);
    orders.push_back(runner.get<int>(order, 20));
    EXPECT_EQ(runner.get<int>(count, 1)[0], 64 * 20);
  }
  EXPECT_NEAR(sums[0], 7.73, 0.01);
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
  EXPECT_EQ(orders[0], orders[1]);
  EXPECT_EQ(orders[0], orders[2]);
}

TEST(Programs, SeveralLaunchesShareMemory) {
  if (skipWithoutNvrtc())
    return;
  const char *source = R"(
extern "C" __global__ void k(int *data) { data[threadIdx.x + 32 * blockIdx.x] = data[(threadIdx.x + 32 * blockIdx.x)] * 2 + 1; })";
  KernelRunner runner;
  DeviceAddress data = runner.put(std::vector<int>(64, 1));
  std::unique_ptr<LoadedKernel> kernel = runner.load(compileKernel(source, "k"));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(runner.device->launch(*kernel, {{2}, {32}}, Arguments(data).bytes, {}).message(), "");
  EXPECT_EQ(runner.get<int>(data, 64), std::vector<int>(64, 15));
}

TEST(Programs, BlocksWaitForEachOther) {
  if (skipWithoutNvrtc())
    return;
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
    KernelRunner runner(options);
    DeviceAddress flag = runner.put(std::vector<int>(8, 0)), out = runner.allocate(8 * sizeof(int));
    runner.runClean(compileKernel(source, "k"), {{8}, {32}}, Arguments(flag, out));
    EXPECT_EQ(runner.get<int>(out, 8), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  }
}

TEST(Programs, ClocksGrow) {
  if (skipWithoutNvrtc())
    return;
  const char *source = R"(
extern "C" __global__ void k(long long *out) {
  long long first = clock64(), sum = 0;
  for (int i = 0; i < 10; ++i) sum += clock();
  out[threadIdx.x] = clock64() - first;
  out[32 + threadIdx.x] = sum;
})";
  KernelRunner runner;
  DeviceAddress out = runner.allocate(64 * sizeof(long long));
  runner.runClean(compileKernel(source, "k"), {{1}, {32}}, Arguments(out));
  EXPECT_GE(runner.get<long long>(out, 64)[0], 10);
}

TEST(Programs, UnknownInstructionsAreNamed) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  const char *ptx = ".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry k()\n{\n"
                    "  .reg .b32 %r<3>;\n  frobnicate.b32 %r1, %r2;\n  ret;\n}\n";
  KernelRunner runner;
  Result<std::unique_ptr<LoadedKernel>> kernel = runner.device->load({"k", "", "", ptx, ""});
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.status().message(),
            "PTX line 7: `frobnicate.b32 %r1, %r2`: unknown instruction 'frobnicate.b32'");
  std::string form = ptx;
  form.replace(form.find("frobnicate.b32 %r1, %r2"), 23, "add.weird.s32 %r1, %r2, 1");
  kernel = runner.device->load({"k", "", "", form, ""});
  ASSERT_FALSE(kernel);
  EXPECT_NE(kernel.status().message().find("PTX line 7"), std::string::npos);
  EXPECT_NE(kernel.status().message().find("add.weird.s32"), std::string::npos);
}

TEST(Programs, BadLaunchesAreRefused) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  const char *source = "extern \"C\" __global__ void k(int *p, int n) { p[0] = n; }";
  KernelRunner runner;
  std::unique_ptr<LoadedKernel> kernel = runner.load(compileKernel(source, "k"));
  DeviceAddress p = runner.allocate(1 * sizeof(int));
  auto launch = [&](LaunchShape shape, const Arguments &arguments) {
    return runner.device->launch(*kernel, shape, arguments.bytes, {}).message();
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
