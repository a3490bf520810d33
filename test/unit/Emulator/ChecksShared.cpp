#include "test/unit/Emulator/SeededDefect.h"

using namespace lacuna;
using namespace lacuna::emulator;

TEST(ChecksShared, MissingBlockBarrier) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[128]; int t = threadIdx.x;
  s[t] = in[t];
#ifdef FIXED
  __syncthreads();
#endif
  out[t] = s[127 - t]; // HERE
})",
               ReportKind::Race,
               {"shared byte"},
               {{1}, {128}},
               {ReportKind::UninitialisedShared},
               false});
}

TEST(ChecksShared, BarrierOfTheWrongThreads) {
  // Two pairs of warps synchronise, but data crosses between the pairs.
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[128]; int t = threadIdx.x;
  s[t] = in[t];
#ifdef FIXED
  asm volatile("bar.sync 0, 128;" ::: "memory");
#else
  if (t < 64) asm volatile("bar.sync 1, 64;" ::: "memory"); else asm volatile("bar.sync 2, 64;" ::: "memory");
#endif
  out[t] = s[127 - t]; // HERE
})",
               ReportKind::Race,
               {},
               {{1}, {128}},
               {ReportKind::UninitialisedShared},
               false});
}

TEST(ChecksShared, ArrivingIsNotWaiting) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[64]; int t = threadIdx.x;
  if (t < 64) {
    s[t] = in[t];
    asm volatile("bar.arrive 1, 128;" ::: "memory");
  } else {
#ifdef FIXED
    asm volatile("bar.sync 1, 128;" ::: "memory");
#else
    asm volatile("bar.arrive 1, 128;" ::: "memory");
#endif
    out[t] = s[t - 64]; // HERE
  }
})",
               ReportKind::Race,
               {},
               {{1}, {128}},
               {ReportKind::UninitialisedShared},
               false});
}

TEST(ChecksShared, OverwrittenWhileOtherWarpsRead) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[64]; int t = threadIdx.x;
  s[t] = in[t];
  __syncthreads();
  int x = s[63 - t];
#ifdef FIXED
  __syncthreads();
#endif
  s[t] = x; // HERE
  __syncthreads();
  out[t] = s[t ^ 32];
})",
               ReportKind::Race,
               {},
               {{1}, {64}},
               {},
               false});
}

TEST(ChecksShared, RingSlotOverwrittenWhileRead) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int ring[2][128]; int t = threadIdx.x, sum = 0;
  for (int i = 0; i < 6; ++i) {
    ring[i & 1][t] = in[t] + i; // HERE
#ifdef FIXED
    __syncthreads();
    sum += ring[i & 1][127 - t];
#else
    __syncthreads();
    sum += ring[i & 1][127 - t] + ring[(i & 1) ^ (i > 0)][t ^ 32];
#endif
  }
  out[t] = sum;
})",
               ReportKind::Race,
               {"read by warp"}});
}

TEST(ChecksShared, LanesOfAWarpWithoutSyncwarp) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[32]; int t = threadIdx.x;
  s[t] = in[t];
#ifdef FIXED
  __syncwarp();
#endif
  out[t] = s[t ^ 1]; // HERE
})",
               ReportKind::WarpRace,
               {"lane"},
               {{1}, {32}}});
}

TEST(ChecksShared, LanesOverwriteWhatOthersRead) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[32]; int t = threadIdx.x;
  s[t] = in[t];
  __syncwarp();
  int x = s[t ^ 1];
#ifdef FIXED
  __syncwarp();
#endif
  s[t] = x + 1; // HERE
  __syncwarp();
  out[t] = s[31 - t];
})",
               ReportKind::WarpRace,
               {"lane"},
               {{1}, {32}}});
}

TEST(ChecksShared, LanesWriteOneWordDifferently) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s; int t = threadIdx.x;
#ifdef FIXED
  s = 7; // all the same
#else
  s = in[t]; // HERE
#endif
  __syncwarp();
  out[t] = s;
})",
               ReportKind::WarpRace,
               {"lane"},
               {{1}, {32}}});
}

TEST(ChecksShared, CopyNotWaitedFor) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[128]; int t = threadIdx.x;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"((unsigned)__cvta_generic_to_shared(s + t)), "l"(in + t) : "memory");
  asm volatile("cp.async.commit_group;" ::: "memory");
#ifdef FIXED
  asm volatile("cp.async.wait_group 0;" ::: "memory");
#else
  asm volatile("cp.async.wait_group 1;" ::: "memory");
#endif
  out[t] = s[t]; // HERE
})",
               ReportKind::AsyncCopy,
               {"waited"}});
}

TEST(ChecksShared, CopyNotCommitted) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[128]; int t = threadIdx.x;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"((unsigned)__cvta_generic_to_shared(s + t)), "l"(in + t) : "memory");
#ifdef FIXED
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
  asm volatile("cp.async.wait_group 0;" ::: "memory");
  out[t] = s[t]; // HERE
})",
               ReportKind::AsyncCopy,
               {"waited"}});
}

TEST(ChecksShared, CopyOfOtherLanesNeedsABarrier) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[32]; int t = threadIdx.x;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"((unsigned)__cvta_generic_to_shared(s + t)), "l"(in + t) : "memory");
  asm volatile("cp.async.wait_all;" ::: "memory");
#ifdef FIXED
  __syncwarp();
#endif
  out[t] = s[t ^ 1]; // HERE
})",
               ReportKind::AsyncCopy,
               {"__syncwarp"},
               {{1}, {32}}});
}

TEST(ChecksShared, CopyOfOtherWarpsNeedsABarrier) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[128]; int t = threadIdx.x;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"((unsigned)__cvta_generic_to_shared(s + t)), "l"(in + t) : "memory");
  asm volatile("cp.async.wait_all;" ::: "memory");
#ifdef FIXED
  __syncthreads();
#endif
  out[t] = s[t ^ 64]; // HERE
})",
               ReportKind::Race,
               {"cp.async of warp"},
               {{1}, {128}},
               {ReportKind::UninitialisedShared},
               false});
}

TEST(ChecksShared, CopyIntoASlotStillRead) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[128]; int t = threadIdx.x, sum = 0;
  for (int i = 0; i < 4; ++i) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"((unsigned)__cvta_generic_to_shared(s + t)), "l"(in + t + 128 * i) : "memory"); // HERE
    asm volatile("cp.async.wait_all;" ::: "memory");
    __syncthreads();
    sum += s[t ^ 64];
#ifdef FIXED
    __syncthreads();
#endif
  }
  out[t] = sum;
})",
               ReportKind::Race,
               {"read by warp"}});
}

TEST(ChecksShared, NeverWritten) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ int s[129]; int t = threadIdx.x;
  s[t] = in[t];
#ifdef FIXED
  if (t == 0) s[128] = 0;
#endif
  __syncthreads();
  out[t] = s[t + 1]; // HERE
})",
               ReportKind::UninitialisedShared,
               {"never written"}});
}

TEST(ChecksShared, OutOfBounds) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  extern __shared__ int s[]; int t = threadIdx.x;
#ifdef FIXED
  s[t] = in[t];
#else
  s[t + 1] = in[t]; // HERE
#endif
  __syncthreads();
  out[t] = t ? s[t] : 0;
})",
               ReportKind::OutOfBounds,
               {"byte 512", "shared memory, which has 512"},
               {{1}, {128}, 512}});
}

TEST(ChecksShared, MatrixRowMisaligned) {
  checkDefect({R"(extern "C" __global__ void k(const int *in, int *out) {
  __shared__ __align__(16) int s[256]; int t = threadIdx.x;
  s[t] = in[t]; s[t + 32] = 1; s[t + 64] = 2; s[t + 96] = 3; s[t + 128] = 4; __syncwarp();
#ifdef FIXED
  unsigned at = (unsigned)__cvta_generic_to_shared(s + 4 * (t % 8)), d;
#else
  unsigned at = (unsigned)__cvta_generic_to_shared(s + 4 * (t % 8) + 2), d;
#endif
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(d) : "r"(at)); // HERE
  out[t] = d;
})",
               ReportKind::Misaligned,
               {"16"},
               {{1}, {32}}});
}
