#include "lib/Emulator/PtxTypes.h"
#include "test/unit/Emulator/KernelRunner.h"

using namespace lacuna;
using namespace lacuna::emulator;

TEST(InstructionsCopy, SizesAndSourceSizes) {
  if (skipWithoutNvrtc())
    return;
  struct Form {
    const char *text;
    u32 bytes;
    int source; ///< bytes read; -1: by lane
  };
  const Form forms[] = {
      {"cp.async.ca.shared.global [%0], [%1], 4;", 4, 4},
      {"cp.async.ca.shared.global [%0], [%1], 8;", 8, 8},
      {"cp.async.ca.shared.global [%0], [%1], 16;", 16, 16},
      {"cp.async.cg.shared.global [%0], [%1], 16;", 16, 16},
      {"cp.async.cg.shared.global.L2::64B [%0], [%1], 16;", 16, 16},
      {"cp.async.cg.shared.global.L2::128B [%0], [%1], 16;", 16, 16},
      {"cp.async.cg.shared::cta.global.L2::256B [%0], [%1], 16;", 16, 16},
      {"cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, %4;", 16, 16},
      {"cp.async.ca.shared.global [%0], [%1], 8, %2;", 8, -1},
      {"cp.async.cg.shared.global [%0], [%1], 16, %2;", 16, -1},
      {"cp.async.cg.shared.global [%0], [%1], 16, 0;", 16, 0},
      {"{ .reg .pred p; setp.ne.u32 p, %3, 0; cp.async.cg.shared.global [%0], [%1], 16, p; }", 16,
       -2},
  };
  std::string source = "typedef unsigned u32;\n"
                       "extern \"C\" __global__ void k(const char *in, uint4 *out) {\n"
                       "  __shared__ uint4 tile[32]; u32 t = threadIdx.x;\n"
                       "  u32 at = (u32)__cvta_generic_to_shared(tile + t);\n";
  u32 n = 0;
  for (const Form &form : forms) {
    source += "  tile[t] = make_uint4(~0u, ~0u, ~0u, ~0u);\n  asm volatile(\"" +
              std::string(form.text) + "\" :: \"r\"(at), \"l\"(in + 16 * t), \"r\"(t % " +
              std::to_string(form.bytes + 1) +
              "), \"r\"(t % 2), \"l\"(0x12f0000000000000ull) : \"memory\");\n";
    source +=
        n % 2
            ? "  asm volatile(\"cp.async.commit_group; cp.async.wait_group 0;\" ::: \"memory\");\n"
            : "  asm volatile(\"cp.async.wait_all;\" ::: \"memory\");\n";
    source += "  out[" + std::to_string(n++ * 32) + " + t] = tile[t];\n";
  }
  KernelImage image = compileKernel(source + "}\n", "k");
  std::vector<u8> in(32 * 16);
  for (u32 i = 0; i < in.size(); ++i)
    in[i] = static_cast<u8>(1 + i % 251);
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress input = runner.put(in), output = runner.allocate(n * 32 * 16);
    runner.runClean(image, {{1}, {32}}, Arguments(input, output));
    std::vector<u8> out = runner.get<u8>(output, n * 32 * 16);
    for (u32 f = 0; f < n; ++f)
      for (u32 t = 0; t < 32; ++t)
        for (u32 byte = 0; byte < 16; ++byte) {
          u32 read = forms[f].source >= 0    ? forms[f].source
                     : forms[f].source == -2 ? (t % 2 ? 0 : 16)
                                             : t % (forms[f].bytes + 1);
          u8 want = byte >= forms[f].bytes ? 0xff : byte < read ? in[16 * t + byte] : 0;
          ASSERT_EQ(out[(f * 32 + t) * 16 + byte], want)
              << forms[f].text << " thread " << t << " byte " << byte;
        }
  }
}

TEST(InstructionsCopy, GroupsCompleteInOrder) {
  if (skipWithoutNvrtc())
    return;
  // A three-stage ring: each round uses the oldest group while two are on
  // their way; the last rounds commit empty groups.
  KernelImage image = compileKernel(R"(
typedef unsigned u32;
extern "C" __global__ void k(const uint4 *in, uint4 *out, int rounds) {
  __shared__ uint4 ring[3][64]; int t = threadIdx.x;
  auto fetch = [&](int round) {
    if (round < rounds) {
      u32 to = (u32)__cvta_generic_to_shared(&ring[round % 3][t]);
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(to), "l"(in + round * 64 + t) : "memory");
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
  };
  fetch(0); fetch(1);
  for (int round = 0; round < rounds; ++round) {
    asm volatile("cp.async.wait_group 1;" ::: "memory");
    __syncthreads();
    fetch(round + 2);
    out[round * 64 + t] = ring[round % 3][63 - t];
  }
})",
                                    "k");
  constexpr u32 rounds = 7;
  std::vector<u32> in(rounds * 64 * 4);
  for (u32 i = 0; i < in.size(); ++i)
    in[i] = i * 2654435761u;
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress input = runner.put(in), output = runner.allocate(in.size() * 4);
    runner.runClean(image, {{1}, {64}}, Arguments(input, output, rounds));
    std::vector<u32> out = runner.get<u32>(output, in.size());
    for (u32 i = 0; i < in.size(); ++i) {
      u32 round = i / 256, thread = i / 4 % 64;
      ASSERT_EQ(out[i], in[round * 256 + (63 - thread) * 4 + i % 4]) << i;
    }
  }
}

TEST(InstructionsCopy, ArriveOnAnMbarrierWhenComplete) {
  if (skipWithoutNvrtc())
    return;
  // With .noinc the barrier counts the copies' arrivals; without it, only those
  // of the threads.
  const char *spaces[] = {"", ".shared", ".shared::cta"};
  std::string source = "typedef unsigned u32; typedef unsigned long long u64;\n"
                       "extern \"C\" __global__ void k(const uint4 *in, uint4 *out) {\n"
                       "  __shared__ uint4 tile[6][64]; __shared__ __align__(8) u64 bars[6];\n"
                       "  int t = threadIdx.x;\n"
                       "  if (t < 6) asm volatile(\"mbarrier.init.shared.b64 [%0], 64;\" :: "
                       "\"r\"((u32)__cvta_generic_to_shared(bars + t)) : \"memory\");\n"
                       "  __syncthreads();\n";
  for (int form = 0; form < 6; ++form) {
    const bool counted = form % 2;
    const std::string space = spaces[form / 2], n = std::to_string(form);
    const std::string shared = "(u32)__cvta_generic_to_shared(bars + " + n + ")";
    source += "  asm volatile(\"cp.async.cg.shared.global [%0], [%1], 16;\" :: "
              "\"r\"((u32)__cvta_generic_to_shared(tile[" +
              n + "] + t)), \"l\"(in + 64 * " + n + " + t) : \"memory\");\n";
    source +=
        "  asm volatile(\"cp.async.mbarrier.arrive" + std::string(counted ? ".noinc" : "") + space +
        ".b64 [%0];\" :: " + (space.empty() ? "\"l\"(bars + " + n + ")" : "\"r\"(" + shared + ")") +
        " : \"memory\");\n";
    if (!counted)
      source += "  asm volatile(\"mbarrier.arrive.shared.b64 _, [%0];\" :: \"r\"(" + shared +
                ") : \"memory\");\n";
    source += "  asm volatile(\"{ .reg .pred p; WAIT: mbarrier.try_wait.parity.shared.b64 p, [%0], "
              "0; @!p bra WAIT; }\" :: \"r\"(" +
              shared + ") : \"memory\");\n  out[64 * " + n + " + t] = tile[" + n + "][63 - t];\n";
  }
  KernelImage image = compileKernel(source + "}\n", "k");
  std::vector<u32> in(6 * 64 * 4);
  for (u32 i = 0; i < in.size(); ++i)
    in[i] = i * 2654435761u;
  for (const EmulatorOptions &options : everyMode()) {
    SCOPED_TRACE(toString(options));
    KernelRunner runner(options);
    DeviceAddress input = runner.put(in), output = runner.allocate(in.size() * 4);
    runner.runClean(image, {{1}, {64}}, Arguments(input, output));
    std::vector<u32> out = runner.get<u32>(output, in.size());
    for (u32 i = 0; i < in.size(); ++i)
      ASSERT_EQ(out[i], in[i / 256 * 256 + (63 - i / 4 % 64) * 4 + i % 4]) << i;
  }
}
