//===- SharedHeadsTest.cpp - What heads computed together cost --------------===//
//
// Bytes that the emulator loads from global memory, and warp instructions: where a tile
// of rows holds all query heads of a key head, keys and values are loaded once for them,
// and a few queries fill one tile.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"

#include <gtest/gtest.h>

using namespace lacuna;

namespace {

constexpr std::int64_t heads = 8, keys = 512, features = 128;

/// Queries of eight heads, and keys of one; `schedule` may pin how they go together.
std::string grouped(const char *mask, const std::string &schedule) {
  return std::string(R"(
!q = tensor<1x8x?x128xbf16>
!k = tensor<1x1x?x128xbf16>
func.func @grouped(%q: !q, %k: !k, %v: !k) -> !q {
  %o, %lse = attn.attend %q, %k, %v)") +
         mask + schedule + R"( : !q, !k, !k
  return %o : !q
})";
}

/// What a launch executes and loads, beyond the queries: keys and values, and lists of
/// tiles.
struct Costs {
  double instructions, bytes;
};

Executable compiled(const std::string &spec, const char *target, const char *mode) {
  CompileOptions options;
  options.target = target;
  options.mode = mode;
  options.useCache = false;
  Result<Executable> executable = compile(spec, options);
  EXPECT_TRUE(executable) << executable.status().message();
  return std::move(*executable);
}

Costs costsOf(const Executable &executable, std::int64_t queries) {
  emulator::EmulatorOptions ofDevice;
  ofDevice.target = executable.target();
  auto device = emulator::createEmulatorDevice(ofDevice);
  LoadedProgram program = std::move(*LoadedProgram::load(executable, *device));
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
  const emulator::Counters &counters = device->counters();
  return {double(counters.normalisedWarps()),
          double(counters.globalBytesLoaded) - 2.0 * heads * queries * features};
}

TEST(SharedHeads, LoadKeysOnce) {
  for (const char *target : {"sm_80", "sm_90a"}) {
    SCOPED_TRACE(target);
    const Executable apart = compiled(grouped("", " schedule<heads = 1>"), target, "closed"),
                     together = compiled(grouped("", ""), target, "closed");
    const Costs few = costsOf(apart, 4), fewTogether = costsOf(together, 4);
    EXPECT_EQ(few.bytes, 2.0 * heads * 2 * keys * features);
    EXPECT_EQ(fewTogether.bytes, few.bytes / heads);
    EXPECT_LE(fewTogether.instructions, 1.15 * few.instructions / heads);
    // As many tiles of rows, and a little more for the address of each row: 1.05 % for
    // sm_90a, whose blocks have no divisions of their own that would hide it.
    const Costs many = costsOf(apart, 512), manyTogether = costsOf(together, 512);
    EXPECT_EQ(manyTogether.bytes, many.bytes);
    EXPECT_LE(manyTogether.instructions, 1.015 * many.instructions);
  }
}

TEST(SharedHeads, LoadKeysOfAPlannedMaskOnce) {
  const char *mask = R"( where(%b, %h, %i, %j) {
    %c = arith.constant 100 : i32
    %keep = attn.sliding_window %i, %j right %c
    attn.yield %keep : i1
  })";
  for (const char *target : {"sm_80", "sm_90a"}) {
    SCOPED_TRACE(target);
    const Costs apart =
        costsOf(compiled(grouped(mask, " schedule<heads = 1>"), target, "planned"), 4);
    const Costs together = costsOf(compiled(grouped(mask, ""), target, "planned"), 4);
    EXPECT_NEAR(apart.bytes / together.bytes, heads, 0.1) << "lists of tiles are few bytes";
  }
}

} // namespace
