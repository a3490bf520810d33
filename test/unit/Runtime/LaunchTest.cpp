#include "lib/Runtime/Launch.h"

#include "lib/Support/Environment.h"
#include "lib/Support/Hash.h"
#include "test/unit/Runtime/RecordingDevice.h"
#include "test/unit/Runtime/SamplePrograms.h"

#include <gtest/gtest.h>

using namespace lacuna;

namespace {

class LaunchTest : public testing::Test {
protected:
  void SetUp() override { load(samplePlannedAttention()); }
  void load(Program program) {
    auto created = ProgramInstance::create(std::move(program), device);
    ASSERT_TRUE(created) << created.status().message();
    instance = std::move(*created);
  }
  Status launch(const Request &request) {
    return instance->launch(request.arguments(), {request.o, request.lse}, request.workspace,
                            request.workspaceBytes, Stream{this});
  }
  std::string error(const Request &request, StatusKind kind = StatusKind::Type) {
    std::size_t before = device.launches.size();
    Status status = launch(request);
    EXPECT_EQ(status.kind(), kind);
    EXPECT_EQ(device.launches.size(), before) << "an error may launch nothing";
    return status.message();
  }

  RecordingDevice device;
  std::unique_ptr<ProgramInstance> instance;
};

} // namespace

TEST_F(LaunchTest, LaunchesEveryStepInOrderOnTheStream) {
  ASSERT_TRUE(launch({}).isOk());
  ASSERT_EQ(device.launches.size(), 2u);
  const RecordingDevice::Launch &plan = device.launches[0], &attend = device.launches[1];
  EXPECT_EQ(plan.kernel, "plan");
  EXPECT_EQ(plan.shape.grid.x, 1u);
  EXPECT_EQ(plan.shape.block.x, 32u);
  EXPECT_EQ(attend.kernel, "attend");
  EXPECT_EQ(attend.shape.grid.x, 3u * 8 * 2);
  EXPECT_EQ(attend.shape.block.x, 128u);
  EXPECT_EQ(attend.shape.sharedBytes, 65536u);
  EXPECT_EQ(attend.stream, this);
}

TEST_F(LaunchTest, PacksViewsScalarsAndAddresses) {
  Request request;
  request.q.strides[1] = 256; // [batch, sequence, heads, dim] in memory
  request.q.strides[2] = 8 * 256;
  ASSERT_EQ(launch(request).message(), "");
  // run lists {base, stride 4, dims 3 4}, window, min(130, 7), counts {base, dims 3}
  const std::string &plan = device.launches[0].arguments;
  ASSERT_EQ(plan.size(), 24u + 4 + 4 + 16);
  EXPECT_EQ(field<std::uint64_t>(plan, 0), 0x10000u);
  EXPECT_EQ(field<std::int64_t>(plan, 8), 4);
  EXPECT_EQ(field<std::int32_t>(plan, 16), 3);
  EXPECT_EQ(field<std::int32_t>(plan, 20), 4);
  EXPECT_EQ(field<std::int32_t>(plan, 24), 100);
  EXPECT_EQ(field<std::int32_t>(plan, 28), 7);
  EXPECT_EQ(field<std::uint64_t>(plan, 32), 0x10000u + 256);
  EXPECT_EQ(field<std::int32_t>(plan, 40), 3);
  // q, slopes, window with padding, lse, status
  const std::string &attend = device.launches[1].arguments;
  ASSERT_EQ(attend.size(), 48u + 16 + 8 + 40 + 16);
  EXPECT_EQ(field<std::uint64_t>(attend, 0), 0x1000u);
  EXPECT_EQ(field<std::int64_t>(attend, 8), 8 * 130 * 128);
  EXPECT_EQ(field<std::int64_t>(attend, 16), 256);
  EXPECT_EQ(field<std::int64_t>(attend, 24), 8 * 256);
  EXPECT_EQ(field<std::int32_t>(attend, 32), 2);
  EXPECT_EQ(field<std::int32_t>(attend, 44), 128);
  EXPECT_EQ(field<std::int32_t>(attend, 48 + 8), 8);
  EXPECT_EQ(field<std::int32_t>(attend, 64), 100);
  EXPECT_EQ(field<std::uint64_t>(attend, 72), 0x5004u);
  EXPECT_NE(field<std::uint64_t>(attend, 112), 0u);
}

/// The sample with one kernel, which is told how to copy boxes of a tensor.
static Program copying(const ProgramParameter &tensor, std::uint32_t columns, bool ofParts = false,
                       std::uint32_t heads = 1) {
  Program program = samplePlannedAttention();
  program.temporaries[0].dtype = DType::F16;
  program.temporaries[0].dims[1] = 8;
  program.temporaries[0].alignment = 16;
  program.steps.erase(program.steps.begin());
  program.steps[0].parameters = {ProgramParameter::argument(3),
                                 ProgramParameter::copyMap(tensor, 64, columns, ofParts, heads)};
  return program;
}

TEST_F(LaunchTest, CopyMapsSayWhereATensorLies) {
  Request request;
  request.q.strides[1] = 256; // [batch, sequence, heads, dim] in memory
  request.q.strides[2] = 8 * 256;
  load(copying(ProgramParameter::argument(0), 64));
  ASSERT_EQ(launch(request).message(), "");
  const std::string *block = &device.launches.back().arguments;
  ASSERT_EQ(block->size(), 64u + 128); // the window, then the map where it is aligned
  TensorMapSpec spec;
  auto read = [&] {
    return decodeForEmulator(reinterpret_cast<const std::uint8_t *>(block->data()) + 64, spec);
  };
  ASSERT_TRUE(read());
  EXPECT_EQ(spec.base, 0x1000u);
  EXPECT_EQ(spec.rank, 4u);
  EXPECT_EQ(spec.element, TensorElement::Bf16);
  EXPECT_EQ(spec.swizzle, Swizzle::Bytes128);
  EXPECT_EQ(spec.dims, (std::array<std::uint64_t, 5>{128, 130, 8, 2}));
  EXPECT_EQ(spec.strides, (std::array<std::uint64_t, 4>{2 * 8 * 256, 2 * 256, 2 * 8 * 130 * 128}));
  EXPECT_EQ(spec.box, (std::array<std::uint32_t, 5>{64, 64, 1, 1, 1}));
  load(copying(ProgramParameter::temporary(0), 16));
  ASSERT_EQ(launch(request).message(), "");
  block = &device.launches.back().arguments;
  ASSERT_TRUE(read());
  EXPECT_EQ(spec.base, request.workspace);
  EXPECT_EQ(spec.element, TensorElement::F16);
  EXPECT_EQ(spec.swizzle, Swizzle::Bytes32);
  EXPECT_EQ(spec.box[0], 16u);
  load(copying(ProgramParameter::result(0), 32));
  ASSERT_EQ(launch(request).message(), "");
  block = &device.launches.back().arguments;
  ASSERT_TRUE(read());
  EXPECT_EQ(spec.base, 0x4000u);
  EXPECT_EQ(spec.swizzle, Swizzle::Bytes64);
}

TEST_F(LaunchTest, CopyMapsOfPartsHaveATensorForEachEnd) {
  Request request;
  request.k = TensorRef::contiguous(0x100000, DType::BF16, {2, 4, 77, 128}); // the first one's
  load(copying(ProgramParameter::argument(1), 64, /*ofParts=*/true));
  ASSERT_EQ(launch(request).message(), "");
  TensorMapSpec spec;
  ASSERT_TRUE(decodeForEmulator(
      reinterpret_cast<const std::uint8_t *>(device.launches.back().arguments.data()) + 64, spec));
  EXPECT_EQ(spec.dims, (std::array<std::uint64_t, 5>{128, 77, 4, 78}));
  EXPECT_EQ(spec.strides, (std::array<std::uint64_t, 4>{256, 77 * 256, 256}));
  EXPECT_EQ(spec.base + 77 * spec.strides[2], 0x100000u) << "row 0 of the part that ends last";
}

TEST_F(LaunchTest, CopyMapsOfPackedHeadsHaveAnAxisForThem) {
  Request request;
  load(copying(ProgramParameter::argument(0), 64, /*ofParts=*/false, /*heads=*/4));
  ASSERT_EQ(launch(request).message(), "");
  TensorMapSpec spec;
  ASSERT_TRUE(decodeForEmulator(
      reinterpret_cast<const std::uint8_t *>(device.launches.back().arguments.data()) + 64, spec));
  EXPECT_EQ(spec.rank, 5u);
  EXPECT_EQ(spec.dims, (std::array<std::uint64_t, 5>{128, 4, 130, 2, 2}));
  EXPECT_EQ(spec.strides,
            (std::array<std::uint64_t, 4>{130 * 256, 256, 4 * 130 * 256, 8 * 130 * 256}));
  EXPECT_EQ(spec.box, (std::array<std::uint32_t, 5>{64, 4, 16, 1, 1}));

  request.q = TensorRef::contiguous(0x100000, DType::BF16, {2, 8, 130, 128}); // the first one's
  load(copying(ProgramParameter::argument(0), 64, /*ofParts=*/true, /*heads=*/4));
  ASSERT_EQ(launch(request).message(), "");
  ASSERT_TRUE(decodeForEmulator(
      reinterpret_cast<const std::uint8_t *>(device.launches.back().arguments.data()) + 64, spec));
  EXPECT_EQ(spec.dims, (std::array<std::uint64_t, 5>{128, 4, 130, 2, 131}));
  EXPECT_EQ(spec.strides, (std::array<std::uint64_t, 4>{130 * 256, 256, 4 * 130 * 256, 256}));
  EXPECT_EQ(spec.base + 130 * spec.strides[3], 0x100000u) << "the part that ends last";
}

TEST_F(LaunchTest, CopyMapsOfUnusualTensors) {
  load(copying(ProgramParameter::argument(1), 64));
  Request request;
  request.k = TensorRef::contiguous(0x1000, DType::BF16, {2, 1, 77, 128});
  request.k.strides[1] = 3; // of one head: never used
  ASSERT_EQ(launch(request).message(), "");
  TensorMapSpec spec;
  const auto *map = [this] {
    return reinterpret_cast<const std::uint8_t *>(device.launches.back().arguments.data()) + 64;
  }();
  ASSERT_TRUE(decodeForEmulator(map, spec));
  EXPECT_EQ(spec.strides[1], 256u);
  request.k = TensorRef::contiguous(0, DType::BF16, {2, 4, 0, 128});
  ASSERT_EQ(launch(request).message(), "") << "nothing of it is copied";
  map = reinterpret_cast<const std::uint8_t *>(device.launches.back().arguments.data()) + 64;
  EXPECT_TRUE(std::all_of(map, map + 128, [](std::uint8_t byte) { return byte == 0; }));
  request.k = TensorRef::contiguous(0x1000, DType::BF16, {2, 4, 77, 128});
  request.k.strides[0] = std::int64_t(1) << 39;
  EXPECT_EQ(error(request, StatusKind::Driver),
            "%k: tensor map: stride 1099511627776 of dimension 3 is not a multiple of 16 below "
            "2^40");
}

TEST_F(LaunchTest, BlocksOfAPersistentKernelFillTheDevice) {
  Program program = samplePlannedAttention();
  program.steps[1].blocksPerMultiprocessor = 2;
  load(program);
  Request request; // 48 items, and 3 multiprocessors
  ASSERT_EQ(launch(request).message(), "");
  EXPECT_EQ(device.launches[0].shape.grid.x, 1u);
  EXPECT_EQ(device.launches[1].shape.grid.x, 6u);
  program.steps[1].blocksPerMultiprocessor = 100;
  load(program);
  ASSERT_EQ(launch(request).message(), "");
  EXPECT_EQ(device.launches[3].shape.grid.x, 48u) << "no block without an item";
}

TEST_F(LaunchTest, OneProgramServesEveryLength) {
  Request request;
  for (std::int64_t length = 1; length < 200; ++length) {
    request.q = request.o = TensorRef::contiguous(0x1000, DType::BF16, {1, 8, length, 128});
    request.k = TensorRef::contiguous(0x1000, DType::BF16, {1, 8, 3 * length, 128});
    request.lse = TensorRef::contiguous(0x1000, DType::F32, {1, 8, length});
    ASSERT_TRUE(launch(request).isOk());
    EXPECT_EQ(device.launches.back().shape.grid.x, (length + 63) / 64 * 8);
  }
}

TEST_F(LaunchTest, EmptyResultsLaunchNothing) {
  Request request;
  request.q = request.o = TensorRef::contiguous(0, DType::BF16, {2, 8, 0, 128});
  request.lse = TensorRef::contiguous(0, DType::F32, {2, 8, 0});
  ASSERT_EQ(launch(request).message(), "");
  EXPECT_TRUE(device.launches.empty());
  // Without keys there are still results to write.
  request = Request();
  request.k = TensorRef::contiguous(0, DType::BF16, {2, 4, 0, 128});
  ASSERT_EQ(launch(request).message(), "");
  EXPECT_EQ(device.launches.size(), 2u);
}

TEST_F(LaunchTest, ArgumentErrorsNameTheArgument) {
  auto with = [&](auto change) {
    Request request;
    change(request);
    return error(request);
  };
  EXPECT_EQ(with([](Request &r) { r.k = TensorRef::contiguous(64, DType::BF16, {2, 3, 77, 128}); }),
            "key heads of %k is 3, needs to divide query heads of %q, 8");
  EXPECT_EQ(with([](Request &r) { r.k = TensorRef::contiguous(64, DType::BF16, {2, 0, 77, 128}); }),
            "key heads of %k is 0, needs to divide query heads of %q, 8");
  EXPECT_EQ(with([](Request &r) { r.k.shape[0] = 1; }),
            "batch of %k is 1, needs to equal batch of %q, 2");
  EXPECT_EQ(with([](Request &r) { r.q.shape[2] = (1 << 29) + 1; }),
            "sequence length of %q is 536870913, needs to be at most 536870912");
  EXPECT_EQ(with([](Request &r) { r.q.dtype = DType::F16; }),
            "%q is a tensor of bf16, one of f16 is given");
  EXPECT_EQ(with([](Request &r) { r.q.rank = 3; }), "%q has rank 4, a tensor of rank 3 is given");
  EXPECT_EQ(with([](Request &r) { r.q.shape[3] = 64; }), "dim 3 of %q is 64, needs to be 128");
  EXPECT_EQ(with([](Request &r) { r.q.shape[2] = -1; }),
            "dim 2 of %q is -1, needs to be from 0 to 2147483647");
  EXPECT_EQ(with([](Request &r) { r.q.address = 0; }), "%q has elements but its address is 0");
  EXPECT_EQ(with([](Request &r) { r.q.address += 8; }),
            "the address of %q is 8 bytes past a multiple of 16, needs to be one");
  EXPECT_EQ(with([](Request &r) { r.q.strides[3] = 2; }),
            "the innermost stride of %q is 2, needs to be 1");
  EXPECT_EQ(with([](Request &r) { r.q.strides[2] = 132; }),
            "stride 2 of %q is 132 elements, 264 bytes, needs to be a multiple of 16 bytes");
  EXPECT_EQ(with([](Request &r) { r.q.strides[2] = -128; }),
            "stride 2 of %q is -128, needs to be positive");
  EXPECT_EQ(with([](Request &r) { r.window = Value(1.0f); }),
            "%window is of type i32, which the given f32 does not fit");
  EXPECT_EQ(with([](Request &r) { r.window = Value(std::int64_t(1) << 40); }),
            "%window is of type i32, which the given i64 does not fit");
  EXPECT_EQ(with([](Request &r) { r.window = Value(r.q); }),
            "%window is a scalar, a tensor is given");
  EXPECT_EQ(instance->launch({}, {}, 0, 0, {}).message(),
            "attention takes 4 arguments, 0 are given");
}

TEST_F(LaunchTest, ResultErrorsNameTheResult) {
  auto with = [&](auto change) {
    Request request;
    change(request);
    return error(request);
  };
  EXPECT_EQ(with([](Request &r) { r.o.shape[2] = 131; }),
            "dim 2 of result 0 is 131, needs to be 130");
  EXPECT_EQ(with([](Request &r) { r.lse.dtype = DType::BF16; }),
            "result 1 is a tensor of f32, one of bf16 is given");
  EXPECT_EQ(with([](Request &r) { r.lse.rank = 2; }),
            "result 1 has rank 3, a tensor of rank 2 is given");
  EXPECT_EQ(with([](Request &r) { r.o.strides[0] = 0; }),
            "stride 0 of result 0 is 0: its elements would share memory");
  EXPECT_EQ(with([](Request &r) { r.lse.address += 2; }),
            "the address of result 1 is 2 bytes past a multiple of 4, needs to be one");
  EXPECT_EQ(instance->launch(Request().arguments(), {}, 0, 0, {}).message(),
            "attention has 2 results, memory for 0 is given");
}

TEST_F(LaunchTest, StridesOfSingleElementsDoNotMatter) {
  Request request;
  request.q = TensorRef::contiguous(0x1000, DType::BF16, {1, 8, 130, 128});
  request.k = TensorRef::contiguous(0x1000, DType::BF16, {1, 1, 77, 128});
  request.o = request.q;
  request.lse = TensorRef::contiguous(0x1000, DType::F32, {1, 8, 130});
  request.q.strides[0] = 7;
  request.k.strides[1] = -1;
  EXPECT_TRUE(launch(request).isOk());
}

TEST_F(LaunchTest, ScalarsOfOtherTypesAreTakenWhenTheyFit) {
  Request request;
  request.window = Value(std::int64_t(-5));
  ASSERT_EQ(launch(request).message(), "");
  EXPECT_EQ(field<std::int32_t>(device.launches[1].arguments, 64), -5);
}

TEST_F(LaunchTest, WorkspaceIsSizedAndChecked) {
  Request request;
  Result<std::size_t> bytes = instance->workspaceBytes(request.arguments());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, 512u); // two temporaries of at most 256 bytes
  request.workspaceBytes = 511;
  EXPECT_EQ(error(request, StatusKind::Resource), "the workspace has 511 bytes, needs 512");
  request.workspaceBytes = 512;
  EXPECT_TRUE(launch(request).isOk());
  request.workspace += 16;
  EXPECT_EQ(error(request), "the workspace is not aligned to 256 bytes");
  request.q.shape[3] = 1;
  EXPECT_FALSE(instance->workspaceBytes(request.arguments()));
}

TEST_F(LaunchTest, ResultShapesCanBeAsked) {
  Result<std::vector<std::int64_t>> shape = instance->resultShape(1, Request().arguments());
  ASSERT_TRUE(shape);
  EXPECT_EQ(*shape, (std::vector<std::int64_t>{2, 8, 130}));
  EXPECT_EQ(instance->resultShape(2, Request().arguments()).status().message(),
            "attention has no result 2");
}

TEST_F(LaunchTest, StatusWordIsReportedOnce) {
  ASSERT_TRUE(launch({}).isOk());
  EXPECT_TRUE(instance->takeStatus({}).isOk());
  std::int32_t code = 2;
  auto word = field<std::uint64_t>(device.launches[1].arguments, 112);
  std::memcpy(reinterpret_cast<void *>(word), &code, 4);
  EXPECT_EQ(instance->takeStatus({}).message(),
            "@attention: an index of table %slopes is out of range; results that depend on it are "
            "NaN");
  EXPECT_TRUE(instance->takeStatus({}).isOk());
  instance.reset();
  EXPECT_EQ(device.allocations, 0);
}

TEST_F(LaunchTest, ElementsThatAProgramWasMadeForAreComparedOnRequest) {
  Request request;
  float slopes[8] = {1, 2, 3};
  Program program = samplePlannedAttention();
  program.arguments[2].digest =
      hashHex(std::string_view(reinterpret_cast<const char *>(slopes), sizeof(slopes)));
  request.slopes = TensorRef::contiguous(DeviceAddress(slopes), DType::F32, {8});
  overrideEnvironment(Variable::CheckPlans, "1");
  load(program);
  overrideEnvironment(Variable::CheckPlans, std::nullopt);
  EXPECT_EQ(launch(request).message(), "");
  slopes[7] = 1;
  EXPECT_EQ(error(request), "the elements of %slopes are not those that @attention was baked for");
  load(program);
  EXPECT_EQ(launch(request).message(), "") << "nobody asked";
}

TEST_F(LaunchTest, LoadingFailsWithTheDevicesReason) {
  device.refused = "attend";
  auto created = ProgramInstance::create(samplePlannedAttention(), device);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.status().message(), "refused");
  Program broken = samplePlannedAttention();
  broken.steps[0].kernel = 7;
  EXPECT_EQ(ProgramInstance::create(broken, device).status().kind(), StatusKind::Compiler);
  Program wide = samplePlannedAttention();
  wide.steps[0].parameters.assign(100, ProgramParameter::argument(0));
  EXPECT_EQ(ProgramInstance::create(wide, device).status().message(),
            "plan takes 4800 bytes of parameters; the limit is 4096");
}

TEST_F(LaunchTest, SizesThatOverflowAreErrors) {
  Program program = samplePlannedAttention();
  program.steps[1].grid = Expression::dim(0, 2) * Expression::dim(0, 2);
  load(program);
  Request request;
  request.q = request.o = TensorRef::contiguous(0x1000, DType::BF16, {2, 8, 1 << 20, 128});
  request.lse = TensorRef::contiguous(0x1000, DType::F32, {2, 8, 1 << 20});
  EXPECT_EQ(launch(request).message(),
            "the grid of attention would have more than 2147483647 blocks");
}
