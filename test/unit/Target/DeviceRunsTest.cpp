//===- DeviceRunsTest.cpp - Unions of intervals and lists, entry by entry ---===//
//
// Every thread takes one random case through the functions of runs.cuh, as
// generated kernels call them, and writes down what it visits. The model marks
// every key.
//
//===----------------------------------------------------------------------===//
#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Runtime/Nvrtc.h"
#include "lib/Target/Cuda/EmitCuda.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

using namespace lacuna;

namespace {
constexpr int keys = 200, tile = 16, tiles = (keys + tile - 1) / tile, cases = 256;

/// For each entry: twice its tile, plus one when it is PARTIAL; -1 behind the last.
using Entries = std::vector<std::int32_t>;

/// Compiles a kernel that takes pointers to i32, runs a thread for each case on
/// the emulator and returns what it writes behind `inputs`.
Entries run(const std::string &body, const std::vector<std::int32_t> &inputs) {
  std::string source = "#include \"lacuna/runs.cuh\"\n"
                       "extern \"C\" __global__ void kernel(const int *input, int *output) {\n"
                       "  const int own = blockIdx.x * 32 + threadIdx.x;\n" +
                       body + "}\n";
  Result<const Nvrtc *> nvrtc = Nvrtc::get();
  NvrtcInput text{"runs.cu", source, "sm_80", {}};
  for (const DeviceHeader &header : deviceHeaders())
    text.headers.push_back({header.name, header.text});
  Result<NvrtcOutput> built = (*nvrtc)->compile(text);
  if (!built)
    return ADD_FAILURE() << built.status().message(), Entries();
  emulator::EmulatorOptions options;
  options.target = "sm_80";
  auto device = emulator::createEmulatorDevice(options);
  auto kernel = device->load({"kernel", "sm_80", built->cubin, built->ptx, source});
  if (!kernel)
    return ADD_FAILURE() << kernel.status().message(), Entries();
  Entries output(cases * (tiles + 1));
  DeviceAddress from = *device->allocate(4 * inputs.size()),
                to = *device->allocate(4 * output.size());
  EXPECT_TRUE(device->copyIn(from, inputs.data(), 4 * inputs.size(), {}).isOk());
  std::string arguments(16, 0);
  std::memcpy(arguments.data(), &from, 8);
  std::memcpy(arguments.data() + 8, &to, 8);
  LaunchShape shape;
  shape.grid = {cases / 32, 1, 1};
  shape.block = {32, 1, 1};
  Status done = device->launch(**kernel, shape, arguments, {});
  if (done.isOk())
    done = device->synchronize({});
  EXPECT_TRUE(done.isOk()) << done.message();
  EXPECT_TRUE(device->copyOut(output.data(), to, 4 * output.size(), {}).isOk());
  return output;
}

/// The loop of a kernel over `runs`.
const std::string walk = "  int *out = output + own * " + std::to_string(tiles + 1) + R"(;
  for (int step = 0; step < lacuna::runSteps(runs, 0); ++step)
    *out++ = lacuna::entryKey<16>(runs, step) / 16 * 2 + lacuna::isPartial(runs, step);
  *out = -1;
)";

/// What lowering prints for a union of that many pairs.
std::string unionText(int pairs) {
  auto number = [](int n) { return std::to_string(n); };
  std::string text = "  const int *b = input + own * " + number(4 * pairs) + ";\n", sorts;
  for (int n = 0; n < pairs; ++n)
    for (auto [name, at] : {std::pair("v", 0), std::pair("f", 2)})
      text += "  lacuna::Interval " + std::string(name) + number(n) + " = lacuna::intervalOf(b[" +
              number(4 * n + at) + "], b[" + number(4 * n + at + 1) + "]);\n";
  for (std::string name : {"v", "f"})
    for (int last = 1; last < pairs; ++last)
      for (int at = last; at > 0; --at)
        text +=
            "  lacuna::sortIntervals(" + name + number(at - 1) + ", " + name + number(at) + ");\n";
  for (int n = 1; n < pairs; ++n)
    text += "  f" + number(n) + " = lacuna::joined(f" + number(n - 1) + ", f" + number(n) + ");\n";
  text += "  auto r0 = lacuna::firstInterval<16>(v0, f0);\n";
  for (int n = 1; n < pairs; ++n)
    text += "  auto r" + number(n) + " = lacuna::addInterval<16>(r" + number(n - 1) + ", v" +
            number(n) + ", f" + number(n) + ");\n";
  return text + "  auto runs = r" + number(pairs - 1) + ";\n" + walk;
}

bool skipWithoutNvrtc() { return !Nvrtc::get(); }

TEST(DeviceRuns, UnionsVisitEachTileOnceAndInOrder) {
  if (skipWithoutNvrtc())
    GTEST_SKIP() << "no NVRTC";
  std::mt19937 random(7);
  for (int pairs : {2, 3, 4}) {
    std::vector<std::int32_t> bounds;
    for (int n = 0; n < cases * pairs * 2; ++n) {
      // Some are empty, inverted, adjacent to others or begin at 0.
      std::int32_t begin = random() % 5 ? random() % keys : 0;
      std::int32_t end = std::min<std::int32_t>(keys, begin - 5 + random() % 90);
      bounds.insert(bounds.end(), {begin, std::max(0, end)});
    }
    Entries found = run(unionText(pairs), bounds);
    ASSERT_FALSE(found.empty());
    for (int own = 0; own < cases; ++own) {
      std::vector<bool> visible(tiles * tile), full(tiles * tile);
      for (int n = 0; n < 2 * pairs; ++n)
        for (int key = bounds[2 * (own * 2 * pairs + n)];
             key < bounds[2 * (own * 2 * pairs + n) + 1]; ++key)
          (n % 2 ? full : visible)[key] = true;
      Entries expected;
      for (int at = 0; at < tiles; ++at) {
        auto any = [&](const std::vector<bool> &of, bool value) {
          return std::find(of.begin() + at * tile, of.begin() + (at + 1) * tile, value) !=
                 of.begin() + (at + 1) * tile;
        };
        if (any(visible, true))
          expected.push_back(2 * at + any(full, false));
      }
      expected.push_back(-1);
      auto begin = found.begin() + own * (tiles + 1);
      EXPECT_EQ(Entries(begin, begin + expected.size()), expected)
          << pairs << " pairs, case " << own;
    }
  }
}
} // namespace
