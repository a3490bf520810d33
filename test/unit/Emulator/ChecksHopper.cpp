// Defects of kernels that use mbarriers, bulk copies and wgmma.
#include "test/unit/Emulator/SeededDefect.h"

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// What the kernels below share; without line breaks, so that lines count from
/// the kernel itself.
const std::string preamble =
    "typedef unsigned u32; typedef unsigned long long u64; "
    "__device__ __forceinline__ u32 at(const void *p) { return (u32)__cvta_generic_to_shared(p); } "
    "__device__ __forceinline__ void init(u64 *b, u32 n) { asm "
    "volatile(\"mbarrier.init.shared::cta.b64 [%0], %1;\" :: \"r\"(at(b)), \"r\"(n) : \"memory\"); "
    "} "
    "__device__ __forceinline__ void fenceInit() { asm "
    "volatile(\"fence.mbarrier_init.release.cluster;\" ::: \"memory\"); } "
    "__device__ __forceinline__ void fenceProxy() { asm "
    "volatile(\"fence.proxy.async.shared::cta;\" ::: \"memory\"); } "
    "__device__ __forceinline__ void expect(u64 *b, u32 n) { asm "
    "volatile(\"mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\" :: \"r\"(at(b)), \"r\"(n) "
    ": \"memory\"); } "
    "__device__ __forceinline__ void arrive(u64 *b) { asm "
    "volatile(\"mbarrier.arrive.shared::cta.b64 _, [%0];\" :: \"r\"(at(b)) : \"memory\"); } "
    "__device__ __forceinline__ void wait(u64 *b, u32 parity) { asm volatile(\"{ .reg .pred p; "
    "W_%=: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1; @!p bra W_%=; }\" :: "
    "\"r\"(at(b)), \"r\"(parity) : \"memory\"); } "
    "__device__ __forceinline__ void load(void *s, const void *g, u32 n, u64 *b) { asm "
    "volatile(\"cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, "
    "[%3];\" :: \"r\"(at(s)), \"l\"(g), \"r\"(n), \"r\"(at(b)) : \"memory\"); } "
    "__device__ __forceinline__ void store(void *g, const void *s, u32 n) { asm "
    "volatile(\"cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;\" :: \"l\"(g), "
    "\"r\"(at(s)), \"r\"(n) : \"memory\"); asm volatile(\"cp.async.bulk.commit_group;\" ::: "
    "\"memory\"); } "
    "__device__ __forceinline__ void waitStores() { asm volatile(\"cp.async.bulk.wait_group.read "
    "0;\" ::: \"memory\"); } ";

std::string kernel(const std::string &body) {
  return preamble +
         "extern \"C\" __global__ void k(const int *in, int *out) {\n"
         "  __shared__ __align__(128) int s[128]; __shared__ __align__(8) u64 bar; int t = "
         "threadIdx.x;\n" +
         body + "}\n";
}

/// A 64x8 product of zeros, around what is to be tested.
std::string wgmmaKernel(const std::string &body) {
  return preamble +
         "extern \"C\" __global__ void k(const int *in, int *out) {\n"
         "  __shared__ __align__(1024) u32 s[768]; int t = threadIdx.x; float a = 0, b = 0, c = 0, "
         "d = 0;\n"
         "  for (int i = t; i < 768; i += 128) s[i] = 0;\n"
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

TEST(ChecksHopper, LoadNotWaitedFor) {
  checkDefect({kernel(R"(
  if (t == 0) { init(&bar, 1); fenceInit(); expect(&bar, 512); load(s, in, 512, &bar); }
  __syncthreads();
#ifdef FIXED
  wait(&bar, 0);
#endif
  out[t] = s[t]; // HERE
)"),
               ReportKind::Race,
               {"bulk load"},
               {{1}, {128}},
               {ReportKind::Tma}});
}

TEST(ChecksHopper, StoreWithoutProxyFence) {
  checkDefect({kernel(R"(
  s[t] = in[t];
#ifdef FIXED
  fenceProxy();
#endif
  __syncthreads();
  if (t == 0) {
    store(out, s, 512); // HERE
    waitStores();
  }
)"),
               ReportKind::Proxy,
               {"fence.proxy.async"}});
}

TEST(ChecksHopper, SlotLoadedWhileItIsRead) {
  checkDefect({kernel(R"(
  if (t == 0) { init(&bar, 1); fenceInit(); expect(&bar, 512); load(s, in, 512, &bar); }
  __syncthreads();
  wait(&bar, 0);
  int x = s[127 - t];
#ifdef FIXED
  __syncthreads();
#endif
  if (t == 0) {
    expect(&bar, 512);
    load(s, in + 128, 512, &bar); // HERE
  }
  wait(&bar, 1);
  out[t] = x + s[t];
)"),
               ReportKind::Race,
               {"read by warp"},
               {{1}, {128}},
               {ReportKind::Deadlock}, // a phase completes before the others look
               false});
}

TEST(ChecksHopper, SourceOfAStoreOverwritten) {
  checkDefect({kernel(R"(
  s[t] = in[t]; fenceProxy();
  __syncthreads();
  if (t == 0) {
    store(out, s, 512);
#ifdef FIXED
    waitStores();
#endif
    s[0] = 7; // HERE
#ifndef FIXED
    waitStores();
#endif
  }
)"),
               ReportKind::Race,
               {"bulk store"}});
}

TEST(ChecksHopper, BlockEndsBeforeItsStoreHasRead) {
  checkDefect({kernel(R"(
  s[t] = in[t]; fenceProxy();
  __syncthreads();
  if (t == 0) {
    store(out, s, 512); // HERE
#ifdef FIXED
    waitStores();
#endif
  }
)"),
               ReportKind::Tma});
}

TEST(ChecksHopper, SumOfAnotherType) {
  if (skipWithoutNvrtc() || testsUseGpu())
    return;
  KernelImage image = compileKernel(R"(
struct alignas(64) Map { unsigned long long words[16]; };
extern "C" __global__ void k(const __grid_constant__ Map map) {
  __shared__ __align__(128) int s[16];
  for (int i = 0; i < 16; ++i) s[i] = 0;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  asm volatile("cp.reduce.async.bulk.tensor.1d.global.shared::cta.add.bulk_group [%0, {0}], [%1];" :: "l"(&map), "r"((unsigned)__cvta_generic_to_shared(s)) : "memory");
  asm volatile("cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;" ::: "memory");
})",
                                    "k");
  for (auto [element, right] :
       {std::pair(TensorElement::F32, true), {TensorElement::Bf16, false}}) {
    KernelRunner runner;
    TensorMapSpec spec;
    spec.element = element;
    spec.base = runner.put(std::vector<f32>(16));
    spec.dims = {16};
    spec.box = {16};
    Outcome outcome = runner.run(image, {{1}, {1}}, Arguments(runner.tensorMap(spec)));
    ASSERT_EQ(outcome.reports.empty(), right) << toString(outcome.reports);
    if (!right) {
      EXPECT_EQ(outcome.reports[0].kind, ReportKind::Tma);
      EXPECT_NE(outcome.reports[0].message.find("another type"), std::string::npos);
    }
  }
}

TEST(ChecksHopper, MbarrierNeverInitialised) {
  checkDefect({kernel(R"(
#ifdef FIXED
  if (t == 0) init(&bar, 128);
  __syncthreads();
#endif
  arrive(&bar); // HERE
  out[t] = in[t];
)"),
               ReportKind::Mbarrier});
}

TEST(ChecksHopper, MbarrierNotFencedForCopies) {
  checkDefect({kernel(R"(
  if (t == 0) {
    init(&bar, 1);
#ifdef FIXED
    fenceInit();
#endif
    expect(&bar, 512);
    load(s, in, 512, &bar); // HERE
  }
  __syncthreads();
  wait(&bar, 0);
  out[t] = s[t];
)"),
               ReportKind::Proxy,
               {"fence.mbarrier_init"}});
}

TEST(ChecksHopper, MbarrierUsedWithoutABarrierAfterItsInitialisation) {
  checkDefect({kernel(R"(
  if (t == 0) init(&bar, 128);
#ifdef FIXED
  __syncthreads();
#endif
  arrive(&bar); // HERE
  wait(&bar, 0);
  out[t] = in[t];
)"),
               ReportKind::Race,
               {},
               {{1}, {128}},
               {ReportKind::Mbarrier, ReportKind::WarpRace, ReportKind::UninitialisedShared,
                ReportKind::Deadlock},
               false});
}

TEST(ChecksHopper, MoreBytesExpectedThanCopied) {
  checkDefect({kernel(R"(
  if (t == 0) {
    init(&bar, 1); fenceInit();
#ifdef FIXED
    expect(&bar, 512);
#else
    expect(&bar, 1024);
#endif
    load(s, in, 512, &bar);
  }
  __syncthreads();
  wait(&bar, 0); // HERE
  out[t] = s[t];
)"),
               ReportKind::Deadlock,
               {"mbarrier"}});
}

TEST(ChecksHopper, WrongParity) {
  checkDefect({kernel(R"(
  if (t == 0) { init(&bar, 1); fenceInit(); expect(&bar, 512); load(s, in, 512, &bar); }
  __syncthreads();
#ifdef FIXED
  wait(&bar, 0);
#else
  wait(&bar, 1); // the phase before the first one counts as complete
#endif
  out[t] = s[t]; // HERE
)"),
               ReportKind::Race,
               {"bulk load"},
               {{1}, {128}},
               {ReportKind::Tma, ReportKind::Deadlock},
               false});
}

TEST(ChecksHopper, TooManyArrivals) {
  checkDefect({kernel(R"(
#ifdef FIXED
  if (t == 0) init(&bar, 128);
#else
  if (t == 0) { init(&bar, 2); arrive(&bar); }
#endif
  __syncthreads();
#ifdef FIXED
  arrive(&bar);
#else
  if (t == 32) asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0], 2;" :: "r"(at(&bar)) : "memory"); // HERE
#endif
  out[t] = in[t];
)"),
               ReportKind::Mbarrier,
               {"arrives"}});
}

TEST(ChecksHopper, AccumulatorReadBeforeTheWait) {
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

TEST(ChecksHopper, AccumulatorWrittenAfterTheFence) {
  checkDefect({wgmmaKernel("  " + fence + R"(
#ifndef FIXED
  asm volatile("add.f32 %0, %0, %0;" : "+f"(a));
#endif
  )" + product + " // HERE\n  " +
                           commit + "\n  " + waitProducts + "\n  out[t] = (int)(a + b + c + d);\n"),
               ReportKind::Wgmma,
               {"fence"}});
}

TEST(ChecksHopper, ProductsNeverWaitedFor) {
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
