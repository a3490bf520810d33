//===- SharedHeadsTest.cpp - Heads computed together load keys once ---------===//
//
// Bytes that the emulator loads from global memory: where a tile of rows holds all
// query heads of a key head, keys and values are loaded once for them.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"

#include <gtest/gtest.h>

using namespace lacuna;

namespace {

constexpr std::int64_t heads = 8, queries = 4, keys = 512, features = 128;

/// A few queries of eight heads, and keys of one; `schedule` may pin how they go together.
std::string decoding(const char *mask, const std::string &schedule) {
  return std::string(R"(
!q = tensor<1x8x?x128xbf16>
!k = tensor<1x1x?x128xbf16>
func.func @decoding(%q: !q, %k: !k, %v: !k) -> !q {
  %o, %lse = attn.attend %q, %k, %v)") +
         mask + schedule + R"( : !q, !k, !k
  return %o : !q
})";
}

/// What a launch loads, beyond the queries: keys and values, and lists of tiles.
double bytesOf(const std::string &spec, const char *target, const char *mode) {
  CompileOptions options;
  options.target = target;
  options.mode = mode;
  options.useCache = false;
  Result<Executable> executable = compile(spec, options);
  EXPECT_TRUE(executable) << executable.status().message();
  emulator::EmulatorOptions ofDevice;
  ofDevice.target = target;
  auto device = emulator::createEmulatorDevice(ofDevice);
  LoadedProgram program = std::move(*LoadedProgram::load(*executable, *device));
  auto zeros = [&](std::int64_t count, std::int64_t rows) {
    DeviceTensor tensor =
        std::move(*DeviceTensor::create(*device, DType::BF16, {1, count, rows, features}));
    EXPECT_TRUE(device->fill(tensor.ref().address, 0, tensor.bytes(), {}).isOk());
    return tensor;
  };
  DeviceTensor q = zeros(heads, queries), k = zeros(1, keys), v = zeros(1, keys),
               o = zeros(heads, queries);
  Workspace workspace;
  workspace.bytes = *program.workspaceBytes({q, k, v});
  workspace.address = *device->allocate(workspace.bytes);
  device->resetCounters();
  Status launched = program.launch({q, k, v}, {o.ref()}, {}, workspace);
  EXPECT_TRUE(launched.isOk()) << launched.message();
  return double(device->counters().globalBytesLoaded) - 2.0 * heads * queries * features;
}

TEST(SharedHeads, BytesLoadedFallByTheirNumber) {
  for (const char *target : {"sm_80", "sm_90a"}) {
    SCOPED_TRACE(target);
    const double apart = bytesOf(decoding("", " schedule<heads = 1>"), target, "closed");
    EXPECT_EQ(apart, 2.0 * heads * 2 * keys * features);
    EXPECT_EQ(bytesOf(decoding("", ""), target, "closed"), apart / heads);
  }
}

TEST(SharedHeads, BytesLoadedForAPlannedMaskFallByTheirNumber) {
  const char *mask = R"( where(%b, %h, %i, %j) {
    %c = arith.constant 100 : i32
    %keep = attn.sliding_window %i, %j right %c
    attn.yield %keep : i1
  })";
  for (const char *target : {"sm_80", "sm_90a"}) {
    SCOPED_TRACE(target);
    // Beside lists of tiles, which are few bytes.
    const double apart = bytesOf(decoding(mask, " schedule<heads = 1>"), target, "planned");
    EXPECT_NEAR(apart / bytesOf(decoding(mask, ""), target, "planned"), heads, 0.1);
  }
}

} // namespace
