#include "lib/Emulator/PtxTypes.h"
#include "test/unit/Emulator/KernelRunner.h"

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

struct MemoryType {
  const char *type, *registers;
  u32 bytes;
};
constexpr MemoryType memoryTypes[] = {
    {"b8", "b16", 1},  {"u8", "b32", 1},  {"s8", "b32", 1},  {"b16", "b16", 2}, {"u16", "b32", 2},
    {"s16", "b64", 2}, {"b32", "b32", 4}, {"u32", "b64", 4}, {"s32", "b32", 4}, {"f32", "f32", 4},
    {"b64", "b64", 8}, {"u64", "b64", 8}, {"s64", "b64", 8}, {"f64", "f64", 8},
};

/// "{r0, r1}" or "r0".
std::string registerList(u32 count) {
  if (count == 1)
    return "r0";
  std::string list = "{r0";
  for (u32 i = 1; i < count; ++i)
    list += ", r" + std::to_string(i);
  return list + "}";
}

std::string vectorOf(u32 count) { return count == 1 ? "" : ".v" + std::to_string(count); }

} // namespace

/// global -> shared -> (generic) -> local -> (generic) -> global, in one type;
/// `first` is how it is loaded from global memory.
static void checkEveryType(const std::string &first) {
  if (skipWithoutNvrtc())
    return;
  constexpr u32 threads = 32;
  std::string source =
      "typedef unsigned u32; typedef unsigned long long u64;\n"
      "extern \"C\" __global__ void k(const char *in, char *out) {\n"
      "  __shared__ __align__(16) char mid[512]; __align__(16) char own[16];\n"
      "  u32 t = threadIdx.x, shared = (u32)__cvta_generic_to_shared(mid) + 16 * t;\n"
      "  u32 local = (u32)__cvta_generic_to_local(own);\n";
  u32 index = 0;
  for (const MemoryType &m : memoryTypes)
    for (u32 count : {1, 2, 4}) {
      if (count * m.bytes > 16)
        continue;
      std::string v = vectorOf(count) + "." + m.type, r = registerList(count);
      std::string offset = std::to_string(index++ * threads * 16) + " + 16 * t";
      source += "  asm volatile(\"{ .reg ." + std::string(m.registers) + " r<4>; " + first + v +
                " " + r + ", [%0]; st.shared" + v + " [%2], " + r + "; ld" + v + " " + r +
                ", [%3]; st.local" + v + " [%4], " + r + "; ld" + v + " " + r +
                ", [%5]; st.global" + v + " [%1], " + r + "; }\" :: \"l\"(in + " + offset +
                "), \"l\"(out + " + offset +
                "), \"r\"(shared), \"l\"(mid + 16 * t), \"r\"(local), \"l\"(own) : \"memory\");\n";
    }
  // In asm, register ranges are written %name<n>.
  for (std::size_t at; (at = source.find(" r<4>")) != std::string::npos;)
    source.replace(at, 5, " r0, r1, r2, r3");
  KernelImage image = compileKernel(source + "}\n", "k");
  std::vector<u8> in(index * threads * 16);
  Numbers numbers(3);
  for (u8 &byte : in)
    byte = static_cast<u8>(numbers.next());
  KernelRunner runner;
  DeviceAddress input = runner.put(in);
  DeviceAddress output = runner.put(std::vector<u8>(in.size(), 0xee));
  runner.runClean(image, {{1}, {threads}}, Arguments(input, output));
  std::vector<u8> out = runner.get<u8>(output, in.size());
  index = 0;
  for (const MemoryType &m : memoryTypes)
    for (u32 count : {1, 2, 4}) {
      if (count * m.bytes > 16)
        continue;
      for (u32 t = 0; t < threads; ++t)
        for (u32 byte = 0; byte < 16; ++byte) {
          u32 at = (index * threads + t) * 16 + byte;
          ASSERT_EQ(out[at], byte < count * m.bytes ? in[at] : 0xee)
              << m.type << " x" << count << " thread " << t << " byte " << byte;
        }
      ++index;
    }
}

TEST(InstructionsMemory, EveryTypeThroughEverySpace) { checkEveryType("ld.global"); }

TEST(InstructionsMemory, UniformLoadsOfEveryType) { checkEveryType("ldu.global"); }

TEST(InstructionsMemory, ThirtyTwoBytesAtOnce) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = compileKernel(R"(
extern "C" __global__ void k(const int *in, int *out) {
  in += 16 * threadIdx.x; out += 16 * threadIdx.x;
  asm volatile("{ .reg .b32 a, b, c, d, e, f, g, h; ld.global.v8.b32 {a, b, c, d, e, f, g, h}, [%0]; st.global.v8.b32 [%1], {a, b, c, d, e, f, g, h}; }" :: "l"(in), "l"(out) : "memory");
  asm volatile("{ .reg .b64 a, b, c, d; ld.global.v4.u64 {a, b, c, d}, [%0+32]; st.global.v4.u64 [%1+32], {d, c, b, a}; }" :: "l"(in), "l"(out) : "memory");
})",
                                    "k", "kernel.cu", "sm_100");
  std::vector<s32> in, want;
  for (s32 i = 0; i < 16 * 32; ++i) {
    in.push_back(7 * i);
    s32 word = i % 16;
    want.push_back(7 * (i - word + (word < 8 ? word : 8 + (6 - (word - 8) / 2 * 2) + word % 2)));
  }
  KernelRunner runner;
  DeviceAddress input = runner.put(in), output = runner.allocate(in.size() * 4);
  runner.runClean(image, {{1}, {32}}, Arguments(input, output));
  EXPECT_EQ(runner.get<s32>(output, in.size()), want);
}

TEST(InstructionsMemory, NarrowLoadsExtend) {
  if (skipWithoutNvrtc())
    return;
  std::string source = "typedef unsigned long long u64;\n"
                       "extern \"C\" __global__ void k(const char *in, u64 *out) {\n"
                       "  __shared__ __align__(8) char mid[8];\n"
                       "  if (threadIdx.x < 8) mid[threadIdx.x] = in[threadIdx.x];\n"
                       "  __syncthreads();\n  u64 d; unsigned w;\n";
  const char *types[] = {"u8", "s8", "u16", "s16", "u32", "s32"};
  int n = 0;
  for (const char *type : types) {
    std::string t = type;
    source += "  asm volatile(\"ld.global." + t + " %0, [%1];\" : \"=l\"(d) : \"l\"(in)); out[" +
              std::to_string(n++) + "] = d;\n";
    source += "  asm volatile(\"ld." + t + " %0, [%1];\" : \"=r\"(w) : \"l\"(mid)); out[" +
              std::to_string(n++) + "] = w;\n";
  }
  KernelImage image = compileKernel(source + "}\n", "k");
  KernelRunner runner;
  DeviceAddress input = runner.put(std::vector<u8>{0x91, 0xa2, 0xb3, 0xc4, 1, 2, 3, 4});
  DeviceAddress output = runner.allocate(n * 8);
  runner.runClean(image, {{1}, {8}}, Arguments(input, output));
  std::vector<u64> out = runner.get<u64>(output, n);
  std::vector<u64> want = {0x91,       0x91,       u64(s64(s8(0x91))),        u32(s32(s8(0x91))),
                           0xa291,     0xa291,     u64(s64(s16(0xa291))),     u32(s32(s16(0xa291))),
                           0xc4b3a291, 0xc4b3a291, u64(s64(s32(0xc4b3a291))), 0xc4b3a291};
  EXPECT_EQ(out, want);
}

TEST(InstructionsMemory, OrderAndCacheModifiers) {
  if (skipWithoutNvrtc())
    return;
  const char *loads[] = {"ld.global.ca.b32",
                         "ld.global.cg.b32",
                         "ld.global.cs.b32",
                         "ld.global.lu.b32",
                         "ld.global.cv.b32",
                         "ld.global.nc.b32",
                         "ld.global.nc.L1::no_allocate.b32",
                         "ld.global.L1::evict_normal.b32",
                         "ld.global.L1::evict_unchanged.b32",
                         "ld.global.L1::evict_first.b32",
                         "ld.global.L1::evict_last.b32",
                         "ld.global.L2::64B.b32",
                         "ld.global.L2::128B.b32",
                         "ld.global.L2::256B.b32",
                         "ld.global.L2::cache_hint.b32",
                         "ld.volatile.global.b32",
                         "ld.relaxed.cta.global.b32",
                         "ld.relaxed.cluster.global.b32",
                         "ld.relaxed.gpu.global.b32",
                         "ld.acquire.gpu.global.b32",
                         "ld.relaxed.sys.global.b32",
                         "ld.weak.global.b32",
                         "ldu.global.b32"};
  const char *stores[] = {"st.global.wb.b32",
                          "st.global.cg.b32",
                          "st.global.cs.b32",
                          "st.global.wt.b32",
                          "st.volatile.global.b32",
                          "st.relaxed.cta.global.b32",
                          "st.relaxed.cluster.global.b32",
                          "st.relaxed.gpu.global.b32",
                          "st.release.gpu.global.b32",
                          "st.release.sys.global.b32",
                          "st.weak.global.b32",
                          "st.b32",
                          "st.global.L1::evict_normal.b32",
                          "st.global.L1::evict_unchanged.b32",
                          "st.global.L1::evict_first.b32",
                          "st.global.L1::evict_last.b32",
                          "st.global.L1::no_allocate.b32",
                          "st.global.L2::cache_hint.b32"};
  std::string source = "extern \"C\" __global__ void k(const int *in, int *out) {\n  int v;\n";
  int n = 0;
  auto copy = [&](const std::string &load, const std::string &store) {
    auto policy = [](const std::string &opcode) {
      return opcode.find("cache_hint") == opcode.npos ? "" : ", %3";
    };
    std::string at = std::to_string(n++);
    source += "  asm volatile(\"" + load + " %0, [%1]" + policy(load) + "; " + store + " [%2], %0" +
              policy(store) + ";\" : \"=&r\"(v) : \"l\"(in + " + at + "), \"l\"(out + " + at +
              "), \"l\"(0x12f0000000000000ull) : \"memory\");\n";
  };
  for (const char *load : loads)
    copy(load, "st.global.b32");
  for (const char *store : stores)
    copy("ld.global.b32", store);
  KernelImage image = compileKernel(source + "}\n", "k");
  std::vector<s32> in;
  for (int i = 0; i < n; ++i)
    in.push_back(1000 + 7 * i);
  KernelRunner runner;
  DeviceAddress input = runner.put(in), output = runner.allocate(n * 4);
  runner.runClean(image, {{1}, {1}}, Arguments(input, output));
  EXPECT_EQ(runner.get<s32>(output, n), in);
}

TEST(InstructionsMemory, ConstantsGlobalsAndParameters) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(R"(
__constant__ int table[8] = {3, 1, 4, 1, 5, 9, 2, 6};
__device__ double weights[3] = {0.5, -2.0, 1e10};
__device__ int zeros[4];
struct Mixed { char a; short b; int c[5]; double d; unsigned char e; };
extern "C" __global__ void k(double *out, Mixed mixed, float f, char g, int which) {
  int t = threadIdx.x;
  out[t * 4] = table[t] + weights[t % 3];
  out[t * 4 + 1] = zeros[t % 4] + mixed.c[(t + which) % 5] + mixed.b;
  out[t * 4 + 2] = mixed.a + mixed.d + mixed.e + f + g;
  out[t * 4 + 3] = table[7 - t];
})",
                                    "k");
  struct Mixed {
    char a;
    short b;
    int c[5];
    double d;
    unsigned char e;
  } mixed{-3, -300, {10, 20, 30, 40, 50}, 0.25, 200};
  KernelRunner runner;
  DeviceAddress output = runner.allocate(8 * 4 * 8);
  runner.runClean(image, {{1}, {8}}, Arguments(output, mixed, 1.5f, char(-7), 3));
  std::vector<double> out = runner.get<double>(output, 32), want;
  const int table[] = {3, 1, 4, 1, 5, 9, 2, 6};
  const double weights[] = {0.5, -2.0, 1e10};
  for (int t = 0; t < 8; ++t)
    want.insert(want.end(), {table[t] + weights[t % 3], mixed.c[(t + 3) % 5] - 300.,
                             -3 + 0.25 + 200 + 1.5 - 7, double(table[7 - t])});
  EXPECT_EQ(out, want);
}

TEST(InstructionsMemory, AddressSpacesAreRecognised) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(R"(
__constant__ int constant = 31;
extern "C" __global__ void k(int *out, const __grid_constant__ int parameter) {
  __shared__ int s; int l = 1; volatile int *keep = &l; *keep = 2;
  out[0] = __isShared(&s); out[1] = __isGlobal(&s); out[2] = __isLocal(&l); out[3] = __isShared(&l);
  out[4] = __isGlobal(out); out[5] = __isLocal(out);
  s = 5; out[6] = *(int *)__cvta_shared_to_generic(__cvta_generic_to_shared(&s));
  out[7] = *(int *)__cvta_global_to_generic(__cvta_generic_to_global(out + 6)) + *keep;
  out[8] = parameter;
  // The same by name, there and back.
  asm volatile("{ .reg .b64 a; .reg .b32 v; cvta.to.shared.u64 a, %1; cvta.shared.u64 a, a; ld.b32 v, [a]; st.global.b32 [%0], v; }" :: "l"(out + 9), "l"(&s) : "memory");
  asm volatile("{ .reg .b64 a; .reg .b32 v; cvta.to.shared.u64 a, %1; ld.shared::cta.b32 v, [a]; add.s32 v, v, 1; st.shared::cta.b32 [a], v; ld.shared.b32 v, [a]; st.global.b32 [%0], v; }" :: "l"(out + 10), "l"(&s) : "memory");
  asm volatile("{ .reg .b64 a; .reg .b32 v; cvta.to.local.u64 a, %1; cvta.local.u64 a, a; ld.b32 v, [a]; st.global.b32 [%0], v; }" :: "l"(out + 11), "l"(&l) : "memory");
  asm volatile("{ .reg .b64 a; .reg .b32 v; cvta.to.global.u64 a, %1; cvta.global.u64 a, a; ld.b32 v, [a]; st.global.b32 [%0], v; }" :: "l"(out + 12), "l"(out + 8) : "memory");
  asm volatile("{ .reg .b64 a; .reg .b32 v; cvta.to.const.u64 a, %1; ld.const.b32 v, [a]; cvta.const.u64 a, a; ld.b32 v, [a]; st.global.b32 [%0], v; }" :: "l"(out + 13), "l"(&constant) : "memory");
  asm volatile("{ .reg .b64 a; .reg .b32 v; cvta.to.param.u64 a, %1; ld.param.b32 v, [a]; cvta.param.u64 a, a; ld.b32 v, [a]; st.global.b32 [%0], v; }" :: "l"(out + 14), "l"(&parameter) : "memory");
  asm volatile("{ .reg .b32 v; ld.param::entry.b32 v, [k_param_1]; st.global.b32 [%0], v; }" :: "l"(out + 15) : "memory");
})",
                                    "k");
  KernelRunner runner;
  DeviceAddress output = runner.allocate(64);
  runner.runClean(image, {{1}, {1}}, Arguments(output, 77));
  EXPECT_EQ(runner.get<s32>(output, 16),
            (std::vector<s32>{1, 0, 1, 0, 1, 0, 5, 7, 77, 5, 6, 2, 77, 31, 77, 77}));
}
