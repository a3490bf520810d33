#include "lacuna/Runtime.h"

#include "lib/Api/Executable.h"
#include "lib/Runtime/NullDevice.h"
#include "test/unit/Runtime/SamplePrograms.h"

#include <gtest/gtest.h>

using namespace lacuna;

static Executable sampleExecutable() {
  auto compiled = std::make_shared<const CompiledProgram>(
      CompiledProgram{samplePlannedAttention(), CompileReport()});
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
