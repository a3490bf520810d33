#include "test/unit/Emulator/SeededDefect.h"

using namespace lacuna;
using namespace lacuna::emulator;

TEST(ChecksGlobal, WriteBeyondTheEnd) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  out[t] = in[t];
#else
  out[t + 900] = in[t]; // HERE
#endif
})",
               ReportKind::OutOfBounds,
               {"write of 4 bytes", "out", "4096"}});
}

TEST(ChecksGlobal, WriteBeforeTheBeginning) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  out[t] = in[t];
#else
  out[t - 1] = in[t]; // HERE
#endif
})",
               ReportKind::OutOfBounds,
               {"write of 4 bytes", "out"}});
}

TEST(ChecksGlobal, ReadBeyondTheEnd) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  out[t] = in[t + 896];
#else
  out[t] = in[t + 897]; // HERE
#endif
})",
               ReportKind::OutOfBounds,
               {"read of 4 bytes", "in", "4096"}});
}

TEST(ChecksGlobal, ReadBeforeTheBeginning) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  out[t] = t ? in[t - 1] : 0;
#else
  out[t] = in[t - 1]; // HERE
#endif
})",
               ReportKind::OutOfBounds,
               {"read of 4 bytes", "in"}});
}

TEST(ChecksGlobal, NullPointer) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  const int *p = in;
#ifndef FIXED
  p = reinterpret_cast<const int *>(static_cast<unsigned long long>(in[64]));
#endif
  out[threadIdx.x] = p[threadIdx.x]; // HERE
})",
               ReportKind::OutOfBounds});
}

TEST(ChecksGlobal, Misaligned) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  int2 v = *(const int2 *)(in + 2 * t);
#else
  int2 v = *(const int2 *)(in + 2 * t + 1); // HERE
#endif
  out[t] = v.x + v.y;
})",
               ReportKind::Misaligned,
               {"8 bytes", "4 past"}});
}

TEST(ChecksGlobal, VectorWriteMisaligned) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x; int4 v = *(const int4 *)(in + 4 * t);
#ifdef FIXED
  *(int4 *)(out + 4 * t) = v;
#else
  *(int4 *)(out + 4 * t + 1) = v; // HERE
#endif
})",
               ReportKind::Misaligned,
               {"16 bytes"}});
}

TEST(ChecksGlobal, NeverWritten) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  out[t] = in[t];
#endif
  out[t] += 1; // HERE
})",
               ReportKind::UninitialisedGlobal,
               {"out", "never written"}});
}

TEST(ChecksGlobal, LocalNeverWritten) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x, a[16];
#ifdef FIXED
  for (int i = 0; i < 16; ++i) a[i] = i;
#endif
  a[in[t] % 16] = t;
  out[t] = a[in[t + 1] % 16]; // HERE
})",
               ReportKind::UninitialisedLocal});
}

TEST(ChecksGlobal, LocalOutOfBounds) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x, a[16];
  for (int i = 0; i < 16; ++i) a[i] = in[i];
#ifdef FIXED
  a[in[t] % 16] = t;
#else
  a[in[t]] = t; // HERE
#endif
  out[t] = a[in[t + 1] % 16];
})",
               ReportKind::OutOfBounds,
               {"local memory"}});
}

TEST(ChecksGlobal, RegisterNeverWritten) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x, d;
#ifdef FIXED
  asm volatile("{ .reg .b32 x; mov.b32 x, 1; add.s32 %0, x, %1; }" : "=r"(d) : "r"(t));
#else
  asm volatile("{ .reg .b32 x; add.s32 %0, x, %1; }" : "=r"(d) : "r"(t)); // HERE
#endif
  out[t] = d;
})",
               ReportKind::UninitialisedRegister});
}

TEST(ChecksGlobal, RegisterWrittenInSomeLanesOnly) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x, d;
#ifdef FIXED
  asm volatile("{ .reg .b32 x; .reg .pred p; setp.lt.s32 p, %1, 40; mov.b32 x, 0; @p mov.b32 x, 1; add.s32 %0, x, %1; }" : "=r"(d) : "r"(t));
#else
  asm volatile("{ .reg .b32 x; .reg .pred p; setp.lt.s32 p, %1, 40; @p mov.b32 x, 1; add.s32 %0, x, %1; }" : "=r"(d) : "r"(t)); // HERE
#endif
  out[t] = d;
})",
               ReportKind::UninitialisedRegister});
}

TEST(ChecksGlobal, TwoBlocksWriteOneElement) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  out[blockIdx.x * 128 + t] = blockIdx.x;
#else
  out[blockIdx.x * 100 + t] = blockIdx.x; // HERE
#endif
})",
               ReportKind::BlockConflict,
               {"out", "block"},
               {{3}, {128}}});
}

TEST(ChecksGlobal, OneBlockReadsWhatAnotherWrites) {
  checkDefect({R"(extern "C" __global__ void k(int *in, int *out) {
  int t = threadIdx.x, next = (blockIdx.x + 1) % gridDim.x;
  in[blockIdx.x * 128 + t] = t; // HERE
#ifdef FIXED
  out[blockIdx.x * 128 + t] = in[blockIdx.x * 128 + t];
#else
  out[blockIdx.x * 128 + t] = in[next * 128 + t];
#endif
})",
               ReportKind::BlockConflict,
               {"in"},
               {{3}, {128}},
               {},
               false});
}

TEST(ChecksGlobal, WarpsOfABlockRaceOnGlobalMemory) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
  out[t] = in[t];
#ifdef FIXED
  __syncthreads();
#endif
  out[256 + t] = out[127 - t]; // HERE
})",
               ReportKind::Race,
               {"out"},
               {{1}, {128}},
               {ReportKind::UninitialisedGlobal},
               false});
}

TEST(ChecksGlobal, WriteToWhatIsProtected) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = compileKernel(R"(extern "C" __global__ void k(int *in, int *out) {
  out[threadIdx.x] = in[threadIdx.x];
  in[threadIdx.x] = 1;
})",
                                    "k");
  KernelRunner runner;
  DeviceAddress in = runner.put(std::vector<int>(32, 7), "in"), out = runner.allocate(128, "out");
  runner.runClean(image, {{1}, {32}}, Arguments(in, out));
  runner.emulator->protectAllocation(in);
  Outcome outcome = runner.run(image, {{1}, {32}}, Arguments(in, out));
  ASSERT_EQ(outcome.reports.size(), 1u);
  EXPECT_EQ(outcome.reports[0].kind, ReportKind::ReadOnlyWrite);
  EXPECT_NE(outcome.status.message().find("writes to in, which is read-only"), std::string::npos)
      << outcome.status.message();
  EXPECT_EQ(runner.get<int>(out, 32), std::vector<int>(32, 1)) << "reading is free of defects";
}
