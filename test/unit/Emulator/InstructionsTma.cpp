#include "lib/Emulator/PtxTypes.h"
#include "test/unit/Emulator/KernelRunner.h"

#include <functional>

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// A tile that is loaded at one place of a tensor and stored at another.
struct TileCase {
  TensorElement element;
  Swizzle swizzle;
  std::vector<u64> dims;
  std::vector<u32> box;
  std::vector<s32> from, to; ///< coordinates
  bool adds = false;         ///< the store adds, in f32
};

/// Bytes of a row of the tensor, rounded up to what a stride must be.
u64 pitch(const TileCase &c) { return (c.dims[0] * elementBytes(c.element) + 15) / 16 * 16; }

/// Calls visit(offset in the tile, offset in the tensor or -1 outside) for every
/// element of the tile at `at`, dimension 0 fastest.
void forEachElement(const TileCase &c, const std::vector<s32> &at,
                    const std::function<void(u32, s64)> &visit) {
  u32 count = 1;
  for (u32 extent : c.box)
    count *= extent;
  for (u32 element = 0; element < count; ++element) {
    u32 rest = element;
    s64 offset = 0;
    s64 stride = elementBytes(c.element);
    bool inside = true;
    for (std::size_t d = 0; d < c.box.size(); ++d) {
      s64 index = at[d] + static_cast<s64>(rest % c.box[d]);
      rest /= c.box[d];
      inside &= index >= 0 && index < static_cast<s64>(c.dims[d]);
      offset += index * stride;
      stride = d == 0 ? static_cast<s64>(pitch(c)) : stride * static_cast<s64>(c.dims[d]);
    }
    visit(element * elementBytes(c.element), inside ? offset : -1);
  }
}

/// Where a byte of the tile lies in shared memory: within rows of 128 bytes,
/// 16-byte pieces change places by the row's number.
u32 inShared(u32 byte, Swizzle swizzle) {
  u32 pieces = u32(1) << static_cast<int>(swizzle);
  return byte ^ (byte / 128 % pieces * 16);
}

/// A kernel for tiles of a rank; `spelledOut`: with every modifier that may be
/// left out, and for the memory of the block instead of the cluster.
std::string tileKernel(int rank, bool adds = false, bool spelledOut = false) {
  std::string r = std::to_string(rank), from, to;
  for (int d = 0; d < rank; ++d) {
    from += (d ? ", %" : "%") + std::to_string(3 + d);
    to += (d ? ", %" : "%") + std::to_string(2 + d);
  }
  auto coordinates = [&](const char *name) {
    std::string text;
    for (int d = 0; d < rank; ++d)
      text += std::string(", \"r\"(") + name + ".x[" + std::to_string(d) + "])";
    return text;
  };
  const std::string mode = spelledOut ? ".tile" : "", hint = spelledOut ? ".L2::cache_hint" : "",
                    policy = spelledOut ? ", 0x12f0000000000000" : "",
                    target = spelledOut ? "d.shared::cta" : "d.shared::cluster",
                    storing = adds ? "cp.reduce.async.bulk.tensor." : "cp.async.bulk.tensor.";
  return "struct alignas(64) Map { unsigned long long words[16]; }; struct At { int x[5]; };\n"
         "__constant__ Map unused;\n"
         "extern \"C\" __global__ void k(const __grid_constant__ Map in, const __grid_constant__ "
         "Map out,\n"
         "    uint4 *image, At from, At to, unsigned bytes) {\n"
         "  extern __shared__ __align__(1024) uint4 tile[]; __shared__ __align__(8) unsigned long "
         "long bar;\n"
         "  unsigned b = (unsigned)__cvta_generic_to_shared(&bar), s = "
         "(unsigned)__cvta_generic_to_shared(tile);\n"
         "  if (threadIdx.x == 0) {\n"
         "    asm volatile(\"mbarrier.init.shared::cta.b64 [%0], 1; "
         "fence.mbarrier_init.release.cluster;\" :: \"r\"(b) : \"memory\");\n"
         "    asm volatile(\"mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\" :: \"r\"(b), "
         "\"r\"(bytes) : \"memory\");\n"
         "    asm volatile(\"prefetch.tensormap [%0]; prefetch.param.tensormap [k_param_1];\" :: "
         "\"l\"(&in));\n"
         "    asm volatile(\"{ .reg .b64 a; cvta.to.const.u64 a, %0; prefetch.const.tensormap [a]; "
         "}\" :: \"l\"(&unused));\n"
         "    asm volatile(\"cp.async.bulk.prefetch.tensor." +
         r + "d.L2.global" + hint + " [%1, {" + from + "}]" + policy +
         "; cp.async.bulk.prefetch.tensor." + r + "d.L2.global.tile" + hint + " [%1, {" + from +
         "}]" + policy + ";\" :: \"r\"(s), \"l\"(&in), \"r\"(b)" + coordinates("from") +
         " : \"memory\");\n"
         "    asm volatile(\"cp.async.bulk.tensor." +
         r + target + ".global" + mode + ".mbarrier::complete_tx::bytes" + hint + " [%0], [%1, {" +
         from + "}], [%2]" + policy + ";\" :: \"r\"(s), \"l\"(&in), \"r\"(b)" +
         coordinates("from") +
         " : \"memory\");\n"
         "  }\n  __syncthreads();\n"
         "  asm volatile(\"{ .reg .pred p; WAIT: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], "
         "0; @!p bra WAIT; }\" :: \"r\"(b) : \"memory\");\n"
         "  for (unsigned i = threadIdx.x; i < bytes / 16; i += blockDim.x) image[i] = tile[i];\n"
         "  if (threadIdx.x == 0) {\n"
         "    asm volatile(\"" +
         storing + r + "d.global.shared::cta" + (adds ? ".add" : "") + mode + ".bulk_group" + hint +
         " [%0, {" + to + "}], [%1]" + policy + ";\" :: \"l\"(&out), \"r\"(s)" + coordinates("to") +
         " : \"memory\");\n"
         "    asm volatile(\"cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;\" ::: "
         "\"memory\");\n  }\n}\n";
}

/// Five coordinates as the kernel takes them.
struct At {
  s32 x[5] = {};
};
At atOf(const std::vector<s32> &coordinates) {
  At at;
  std::copy(coordinates.begin(), coordinates.end(), at.x);
  return at;
}

void checkTile(const TileCase &c, const KernelImage &image) {
  u64 size = pitch(c);
  for (std::size_t d = 1; d < c.dims.size(); ++d)
    size *= c.dims[d];
  std::vector<u8> in(size), before(size);
  for (u64 i = 0; i < size; ++i) {
    // Bytes that make small numbers of f32, too: their exponents are near 1.
    in[i] = static_cast<u8>(i % 4 == 3 ? 0x3f : 1 + i * 7 % 255);
    before[i] = static_cast<u8>(i % 4 == 3 ? 0x40 : i % 3);
  }
  u32 bytes = elementBytes(c.element);
  for (u32 extent : c.box)
    bytes *= extent;
  std::vector<u8> wantImage(bytes), wantOut = before;
  forEachElement(c, c.from, [&](u32 tile, s64 tensor) {
    for (u32 byte = 0; byte < elementBytes(c.element); ++byte)
      wantImage[inShared(tile + byte, c.swizzle)] = tensor < 0 ? 0 : in[tensor + byte];
  });
  forEachElement(c, c.to, [&](u32 tile, s64 tensor) {
    if (tensor < 0)
      return;
    for (u32 byte = 0; byte < elementBytes(c.element); ++byte)
      wantOut[tensor + byte] = wantImage[inShared(tile + byte, c.swizzle)];
    if (c.adds) {
      f32 sum, old;
      std::memcpy(&sum, &wantOut[tensor], sizeof sum);
      std::memcpy(&old, &before[tensor], sizeof old);
      sum += old;
      std::memcpy(&wantOut[tensor], &sum, sizeof sum);
    }
  });
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress source = runner.put(in), target = runner.put(before);
    DeviceAddress pieces = runner.allocate(bytes);
    auto mapOf = [&](DeviceAddress address) {
      TensorMapSpec spec;
      spec.base = address;
      spec.rank = static_cast<u32>(c.dims.size());
      spec.element = c.element;
      u64 stride = pitch(c);
      for (std::size_t d = 0; d < c.dims.size(); ++d) {
        spec.dims[d] = c.dims[d];
        spec.box[d] = c.box[d];
        if (d > 0) {
          spec.strides[d - 1] = stride;
          stride *= c.dims[d];
        }
      }
      spec.swizzle = c.swizzle;
      return runner.tensorMap(spec);
    };
    runner.runClean(
        image, {{1}, {32}, bytes},
        Arguments(mapOf(source), mapOf(target), pieces, atOf(c.from), atOf(c.to), bytes));
    EXPECT_EQ(runner.get<u8>(pieces, bytes), wantImage);
    EXPECT_EQ(runner.get<u8>(target, size), wantOut);
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace

TEST(InstructionsTma, TilesOfEveryRank) {
  if (skipWithoutNvrtc())
    return;
  const std::vector<TileCase> cases = {
      {TensorElement::F32, Swizzle::None, {37}, {16}, {8}, {30}},
      {TensorElement::Bf16, Swizzle::Bytes128, {128, 50}, {64, 24}, {64, 30}, {0, -3}},
      {TensorElement::U8, Swizzle::None, {70, 20, 3}, {32, 4, 2}, {50, -1, 2}, {-5, 18, 1}},
      {TensorElement::U64,
       Swizzle::Bytes32,
       {9, 5, 4, 3},
       {4, 3, 2, 2},
       {7, 1, 3, -1},
       {0, 4, 0, 1}},
      {TensorElement::Bf16,
       Swizzle::Bytes64,
       {40, 6, 3, 2, 4},
       {32, 3, 2, 1, 2},
       {20, 4, 1, 1, 3},
       {-8, 0, 2, 0, 0}},
  };
  for (const TileCase &c : cases) {
    SCOPED_TRACE("rank " + std::to_string(c.dims.size()));
    for (bool spelledOut : {false, true})
      checkTile(c, compileKernel(tileKernel(int(c.dims.size()), false, spelledOut), "k"));
  }
}

TEST(InstructionsTma, SumsOfEveryRank) {
  if (skipWithoutNvrtc())
    return;
  const std::vector<TileCase> cases = {
      {TensorElement::F32, Swizzle::None, {37}, {16}, {8}, {30}, true},
      {TensorElement::F32, Swizzle::Bytes128, {40, 20}, {32, 8}, {16, 15}, {-4, 3}, true},
      {TensorElement::F32, Swizzle::None, {24, 6, 4}, {8, 2, 2}, {4, 1, 2}, {20, 5, -1}, true},
      {TensorElement::F32,
       Swizzle::Bytes32,
       {12, 5, 4, 3},
       {8, 3, 2, 2},
       {6, 1, 3, -1},
       {0, 4, 0, 1},
       true},
      {TensorElement::F32,
       Swizzle::Bytes64,
       {20, 4, 3, 2, 3},
       {16, 2, 2, 1, 2},
       {8, 3, 0, 1, 2},
       {-3, 0, 2, 0, 0},
       true},
  };
  for (const TileCase &c : cases) {
    SCOPED_TRACE("rank " + std::to_string(c.dims.size()));
    for (bool spelledOut : {false, true})
      checkTile(c, compileKernel(tileKernel(int(c.dims.size()), true, spelledOut), "k"));
  }
}

TEST(InstructionsTma, EverySwizzle) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(tileKernel(2), "k");
  for (Swizzle swizzle : {Swizzle::None, Swizzle::Bytes32, Swizzle::Bytes64, Swizzle::Bytes128}) {
    SCOPED_TRACE("swizzle " + std::to_string(static_cast<int>(swizzle)));
    u32 columns = swizzle == Swizzle::None ? 64 : 8u << static_cast<int>(swizzle);
    checkTile({TensorElement::F16, swizzle, {200, 60}, {columns, 20}, {11, 33}, {150, 50}}, image);
  }
}

TEST(InstructionsTma, MbarriersHandSlotsOver) {
  if (skipWithoutNvrtc())
    return;
  // One warp fills a ring of two slots, three warps use it. Full barriers count
  // the lanes of the producer, empty ones the consuming warps; one consumer
  // polls with test_wait, one waits for a state, one for a parity.
  KernelImage image = compileKernel(R"(
typedef unsigned u32; typedef unsigned long long u64;
__device__ __forceinline__ void arrive(u32 bar) { asm volatile("{ .reg .b64 s; mbarrier.arrive.shared::cta.b64 s, [%0]; }" :: "r"(bar) : "memory"); }
__device__ __forceinline__ void waitParity(u32 bar, u32 parity) { u32 done; do asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(bar), "r"(parity) : "memory"); while (!done); }
__device__ __forceinline__ void poll(u32 bar, u32 parity) { u32 done; do asm volatile("{ .reg .pred p; mbarrier.test_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(bar), "r"(parity) : "memory"); while (!done); }
extern "C" __global__ void k(const int *in, int *out, int rounds) {
  __shared__ int ring[2][32]; __shared__ __align__(8) u64 bars[4];
  int t = threadIdx.x, lane = t & 31, warp = t >> 5;
  u32 full = (u32)__cvta_generic_to_shared(bars), empty = full + 16;
  if (t == 0) for (int i = 0; i < 2; ++i) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 32;" :: "r"(full + 8 * i) : "memory");
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 3;" :: "r"(empty + 8 * i) : "memory");
  }
  __syncthreads();
  for (int round = 0; round < rounds; ++round) {
    int slot = round & 1; u32 parity = round >> 1 & 1;
    if (warp == 0) {
      waitParity(empty + 8 * slot, parity ^ 1);
      ring[slot][lane] = in[round * 32 + lane];
      arrive(full + 8 * slot);
    } else {
      if (warp == 1) poll(full + 8 * slot, parity); else waitParity(full + 8 * slot, parity);
      out[(round * 3 + warp - 1) * 32 + lane] = ring[slot][31 - lane];
      __syncwarp();
      if (lane == 0) arrive(empty + 8 * slot);
    }
  }
  __syncthreads();
  if (t == 0) asm volatile("mbarrier.inval.shared::cta.b64 [%0];" :: "r"(full) : "memory");
})",
                                    "k");
  constexpr s32 rounds = 9;
  std::vector<s32> in;
  for (s32 i = 0; i < rounds * 32; ++i)
    in.push_back(i * i);
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress input = runner.put(in), output = runner.allocate(rounds * 96 * 4);
    runner.runClean(image, {{1}, {128}}, Arguments(input, output, rounds));
    std::vector<s32> out = runner.get<s32>(output, rounds * 96);
    for (s32 i = 0; i < rounds * 96; ++i)
      ASSERT_EQ(out[i], in[i / 96 * 32 + 31 - i % 32]) << i;
  }
}

TEST(InstructionsTma, StatesArrivalCountsAndPlainCopies) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(R"(
typedef unsigned u32; typedef unsigned long long u64;
extern "C" __global__ void k(const int *in, int *out) {
  __shared__ __align__(128) int s[64]; __shared__ __align__(8) u64 bar[2]; int t = threadIdx.x;
  u32 b = (u32)__cvta_generic_to_shared(bar), at = (u32)__cvta_generic_to_shared(s);
  u64 state; u32 done;
  if (t == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 5; mbarrier.init.shared::cta.b64 [%0+8], 1; fence.proxy.async.shared::cta;" :: "r"(b) : "memory");
  __syncthreads();
  // Five arrivals: three at once, one with the bytes of a copy, one alone.
  if (t == 0) {
    asm volatile("mbarrier.arrive.shared::cta.b64 %0, [%1], 3;" : "=l"(state) : "r"(b) : "memory");
    asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], 128;" :: "r"(b) : "memory");
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], 128, [%2];" :: "r"(at), "l"(in), "r"(b) : "memory");
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], 128;" :: "r"(b) : "memory");
    asm volatile("cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], 128, [%2], 0x12f0000000000000;" :: "r"(at + 128), "l"(in + 32), "r"(b) : "memory");
    asm volatile("{ .reg .pred p; mbarrier.test_wait.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(b), "l"(state) : "memory");
    out[64] = done; // one arrival is missing
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(b) : "memory");
    do asm volatile("{ .reg .pred p; mbarrier.try_wait.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(b), "l"(state) : "memory"); while (!done);
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 256;" :: "l"(out), "r"(at) : "memory");
    asm volatile("cp.async.bulk.commit_group; cp.async.bulk.wait_group.read 0;" ::: "memory");
  }
})",
                                    "k");
  std::vector<s32> in;
  for (s32 i = 0; i < 64; ++i)
    in.push_back(7 * i - 3);
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress input = runner.put(in), output = runner.allocate(65 * 4);
    runner.runClean(image, {{1}, {32}}, Arguments(input, output));
    std::vector<s32> out = runner.get<s32>(output, 65);
    EXPECT_EQ(out[64], 0);
    out.pop_back();
    EXPECT_EQ(out, in);
  }
}
