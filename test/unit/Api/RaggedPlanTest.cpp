//===- RaggedPlanTest.cpp - Lengths of sequences belong to a plan ----------===//
//
// Offsets in device memory are read when a plan is updated, and not by launches with
// it; one program serves all of them. With queries of zero, exp of the log-sum-exp is the
// number of keys of a query's sequence.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Runtime/Nvrtc.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace lacuna;

static const char *raggedSpec = R"(
!t = tensor<?x?x?x16xf16>
!n = tensor<?xi32>
func.func @ragged(%q: !t, %n: !n) -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q ragged %n, %q, %q ragged %n : !t ragged !n, !t, !t ragged !n
  return %lse : tensor<?x?x?xf32>
})";

TEST(RaggedPlan, AnUpdateReadsTheOffsets) {
  if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
    GTEST_SKIP() << found.status().message();
  constexpr int tokens = 200;
  auto device = std::move(*openDevice("emulator"));
  CompileOptions options;
  options.target = device->target();
  Result<Executable> executable = compile(raggedSpec, options);
  ASSERT_TRUE(executable) << executable.status().message();
  auto program = std::move(*LoadedProgram::load(*executable, *device));
  EXPECT_TRUE(program.makesPlan());
  auto q = std::move(*DeviceTensor::create(*device, DType::F16, {1, 1, tokens, 16}));
  auto offsets = std::move(*DeviceTensor::create(*device, DType::I32, {4}));
  auto lse = std::move(*DeviceTensor::create(*device, DType::F32, {1, 1, tokens}));
  ASSERT_TRUE(device->fill(q.ref().address, 0, q.bytes(), {}).isOk());
  auto setOffsets = [&](std::vector<std::int32_t> all) {
    ASSERT_TRUE(offsets.copyIn(all.data()).isOk());
  };
  Plan plan = std::move(*Plan::create(program, {q, offsets}));
  Status finished;
  // Keys of the sequences of the first and the last token.
  auto launch = [&] {
    Status launched = program.launch({q, offsets}, {lse.ref()}, plan);
    EXPECT_TRUE(launched.isOk()) << launched.message();
    finished = program.synchronize();
    std::vector<float> host(tokens);
    EXPECT_TRUE(lse.copyOut(host.data()).isOk());
    return std::pair(std::round(std::exp(host[0])), std::round(std::exp(host[tokens - 1])));
  };
  setOffsets({0, 150, 150, tokens});
  ASSERT_TRUE(plan.update({q, offsets}).isOk());
  EXPECT_EQ(launch(), std::pair(150.f, 50.f));
  setOffsets({0, 0, 70, tokens});
  EXPECT_EQ(launch(), std::pair(150.f, 50.f));
  ASSERT_TRUE(plan.update({q, offsets}).isOk());
  EXPECT_EQ(launch(), std::pair(70.f, 130.f));
  EXPECT_TRUE(finished.isOk()) << finished.message();

  setOffsets({0, 70, 60, tokens});
  ASSERT_TRUE(plan.update({q, offsets}).isOk());
  EXPECT_TRUE(std::isnan(launch().second));
  EXPECT_NE(finished.message().find("offsets of %n do not ascend"), std::string::npos);
}
