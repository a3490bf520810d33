#include "lacuna/Runtime.h"

#include "lib/Api/Executable.h"
#include "lib/Runtime/NullDevice.h"
#include "test/unit/Runtime/SamplePrograms.h"

#include <gtest/gtest.h>

using namespace lacuna;

static Executable sampleExecutable(bool makesPlan = false) {
  Program program = samplePlannedAttention();
  for (ProgramTensor &temporary : program.temporaries)
    temporary.ofPlan = makesPlan;
  program.steps[0].isPlan = makesPlan;
  auto compiled =
      std::make_shared<const CompiledProgram>(CompiledProgram{std::move(program), CompileReport()});
  return Executable(std::make_shared<const Executable::Implementation>(std::move(compiled)));
}

TEST(ExecutableTest, DescribesItsFunction) {
  Executable executable = sampleExecutable();
  EXPECT_EQ(executable.name(), "attention");
  EXPECT_EQ(executable.target(), "sm_90a");
  ASSERT_EQ(executable.arguments().size(), 4u);
  EXPECT_EQ(executable.arguments()[0].name, "q");
  EXPECT_EQ(executable.arguments()[0].shape, (std::vector<std::int64_t>{-1, -1, -1, 128}));
  EXPECT_FALSE(executable.arguments()[3].isTensor);
  ASSERT_EQ(executable.results().size(), 2u);
  EXPECT_EQ(executable.results()[1].rank, 3);
  EXPECT_EQ(executable.kernels().size(), 2u);
}

TEST(LoadedProgramTest, LaunchesOnADevice) {
  NullDevice device("sm_90a");
  Result<LoadedProgram> program = LoadedProgram::load(sampleExecutable(), device);
  ASSERT_TRUE(program) << program.status().message();
  auto q = DeviceTensor::create(device, DType::BF16, {2, 8, 130, 128});
  auto k = DeviceTensor::create(device, DType::BF16, {2, 4, 77, 128});
  auto slopes = DeviceTensor::create(device, DType::F32, {8});
  ASSERT_TRUE(q && k && slopes);
  std::vector<Value> arguments = {*q, *k, *slopes, 100};
  Result<std::vector<std::int64_t>> shape = program->resultShape(1, arguments);
  ASSERT_TRUE(shape);
  auto lse = DeviceTensor::create(device, DType::F32, *shape);
  Result<std::size_t> bytes = program->workspaceBytes(arguments);
  ASSERT_TRUE(bytes);
  Workspace workspace{*device.allocate(*bytes), *bytes};
  Status status = program->launch(arguments, {*q, *lse}, {}, workspace);
  EXPECT_TRUE(status.isOk()) << status.message();
  EXPECT_EQ(device.launches, 2u);
  EXPECT_TRUE(program->synchronize().isOk());
  EXPECT_EQ(program->launch(arguments, {*q, *lse}).kind(), StatusKind::Resource);
}

TEST(LoadedProgramTest, LayersShareAPlan) {
  NullDevice device("sm_90a");
  Result<LoadedProgram> first = LoadedProgram::load(sampleExecutable(true), device);
  Result<LoadedProgram> second = LoadedProgram::load(sampleExecutable(true), device);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->makesPlan());
  auto q = DeviceTensor::create(device, DType::BF16, {2, 8, 130, 128});
  auto k = DeviceTensor::create(device, DType::BF16, {2, 4, 77, 128});
  auto slopes = DeviceTensor::create(device, DType::F32, {8});
  auto lse = DeviceTensor::create(device, DType::F32, {2, 8, 130});
  std::vector<Value> arguments = {*q, *k, *slopes, 100};
  EXPECT_EQ(*first->planBytes(arguments), 768u);
  EXPECT_EQ(*first->workspaceBytesBesidePlan(arguments), 0u);
  Result<Plan> plan = Plan::create(*first, arguments);
  ASSERT_TRUE(plan) << plan.status().message();
  ASSERT_TRUE(plan->update(arguments).isOk());
  EXPECT_TRUE(plan->synchronize().isOk());
  for (const LoadedProgram *layer : {&*first, &*second})
    EXPECT_EQ(layer->launch(arguments, {*q, *lse}, *plan).message(), "");
  EXPECT_EQ(device.launches, 3u);
  Result<LoadedProgram> closed = LoadedProgram::load(sampleExecutable(), device);
  ASSERT_TRUE(closed);
  EXPECT_FALSE(closed->makesPlan());
  EXPECT_TRUE(Plan::create(*closed, arguments));
}

TEST(DeviceTensorTest, KnowsItsSizeAndRefusesImpossibleOnes) {
  NullDevice device("sm_80");
  Result<DeviceTensor> tensor = DeviceTensor::create(device, DType::F16, {3, 5});
  ASSERT_TRUE(tensor);
  EXPECT_EQ(tensor->bytes(), 30u);
  EXPECT_EQ(tensor->ref().strides[0], 5);
  DeviceTensor moved = std::move(*tensor);
  EXPECT_EQ(moved.bytes(), 30u);
  EXPECT_EQ(DeviceTensor::create(device, DType::F16, {-1}).status().kind(), StatusKind::Type);
  EXPECT_EQ(DeviceTensor::create(device, DType::F16, {1, 1, 1, 1, 1, 1, 1, 1, 1}).status().kind(),
            StatusKind::Type);
}
