#include "lib/Runtime/Plan.h"

#include "lib/Support/Environment.h"
#include "test/unit/Runtime/RecordingDevice.h"
#include "test/unit/Runtime/SamplePrograms.h"

#include <gtest/gtest.h>

using namespace lacuna;

/// The sample with its first step as a plan: it reads %slopes and the window, and
/// both steps take the run lists. Only the second has a temporary of its own.
static Program plannedProgram() {
  Program program = samplePlannedAttention();
  program.temporaries.push_back({"partial sums", DType::F32, {Expression::dim(0, 2)}, 4});
  program.temporaries[0].ofPlan = program.temporaries[1].ofPlan = true;
  using P = ProgramParameter;
  program.steps[0].isPlan = true;
  program.steps[0].parameters = {P::temporary(0), P::temporary(1), P::argument(2), P::argument(3),
                                 P::status()};
  program.steps[1].parameters = {P::temporary(0), P::temporary(2), P::status()};
  return program;
}

namespace {

class PlanTest : public testing::Test {
protected:
  void SetUp() override {
    program = load(plannedProgram());
    request.slopes.address = DeviceAddress(slopes);
  }
  std::shared_ptr<ProgramInstance> load(Program source) {
    auto created = ProgramInstance::create(std::move(source), device);
    EXPECT_TRUE(created) << created.status().message();
    return std::move(*created);
  }
  std::unique_ptr<PlanInstance> makePlan(DeviceAddress memory = 0, std::size_t bytes = 0) {
    auto plan = PlanInstance::create(program, request.arguments(), memory, bytes);
    EXPECT_TRUE(plan) << plan.status().message();
    return std::move(*plan);
  }
  Status launch(const PlanInstance *plan) { return launch(*program, plan); }
  Status launch(const ProgramInstance &user, const PlanInstance *plan) {
    return user.launch(request.arguments(), {request.o, request.lse}, DeviceAddress(workspace),
                       sizeof(workspace), {}, plan);
  }
  std::string refusal(const PlanInstance &plan) {
    std::size_t before = device.launches.size();
    Status status = launch(&plan);
    EXPECT_EQ(status.kind(), StatusKind::Type);
    EXPECT_EQ(device.launches.size(), before);
    return status.message();
  }

  alignas(256) char workspace[4096];
  alignas(16) float slopes[8] = {};
  RecordingDevice device;
  std::shared_ptr<ProgramInstance> program;
  Request request;
};

} // namespace

TEST_F(PlanTest, AnUpdateRunsThePlanAndALaunchTheRest) {
  auto plan = makePlan();
  ASSERT_EQ(plan->update(request.arguments(), {}).message(), "");
  ASSERT_EQ(device.launches.size(), 1u);
  EXPECT_EQ(device.launches[0].kernel, "plan");
  ASSERT_EQ(launch(plan.get()).message(), "");
  ASSERT_EQ(launch(plan.get()).message(), "");
  ASSERT_EQ(device.launches.size(), 3u);
  const std::string &planned = device.launches[0].arguments, &attend = device.launches[1].arguments;
  EXPECT_EQ(device.launches[1].kernel, "attend");
  EXPECT_EQ(device.launches[2].arguments, attend);
  // The word of the plan, then its temporaries; the workspace holds the rest.
  EXPECT_EQ(field<std::uint64_t>(planned, 0), plan->memory() + 256);
  EXPECT_EQ(field<std::uint64_t>(planned, 24), plan->memory() + 512);
  EXPECT_EQ(field<std::uint64_t>(attend, 0), plan->memory() + 256);
  EXPECT_EQ(field<std::uint64_t>(attend, 24), DeviceAddress(workspace));
  // The plan reports to its own word; launches report to the program's and read it.
  EXPECT_EQ(field<std::uint64_t>(planned, 64), plan->memory());
  EXPECT_EQ(field<std::uint64_t>(planned, 72), plan->memory());
  EXPECT_NE(field<std::uint64_t>(attend, 40), plan->memory());
  EXPECT_EQ(field<std::uint64_t>(attend, 48), plan->memory());
}

TEST_F(PlanTest, WithoutAPlanTheWorkspaceHoldsIt) {
  EXPECT_EQ(*program->planBytes(request.arguments()), 768u);
  EXPECT_EQ(*program->workspaceBytes(request.arguments()), 768u + 768);
  EXPECT_EQ(*program->workspaceBytes(request.arguments(), /*withPlan=*/true), 768u);
  std::memset(workspace, 0xff, sizeof(workspace));
  ASSERT_EQ(launch(nullptr).message(), "");
  ASSERT_EQ(device.launches.size(), 2u);
  const std::string &planned = device.launches[0].arguments, &attend = device.launches[1].arguments;
  EXPECT_EQ(field<std::uint64_t>(planned, 0), DeviceAddress(workspace) + 256);
  EXPECT_EQ(field<std::uint64_t>(attend, 0), DeviceAddress(workspace) + 256);
  EXPECT_EQ(field<std::uint64_t>(attend, 24), DeviceAddress(workspace) + 768);
  EXPECT_EQ(field<std::uint64_t>(attend, 48), DeviceAddress(workspace));
  EXPECT_EQ(*reinterpret_cast<int *>(workspace), 0) << "an earlier failure must not last";
}

TEST_F(PlanTest, UpdatesAndLaunchesNeitherAllocateNorWait) {
  auto plan = makePlan();
  int allocations = device.allocationCalls, waits = device.waits;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(plan->update(request.arguments(), {}).isOk());
    for (int layer = 0; layer < 3; ++layer)
      ASSERT_TRUE(launch(plan.get()).isOk());
  }
  EXPECT_EQ(device.launches.size(), 400u);
  EXPECT_EQ(device.allocationCalls, allocations);
  EXPECT_EQ(device.waits, waits);
}

TEST_F(PlanTest, OnePlanServesEveryLayerOfASpec) {
  auto plan = makePlan();
  ASSERT_TRUE(plan->update(request.arguments(), {}).isOk());
  auto layer = load(plannedProgram());
  EXPECT_EQ(launch(*layer, plan.get()).message(), "");
  Program other = plannedProgram();
  other.kernels[0].source = "another";
  EXPECT_EQ(launch(*load(other), plan.get()).message(),
            "the plan was made for @attention, which is another spec or compiled for another "
            "target than @attention");
  // A plan lives on when its program is gone.
  program = layer;
  EXPECT_TRUE(plan->update(request.arguments(), {}).isOk());
}

TEST_F(PlanTest, APlanForOtherSizesOrScalarsIsRefused) {
  auto plan = makePlan();
  EXPECT_EQ(refusal(*plan), "the plan of @attention has not been updated");
  ASSERT_TRUE(plan->update(request.arguments(), {}).isOk());
  Request planned = request;
  request.window = Value(std::int32_t(-7));
  EXPECT_EQ(refusal(*plan), "%window is -7, the plan was updated for 100");
  request = planned;
  request.slopes.shape[0] = 4;
  EXPECT_EQ(refusal(*plan), "dim 0 of %slopes is 4, the plan was updated for 8");
  request = planned;
  request.q.shape[2] = request.o.shape[2] = request.lse.shape[2] = 129;
  EXPECT_EQ(refusal(*plan), "dim 2 of %q is 129, the plan was updated for 130");
  // What no step of the plan reads may differ.
  request = planned;
  request.k.shape[2] = 11;
  EXPECT_EQ(launch(plan.get()).message(), "");
}

TEST_F(PlanTest, UpdatesMayChangeSizesWithinTheMemory) {
  auto plan = makePlan();
  request.q.shape[2] = request.o.shape[2] = request.lse.shape[2] = 64;
  ASSERT_EQ(plan->update(request.arguments(), {}).message(), "");
  EXPECT_EQ(launch(plan.get()).message(), "");
  Request small = request;
  request.q = TensorRef::contiguous(0x1000, DType::BF16, {2, 8, 64 * 100, 128});
  Status status = plan->update(request.arguments(), {});
  EXPECT_EQ(status.kind(), StatusKind::Resource);
  EXPECT_EQ(status.message(), "the plan has 768 bytes, needs 2560");
  request = small;
  EXPECT_EQ(refusal(*plan), "the plan of @attention has not been updated");
}

TEST_F(PlanTest, OnlyTheTablesOfAPlanNeedMemory) {
  auto plan = makePlan();
  request.q.address = request.k.address = 0;
  EXPECT_EQ(plan->update(request.arguments(), {}).message(), "");
  request.slopes.address = 0;
  EXPECT_EQ(plan->update(request.arguments(), {}).message(),
            "%slopes has elements but its address is 0");
}

TEST_F(PlanTest, MemoryIsTheCallersOrItsOwn) {
  int before = device.allocations;
  {
    auto plan = makePlan();
  }
  EXPECT_EQ(device.allocations, before);
  int calls = device.allocationCalls;
  {
    auto plan = makePlan(DeviceAddress(workspace), 768);
  }
  EXPECT_EQ(device.allocationCalls, calls);
  auto fails = [&](DeviceAddress memory, std::size_t bytes) {
    return PlanInstance::create(program, request.arguments(), memory, bytes).status().message();
  };
  EXPECT_EQ(fails(DeviceAddress(workspace), 767), "the plan has 767 bytes, needs 768");
  EXPECT_EQ(fails(DeviceAddress(workspace) + 8, 768), "the plan is not aligned to 256 bytes");
}

TEST_F(PlanTest, WithoutStepsOfAPlanItIsEmpty) {
  program = load(samplePlannedAttention());
  int calls = device.allocationCalls;
  auto plan = makePlan();
  EXPECT_EQ(device.allocationCalls, calls);
  EXPECT_EQ(refusal(*plan), "the plan of @attention has not been updated");
  ASSERT_TRUE(plan->update(request.arguments(), {}).isOk());
  EXPECT_TRUE(device.launches.empty());
  EXPECT_EQ(launch(plan.get()).message(), "");
  EXPECT_EQ(device.launches.size(), 2u);
  EXPECT_TRUE(plan->status({}).isOk());
}

TEST_F(PlanTest, WhatPlanningFindsWrongIsReported) {
  auto plan = makePlan();
  ASSERT_TRUE(plan->update(request.arguments(), {}).isOk());
  EXPECT_TRUE(plan->status({}).isOk());
  *reinterpret_cast<int *>(plan->memory()) = 1;
  Status status = plan->status({});
  EXPECT_EQ(status.kind(), StatusKind::Type);
  EXPECT_EQ(status.message(), "@attention: a run is too long; results that depend on it are NaN");
  ASSERT_TRUE(plan->update(request.arguments(), {}).isOk());
  EXPECT_TRUE(plan->status({}).isOk());
}

TEST_F(PlanTest, StalePlansAreFoundOnRequest) {
  auto unchecked = makePlan();
  ASSERT_TRUE(unchecked->update(request.arguments(), {}).isOk());
  overrideEnvironment(Variable::CheckPlans, "1");
  auto plan = makePlan();
  overrideEnvironment(Variable::CheckPlans, std::nullopt);
  ASSERT_TRUE(plan->update(request.arguments(), {}).isOk());
  EXPECT_EQ(launch(plan.get()).message(), "");
  // The same elements elsewhere, as another layer may have them.
  float copy[16] = {};
  request.slopes = TensorRef::contiguous(DeviceAddress(copy), DType::F32, {8});
  EXPECT_EQ(launch(plan.get()).message(), "");
  copy[7] = 1;
  EXPECT_EQ(refusal(*plan), "the plan is stale: the elements of %slopes are not those that it was "
                            "updated for");
  EXPECT_EQ(launch(unchecked.get()).message(), "");
  ASSERT_TRUE(plan->update(request.arguments(), {}).isOk());
  EXPECT_EQ(launch(plan.get()).message(), "");
}
