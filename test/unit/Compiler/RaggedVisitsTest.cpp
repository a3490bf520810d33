//===- RaggedVisitsTest.cpp - A ragged batch costs what its sequences cost --===//
//
// Executed matrix instructions count the tiles that kernels visit. A batch of sequences
// has to visit the tiles of each of them alone, and none for padding.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Compile.h"
#include "lacuna/Runtime.h"
#include "lib/Emulator/EmulatorDevice.h"

#include <gtest/gtest.h>

#include <vector>

using namespace lacuna;

namespace {

constexpr const char *causal = R"(
!t = tensor<?x?x?x64xbf16>
!n = tensor<?xi32>
func.func @causal(%q: !t, %k: !t, %m: !n, %n: !n) -> tensor<?x?x?xf32> {
  %o, %lse = attn.attend %q ragged %m, %k, %k ragged %n where(%b, %h, %i, %j) {
    %past = attn.causal %i, %j
    attn.yield %past : i1
  } : !t ragged !n, !t, !t ragged !n
  return %lse : tensor<?x?x?xf32>
})";

using Offsets = std::vector<std::int32_t>;

/// Matrix instructions of a batch, as warps execute them.
std::uint64_t productsOf(const Executable &executable, const char *target, const Offsets &m,
                         const Offsets &n) {
  emulator::EmulatorOptions options;
  options.target = target;
  auto device = emulator::createEmulatorDevice(options);
  LoadedProgram program = std::move(*LoadedProgram::load(executable, *device));
  auto zeros = [&](DType dtype, std::vector<std::int64_t> shape) {
    DeviceTensor tensor = std::move(*DeviceTensor::create(*device, dtype, std::move(shape)));
    EXPECT_TRUE(device->fill(tensor.ref().address, 0, tensor.bytes(), {}).isOk());
    return tensor;
  };
  auto offsets = [&](const Offsets &all) {
    DeviceTensor tensor = zeros(DType::I32, {std::int64_t(all.size())});
    EXPECT_TRUE(tensor.copyIn(all.data()).isOk());
    return tensor;
  };
  DeviceTensor q = zeros(DType::BF16, {1, 2, m.back(), 64}),
               k = zeros(DType::BF16, {1, 1, n.back(), 64}), ofQueries = offsets(m),
               ofKeys = offsets(n), lse = zeros(DType::F32, {1, 2, m.back()});
  Workspace workspace;
  workspace.bytes = *program.workspaceBytes({q, k, ofQueries, ofKeys});
  workspace.address = *device->allocate(workspace.bytes);
  device->resetCounters();
  Status launched = program.launch({q, k, ofQueries, ofKeys}, {lse.ref()}, {}, workspace);
  EXPECT_TRUE(launched.isOk()) << launched.message();
  Status done = program.synchronize();
  EXPECT_TRUE(done.isOk()) << done.message();
  return device->counters().warps(std::string(target) == "sm_80" ? "mma" : "wgmma.mma_async");
}

TEST(RaggedVisits, AreThoseOfEachSequence) {
  const Offsets m = {0, 500, 500, 501, 640, 700, 829}, n = {0, 470, 600, 700, 700, 701, 1000};
  for (const char *target : {"sm_80", "sm_90a"})
    for (const char *mode : {"closed", "planned"}) {
      SCOPED_TRACE(std::string(mode) + " for " + target);
      CompileOptions options;
      options.target = target;
      options.mode = mode;
      options.useCache = false;
      Result<Executable> executable = compile(causal, options);
      ASSERT_TRUE(executable) << executable.status().message();
      std::uint64_t alone = 0;
      for (std::size_t s = 0; s + 1 < m.size(); ++s)
        alone += productsOf(*executable, target, {0, m[s + 1] - m[s]}, {0, n[s + 1] - n[s]});
      EXPECT_GT(alone, 0u);
      EXPECT_EQ(productsOf(*executable, target, m, n), alone);
    }
}
} // namespace
