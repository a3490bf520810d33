//===- EmulatedLaunchTest.cpp - Parameters arrive as a kernel reads them ----===//
//
// The layout of parameters is agreed on by three parties: the emitted CUDA C++,
// NVRTC, and the launch path. Here a hand-written kernel with the structs that
// the emitter prints is compiled, loaded on the emulator and launched.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Runtime.h"
#include "lib/Api/CompileDriver.h"
#include "lib/Api/Executable.h"

#include <gtest/gtest.h>

#include <cstdint>

using namespace lacuna;

static const char *source = R"(
typedef unsigned long long u64;
struct View1 { u64 base; int dim[1]; };
struct Status { u64 word, plan; };
struct View3 { u64 base; long long stride[2]; int dim[3]; };

// out[i] = scale * (flag ? 1 : 0) * sum of row i of in, plus offset; the status
// word says how many blocks there are.
extern "C" __global__ void sumRows(View3 in, bool flag, float scale, View1 out, long long offset,
                                   short half, Status status) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (blockIdx.x == 0 && threadIdx.x == 0 && half < 0)
    *(int *)status.word = gridDim.x;
  if (row >= out.dim[0])
    return;
  float sum = 0;
  for (int i = 0; i < in.dim[0]; ++i)
    for (int j = 0; j < in.dim[2]; ++j)
      sum += ((const float *)in.base)[i * in.stride[0] + row * in.stride[1] + j];
  ((float *)out.base)[row] = flag ? scale * sum + offset + half : 0.f;
}
)";

static CompilerFrontEnd sumRowsFrontEnd() {
  CompilerFrontEnd frontEnd;
  frontEnd.lower = [](std::string_view, const CompileOptions &options) -> Result<Program> {
    Program program;
    program.name = "sumRows";
    program.arguments = {{"in", DType::F32, true, {dynamicExtent, dynamicExtent, 3}, 4},
                         {"flag", DType::I1, false, {}},
                         {"scale", DType::F32, false, {}},
                         {"half", DType::I16, false, {}}};
    Expression rows = Expression::dim(0, 1);
    program.results = {{"result 0", DType::F32, {rows}, 4}};
    program.kernels = {{"sumRows", options.target, "", "", source}};
    using P = ProgramParameter;
    program.steps = {{0,
                      ceilDiv(rows, 32),
                      32,
                      0,
                      {P::argument(0), P::argument(1), P::argument(2), P::result(0),
                       P::integer(rows * 100, DType::I64), P::argument(3), P::status()}}};
    program.statusMeanings = {"there is one block", "halves are negative"};
    return program;
  };
  frontEnd.nvrtcInput = [](const Program &program) {
    return NvrtcInput{"sumRows.cu", program.kernels[0].source, program.kernels[0].target, {}};
  };
  return frontEnd;
}

namespace {

class EmulatedLaunchTest : public testing::Test {
protected:
  void SetUp() override {
    if (Result<const Nvrtc *> found = Nvrtc::get(); !found)
      GTEST_SKIP() << found.status().message();
    Result<std::unique_ptr<Device>> opened = openDevice("emulator");
    ASSERT_TRUE(opened);
    device = std::move(*opened);
    CompileOptions options;
    options.target = device->target();
    auto compiled = CompileDriver(cache, sumRowsFrontEnd()).compile("", options);
    ASSERT_TRUE(compiled) << compiled.status().message();
    Executable executable(std::make_shared<const Executable::Implementation>(*compiled));
    Result<LoadedProgram> loaded = LoadedProgram::load(executable, *device);
    ASSERT_TRUE(loaded) << loaded.status().message();
    program = std::make_unique<LoadedProgram>(std::move(*loaded));
  }

  KernelCache cache{{.folder = ""}};
  std::unique_ptr<Device> device;
  std::unique_ptr<LoadedProgram> program;
};

} // namespace

TEST_F(EmulatedLaunchTest, EveryKindOfParameterArrives) {
  constexpr std::int64_t rows = 70;
  // [2, 70, 3] inside a [70, 2, 5] buffer: no stride is the contiguous one.
  auto buffer = DeviceTensor::create(*device, DType::F32, {rows, 2, 5});
  auto out = DeviceTensor::create(*device, DType::F32, {rows});
  ASSERT_TRUE(buffer && out);
  std::vector<float> values(rows * 2 * 5);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = float(i);
  ASSERT_TRUE(buffer->copyIn(values.data()).isOk());
  TensorRef in;
  in.address = buffer->ref().address;
  in.rank = 3;
  in.shape[0] = 2, in.shape[1] = rows, in.shape[2] = 3;
  in.strides[0] = 5, in.strides[1] = 10, in.strides[2] = 1;
  std::int8_t yes = 1;
  Status status = program->launch({in, Value(DType::I1, &yes), 0.5f, 7}, {*out});
  ASSERT_TRUE(status.isOk()) << status.message();
  ASSERT_TRUE(program->synchronize().isOk());
  std::vector<float> sums(rows);
  ASSERT_TRUE(out->copyOut(sums.data()).isOk());
  for (std::int64_t row = 0; row < rows; ++row) {
    float sum = 6 * (10.f * row) + (0 + 1 + 2) + (5 + 6 + 7);
    EXPECT_EQ(sums[row], 0.5f * sum + 100 * rows + 7) << row;
  }
}

TEST_F(EmulatedLaunchTest, TheStatusWordComesBack) {
  auto in = DeviceTensor::create(*device, DType::F32, {1, 40, 3});
  auto out = DeviceTensor::create(*device, DType::F32, {40});
  std::vector<float> zeros(120);
  ASSERT_TRUE(in->copyIn(zeros.data()).isOk());
  Status status = program->launch({*in, 0, 1.0, -1}, {*out});
  ASSERT_TRUE(status.isOk()) << status.message();
  EXPECT_EQ(program->synchronize().message(),
            "@sumRows: halves are negative; results that depend on it are NaN");
  EXPECT_TRUE(program->synchronize().isOk());
}

TEST(OpenDeviceTest, KnowsItsNames) {
  Result<std::unique_ptr<Device>> emulator = openDevice("emulator");
  ASSERT_TRUE(emulator);
  EXPECT_EQ((*emulator)->name(), "emulator");
  EXPECT_TRUE(openDevice("auto"));
  EXPECT_EQ(openDevice("gpu").status().message(),
            "there is no device 'gpu'; devices are auto, cuda, cuda:N and emulator");
  EXPECT_EQ(openDevice("cuda:x").status().kind(), StatusKind::Type);
}
