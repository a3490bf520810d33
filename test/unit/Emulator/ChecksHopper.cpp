// Defects of kernels that use mbarriers and bulk copies.
#include "test/unit/Emulator/HopperSource.h"
#include "test/unit/Emulator/SeededDefect.h"

using namespace lacuna;
using namespace lacuna::emulator;

static std::string kernel(const std::string &body) {
  return hopperPreamble +
         "extern \"C\" __global__ void k(const int *in, int *out) {\n"
         "  __shared__ __align__(128) int s[128]; __shared__ __align__(8) u64 bar; int t = "
         "threadIdx.x;\n" +
         body + "}\n";
}

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

TEST(ChecksHopper, LaneArrivesForOthersThatRead) {
  checkDefect({kernel(R"(
  s[t] = in[t];
  if (t == 0) { init(&bar, 1); fenceInit(); }
  __syncthreads();
  if (t < 32) {
    int x = s[31 - t];
#ifdef FIXED
    __syncwarp();
#endif
    if (t == 0) arrive(&bar);
    out[t] = x;
  } else if (t < 64) {
    wait(&bar, 0);
    s[t - 32] = 7; // HERE
  }
)"),
               ReportKind::Race,
               {"read by warp 0"}});
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

TEST(ChecksHopper, SourceOfAStoreLoadedOver) {
  checkDefect({kernel(R"(
  s[t] = in[t]; fenceProxy();
  if (t == 0) { init(&bar, 1); fenceInit(); }
  __syncthreads();
  if (t == 0) {
    store(out, s, 512);
#ifdef FIXED
    waitStores();
#endif
    expect(&bar, 512);
    load(s, in + 128, 512, &bar); // HERE
#ifndef FIXED
    waitStores();
#endif
  }
  wait(&bar, 0);
)"),
               ReportKind::Race,
               {"bulk store"}});
}

TEST(ChecksHopper, StoreNeverCommitted) {
  checkDefect({kernel(R"(
  s[t] = in[t]; fenceProxy();
  __syncthreads();
  if (t == 0) {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 512;" :: "l"(out), "r"(at(s)) : "memory"); // HERE
#ifdef FIXED
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
#endif
    waitStores();
  }
)"),
               ReportKind::Tma,
               {"the block ends while"}});
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

TEST(ChecksHopper, FewerBytesExpectedThanCopied) {
  checkDefect({kernel(R"(
  if (t == 0) {
    init(&bar, 1); fenceInit();
#ifdef FIXED
    expect(&bar, 512);
#else
    expect(&bar, 256);
#endif
    load(s, in, 512, &bar);
  }
  __syncthreads();
  wait(&bar, 0); // HERE
  out[t] = s[t];
)"),
               ReportKind::Deadlock,
               {"0 of 1 arrivals and -256 bytes missing"}});
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
