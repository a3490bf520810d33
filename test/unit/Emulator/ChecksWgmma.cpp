// Defects of kernels that use wgmma and trade registers.
#include "test/unit/Emulator/HopperSource.h"
#include "test/unit/Emulator/SeededDefect.h"

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// A 64x8 product of zeros, around what is to be tested.
std::string wgmmaKernel(const std::string &body) {
  return hopperPreamble +
         "extern \"C\" __global__ void k(const int *in, int *out) {\n"
         "  __shared__ __align__(1024) u32 s[768]; int t = threadIdx.x; float a = 0, b = 0, c = 0, "
         "d = 0;\n"
         "  for (int i = t; i < 768 && t < 128; i += 128) s[i] = 0;\n"
         "  fenceProxy(); __syncthreads();\n"
         "  u64 da = (u64)(at(s) >> 4) | 8ull << 16 | 16ull << 32, db = (u64)(at(s + 512) >> 4) | "
         "8ull << 16 | 16ull << 32;\n" +
         body + "}\n";
}

const std::string product = "asm volatile(\"wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%0, "
                            "%1, %2, %3}, %4, %5, 1, 1, 1, 0, 0;\" : \"+f\"(a), \"+f\"(b), "
                            "\"+f\"(c), \"+f\"(d) : \"l\"(da), \"l\"(db) : \"memory\");";
const std::string fence = "asm volatile(\"wgmma.fence.sync.aligned;\" : \"+f\"(a), \"+f\"(b), "
                          "\"+f\"(c), \"+f\"(d) :: \"memory\");";
const std::string commit = "asm volatile(\"wgmma.commit_group.sync.aligned;\" ::: \"memory\");";
const std::string waitProducts = "asm volatile(\"wgmma.wait_group.sync.aligned 0;\" : \"+f\"(a), "
                                 "\"+f\"(b), \"+f\"(c), \"+f\"(d) :: \"memory\");";

} // namespace

TEST(ChecksWgmma, AccumulatorReadBeforeTheWait) {
  checkDefect({wgmmaKernel("  " + fence + "\n  " + product + "\n  " + commit + "\n" + R"(
#ifdef FIXED
  )" + waitProducts + R"(
#endif
  out[t] = (int)(a + b + c + d); // HERE
#ifndef FIXED
  )" + waitProducts + R"(
#endif
)"),
               ReportKind::Wgmma,
               {"accumulator"}});
}

TEST(ChecksWgmma, AccumulatorWrittenAfterTheFence) {
  checkDefect({wgmmaKernel("  " + fence + R"(
#ifndef FIXED
  asm volatile("add.f32 %0, %0, %0;" : "+f"(a));
#endif
  )" + product + " // HERE\n  " +
                           commit + "\n  " + waitProducts + "\n  out[t] = (int)(a + b + c + d);\n"),
               ReportKind::Wgmma,
               {"fence"}});
}

TEST(ChecksWgmma, AccumulatorReadAfterTheFence) {
  // Both products are those of one loop, so that no register is written between them.
  checkDefect(
      {wgmmaKernel("  " + fence + "\n  for (int n = 0; n < 2; ++n) {\n#ifdef FIXED\n    " + fence +
                   "\n#endif\n    " + product + " // HERE\n    " + commit + "\n    " +
                   waitProducts + "\n    out[128 * n + t] = (int)(a + b);\n  }\n"),
       ReportKind::Wgmma,
       {"read or written after the last wgmma.fence"}});
}

TEST(ChecksWgmma, ProductsNeverWaitedFor) {
  checkDefect({wgmmaKernel("  " + fence + "\n  " + product + " // HERE\n  " + commit + R"(
#ifdef FIXED
  )" + waitProducts + R"(
#endif
  out[t] = in[t];
)"),
               ReportKind::Wgmma,
               {},
               {{1}, {128}},
               {},
               false});
}

TEST(ChecksWgmma, OperandWrittenWithoutProxyFence) {
  checkDefect({wgmmaKernel("  s[t] = 1;\n"
                           "#ifdef FIXED\n  fenceProxy();\n#endif\n  __syncthreads();\n  " +
                           fence + "\n  " + product + " // HERE\n  " + commit + "\n  " +
                           waitProducts + "\n  out[t] = (int)(a + b + c + d);\n"),
               ReportKind::Proxy,
               {"fence.proxy.async"}});
}

TEST(ChecksWgmma, OperandOverwrittenBeforeTheWait) {
  checkDefect({wgmmaKernel("  " + fence + "\n  " + product + "\n  " + commit + "\n" + R"(
#ifdef FIXED
  )" + waitProducts + R"(
  __syncthreads();
#endif
  s[t] = 1; // HERE
#ifndef FIXED
  )" + waitProducts + R"(
#endif
  out[t] = (int)(a + b + c + d);
)"),
               ReportKind::Race,
               {"wgmma"}});
}

// One warp's wait is for the products of its warp group, so one thread gives the
// operands of all four warps back.
TEST(ChecksWgmma, OperandGivenBackBeforeTheWait) {
  checkDefect({wgmmaKernel(R"(
  __shared__ __align__(8) u64 freed, filled;
  if (t == 0) { init(&freed, 1); init(&filled, 1); fenceInit(); }
  __syncthreads();
  if (t < 128) {
    )" + fence + "\n    " + product +
                           "\n    " + commit + R"(
#ifdef FIXED
    )" + waitProducts + R"(
#endif
    if (t == 0) arrive(&freed);
#ifndef FIXED
    )" + waitProducts + R"(
#endif
  } else if (t == 128) {
    wait(&freed, 0);
    expect(&filled, 512);
    load(s, in, 512, &filled); // HERE
  }
  wait(&filled, 0);
  if (t < 128) out[t] = (int)(a + b + c + d);
)"),
               ReportKind::Race,
               {"wgmma"},
               {{1}, {160}}});
}

TEST(ChecksWgmma, OperandRegisterOverwrittenBeforeTheWait) {
  checkDefect({wgmmaKernel(R"(
  asm volatile("{ .reg .b32 x; mov.b32 x, 0; wgmma.fence.sync.aligned;"
               "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%0, %1, %2, %3}, {x, x, x, x}, %4, 1, 1, 1, 0;"
               "wgmma.commit_group.sync.aligned;"
#ifdef FIXED
               "wgmma.wait_group.sync.aligned 0; mov.b32 x, 1; }"
#else
               "mov.b32 x, 1; wgmma.wait_group.sync.aligned 0; }"
#endif
               : "+f"(a), "+f"(b), "+f"(c), "+f"(d) : "l"(db) : "memory"); // HERE
  out[t] = (int)(a + b + c + d);
)"),
               ReportKind::Wgmma,
               {"overwrites a register"}});
}

TEST(ChecksWgmma, GroupThatNotAllWarpsCommit) {
  checkDefect({wgmmaKernel("  " + fence + "\n  " + product + R"(
#ifndef FIXED
  if (t < 96)
#endif
  )" + commit + "\n  " + waitProducts +
                           " // HERE\n  out[t] = (int)(a + b + c + d);\n"),
               ReportKind::Deadlock,
               {"warp 0", "waits for wgmma group 1, which not all warps"},
               {{1}, {128}},
               {ReportKind::Wgmma}});
}

TEST(ChecksWgmma, MoreRegistersThanTheBlockHas) {
  // Three warp groups begin with 168 registers: two can have 240 if one keeps 24.
  checkDefect({R"(extern "C" __global__ void __launch_bounds__(384, 1) k(const int *in, int *out) {
  int t = threadIdx.x;
  if (t < 128) {
#ifdef FIXED
    asm volatile("setmaxnreg.dec.sync.aligned.u32 24;");
#else
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
#endif
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 240;"); // HERE
  }
  out[t] = in[t];
})",
               ReportKind::Deadlock,
               {"waits for 2304 registers; the block has"},
               {{1}, {384}}});
}

TEST(ChecksWgmma, KeepsMoreRegistersThanItHas) {
  checkDefect({R"(extern "C" __global__ void __launch_bounds__(256, 1) k(const int *in, int *out) {
#ifndef FIXED
  if (threadIdx.x < 128)
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
#endif
  asm volatile("setmaxnreg.dec.sync.aligned.u32 96;"); // HERE
  out[threadIdx.x] = in[threadIdx.x];
})",
               ReportKind::RegisterBudget,
               {"keeps 96 registers per thread, but has 40"},
               {{1}, {256}}});
}

TEST(ChecksWgmma, OneWarpOfAGroupTradesRegisters) {
  checkDefect({R"(extern "C" __global__ void __launch_bounds__(128, 4) k(const int *in, int *out) {
#ifndef FIXED
  if (threadIdx.x < 32)
#endif
  asm volatile("setmaxnreg.dec.sync.aligned.u32 96;"); // HERE
  out[threadIdx.x] = in[threadIdx.x];
})",
               ReportKind::RegisterBudget,
               {"warps of one warp group end with 96 and 128"}});
}
