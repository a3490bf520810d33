//===- BlockListPlanTest.cpp - Lists of blocks belong to a plan --------------===//
//
// Lists in device memory are expanded when a plan is updated, and not by launches
// with it. With queries of zero, exp of the log-sum-exp is the number of keys that a
// query sees.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Runtime/Nvrtc.h"
#include "lib/Support/Environment.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace lacuna;

static const char *spec = R"(
!t = tensor<?x?x?x16xf16>
func.func @listed(%q: !t, %list: tensor<?x?xi32>, %n: i32) -> tensor<?x?x?xf32> {
  %blocks = attn.expand_blocks %list columns %n : tensor<?x?xi32>
  %o, %lse = attn.attend %q, %q, %q where(%b, %h, %i, %j) {
    %seen = attn.block_mask %i, %j in %blocks block 64 x 32 : tensor<?x?xi1>
    attn.yield %seen : i1
  } : !t, !t, !t
  return %lse : tensor<?x?x?xf32>
})";

namespace {
constexpr int tokens = 128;

class BlockListPlan : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
      GTEST_SKIP() << found.status().message();
    device = std::move(*openDevice("emulator"));
    CompileOptions options;
    options.target = device->target();
    options.mode = GetParam();
    Result<Executable> executable = compile(spec, options);
    ASSERT_TRUE(executable) << executable.status().message();
    program.emplace(std::move(*LoadedProgram::load(*executable, *device)));
    q.emplace(std::move(*DeviceTensor::create(*device, DType::F16, {1, 1, tokens, 16})));
    list.emplace(std::move(*DeviceTensor::create(*device, DType::I32, {2, 2})));
    lse.emplace(std::move(*DeviceTensor::create(*device, DType::F32, {1, 1, tokens})));
    ASSERT_TRUE(device->fill(q->ref().address, 0, q->bytes(), {}).isOk());
  }

  std::vector<Value> arguments() const { return {*q, *list, 4}; }
  Plan makePlan() const { return std::move(*Plan::create(*program, arguments())); }
  void setList(std::vector<std::int32_t> blocks) {
    ASSERT_TRUE(list->copyIn(blocks.data()).isOk());
  }
  /// Keys that a query of each of the two rows of blocks sees.
  std::pair<float, float> launch(const Plan &plan) {
    Status launched = program->launch(arguments(), {lse->ref()}, plan);
    EXPECT_TRUE(launched.isOk()) << launched.message();
    finished = program->synchronize();
    std::vector<float> host(tokens);
    EXPECT_TRUE(lse->copyOut(host.data()).isOk());
    return {std::round(std::exp(host[0])), std::round(std::exp(host[tokens - 1]))};
  }

  std::unique_ptr<Device> device;
  std::optional<LoadedProgram> program;
  std::optional<DeviceTensor> q, list, lse;
  Status finished; ///< of the last launch
};
} // namespace

TEST_P(BlockListPlan, AnUpdateReadsTheList) {
  EXPECT_TRUE(program->makesPlan());
  Plan plan = makePlan();
  setList({0, -1, 1, 3});
  ASSERT_TRUE(plan.update(arguments()).isOk());
  EXPECT_EQ(launch(plan), std::pair(32.f, 64.f));
  setList({0, 1, -1, -1});
  EXPECT_EQ(launch(plan), std::pair(32.f, 64.f));
  ASSERT_TRUE(plan.update(arguments()).isOk());
  EXPECT_EQ(launch(plan), std::pair(64.f, 0.f));
}

TEST_P(BlockListPlan, AWrongListSpoilsLaunchesUntilTheNextUpdate) {
  Plan plan = makePlan();
  setList({0, -1, 1, 4});
  ASSERT_TRUE(plan.update(arguments()).isOk());
  EXPECT_NE(plan.synchronize().message().find("a block of %list is out of range"),
            std::string::npos);
  for (int layer = 0; layer < 2; ++layer) {
    auto [first, last] = launch(plan);
    EXPECT_TRUE(std::isnan(first) && std::isnan(last));
    EXPECT_NE(finished.message().find("a block of %list is out of range"), std::string::npos);
  }
  setList({0, -1, 1, 3});
  ASSERT_TRUE(plan.update(arguments()).isOk());
  EXPECT_EQ(launch(plan), std::pair(32.f, 64.f));
  EXPECT_TRUE(finished.isOk()) << finished.message();
}

TEST_P(BlockListPlan, AStaleListIsFoundOnRequest) {
  overrideEnvironment(Variable::CheckPlans, "1");
  Plan plan = makePlan();
  overrideEnvironment(Variable::CheckPlans, std::nullopt);
  setList({0, -1, 1, 3});
  ASSERT_TRUE(plan.update(arguments()).isOk());
  EXPECT_EQ(launch(plan), std::pair(32.f, 64.f));
  setList({0, -1, 1, 2});
  EXPECT_NE(program->launch(arguments(), {lse->ref()}, plan).message().find("the plan is stale"),
            std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Modes, BlockListPlan, testing::Values("closed", "planned"),
                         [](const auto &info) { return std::string(info.param); });
