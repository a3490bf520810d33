//===- InstructionsBulk.cpp - TMA, bulk copies, mbarrier, wgmma ------------===//
#include "lib/Support/HalfBits.h"
#include "test/unit/Emulator/KernelRunner.h"

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// What all kernels here begin with.
const char *prelude = R"(
typedef unsigned u32; typedef unsigned long long u64; typedef unsigned short u16;
struct alignas(64) Map { u64 words[16]; };
__device__ u32 address(const void *p) { return (u32)__cvta_generic_to_shared(p); }
__device__ void init(u32 bar, u32 count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(count) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
__device__ void expect(u32 bar, u32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(bar), "r"(bytes) : "memory");
}
__device__ void wait(u32 bar, u32 parity) {
  asm volatile("{ .reg .pred p; AGAIN: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;"
               " @p bra DONE; bra AGAIN; DONE: }" ::"r"(bar), "r"(parity) : "memory");
}
__device__ void load2(u32 to, const Map *map, int x, int y, u32 bar) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
               " [%0], [%1, {%3, %4}], [%2];" ::"r"(to), "l"(map), "r"(bar), "r"(x), "r"(y) : "memory");
}
__device__ void store2(const Map *map, u32 from, int x, int y) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];"
               ::"l"(map), "r"(from), "r"(x), "r"(y) : "memory");
}
__device__ void finish() {
  asm volatile("cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;" ::: "memory");
}
)";

TensorMap map2(KernelRunner &runner, DeviceAddress base, std::uint64_t width, std::uint64_t height,
               std::uint32_t boxWidth, std::uint32_t boxHeight, Swizzle swizzle) {
  TensorMapSpec spec;
  spec.base = base;
  spec.rank = 2;
  spec.dims = {width, height};
  spec.strides = {width * 2};
  spec.box = {boxWidth, boxHeight};
  spec.swizzle = swizzle;
  return runner.tensorMap(spec);
}

/// Runs "k" with 128 threads in every mode; each must be free of reports.
template <class Prepare, class Check>
void inEveryMode(const std::string &body, std::uint32_t sharedBytes, Prepare prepare, Check check) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(prelude + body, "k");
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    Arguments arguments = prepare(runner);
    runner.runClean(image, {{1}, {128}, sharedBytes}, arguments);
    check(runner);
  }
}

/// Where 16-byte chunk `chunk` of row `row` lies in a box whose rows are as
/// wide as the swizzle.
int swizzledChunk(Swizzle swizzle, int row, int chunk) {
  switch (swizzle) {
  case Swizzle::None:
    return chunk;
  case Swizzle::Bytes32:
    return chunk ^ (row / 4 % 2);
  case Swizzle::Bytes64:
    return chunk ^ (row / 2 % 4);
  case Swizzle::Bytes128:
    return chunk ^ (row % 8);
  }
  return chunk;
}

} // namespace

TEST(InstructionsBulk, TensorLoadsSwizzleAndFillOutside) {
  const char *body = R"(
extern "C" __global__ void k(const __grid_constant__ Map map, u16 *out, int x, int y, int elements) {
  extern __shared__ __align__(1024) u16 tile[];
  __shared__ __align__(8) u64 bar;
  if (threadIdx.x == 0) { init(address(&bar), 1); }
  __syncthreads();
  if (threadIdx.x == 0) { expect(address(&bar), elements * 2); load2(address(tile), &map, x, y, address(&bar)); }
  wait(address(&bar), 0);
  for (int i = threadIdx.x; i < elements; i += blockDim.x) out[i] = tile[i];
})";
  const int width = 40, height = 20, boxHeight = 16;
  std::vector<std::uint16_t> tensor(width * height);
  for (std::size_t i = 0; i < tensor.size(); ++i)
    tensor[i] = static_cast<std::uint16_t>(i + 1);
  for (Swizzle swizzle : {Swizzle::None, Swizzle::Bytes32, Swizzle::Bytes64, Swizzle::Bytes128})
    for (auto [x, y] : {std::pair(0, 0), std::pair(-3, -5), std::pair(30, 11)}) {
      const int boxWidth = 8 << static_cast<int>(swizzle), elements = boxWidth * boxHeight;
      DeviceAddress out = 0;
      inEveryMode(
          body, elements * 2,
          [&, x = x, y = y](KernelRunner &runner) {
            out = runner.allocate(elements * sizeof(std::uint16_t));
            return Arguments(
                map2(runner, runner.put(tensor), width, height, boxWidth, boxHeight, swizzle), out,
                x, y, elements);
          },
          [&, x = x, y = y](KernelRunner &runner) {
            auto got = runner.get<std::uint16_t>(out, elements);
            for (int r = 0; r < boxHeight; ++r)
              for (int c = 0; c < boxWidth; ++c) {
                bool inside = x + c >= 0 && x + c < width && y + r >= 0 && y + r < height;
                int place = r * boxWidth + swizzledChunk(swizzle, r, c / 8) * 8 + c % 8;
                EXPECT_EQ(got[place], inside ? tensor[(y + r) * width + x + c] : 0)
                    << "row " << r << " column " << c;
              }
          });
    }
}

TEST(InstructionsBulk, TensorStoresClip) {
  const char *body = R"(
extern "C" __global__ void k(const __grid_constant__ Map map, int x, int y) {
  __shared__ __align__(1024) u16 tile[16 * 16];
  for (int i = threadIdx.x; i < 256; i += blockDim.x) tile[i] = 1000 + i;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  if (threadIdx.x == 0) { store2(&map, address(tile), x, y); finish(); }
})";
  const int width = 24, height = 20;
  for (auto [x, y] : {std::pair(4, 2), std::pair(-3, -5), std::pair(16, 10)}) {
    DeviceAddress tensor = 0;
    inEveryMode(
        body, 0,
        [&, x = x, y = y](KernelRunner &runner) {
          tensor = runner.put(std::vector<std::uint16_t>(width * height, 7));
          return Arguments(map2(runner, tensor, width, height, 16, 16, Swizzle::None), x, y);
        },
        [&, x = x, y = y](KernelRunner &runner) {
          auto got = runner.get<std::uint16_t>(tensor, width * height);
          for (int r = 0; r < height; ++r)
            for (int c = 0; c < width; ++c) {
              bool inside = c >= x && c < x + 16 && r >= y && r < y + 16;
              EXPECT_EQ(got[r * width + c], inside ? 1000 + (r - y) * 16 + c - x : 7);
            }
        });
  }
}

TEST(InstructionsBulk, RangesAndReductions) {
  const char *body = R"(
extern "C" __global__ void k(float *out, float *sum, const float *in) {
  __shared__ __align__(128) float tile[64];
  __shared__ __align__(8) u64 bar;
  if (threadIdx.x == 0) {
    init(address(&bar), 1);
    expect(address(&bar), 256);
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], 256, [%2];"
                 ::"r"(address(tile)), "l"(in), "r"(address(&bar)) : "memory");
  }
  __syncthreads();
  wait(address(&bar), 0);
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint [%0], [%1], 256, 0x12f0000000000000;" ::"l"(out), "r"(address(tile)) : "memory");
    asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%0], [%1], 256;" ::"l"(sum), "r"(address(tile)) : "memory");
    asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.L2::cache_hint.add.f32 [%0], [%1], 256, 0x12f0000000000000;" ::"l"(sum), "r"(address(tile)) : "memory");
    finish();
  }
})";
  std::vector<float> values(64);
  for (int i = 0; i < 64; ++i)
    values[i] = 0.5f * i;
  DeviceAddress out = 0, sum = 0;
  inEveryMode(
      body, 0,
      [&](KernelRunner &runner) {
        out = runner.allocate(64 * sizeof(float));
        sum = runner.put(std::vector<float>(64, 3));
        return Arguments(out, sum, runner.put(values));
      },
      [&](KernelRunner &runner) {
        auto copied = runner.get<float>(out, 64), added = runner.get<float>(sum, 64);
        for (int i = 0; i < 64; ++i) {
          EXPECT_EQ(copied[i], values[i]);
          EXPECT_EQ(added[i], 2 * values[i] + 3);
        }
      });
}

TEST(InstructionsBulk, MbarriersCountArrivals) {
  // Threads hand values to each other; then half of them arrive for two.
  const char *body = R"(
extern "C" __global__ void k(int *out) {
  __shared__ __align__(8) u64 bar, other;
  __shared__ int values[128];
  if (threadIdx.x == 0) { init(address(&bar), 128); init(address(&other), 128); }
  __syncthreads();
  u64 state;
  values[threadIdx.x] = threadIdx.x * 3;
  asm volatile("mbarrier.arrive.shared::cta.b64 %0, [%1];" : "=l"(state) : "r"(address(&bar)) : "memory");
  u32 done = 0;
  while (!done)
    asm volatile("{ .reg .pred p; mbarrier.test_wait.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
                 : "=r"(done) : "r"(address(&bar)), "l"(state) : "memory");
  int x = values[127 - threadIdx.x];
  if (threadIdx.x < 64)
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0], 2;" ::"r"(address(&other)) : "memory");
  else
    __nanosleep(1);
  wait(address(&other), 0);
  out[threadIdx.x] = x;
})";
  DeviceAddress out = 0;
  inEveryMode(
      body, 0,
      [&](KernelRunner &runner) {
        out = runner.allocate(128 * sizeof(int));
        return Arguments(out);
      },
      [&](KernelRunner &runner) {
        auto got = runner.get<int>(out, 128);
        for (int i = 0; i < 128; ++i)
          EXPECT_EQ(got[i], (127 - i) * 3);
      });
}

namespace {

/// d = a * b for a[64][depth] and b[32][depth] (or b[depth][32] when
/// transposed), in bf16 or f16, loaded by TMA.
void checkProduct(const char *type, Swizzle swizzle, bool transposed) {
  const int span = 16 << static_cast<int>(swizzle), depth = transposed ? 16 : span / 2;
  const bool bf16 = std::string(type) == "bf16";
  // One row of 8 groups is span bytes; 8 rows of them repeat.
  std::string body = R"(
__device__ u64 desc(u32 at) {
  return (u64)((at & 0x3ffff) >> 4) | (u64)1 << 16 | (u64)(8 * SPAN / 16) << 32 | (u64)CODE << 62;
}
extern "C" __global__ void k(const __grid_constant__ Map a, const __grid_constant__ Map b, float *out) {
  extern __shared__ __align__(1024) unsigned char tiles[];
  __shared__ __align__(8) u64 bar;
  u32 left = address(tiles), right = left + 8192;
  if (threadIdx.x == 0) init(address(&bar), 1);
  __syncthreads();
  if (threadIdx.x == 0) {
    expect(address(&bar), 64 * ASPAN + BBYTES);
    load2(left, &a, 0, 0, address(&bar));
    load2(right, &b, 0, 0, address(&bar));
  }
  wait(address(&bar), 0);
  float d[16];
  for (int i = 0; i < 16; ++i) d[i] = 0;
  for (int step = 0; step < DEPTH / 16; ++step) {
    asm volatile("{ .reg .pred p; setp.ne.s32 p, %18, 0; wgmma.fence.sync.aligned;\n"
      "wgmma.mma_async.sync.aligned.m64n32k16.f32.TYPE.TYPE {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15},"
      " %16, %17, p, 1, 1, 0, TRANS;\n"
      "wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0; }"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
        "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15])
      : "l"(desc(left + 32 * step)), "l"(desc(right + 32 * step)), "r"(step));
  }
  int w = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  for (int j = 0; j < 4; ++j)
    for (int i = 0; i < 2; ++i)
      for (int c = 0; c < 2; ++c)
        out[(16 * w + 8 * i + g) * 32 + 8 * j + 2 * t + c] = d[4 * j + 2 * i + c];
})";
  const int code[] = {0, 3, 2, 1};
  // A keeps rows of `span` bytes; a transposed B has 16 rows of 64 bytes.
  body = replaced(body, "ASPAN", std::to_string(span));
  body = replaced(body, "SPAN", std::to_string(span));
  body = replaced(body, "CODE", std::to_string(code[static_cast<int>(swizzle)]));
  body = replaced(body, "BBYTES", std::to_string(transposed ? 16 * 64 : 32 * span));
  body = replaced(body, "DEPTH", std::to_string(depth));
  body = replaced(body, "TYPE", type);
  body = replaced(body, "TRANS", transposed ? "1" : "0");
  auto encode = [&](float x) { return bf16 ? bf16FromFloat(x) : f16FromFloat(x); };
  const int width = span / 2;
  std::vector<float> a(64 * width), b(32 * 64);
  std::vector<std::uint16_t> aBits, bBits;
  for (std::size_t i = 0; i < a.size(); ++i)
    aBits.push_back(encode(a[i] = static_cast<float>(int(i * 7 % 23) - 11)));
  for (std::size_t i = 0; i < b.size(); ++i)
    bBits.push_back(encode(b[i] = static_cast<float>(int(i * 5 % 19) - 9)));
  const int bWidth = transposed ? 32 : width, bHeight = transposed ? 16 : 32;
  DeviceAddress out = 0;
  inEveryMode(
      body, 16384,
      [&](KernelRunner &runner) {
        out = runner.allocate(64 * 32 * sizeof(float));
        return Arguments(map2(runner, runner.put(aBits), width, 64, width, 64, swizzle),
                         map2(runner, runner.put(bBits), bWidth, bHeight, bWidth, bHeight, swizzle),
                         out);
      },
      [&](KernelRunner &runner) {
        auto got = runner.get<float>(out, 64 * 32);
        for (int m = 0; m < 64; ++m)
          for (int n = 0; n < 32; ++n) {
            float expected = 0;
            for (int k = 0; k < depth; ++k)
              expected += a[m * width + k] * (transposed ? b[k * 32 + n] : b[n * width + k]);
            ASSERT_EQ(got[m * 32 + n], expected) << type << " row " << m << " column " << n;
          }
      });
}

} // namespace

TEST(InstructionsBulk, WarpgroupProducts) {
  for (const char *type : {"bf16", "f16"})
    for (Swizzle swizzle : {Swizzle::Bytes32, Swizzle::Bytes64, Swizzle::Bytes128})
      checkProduct(type, swizzle, false);
  checkProduct("bf16", Swizzle::Bytes64, true);
  checkProduct("f16", Swizzle::Bytes64, true);
}
