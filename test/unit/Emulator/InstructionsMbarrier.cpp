#include "test/unit/Emulator/KernelRunner.h"

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

/// Where an mbarrier is, as instructions that may name another block's say it
/// and as the others do, and what is said of order.
struct Form {
  std::string any, own, arrival, expectation, wait;
};
const Form forms[] = {
    {"", "", "", ".relaxed.cta", ""},
    {".shared", ".shared", ".release.cta", ".relaxed.cluster", ".acquire.cta"},
    {".shared::cta", ".shared::cta", "", ".relaxed.cta", ""},
    {".shared::cluster", ".shared::cta", ".release.cluster", ".relaxed.cluster",
     ".acquire.cluster"},
};

/// One thread takes a barrier of four arrivals through two phases and notes in
/// `out` what it sees between them. BAR: address of the barrier.
const char *phases = R"(
  asm volatile("mbarrier.initOWN.b64 [OBAR], 4;" :: "l"(bar), "r"(b) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  asm volatile("mbarrier.arrive.shared.b64 %0, [%1];" : "=l"(state) : "r"(b) : "memory");
  asm volatile("mbarrier.arriveARRIVALANY.b64 _, [ABAR];" :: "l"(bar), "r"(b) : "memory");
  asm volatile("mbarrier.arrive_dropARRIVALANY.b64 _, [ABAR];" :: "l"(bar), "r"(b) : "memory");
  asm volatile("{ .reg .pred p; mbarrier.test_waitWAITOWN.b64 p, [OBAR], %3; selp.u32 %2, 1, 0, p; }" : "+l"(bar), "+r"(b), "=r"(done) : "l"(state) : "memory");
  *out++ = done;
  asm volatile("mbarrier.expect_txEXPECTATIONANY.b64 [ABAR], 16;" :: "l"(bar), "r"(b) : "memory");
  asm volatile("mbarrier.arrive.expect_txARRIVALANY.b64 _, [ABAR], 16;" :: "l"(bar), "r"(b) : "memory");
  asm volatile("cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%0], [%1], 32, [%2];" :: "r"(tile), "l"(in), "r"(b) : "memory");
  do asm volatile("{ .reg .pred p; mbarrier.try_wait.parityWAITOWN.b64 p, [OBAR], 0; selp.u32 %2, 1, 0, p; }" : "+l"(bar), "+r"(b), "=r"(done) :: "memory"); while (!done);
  for (int i = 0; i < 8; ++i) *out++ = data[i];
  asm volatile("{ .reg .pred p; mbarrier.try_waitWAITOWN.b64 p, [OBAR], %3; selp.u32 %2, 1, 0, p; }" : "+l"(bar), "+r"(b), "=r"(done) : "l"(state) : "memory");
  *out++ = done;
  asm volatile("mbarrier.arriveARRIVALANY.b64 _, [ABAR], 2;" :: "l"(bar), "r"(b) : "memory");
  asm volatile("{ .reg .pred p; mbarrier.test_wait.parityWAITOWN.b64 p, [OBAR], 1; selp.u32 %2, 1, 0, p; }" : "+l"(bar), "+r"(b), "=r"(done) :: "memory");
  *out++ = done;
  asm volatile("mbarrier.arrive_drop.expect_txARRIVALANY.b64 _, [ABAR], 0;" :: "l"(bar), "r"(b) : "memory");
  asm volatile("{ .reg .pred p; mbarrier.test_wait.parityWAITOWN.b64 p, [OBAR], 1; selp.u32 %2, 1, 0, p; }" : "+l"(bar), "+r"(b), "=r"(done) :: "memory");
  *out++ = done;
  asm volatile("mbarrier.invalOWN.b64 [OBAR];" :: "l"(bar), "r"(b) : "memory");
)";

std::string sourceOf(const Form &form) {
  auto place = [](const std::string &space) { return space.empty() ? "%0" : "%1"; };
  std::string source = replaced(replaced(phases, "OBAR", place(form.own)), "ABAR", place(form.any));
  source = replaced(replaced(source, "OWN", form.own), "ANY", form.any);
  source = replaced(replaced(source, "ARRIVAL", form.arrival), "WAIT", form.wait);
  return "typedef unsigned u32; typedef unsigned long long u64;\n"
         "extern \"C\" __global__ void k(const int *in, int *out) {\n"
         "  __shared__ __align__(16) int data[8]; __shared__ __align__(8) u64 object;\n"
         "  u64 *bar = &object, state; u32 b = (u32)__cvta_generic_to_shared(bar), done;\n"
         "  u32 tile = (u32)__cvta_generic_to_shared(data);\n" +
         replaced(source, "EXPECTATION", form.expectation) + "}\n";
}

} // namespace

TEST(InstructionsMbarrier, EveryFormCountsTheSame) {
  if (skipWithoutNvrtc())
    return;
  // Closed after four arrivals and 32 bytes, then after three arrivals.
  const std::vector<s32> in = {3, 1, 4, 1, 5, 9, 2, 6};
  const std::vector<s32> want = {0, 3, 1, 4, 1, 5, 9, 2, 6, 1, 0, 1};
  for (const Form &form : forms) {
    KernelImage image = compileKernel(sourceOf(form), "k");
    for (const EmulatorOptions &options : everyMode()) {
      SCOPED_TRACE(form.any + form.arrival + form.wait + ", " + toString(options));
      KernelRunner runner(options);
      DeviceAddress input = runner.put(in), output = runner.allocate(want.size() * 4);
      runner.runClean(image, {{1}, {1}}, Arguments(input, output));
      EXPECT_EQ(runner.get<s32>(output, want.size()), want);
    }
  }
}
