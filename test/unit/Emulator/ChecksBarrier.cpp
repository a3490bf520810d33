#include "test/unit/Emulator/SeededDefect.h"

using namespace lacuna;
using namespace lacuna::emulator;

TEST(ChecksBarrier, InADivergentBranch) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  if (t >= 64) asm volatile("bar.sync 1, 64;" ::: "memory");
#else
  if (t % 32 < 16) asm volatile("bar.sync 1, 128;" ::: "memory"); // HERE
#endif
  out[t] = in[t];
})",
               ReportKind::Divergence,
               {"16 of the 32"},
               {{1}, {128}},
               {ReportKind::Barrier, ReportKind::Deadlock}});
}

TEST(ChecksBarrier, ParticipantsDisagree) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  int n = 128;
#else
  int n = t < 64 ? 128 : 96;
#endif
  asm volatile("bar.sync 1, %0;" :: "r"(n) : "memory"); // HERE
  out[t] = in[t];
})",
               ReportKind::Barrier,
               {"barrier 1"},
               {{1}, {128}},
               {ReportKind::Deadlock}});
}

TEST(ChecksBarrier, CountNotOfWholeWarps) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  asm volatile("bar.sync 1, %0;" :: "r"(in[0] + 128) : "memory");
#else
  asm volatile("bar.sync 1, %0;" :: "r"(in[0] + 100) : "memory"); // HERE
#endif
  out[t] = in[t];
})",
               ReportKind::Barrier,
               {"100"},
               {{1}, {128}},
               {ReportKind::Deadlock}});
}

TEST(ChecksBarrier, SomebodyNeverComes) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  asm volatile("bar.sync 1, 128;" ::: "memory");
#else
  if (t < 64) asm volatile("bar.sync 1, 128;" ::: "memory"); // HERE
#endif
  out[t] = in[t]; // and here it ends
})",
               ReportKind::Deadlock,
               {"barrier 1 with 64 of 128"}});
}

TEST(ChecksBarrier, WrittenAfterTheArrival) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[64];
  int t = threadIdx.x;
  if (t < 64) {
#ifdef FIXED
    s[t] = in[t];
#else
    s[t] = 0;
#endif
    asm volatile("bar.arrive 1, 128;" ::: "memory");
#ifndef FIXED
    s[t] = in[t];
#endif
  } else {
    asm volatile("bar.sync 1, 128;" ::: "memory");
    out[t] = s[t - 64]; // HERE
  }
})",
               ReportKind::Race});
}

TEST(ChecksBarrier, ArrivesTwiceBeforeItOpens) {
  // Two warps take turns. Without its wait, one gives turns away that it does not have.
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
  if (t < 32) {
    for (int turn = 0; turn < 2; ++turn) {
#ifdef FIXED
      asm volatile("bar.sync 1, 64;" ::: "memory");
#endif
      asm volatile("bar.arrive 2, 64;" ::: "memory"); // HERE
    }
  } else {
    for (int turn = 0; turn < 2; ++turn) {
      asm volatile("bar.arrive 1, 64;" ::: "memory");
      asm volatile("bar.sync 2, 64;" ::: "memory");
    }
  }
  out[t] = in[t];
})",
               ReportKind::Barrier,
               {"comes to barrier 2 again"},
               {{1}, {64}},
               {ReportKind::Deadlock}, // the barrier may open with its arrivals alone
               false});
}

TEST(ChecksBarrier, TwoWarpsWaitForEachOther) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifdef FIXED
  asm volatile("bar.sync 1, 64;" ::: "memory");
  asm volatile("bar.sync 2, 64;" ::: "memory");
#else
  if (t < 32) {
    asm volatile("bar.sync 1, 64;" ::: "memory"); // HERE
    asm volatile("bar.sync 2, 64;" ::: "memory");
  } else {
    asm volatile("bar.sync 2, 64;" ::: "memory");
    asm volatile("bar.sync 1, 64;" ::: "memory");
  }
#endif
  out[t] = in[t];
})",
               ReportKind::Deadlock,
               {"barrier 1", "barrier 2"},
               {{1}, {64}}});
}

TEST(ChecksBarrier, ShuffleFromALaneThatIsNotThere) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x, x = in[t];
#ifdef FIXED
  x = __shfl_xor_sync(0xffffffff, x, 1);
#else
  if (x % 2) x = __shfl_xor_sync(0xffffffff, x, 1); // HERE
#endif
  out[t] = x;
})",
               ReportKind::Divergence,
               {},
               {{1}, {32}},
               {ReportKind::Deadlock}});
}

TEST(ChecksBarrier, MatrixInstructionInHalfAWarp) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x; float d[4] = {0, 0, 0, 0}; unsigned x = in[t];
#ifndef FIXED
  if (t < 16)
#endif
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%4,%4}, {%0,%1,%2,%3};" : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(x)); // HERE
  out[t] = (int)d[0];
})",
               ReportKind::Divergence,
               {"16 of the 32"},
               {{1}, {32}}});
}

TEST(ChecksBarrier, Trap) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  int t = threadIdx.x;
#ifndef FIXED
  if (in[t] == 50) __trap(); // HERE
#endif
  out[t] = in[t];
})",
               ReportKind::Trap});
}

TEST(ChecksBarrier, EndlessLoop) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, volatile int *out) {
  out[threadIdx.x] = 0;
#ifndef FIXED
  while (out[threadIdx.x] == 0) {} // HERE
#endif
})",
               ReportKind::Limit,
               {},
               {{1}, {32}},
               {},
               true,
               50000});
}
