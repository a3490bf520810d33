#include "lib/Runtime/CudaDevice.h"

#include "lib/Runtime/CudaTensorMap.h"
#include "lib/Support/Environment.h"
#include "lib/Support/SharedLibrary.h"
#include "test/unit/Runtime/FakeCudaDriver.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace lacuna;

static const std::string elf = "\x7f"
                               "ELF";

namespace {

class CudaDeviceTest : public testing::Test {
protected:
  CudaDeviceTest() {
    overrideEnvironment(Variable::CudaPath, FAKE_CUDA_DRIVER);
    Result<SharedLibrary> library = SharedLibrary::open(FAKE_CUDA_DRIVER);
    fake = static_cast<FakeCudaState *>(library->symbol("fakeCudaState"));
    *fake = FakeCudaState();
  }
  ~CudaDeviceTest() override { overrideEnvironment(Variable::CudaPath, std::nullopt); }

  std::unique_ptr<Device> open() {
    Result<std::unique_ptr<Device>> device = openCudaDevice(0);
    EXPECT_TRUE(device) << device.status().message();
    return device ? std::move(*device) : nullptr;
  }
  bool called(const std::string &call) const {
    return std::find(fake->calls.begin(), fake->calls.end(), call) != fake->calls.end();
  }

  FakeCudaState *fake;
};

} // namespace

TEST_F(CudaDeviceTest, NamesItselfAndItsTarget) {
  std::unique_ptr<Device> device = open();
  EXPECT_EQ(device->name(), "cuda:0 (Fake GPU)");
  EXPECT_EQ(device->target(), "sm_90a");
  EXPECT_EQ(device->multiprocessors(), 132u);
  auto targetOf = [&](int major, int minor) {
    fake->major = major;
    fake->minor = minor;
    return open()->target();
  };
  EXPECT_EQ(targetOf(8, 0), "sm_80");
  EXPECT_EQ(targetOf(8, 7), "sm_86"); // Orin runs the cubins of sm_86
  EXPECT_EQ(targetOf(8, 9), "sm_89");
  EXPECT_EQ(targetOf(10, 3), "sm_100");
  EXPECT_EQ(targetOf(12, 1), "sm_120");
  EXPECT_EQ(targetOf(11, 0), "sm_100"); // no cubin, but its PTX can be translated
  fake->major = 7;
  EXPECT_EQ(openCudaDevice(0).status().kind(), StatusKind::Unsupported);
}

TEST_F(CudaDeviceTest, TimesWhatIsEnqueued) {
  std::unique_ptr<Device> device = open();
  auto twoFills = [&]() -> Status {
    char bytes[2];
    const DeviceAddress address = reinterpret_cast<DeviceAddress>(bytes);
    Status first = device->fill(address, 0, 1, {});
    return first.isOk() ? device->fill(address, 0, 2, {}) : first;
  };
  Result<double> seconds = timeOnCuda(*device, {}, twoFills);
  ASSERT_TRUE(seconds) << seconds.status().message();
  EXPECT_FLOAT_EQ(float(*seconds), 2e-3f);
  EXPECT_EQ(fake->contexts.size(), 0u);
  fake->fail["cuMemsetD8Async"] = 700;
  EXPECT_EQ(timeOnCuda(*device, {}, twoFills).status().kind(), StatusKind::Driver);
  EXPECT_EQ(fake->events, 0);
  fake->fail = {{"cuEventCreate", 2}};
  EXPECT_EQ(timeOnCuda(*device, {}, twoFills).status().kind(), StatusKind::Resource);
}

TEST_F(CudaDeviceTest, MemoryRoundTrips) {
  std::unique_ptr<Device> device = open();
  Result<DeviceAddress> address = device->allocate(8);
  ASSERT_TRUE(address);
  EXPECT_EQ(*address % 256, 0u);
  ASSERT_TRUE(device->fill(*address, 7, 8, {}).isOk());
  ASSERT_TRUE(device->copyIn(*address, "abcd", 4, {}).isOk());
  char bytes[8];
  ASSERT_TRUE(device->copyOut(bytes, *address, 8, {}).isOk());
  EXPECT_EQ(std::string(bytes, 8), std::string("abcd\7\7\7\7"));
  EXPECT_EQ(fake->calls.back(), "cuStreamSynchronize");
  ASSERT_TRUE(device->release(*address).isOk());
  EXPECT_EQ(fake->allocations, 0);
  fake->fail["cuMemAlloc"] = 2;
  Status status = device->allocate(100).status();
  EXPECT_EQ(status.kind(), StatusKind::Resource);
  EXPECT_EQ(status.message(), "cannot allocate 100 bytes on cuda:0 (Fake GPU): cuMemAlloc: out of "
                              "memory (CUDA_ERROR_OUT_OF_MEMORY)");
}

TEST_F(CudaDeviceTest, LaunchPassesThePackedArguments) {
  std::unique_ptr<Device> device = open();
  auto kernel = device->load({"attend", "sm_90a", elf, ".version 9.0\n", ""});
  ASSERT_TRUE(kernel) << kernel.status().message();
  EXPECT_TRUE(called("cuFuncSetAttribute 8=231424")); // all but the static 1024
  LaunchShape shape{{3, 1, 1}, {128, 1, 1}, 65536};
  Stream stream{reinterpret_cast<void *>(5)};
  ASSERT_TRUE(device->launch(**kernel, shape, "parameters", stream).isOk());
  EXPECT_EQ(fake->calls.back(), "cuLaunchKernel grid=3,1,1 block=128,1,1 shared=65536 stream=5");
  EXPECT_EQ(fake->lastArguments, "parameters");
  EXPECT_EQ(fake->launchesWithoutContext, 0);
  fake->fail["cuLaunchKernel"] = 700;
  EXPECT_EQ(device->launch(**kernel, shape, "", stream).message(),
            "cuLaunchKernel: an illegal memory access was encountered "
            "(CUDA_ERROR_ILLEGAL_ADDRESS)");
  fake->fail["cuStreamSynchronize"] = 700;
  EXPECT_EQ(device->synchronize(stream).kind(), StatusKind::Driver);
}

TEST_F(CudaDeviceTest, LeavesTheCallersContextCurrent) {
  int other = 0;
  fake->contexts = {&other};
  {
    std::unique_ptr<Device> device = open();
    auto kernel = device->load({"attend", "sm_90a", elf, "", ""});
    ASSERT_TRUE(device->launch(**kernel, {}, "", {}).isOk());
    EXPECT_EQ(fake->contexts, std::vector<void *>{&other});
    EXPECT_EQ(fake->launchesWithoutContext, 0);
    EXPECT_EQ(fake->retained, 1);
    device.reset(); // the kernel keeps the context alive
    EXPECT_EQ(fake->retained, 1);
  }
  EXPECT_EQ(fake->contexts, std::vector<void *>{&other});
  EXPECT_EQ(fake->retained, 0);
  EXPECT_EQ(fake->modules, 0);
}

TEST_F(CudaDeviceTest, FallsBackToPtx) {
  std::unique_ptr<Device> device = open();
  fake->cubinResult = 209;
  ASSERT_TRUE(device->load({"attend", "sm_80", elf, ".version 9.0\n", ""}));
  EXPECT_TRUE(called("load cubin 209"));
  EXPECT_TRUE(called("load PTX 0"));
  fake->calls.clear();
  ASSERT_TRUE(device->load({"attend", "sm_80", "", ".version 9.0\n", ""}));
  EXPECT_EQ(fake->calls.front(), "load PTX 0");
}

TEST_F(CudaDeviceTest, RefusalNamesWhatIsTooOld) {
  std::unique_ptr<Device> device = open();
  fake->cubinResult = 209;
  fake->ptxResult = 222;
  fake->driverVersion = 12040;
  Status status =
      device->load({"attend", "sm_90a", elf, "//\n.version 9.0\n.target sm_90a\n", ""}).status();
  EXPECT_EQ(status.kind(), StatusKind::Driver);
  EXPECT_EQ(status.message(),
            "cannot load attend, compiled for sm_90a, on cuda:0 (Fake GPU) (sm_90a): the driver "
            "(CUDA 12.4) is older than the NVRTC that wrote the PTX (PTX 9.0); update the driver, "
            "or use an NVRTC of CUDA 12.4");
  fake->ptxResult = 218;
  fake->jitLog = "ptxas error: line 3";
  EXPECT_EQ(device->load({"attend", "sm_100", elf, "x", ""}).status().message(),
            "cannot load attend, compiled for sm_100, on cuda:0 (Fake GPU) (sm_90a): compile it "
            "for sm_90a\nptxas error: line 3");
  EXPECT_EQ(device->load({"attend", "sm_90a", elf, "", ""}).status().message(),
            "cannot load attend, compiled for sm_90a, on cuda:0 (Fake GPU) (sm_90a): "
            "cuModuleLoadDataEx: some other error (CUDA_ERROR_OTHER)");
  fake->cubinResult = 0;
  fake->fail["cuModuleGetFunction"] = 500;
  EXPECT_EQ(device->load({"attend", "sm_90a", elf, "", ""}).status().message(),
            "cuModuleGetFunction: some other error (CUDA_ERROR_OTHER)");
  EXPECT_EQ(fake->modules, 0);
}

TEST_F(CudaDeviceTest, CountsDevicesAndTellsNoneFromBroken) {
  EXPECT_EQ(*cudaDeviceCount(), 1);
  fake->fail["cuDeviceGetCount"] = 100;
  EXPECT_EQ(*cudaDeviceCount(), 0);
  fake->fail["cuDeviceGetCount"] = 803;
  EXPECT_EQ(cudaDeviceCount().status().kind(), StatusKind::Driver);
  overrideEnvironment(Variable::CudaPath, "/nonexistent/libcuda.so.1");
  EXPECT_EQ(*cudaDeviceCount(), 0);
}

TEST_F(CudaDeviceTest, MissingDevicesAndDriversAreErrors) {
  EXPECT_EQ(openCudaDevice(3).status().message(), "there is no device cuda:3; the driver sees 1");
  fake->fail["cuDevicePrimaryCtxRetain"] = 2;
  EXPECT_EQ(openCudaDevice(0).status().kind(), StatusKind::Resource);
  overrideEnvironment(Variable::CudaPath, "/nonexistent/libcuda.so.1");
  Status status = openCudaDevice(0).status();
  EXPECT_EQ(status.kind(), StatusKind::Driver);
  EXPECT_TRUE(status.message().starts_with("cannot load the CUDA driver (/nonexistent/"));
  overrideEnvironment(Variable::CudaPath, "libc.so.6");
  EXPECT_NE(openCudaDevice(0).status().message().find("is too old: it has no cu"),
            std::string::npos);
}

TEST_F(CudaDeviceTest, EncodesTensorMaps) {
  Result<const CudaDriver *> driver = CudaDriver::get();
  ASSERT_TRUE(driver) << driver.status().message();
  TensorMapSpec spec;
  spec.base = 4096;
  spec.rank = 3;
  spec.element = TensorElement::F32;
  spec.swizzle = Swizzle::Bytes64;
  spec.dims = {40, 30, 20};
  spec.strides = {256, 8192};
  spec.box = {16, 8, 1};
  Result<TensorMap> map = open()->encode(spec);
  ASSERT_TRUE(map) << map.status().message();
  EXPECT_EQ(map->bytes[127], 0xa5);
  EXPECT_TRUE(called("cuTensorMapEncodeTiled type=7 base=4096 dims=40,30,20 strides=256,8192 "
                     "box=16,8,1 steps=1,1,1 modes=0,2,2,0"));
  auto typeOf = [&](TensorElement element) {
    spec.element = element;
    EXPECT_TRUE(encodeForCuda(**driver, spec));
    return fake->calls.back().substr(0, 29);
  };
  spec.box[0] = 16;
  EXPECT_EQ(typeOf(TensorElement::U8), "cuTensorMapEncodeTiled type=0");
  EXPECT_EQ(typeOf(TensorElement::F16), "cuTensorMapEncodeTiled type=6");
  EXPECT_EQ(typeOf(TensorElement::Bf16), "cuTensorMapEncodeTiled type=9");
  spec.box[0] = 8;
  EXPECT_EQ(typeOf(TensorElement::U64), "cuTensorMapEncodeTiled type=4");
  fake->fail["cuTensorMapEncodeTiled"] = 1;
  EXPECT_EQ(encodeForCuda(**driver, spec).status().kind(), StatusKind::Driver);
  spec.rank = 0;
  EXPECT_NE(encodeForCuda(**driver, spec).status().message().find("rank 0"), std::string::npos);
}
