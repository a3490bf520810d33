#include "lib/Emulator/PtxTypes.h"
#include "test/unit/Emulator/KernelRunner.h"

#include <bit>

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// Inputs by case and lane.
struct ShuffleInput {
  u32 value, b, c;
};

constexpr u32 caseCount = 64;

/// The source lane as the ISA defines it, and whether it lies in bounds.
std::pair<u32, bool> shuffleSource(int mode, u32 lane, u32 b, u32 c) {
  s32 step = b & 31, bound = c & 31, segment = c >> 8 & 31;
  s32 self = static_cast<s32>(lane);
  s32 limit = (self & segment) | (bound & ~segment);
  s32 source = 0;
  bool inBounds = false;
  switch (mode) {
  case 0: // up
    source = self - step;
    inBounds = source >= limit;
    break;
  case 1: // down
    source = self + step;
    inBounds = source <= limit;
    break;
  case 2: // bfly
    source = self ^ step;
    inBounds = source <= limit;
    break;
  default: // idx
    source = (self & segment) | (step & ~segment);
    inBounds = source <= limit;
    break;
  }
  return {static_cast<u32>(inBounds ? source : self), inBounds};
}

} // namespace

TEST(InstructionsWarp, ShuffleEveryMode) {
  if (skipWithoutNvrtc())
    return;
  std::string source = "typedef unsigned u32; struct In { u32 value, b, c; };\n"
                       "extern \"C\" __global__ void k(const In *in, u32 *out) {\n"
                       "  for (int i = 0; i < 64; ++i) {\n"
                       "    In x = in[i * 32 + threadIdx.x]; u32 d, p;\n";
  const char *modes[] = {"up", "down", "bfly", "idx"};
  for (int m = 0; m < 4; ++m)
    source += std::string("    asm volatile(\"{ .reg .pred q; shfl.sync.") + modes[m] +
              ".b32 %0|q, %2, %3, %4, 0xffffffff; selp.u32 %1, 1, 0, q; }\" : \"=r\"(d), \"=r\"(p)"
              " : \"r\"(x.value), \"r\"(x.b), \"r\"(x.c));\n"
              "    out[((i * 4 + " +
              std::to_string(m) +
              ") * 32 + threadIdx.x) * 2] = d;\n"
              "    out[((i * 4 + " +
              std::to_string(m) + ") * 32 + threadIdx.x) * 2 + 1] = p;\n";
  KernelImage image = compileKernel(source + "  }\n}\n", "k");
  Numbers numbers(1);
  std::vector<ShuffleInput> in(caseCount * 32);
  for (u32 i = 0; i < caseCount; ++i) {
    u32 width = 32 >> numbers.below(6); // as __shfl does, or anything
    u32 common = numbers.below(2) ? (32 - width) << 8 | (numbers.below(2) ? 31 : 0)
                                  : static_cast<u32>(numbers.next());
    u32 step = static_cast<u32>(numbers.next());
    for (u32 lane = 0; lane < 32; ++lane)
      in[i * 32 + lane] = {static_cast<u32>(numbers.next()),
                           i % 3 ? step : static_cast<u32>(numbers.next()), common};
  }
  KernelRunner runner;
  DeviceAddress input = runner.put(in), output = runner.allocate(caseCount * 4 * 32 * 8);
  runner.runClean(image, {{1}, {32}}, Arguments(input, output));
  std::vector<u32> out = runner.get<u32>(output, caseCount * 4 * 32 * 2);
  for (u32 i = 0; i < caseCount; ++i)
    for (int m = 0; m < 4; ++m)
      for (u32 lane = 0; lane < 32; ++lane) {
        const ShuffleInput &x = in[i * 32 + lane];
        auto [from, inBounds] = shuffleSource(m, lane, x.b, x.c);
        u32 at = ((i * 4 + m) * 32 + lane) * 2;
        ASSERT_EQ(out[at], in[i * 32 + from].value)
            << modes[m] << " lane " << lane << " b " << x.b << " c " << x.c;
        ASSERT_EQ(out[at + 1], u32(inBounds))
            << modes[m] << " lane " << lane << " b " << x.b << " c " << x.c;
      }
}

TEST(InstructionsWarp, VoteMatchReduce) {
  if (skipWithoutNvrtc())
    return;
  // Even and odd lanes go different ways, each with its own member mask.
  KernelImage image = compileKernel(R"(
typedef unsigned u32; typedef unsigned long long u64;
template <class T> __device__ __forceinline__ void results(const T *in, u32 *out, u32 mask) {
  int t = threadIdx.x; u32 v = in[t] & 0xff, d; u64 w = in[t] & 3; int n = 0;
#define PUT(x) out[n++ * 32 + t] = (x)
#define VOTE(name) asm volatile("{ .reg .pred p, q; setp.gt.u32 p, %1, 100; vote.sync." name ".pred q, p, %2; selp.u32 %0, 1, 0, q; }" : "=r"(d) : "r"(v), "r"(mask)); PUT(d)
  VOTE("all"); VOTE("any"); VOTE("uni");
  asm volatile("{ .reg .pred p; setp.gt.u32 p, %1, 100; vote.sync.ballot.b32 %0, p, %2; }" : "=r"(d) : "r"(v), "r"(mask)); PUT(d);
  asm volatile("{ .reg .pred p; setp.gt.u32 p, %1, 100; vote.sync.ballot.b32 %0, !p, %2; }" : "=r"(d) : "r"(v), "r"(mask)); PUT(d);
  asm volatile("match.any.sync.b32 %0, %1, %2;" : "=r"(d) : "r"(v & 3), "r"(mask)); PUT(d);
  asm volatile("match.any.sync.b64 %0, %1, %2;" : "=r"(d) : "l"(w), "r"(mask)); PUT(d);
  asm volatile("{ .reg .pred p; match.all.sync.b32 %0|p, %1, %2; @!p xor.b32 %0, %0, 0xffffffff; }" : "=r"(d) : "r"(v & 3), "r"(mask)); PUT(d);
  asm volatile("{ .reg .pred p; match.all.sync.b32 %0|p, %1, %2; @!p xor.b32 %0, %0, 0xffffffff; }" : "=r"(d) : "r"(7), "r"(mask)); PUT(d);
  asm volatile("{ .reg .pred p; match.all.sync.b64 %0|p, %1, %2; @!p xor.b32 %0, %0, 0xffffffff; }" : "=r"(d) : "l"(w), "r"(mask)); PUT(d);
  asm volatile("match.all.sync.b64 %0, %1, %2;" : "=r"(d) : "l"(0x700000000ull), "r"(mask)); PUT(d);
#define REDUX(name) asm volatile("redux.sync." name " %0, %1, %2;" : "=r"(d) : "r"((u32)in[t]), "r"(mask)); PUT(d)
  REDUX("add.u32"); REDUX("add.s32"); REDUX("min.u32"); REDUX("max.u32"); REDUX("min.s32"); REDUX("max.s32");
  REDUX("and.b32"); REDUX("or.b32"); REDUX("xor.b32");
  asm volatile("activemask.b32 %0;" : "=r"(d)); PUT(d);
  asm volatile("{ .reg .pred p; elect.sync %0|p, %1; @p add.u32 %0, %0, 1000; }" : "=r"(d) : "r"(mask)); PUT(d);
}
extern "C" __global__ void k(const u64 *in, u32 *out) {
  if (threadIdx.x & 1) results(in, out, 0xaaaaaaaa); else results(in, out, 0x55555555);
})",
                                    "k");
  constexpr int count = 22;
  Numbers numbers(2);
  std::vector<u64> in;
  for (int lane = 0; lane < 32; ++lane)
    in.push_back(numbers.next());
  KernelRunner runner;
  DeviceAddress input = runner.put(in), output = runner.allocate(count * 32 * 4);
  runner.runClean(image, {{1}, {32}}, Arguments(input, output));
  std::vector<u32> out = runner.get<u32>(output, count * 32);
  for (u32 parity = 0; parity < 2; ++parity) {
    u32 mask = parity ? 0xaaaaaaaa : 0x55555555, votes = 0;
    u32 add = 0, low = ~0u, high = 0, all = ~0u, any = 0, odd = 0;
    s32 slow = 0x7fffffff, shigh = -0x7fffffff - 1;
    bool same = true;
    for (u32 lane = parity; lane < 32; lane += 2) {
      u32 x = static_cast<u32>(in[lane]);
      votes |= u32((x & 0xff) > 100) << lane;
      add += x;
      low = std::min(low, x);
      high = std::max(high, x);
      slow = std::min(slow, static_cast<s32>(x));
      shigh = std::max(shigh, static_cast<s32>(x));
      all &= x;
      any |= x;
      odd ^= x;
      same &= (x & 3) == (in[parity] & 3);
    }
    ASSERT_FALSE(same);
    for (u32 lane = parity; lane < 32; lane += 2) {
      u32 equal = 0;
      for (u32 other = parity; other < 32; other += 2)
        equal |= u32((in[other] & 3) == (in[lane] & 3)) << other;
      u32 want[count] = {votes == mask,
                         votes != 0,
                         votes == mask || votes == 0,
                         votes,
                         mask & ~votes,
                         equal,
                         equal,
                         ~u32(0),
                         mask,
                         ~u32(0),
                         mask,
                         add,
                         add,
                         low,
                         high,
                         static_cast<u32>(slow),
                         static_cast<u32>(shigh),
                         all,
                         any,
                         odd,
                         mask,
                         parity + (lane == parity ? 1000 : 0)};
      for (int n = 0; n < count; ++n)
        EXPECT_EQ(out[n * 32 + lane], want[n]) << "result " << n << " lane " << lane;
    }
  }
}
