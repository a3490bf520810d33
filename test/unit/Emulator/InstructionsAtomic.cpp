#include "lib/Emulator/PtxTypes.h"
#include "test/unit/Emulator/KernelRunner.h"

#include <bit>
#include <functional>

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// An operation that ends the same in any order.
struct AtomicRow {
  std::string operation; ///< "add.u32"
  int bits;
  u64 initial;
  std::function<u64(u32)> operand; ///< by thread
  std::function<u64(u64, u64)> fold;
};

template <class T>
AtomicRow row(std::string operation, T initial, std::function<T(u32)> operand,
              std::function<T(T, T)> fold) {
  using Bits = std::conditional_t<sizeof(T) == 8, u64, u32>;
  auto bits = [](T x) -> u64 { return std::bit_cast<Bits>(x); };
  auto value = [](u64 x) { return std::bit_cast<T>(static_cast<Bits>(x)); };
  return {std::move(operation), 8 * sizeof(T), bits(initial),
          [=](u32 thread) { return bits(operand(thread)); },
          [=](u64 a, u64 b) { return bits(fold(value(a), value(b))); }};
}

template <class T>
void addInteger(std::vector<AtomicRow> &rows, const std::string &type) {
  auto scrambled = [](u32 thread) { return static_cast<T>(Numbers(thread).next()); };
  rows.push_back(row<T>("add." + type, 5, scrambled, [](T a, T b) { return T(u64(a) + u64(b)); }));
  rows.push_back(row<T>("min." + type, 1000, scrambled, [](T a, T b) { return std::min(a, b); }));
  rows.push_back(row<T>("max." + type, 1000, scrambled, [](T a, T b) { return std::max(a, b); }));
}

template <class T>
void addBits(std::vector<AtomicRow> &rows, const std::string &type) {
  auto scrambled = [](u32 thread) { return static_cast<T>(Numbers(thread).next()); };
  rows.push_back(row<T>(
      "and." + type, ~T(0), [](u32 thread) { return ~(T(1) << thread % (8 * sizeof(T)) / 2); },
      [](T a, T b) { return a & b; }));
  rows.push_back(row<T>(
      "or." + type, 0, [](u32 thread) { return T(1) << thread % (8 * sizeof(T)) / 2; },
      [](T a, T b) { return a | b; }));
  rows.push_back(row<T>("xor." + type, 12345, scrambled, [](T a, T b) { return a ^ b; }));
}

std::vector<AtomicRow> commutativeRows() {
  std::vector<AtomicRow> rows;
  addInteger<u32>(rows, "u32");
  addInteger<s32>(rows, "s32");
  addInteger<u64>(rows, "u64");
  rows.push_back(row<s64>(
      "min.s64", 7, [](u32 t) { return 3 - s64(t); }, [](s64 a, s64 b) { return std::min(a, b); }));
  rows.push_back(row<s64>(
      "max.s64", -7, [](u32 t) { return s64(t) << 33; },
      [](s64 a, s64 b) { return std::max(a, b); }));
  addBits<u32>(rows, "b32");
  addBits<u64>(rows, "b64");
  rows.push_back(row<f32>(
      "add.f32", 0.5f, [](u32 t) { return t * 0.25f - 3; }, [](f32 a, f32 b) { return a + b; }));
  rows.push_back(row<f64>(
      "add.f64", 0.5, [](u32 t) { return t * 0.25 - 3; }, [](f64 a, f64 b) { return a + b; }));
  rows.push_back(row<u32>(
      "inc.u32", 0, [](u32) { return 9u; }, [](u32 a, u32 b) { return a >= b ? 0 : a + 1; }));
  rows.push_back(row<u32>(
      "dec.u32", 4, [](u32) { return 9u; },
      [](u32 a, u32 b) { return a == 0 || a > b ? b : a - 1; }));
  return rows;
}

} // namespace

TEST(InstructionsAtomic, EveryOperationOnBothMemories) {
  if (skipWithoutNvrtc())
    return;
  std::vector<AtomicRow> rows = commutativeRows();
  constexpr u32 threads = 64, blocks = 3;
  std::string count = std::to_string(rows.size());
  std::string source =
      "typedef unsigned u32; typedef unsigned long long u64;\n"
      "extern \"C\" __global__ void k(const u64 *in, u64 *global, u64 *out) {\n"
      "  __shared__ u64 mid[2 * " +
      count +
      "];\n"
      "  u32 t = threadIdx.x, all = gridDim.x * blockDim.x, id = blockIdx.x * blockDim.x + t;\n"
      "  for (u32 i = t; i < 2 * " +
      count +
      "; i += blockDim.x) mid[i] = in[i / 2];\n"
      "  u32 shared = (u32)__cvta_generic_to_shared(mid); u64 v, d; u32 w, e;\n"
      "  __syncthreads();\n";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    bool wide = rows[r].bits == 64;
    std::string operation = rows[r].operation, letter = wide ? "l" : "r", x = wide ? "v" : "w",
                y = wide ? "d" : "e", at = std::to_string(2 * r);
    source += "  v = in[" + count + " + " + std::to_string(r) +
              " * all + id]; w = (u32)v;\n"
              "  asm volatile(\"atom.global." +
              operation + " %0, [%1], %2;\" : \"=" + letter + "\"(" + y + ") : \"l\"(global + " +
              at + "), \"" + letter + "\"(" + x +
              ") : \"memory\");\n"
              "  asm volatile(\"red.global." +
              operation + " [%0], %1;\" :: \"l\"(global + " + at + " + 1), \"" + letter + "\"(" +
              x +
              ") : \"memory\");\n"
              "  asm volatile(\"atom.shared." +
              operation + " %0, [%1], %2;\" : \"=" + letter + "\"(" + y +
              ") : \"r\"(shared + 8 * " + at + "), \"" + letter + "\"(" + x +
              ") : \"memory\");\n"
              "  asm volatile(\"red." +
              operation + " [%0], %1;\" :: \"l\"(mid + " + at + " + 1), \"" + letter + "\"(" + x +
              ") : \"memory\");\n";
  }
  source += "  __syncthreads();\n"
            "  for (u32 i = t; i < 2 * " +
            count +
            "; i += blockDim.x)\n"
            "    out[blockIdx.x * 2 * " +
            count + " + i] = mid[i];\n}\n";
  // f32, f64 and the others of a width share registers by their bits.
  KernelImage image = compileKernel(source, "k");
  if (image.ptx.empty())
    return;
  constexpr u32 all = threads * blocks;
  std::vector<u64> in, global;
  for (const AtomicRow &r : rows) {
    in.push_back(r.initial);
    global.insert(global.end(), 2, r.initial);
  }
  for (const AtomicRow &r : rows)
    for (u32 id = 0; id < all; ++id)
      in.push_back(r.operand(id));
  for (const EmulatorOptions &options : everyMode()) {
    if (options.mode != AsyncMode::Eager)
      continue;
    KernelRunner runner(options);
    DeviceAddress input = runner.put(in), memory = runner.put(global),
                  output = runner.allocate(blocks * global.size() * 8);
    runner.runClean(image, {{blocks}, {threads}}, Arguments(input, memory, output));
    std::vector<u64> gotGlobal = runner.get<u64>(memory, global.size());
    std::vector<u64> gotShared = runner.get<u64>(output, blocks * global.size());
    for (std::size_t r = 0; r < rows.size(); ++r) {
      u64 mask = rows[r].bits == 64 ? ~u64(0) : 0xffffffff, want = rows[r].initial;
      for (u32 id = 0; id < all; ++id)
        want = rows[r].fold(want, rows[r].operand(id));
      for (int copy = 0; copy < 2; ++copy)
        EXPECT_EQ(gotGlobal[2 * r + copy] & mask, want) << rows[r].operation << " global " << copy;
      for (u32 block = 0; block < blocks; ++block) {
        want = rows[r].initial;
        for (u32 t = 0; t < threads; ++t)
          want = rows[r].fold(want, rows[r].operand(block * threads + t));
        for (int copy = 0; copy < 2; ++copy)
          EXPECT_EQ(gotShared[block * global.size() + 2 * r + copy] & mask, want)
              << rows[r].operation << " shared " << copy;
      }
    }
  }
}

TEST(InstructionsAtomic, OldValuesFormOneOrder) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(R"(
typedef unsigned u32; typedef unsigned long long u64; typedef unsigned short u16;
extern "C" __global__ void k(u32 *memory, u32 *out) {
  u32 id = blockIdx.x * blockDim.x + threadIdx.x, all = gridDim.x * blockDim.x;
  out[id] = atomicAdd(memory, 1);
  out[all + id] = atomicExch(memory + 1, id + 1);
  u32 seen = 0, old;
  do { old = seen; seen = atomicCAS(memory + 2, old, old + 3); } while (seen != old);
  out[2 * all + id] = old;
  u64 wide = 0, before;
  do { before = wide; wide = atomicCAS((u64 *)memory + 2, before, before + 0x100000001ull); } while (wide != before);
  out[3 * all + id] = (u32)(before >> 32);
  u16 small = 0, last;
  do { last = small; asm volatile("atom.global.cas.b16 %0, [%1], %2, %3;" : "=h"(small) : "l"((u16 *)memory + 13), "h"(last), "h"((u16)(last + 1)) : "memory"); } while (small != last);
  out[4 * all + id] = last;
})",
                                    "k");
  constexpr u32 threads = 64, blocks = 4, all = threads * blocks;
  for (std::uint64_t seed : {0, 1, 2}) {
    EmulatorOptions options;
    options.seed = seed;
    KernelRunner runner(options);
    DeviceAddress memory = runner.put(std::vector<u32>(8)), output = runner.allocate(5 * all * 4);
    runner.runClean(image, {{blocks}, {threads}}, Arguments(memory, output));
    std::vector<u32> out = runner.get<u32>(output, 5 * all), end = runner.get<u32>(memory, 8);
    for (u32 part : {0, 2, 3, 4}) {
      std::vector<u32> olds(out.begin() + part * all, out.begin() + (part + 1) * all);
      std::sort(olds.begin(), olds.end());
      for (u32 i = 0; i < all; ++i)
        ASSERT_EQ(olds[i], part == 2 ? 3 * i : i) << "part " << part;
    }
    // What was taken out and what is left is what was put in.
    std::vector<u32> olds(out.begin() + all, out.begin() + 2 * all);
    olds.push_back(end[1]);
    std::sort(olds.begin(), olds.end());
    for (u32 i = 0; i <= all; ++i)
      ASSERT_EQ(olds[i], i);
    EXPECT_EQ(end[0], all);
    EXPECT_EQ(end[2], 3 * all);
    EXPECT_EQ(end[4], all);
    EXPECT_EQ(end[5], all);
    EXPECT_EQ(end[6] >> 16, all);
  }
}

TEST(InstructionsAtomic, PackedHalves) {
  if (skipWithoutNvrtc())
    return;
  KernelImage image = compileKernel(R"(
typedef unsigned u32;
extern "C" __global__ void k(u32 *memory, const u32 *in) {
  u32 d, f = in[threadIdx.x], b = in[32 + threadIdx.x];
  asm volatile("atom.global.add.noftz.f16x2 %0, [%1], %2;" : "=r"(d) : "l"(memory), "r"(f) : "memory");
  asm volatile("red.global.add.noftz.f16x2 [%0], %1;" :: "l"(memory + 1), "r"(f) : "memory");
  asm volatile("atom.global.add.noftz.bf16x2 %0, [%1], %2;" : "=r"(d) : "l"(memory + 2), "r"(b) : "memory");
  asm volatile("red.global.add.noftz.bf16x2 [%0], %1;" :: "l"(memory + 3), "r"(b) : "memory");
})",
                                    "k");
  // Ones in the low half and twos in the high one: all sums are exact.
  std::vector<u32> in(64, 0x40003c00);
  std::fill(in.begin() + 32, in.end(), 0x40003f80);
  KernelRunner runner;
  DeviceAddress memory = runner.put(std::vector<u32>(4)), input = runner.put(in);
  runner.runClean(image, {{1}, {32}}, Arguments(memory, input));
  EXPECT_EQ(runner.get<u32>(memory, 4),
            (std::vector<u32>{0x54005000, 0x54005000, 0x42804200, 0x42804200}));
}
