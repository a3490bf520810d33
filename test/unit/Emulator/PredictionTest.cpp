//===- PredictionTest.cpp - Counts without a whole execution ---------------===//
#include "test/unit/Emulator/KernelRunner.h"

using namespace lacuna;
using namespace lacuna::emulator;

/// A kernel k(out, turns), in which %rd1 is the thread's own word of `out`, %r1 is
/// `turns`, %tid.x is in %r0 and the block's number in %r2.
static KernelImage kernelOf(const std::string &instructions) {
  return {"k", "sm_90a", "",
          ".version 9.0\n.target sm_90a\n.address_size 64\n"
          ".visible .entry k(.param .u64 out, .param .u32 turns) {\n"
          ".reg .f32 %f<9>;\n.reg .b32 %r<20>;\n.reg .b64 %rd<4>;\n.reg .pred %p<4>;\n"
          ".shared .align 8 .b8 words[256];\n"
          "ld.param.u64 %rd0, [out];\nld.param.u32 %r1, [turns];\n"
          "mov.u32 %r0, %tid.x;\nmov.u32 %r2, %ctaid.x;\n"
          "mad.wide.u32 %rd1, %r0, 4, %rd0;\n" +
              instructions + "ret;\n}\n",
          ""};
}

/// {%f0, ...} = zeros * zeros.
static const std::string product = "mov.f32 %f4, 0f00000000; mov.b32 %r9, 0;\n"
                                   "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                                   "{%f0, %f1, %f2, %f3}, {%r9, %r9, %r9, %r9}, {%r9, %r9}, "
                                   "{%f4, %f4, %f4, %f4};\n";

namespace {

/// One launch of blocks of one warp.
struct Launched {
  Launched(const std::string &instructions, bool predict, std::uint32_t blocks = 1,
           std::uint64_t step = 1)
      : runner(optionsFor(predict, step)), out(runner.put(std::vector<float>(32, 7.0f))) {
    runner.runClean(kernelOf(instructions), {{blocks}, {32}}, Arguments(out, std::uint32_t(3)));
  }
  static EmulatorOptions optionsFor(bool predict, std::uint64_t step) {
    EmulatorOptions options;
    options.predict = predict;
    options.predictedStep = step;
    options.checkRaces = false; // blocks write the same words
    return options;
  }
  const Counters &counters() const { return runner.emulator->counters(); }
  float result() { return runner.get<float>(out, 1)[0]; }

  KernelRunner runner;
  DeviceAddress out;
};

} // namespace

/// Loops as often as `turns` and the block's number say; lanes below 8 do more.
static const std::string loop =
    "add.u32 %r3, %r1, %r2;\nagain:\n" + product +
    "setp.ge.u32 %p0, %r0, 8;\n@%p0 bra skip;\nadd.f32 %f5, %f0, %f1;\nskip:\n"
    "sub.u32 %r3, %r3, 1;\nsetp.ne.u32 %p1, %r3, 0;\n@%p1 bra again;\n"
    "st.global.f32 [%rd1], %f0;\n";

TEST(Prediction, CountsWhatWouldBeExecuted) {
  if (testsUseGpu())
    return;
  Launched executed(loop, false, 15), predicted(loop, true, 15);
  ASSERT_EQ(predicted.counters().instructions.size(), executed.counters().instructions.size());
  for (std::size_t n = 0; n < executed.counters().instructions.size(); ++n) {
    const InstructionCount &expected = executed.counters().instructions[n];
    const InstructionCount &count = predicted.counters().instructions[n];
    EXPECT_EQ(count.warps, expected.warps) << expected.opcode;
    EXPECT_EQ(count.lanes, expected.lanes) << expected.opcode;
  }
  EXPECT_EQ(executed.result(), 0.0f);
  EXPECT_EQ(predicted.result(), 7.0f) << "a prediction writes nothing";
}

/// The second warp leaves in shared memory how often both turn.
static Counters countMessage(bool predict) {
  const std::string message = product + "mov.u32 %r4, words;\nsetp.lt.u32 %p0, %r0, 32;\n"
                                        "@%p0 bra reader;\nst.shared.u32 [%r4], %r1;\n"
                                        "reader:\nbar.sync 0;\nld.shared.u32 %r3, [%r4];\nagain:\n"
                                        "sub.u32 %r3, %r3, 1;\nsetp.ne.u32 %p1, %r3, 0;\n"
                                        "@%p1 bra again;\n";
  KernelRunner runner(Launched::optionsFor(predict, 1));
  runner.runClean(kernelOf(message), {{1}, {64}},
                  Arguments(runner.allocate(128), std::uint32_t(3)));
  return runner.emulator->counters();
}

TEST(Prediction, WhatAWarpLeavesForOthersIsWaitedFor) {
  if (testsUseGpu())
    return;
  const Counters executed = countMessage(false), predicted = countMessage(true);
  EXPECT_EQ(executed.warps("sub"), 6u);
  for (const char *opcode : {"sub", "ld.shared", "st.shared", "bra"})
    EXPECT_EQ(predicted.warps(opcode), executed.warps(opcode)) << opcode;
  EXPECT_EQ(predicted.sharedBytes, executed.sharedBytes);
}

TEST(Prediction, ASampleOfBlocksStandsForAll) {
  if (testsUseGpu())
    return;
  EXPECT_EQ(Launched(loop, true, 15, 3).counters().warps(""),
            Launched(loop, false, 15).counters().warps(""));
  // At least one is followed: the middle one.
  EXPECT_EQ(Launched(loop, true, 15, 99).counters().warps(""),
            Launched(loop, true, 15, 3).counters().warps(""));
}

TEST(Prediction, BytesAreCountedThatNothingMoves) {
  if (testsUseGpu())
    return;
  const std::string moves =
      product + "setp.lt.u32 %p0, %r0, 4;\n@%p0 ld.global.v2.f32 {%f5, %f6}, [%rd0];\n"
                "mov.u32 %r4, words;\nshl.b32 %r5, %r0, 2;\nadd.u32 %r4, %r4, %r5;\n"
                "st.shared.f32 [%r4], %f0;\nselp.u32 %r6, 4, 0, %p0;\n"
                "cp.async.ca.shared.global [%r4], [%rd1], 4, %r6;\ncp.async.wait_all;\n";
  for (bool predict : {false, true}) {
    Launched run(moves, predict);
    EXPECT_EQ(run.counters().globalBytesLoaded, 4u * 8 + 4u * 4) << predict;
    EXPECT_EQ(run.counters().sharedBytes, 2u * 32 * 4) << predict;
  }
}

TEST(Prediction, ElementsOfProductsAreDrawn) {
  if (testsUseGpu())
    return;
  const std::string asks = "mov.u32 %r3, 100;\nagain:\n" + product +
                           "setp.lt.f32 %p0, %f0, 0f00000000;\n@%p0 add.f32 %f5, %f0, %f1;\n"
                           "sub.u32 %r3, %r3, 1;\nsetp.ne.u32 %p1, %r3, 0;\n@%p1 bra again;\n";
  EXPECT_EQ(Launched(asks, false).counters().lanes("add"), 0u);
  EXPECT_NEAR(double(Launched(asks, true).counters().lanes("add")) / 3200, 0.5, 0.05);
  // Five standard deviations of a sum of 16 products.
  const std::string far =
      product + "setp.gt.f32 %p0, %f0, 0f41A00000;\n@%p0 add.f32 %f5, %f0, %f1;\n";
  EXPECT_EQ(Launched(far, true).counters().lanes("add"), 0u);
}

TEST(Prediction, WhatCameOfAProductIsNoGivenNumber) {
  if (testsUseGpu())
    return;
  // Nor the sum of it and what a copy brought.
  const std::string start = product + "st.shared.b32 [words], %r9;\nbar.sync 0;\n"
                                      "ld.shared.f32 %f6, [words];\nsub.f32 %f0, %f0, %f6;\n",
                    end = "@%p0 mul.f32 %f5, %f0, %f1;\n@!%p0 add.f32 %f5, %f0, %f1;\n";
  for (const char *asks :
       {"setp.eq.f32 %p0, %f0, 0f00000000;\n", "mov.b32 %r5, %f0;\nsetp.eq.s32 %p0, %r5, 0;\n"}) {
    const std::string text = start + asks + end;
    EXPECT_EQ(Launched(text, false).counters().lanes("mul"), 32u);
    EXPECT_EQ(Launched(text, true).counters().lanes("mul"), 0u);
    EXPECT_EQ(Launched(text, true).counters().lanes("add"), 32u);
  }
}

TEST(Prediction, WaitsTakeOneTurn) {
  if (testsUseGpu())
    return;
  const std::string waits = product + "mov.u32 %r4, words;\nagain:\n"
                                      "mbarrier.try_wait.parity.shared::cta.b64 %p0, [%r4], 0;\n"
                                      "@!%p0 bra again;\n";
  EXPECT_EQ(Launched(waits, true).counters().warps("mbarrier"), 1u);
}

TEST(Prediction, KernelsWithoutProductsAreExecuted) {
  if (testsUseGpu())
    return;
  EXPECT_EQ(Launched("st.global.f32 [%rd1], 0f3F800000;\n", true).result(), 1.0f);
}

TEST(Prediction, WhatWasNotWrittenMayBeRead) {
  if (testsUseGpu())
    return;
  KernelRunner runner(Launched::optionsFor(true, 1));
  runner.runClean(kernelOf("ld.global.f32 %f0, [%rd1];\n"), {{1}, {32}},
                  Arguments(runner.allocate(32 * sizeof(float)), std::uint32_t(3)));
}

TEST(Prediction, SaysWhatOnlyAnExecutionKnows) {
  if (testsUseGpu())
    return;
  KernelRunner runner(Launched::optionsFor(true, 1));
  Result<std::unique_ptr<LoadedKernel>> kernel = runner.device->load(
      kernelOf(product + "ld.shared.u32 %r3, [words];\nsetp.ne.u32 %p0, %r3, 0;\n"
                         "@%p0 add.f32 %f5, %f0, %f1;\n"));
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.status().message(), "kernel 'k' cannot be predicted: control flow depends on "
                                       "`ld.shared.u32 %r3, [words]` at PTX line 17");
}
