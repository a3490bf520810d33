#include "lib/Emulator/PtxTypes.h"
#include "test/unit/Emulator/KernelRunner.h"

#include <functional>

using namespace lacuna;
using namespace lacuna::emulator;

/// Runs a kernel k(const int *in, int *out) over 2 blocks of `threads` in
/// several modes and compares out with the model of each thread.
static void checkThreads(const std::string &source, u32 threads,
                         const std::function<s32(u32 id, s32 in)> &model) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(source, "k");
  std::vector<s32> in;
  Numbers numbers(threads);
  for (u32 id = 0; id < 2 * threads; ++id)
    in.push_back(static_cast<s32>(numbers.below(100)));
  for (const EmulatorOptions &options : everyMode()) {
    if (options.mode != AsyncMode::Eager)
      continue;
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress input = runner.put(in), output = runner.allocate(2 * threads * 4);
    runner.runClean(image, {{2}, {threads}}, Arguments(input, output));
    std::vector<s32> out = runner.get<s32>(output, 2 * threads);
    for (u32 id = 0; id < 2 * threads; ++id)
      ASSERT_EQ(out[id], model(id, in[id])) << "thread " << id << " in " << in[id];
  }
}

TEST(InstructionsControl, NestedBranches) {
  checkThreads(
      R"(
extern "C" __global__ void k(const int *in, int *out) {
  int id = blockIdx.x * blockDim.x + threadIdx.x, x = in[id], r = 0;
  if (x & 1) { if (x & 2) { if (x > 50) r = 1; else r = 2; } else r = 3; r += 10; }
  else { if (x < 20) r = 4; else if (x < 40) r = 5; else r = 6; r *= 7; }
  // Everyone is back together here.
  out[id] = r + (__ballot_sync(~0u, true) == ~0u ? 1000 : 0);
})",
      64, [](u32, s32 x) {
        s32 r = x & 1 ? (x & 2 ? (x > 50 ? 1 : 2) : 3) + 10 : x < 20 ? 28 : x < 40 ? 35 : 42;
        return r + 1000;
      });
}

TEST(InstructionsControl, LoopsWithDifferentTripCounts) {
  checkThreads(R"(
extern "C" __global__ void k(const int *in, int *out) {
  int id = blockIdx.x * blockDim.x + threadIdx.x, x = in[id], r = 0;
  for (int i = 0; i < x; ++i) {
    if (i % 7 == 3) continue;
    for (int j = i; j < x; j += 5) { r += j ^ i; if (r > 4000) break; }
    if (r > 5000) break;
  }
  while (r > 100 && r % 3) r -= 7;
  out[id] = r;
})",
               96, [](u32, s32 x) {
                 s32 r = 0;
                 for (s32 i = 0; i < x; ++i) {
                   if (i % 7 == 3)
                     continue;
                   for (s32 j = i; j < x; j += 5) {
                     r += j ^ i;
                     if (r > 4000)
                       break;
                   }
                   if (r > 5000)
                     break;
                 }
                 while (r > 100 && r % 3)
                   r -= 7;
                 return r;
               });
}

TEST(InstructionsControl, EarlyExit) {
  // Threads that have left no longer count for barriers of the whole block.
  checkThreads(R"(
extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[96];
  int id = blockIdx.x * blockDim.x + threadIdx.x, x = in[id];
  if (threadIdx.x >= 64) { out[id] = -1; return; }
  s[threadIdx.x] = x;
  __syncthreads();
  int y = s[63 - threadIdx.x];
  if (x % 5 == 0) { out[id] = y * 2; return; }
  for (int i = 0; i < x; ++i) if (i * i > x) { out[id] = y + i; return; }
  out[id] = y - 1;
})",
               96, [](u32 id, s32 x) {
                 if (id % 96 >= 64)
                   return -1;
                 Numbers numbers(96);
                 std::vector<s32> in;
                 for (u32 i = 0; i < 192; ++i)
                   in.push_back(static_cast<s32>(numbers.below(100)));
                 s32 y = in[id / 96 * 96 + 63 - id % 96];
                 if (x % 5 == 0)
                   return y * 2;
                 for (s32 i = 0; i < x; ++i)
                   if (i * i > x)
                     return y + i;
                 return y - 1;
               });
}

TEST(InstructionsControl, SwitchTables) {
  checkThreads(R"(
extern "C" __global__ void k(const int *in, int *out) {
  int id = blockIdx.x * blockDim.x + threadIdx.x, x = in[id], r;
  switch (x % 9) {
  case 0: r = x * 3; break;
  case 1: r = x + 17; break;
  case 2: r = x ^ 21; break;
  case 3: r = x - 5; // falls through
  case 4: r = x * x; break;
  case 5: r = -x; break;
  case 6: { r = 0; for (int i = 0; i < x; ++i) r += i * i; break; }
  case 7: r = x << 3; break;
  default: r = 99;
  }
  out[id] = r;
})",
               64, [](u32, s32 x) -> s32 {
                 switch (x % 9) {
                 case 0:
                   return x * 3;
                 case 1:
                   return x + 17;
                 case 2:
                   return x ^ 21;
                 case 3:
                 case 4:
                   return x * x;
                 case 5:
                   return -x;
                 case 6: {
                   s32 r = 0;
                   for (s32 i = 0; i < x; ++i)
                     r += i * i;
                   return r;
                 }
                 case 7:
                   return x << 3;
                 default:
                   return 99;
                 }
               });
}

TEST(InstructionsControl, DeviceFunctions) {
  checkThreads(R"(
struct Pair { int low, high; };
__device__ __noinline__ int collatz(int x) { int n = 0; while (x > 1) { x = x & 1 ? 3 * x + 1 : x / 2; ++n; } return n; }
__device__ __noinline__ Pair order(int a, int b) { Pair p; p.low = min(a, b); p.high = max(a, b); return p; }
__device__ __noinline__ void bump(int *where, long long by) { *where += (int)by; }
__device__ __noinline__ double half(float x) { if (x > 50) return x / 4; return x / 2; }
extern "C" __global__ void k(const int *in, int *out) {
  int id = blockIdx.x * blockDim.x + threadIdx.x, x = in[id], r = collatz(x + 1);
  Pair p = order(r, x);
  if (x % 3) { bump(&p.low, x); p = order(p.low, collatz(r)); } else bump(&p.high, -x);
  out[id] = p.low * 1000 + p.high + (int)half((float)x);
})",
               64, [](u32, s32 x) {
                 auto collatz = [](s32 v) {
                   s32 n = 0;
                   for (; v > 1; ++n)
                     v = v & 1 ? 3 * v + 1 : v / 2;
                   return n;
                 };
                 s32 r = collatz(x + 1), low = std::min(r, x), high = std::max(r, x);
                 if (x % 3) {
                   low += x;
                   s32 other = collatz(r);
                   high = std::max(low, other);
                   low = std::min(low, other);
                 } else
                   high -= x;
                 return low * 1000 + high + static_cast<s32>(x > 50 ? x / 4. : x / 2.);
               });
}

TEST(InstructionsControl, LocalArrays) {
  checkThreads(R"(
extern "C" __global__ void k(const int *in, int *out) {
  int id = blockIdx.x * blockDim.x + threadIdx.x, x = in[id];
  int heap[16];
  for (int i = 0; i < 16; ++i) heap[i] = (x * 7 + i * 13) % 32;
  for (int i = 1; i < 16; ++i) { int v = heap[i], j = i; while (j > 0 && heap[j - 1] > v) { heap[j] = heap[j - 1]; --j; } heap[j] = v; }
  out[id] = heap[x % 16] * 100 + heap[15];
})",
               64, [](u32, s32 x) {
                 std::vector<s32> heap;
                 for (s32 i = 0; i < 16; ++i)
                   heap.push_back((x * 7 + i * 13) % 32);
                 std::sort(heap.begin(), heap.end());
                 return heap[x % 16] * 100 + heap[15];
               });
}

TEST(InstructionsControl, SpecialRegistersInThreeDimensions) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(R"(
extern "C" __global__ void k(int *out) {
  int t = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  int b = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  int n = blockDim.x * blockDim.y * blockDim.z, lane, warp, warps, lt, ge, dynamic;
  asm("mov.u32 %0, %%laneid;" : "=r"(lane)); asm("mov.u32 %0, %%warpid;" : "=r"(warp));
  asm("mov.u32 %0, %%nwarpid;" : "=r"(warps)); asm("mov.u32 %0, %%lanemask_lt;" : "=r"(lt));
  asm("mov.u32 %0, %%lanemask_ge;" : "=r"(ge)); asm("mov.u32 %0, %%dynamic_smem_size;" : "=r"(dynamic));
  out[b * n + t] = lane == t % 32 && lt == (1u << lane) - 1 && ge == ~lt && dynamic == 512 && gridDim.z == 2 ? t + 1000 * b : -1;
})",
                                    "k");
  KernelRunner runner;
  DeviceAddress output = runner.allocate(3 * 2 * 2 * 90 * 4);
  runner.runClean(image, {{3, 2, 2}, {5, 3, 6}, 512}, Arguments(output));
  std::vector<s32> out = runner.get<s32>(output, 12 * 90);
  for (s32 i = 0; i < 12 * 90; ++i)
    ASSERT_EQ(out[i], i % 90 + 1000 * (i / 90));
}

TEST(InstructionsControl, Barriers) {
  if (skipWithoutNvrtc())
    return;
  // Producers arrive at barrier 1 and go on; consumers wait there. Barrier 2
  // is among the consumers alone.
  KernelImage image = compileKernel(R"(
extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[64], r[64]; int t = threadIdx.x;
  if (t < 64) { s[t] = in[t]; asm volatile("bar.arrive 1, 128;" ::: "memory"); }
  else {
    asm volatile("bar.sync 1, 128;" ::: "memory");
    r[t - 64] = s[127 - t]; asm volatile("bar.sync 2, 64;" ::: "memory");
    out[t - 64] = r[(t + 1) % 64];
  }
  int count = __syncthreads_count(in[t] > 40), any = __syncthreads_or(in[t] > 98), all = __syncthreads_and(in[t] >= 0);
  asm volatile("barrier.sync 3;" ::: "memory");
  if (t == 100) { out[64] = count; out[65] = any; out[66] = all; }
})",
                                    "k");
  std::vector<s32> in;
  Numbers numbers(8);
  s32 count = 0;
  for (int t = 0; t < 128; ++t) {
    in.push_back(static_cast<s32>(numbers.below(98)));
    count += in.back() > 40;
  }
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress input = runner.put(in), output = runner.allocate(67 * 4);
    runner.runClean(image, {{1}, {128}}, Arguments(input, output));
    std::vector<s32> out = runner.get<s32>(output, 67);
    for (s32 i = 0; i < 64; ++i)
      ASSERT_EQ(out[i], in[63 - (i + 1) % 64]);
    EXPECT_EQ(out[64], count);
    EXPECT_EQ(out[65], 0);
    EXPECT_EQ(out[66], 1);
  }
}

TEST(InstructionsControl, HintsAndFencesChangeNothing) {
  if (skipWithoutNvrtc())
    return;
  std::string fences = "membar.cta; membar.gl; membar.sys; ";
  for (const char *strength : {"", ".sc", ".acq_rel", ".acquire", ".release"})
    for (const char *scope : {".cta", ".cluster", ".gpu", ".sys"})
      fences += std::string("fence") + strength + scope + "; ";
  for (const char *space : {"", ".global", ".shared::cta", ".shared::cluster"})
    fences += std::string("fence.proxy.async") + space + "; ";
  KernelImage image = compileKernel(replaced(R"(
extern "C" __global__ void __launch_bounds__(128, 1) k(const int *in, int *out) {
  int t = threadIdx.x, shared, global, local;
  asm volatile("prefetch.L1 [%0]; prefetch.global.L1 [%0]; prefetch.global.L2 [%0]; prefetchu.L1 [%0];" :: "l"(in + t));
  asm volatile("prefetch.global.L2::evict_last [%0]; prefetch.global.L2::evict_normal [%0];" :: "l"(in + t));
  asm volatile("{ .local .b32 own; st.local.b32 [own], %0; prefetch.local.L1 [own]; prefetch.local.L2 [own]; }" :: "r"(t));
  asm volatile("FENCES" ::: "memory");
  asm volatile("nanosleep.u32 20; pmevent 3;");
  asm volatile("setmaxnreg.dec.sync.aligned.u32 128;");
  asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
  asm volatile("griddepcontrol.wait; griddepcontrol.launch_dependents;" ::: "memory");
  asm volatile("{ .reg .pred p; isspacep.shared p, %1; selp.u32 %0, 1, 0, p; }" : "=r"(shared) : "l"(in));
  asm volatile("{ .reg .pred p; isspacep.global p, %1; selp.u32 %0, 1, 0, p; }" : "=r"(global) : "l"(in));
  asm volatile("{ .reg .pred p; isspacep.local p, %1; selp.u32 %0, 1, 0, p; }" : "=r"(local) : "l"(in));
  out[t] = in[t] + (shared || !global || local ? 1000 : 0);
  if (t % 2) asm volatile("exit;");
  out[t] += 1;
  asm volatile("ret.uni;");
})",
                                             "FENCES", fences),
                                    "k");
  KernelRunner runner;
  DeviceAddress input = runner.put(std::vector<s32>(128)), output = runner.allocate(512);
  runner.runClean(image, {{1}, {128}}, Arguments(input, output));
  std::vector<s32> out = runner.get<s32>(output, 128);
  for (s32 t = 0; t < 128; ++t)
    ASSERT_EQ(out[t], t % 2 ? 0 : 1);
}

/// The name of a barrier, and what follows the operation.
struct BarrierName {
  std::string prefix, aligned;
};

TEST(InstructionsControl, EveryNameOfABarrier) {
  if (skipWithoutNvrtc())
    return;
  const BarrierName names[] = {{"bar", ""},         {"bar.cta", ""},
                               {"barrier", ""},     {"barrier", ".aligned"},
                               {"barrier.cta", ""}, {"barrier.cta", ".aligned"}};
  std::vector<s32> in;
  for (s32 i = 0; i < 64; ++i)
    in.push_back(i * 3);
  for (const BarrierName &name : names) {
    std::string source = R"(
extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[64]; int t = threadIdx.x, count, any, all;
  if (t < 64) { s[t] = in[t]; asm volatile("BAR.arriveALIGNED 1, 128;" ::: "memory"); }
  else { asm volatile("BAR.syncALIGNED 1, 128;" ::: "memory"); out[t] = s[t - 64]; }
  asm volatile("{ .reg .pred p; setp.gt.s32 p, %1, 10; BAR.red.popcALIGNED.u32 %0, 2, p; }" : "=r"(count) : "r"(t) : "memory");
  asm volatile("{ .reg .pred p, q; setp.gt.s32 p, %1, 127; BAR.red.orALIGNED.pred q, 2, p; selp.u32 %0, 1, 0, q; }" : "=r"(any) : "r"(t) : "memory");
  asm volatile("{ .reg .pred p, q; setp.ge.s32 p, %1, 0; BAR.red.andALIGNED.pred q, 2, p; selp.u32 %0, 1, 0, q; }" : "=r"(all) : "r"(t) : "memory");
  if (t < 64) out[t] = count * 100 + any * 10 + all;
})";
    source = replaced(replaced(source, "BAR", name.prefix), "ALIGNED", name.aligned);
    KernelImage image = compileKernel(source, "k");
    for (const EmulatorOptions &options : everyMode()) {
      SCOPED_TRACE(name.prefix + name.aligned + ", " + toString(options));
      KernelRunner runner(options);
      DeviceAddress input = runner.put(in), output = runner.allocate(512);
      runner.runClean(image, {{1}, {128}}, Arguments(input, output));
      std::vector<s32> out = runner.get<s32>(output, 128);
      for (s32 t = 0; t < 128; ++t)
        ASSERT_EQ(out[t], t < 64 ? 11701 : in[t - 64]);
    }
  }
}

TEST(InstructionsControl, TrapEndsTheLaunch) {
  if (skipWithoutNvrtc() || testsUseGpu()) // a GPU's context is lost with it
    return;
  KernelImage image = compileKernel("extern \"C\" __global__ void k(int *out) { out[0] = 1; asm "
                                    "volatile(\"trap;\"); out[0] = 2; }",
                                    "k");
  KernelRunner runner;
  DeviceAddress output = runner.allocate(4);
  Outcome outcome = runner.run(image, {{1}, {1}}, Arguments(output));
  ASSERT_EQ(outcome.reports.size(), 1u);
  EXPECT_EQ(outcome.reports[0].kind, ReportKind::Trap);
  EXPECT_EQ(runner.get<s32>(output, 1)[0], 1);
}
