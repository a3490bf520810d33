//===- InstructionCountTest.cpp - How much kernels execute ------------------===//
//
// Normalised warp instructions on the emulator: against kernels that were written
// by hand for the same instructions, and of a PARTIAL tile against a FULL one.
//
//===----------------------------------------------------------------------===//
#include "lacuna/Runtime.h"
#include "lib/Compiler/Compilation.h"
#include "lib/Support/Files.h"
#include "test/unit/Emulator/Attention.h"

#include <cmath>
#include <functional>

using namespace lacuna;
using namespace lacuna::emulator;

namespace {

constexpr std::int64_t headDim = 128;

/// Seeded unit-normal queries, keys and values of one head.
const AttentionProblem &inputs() {
  static const AttentionProblem problem(1024, headDim, 1, 128, /*causal=*/false, 1.0);
  return problem;
}

/// A kernel of a gallery spec.
struct Compiled {
  Executable executable;
  std::int64_t queryTile, keyTile;
};

std::int64_t numberAfter(const std::string &text, const std::string &key) {
  std::size_t at = text.find(key + " = ");
  return at == std::string::npos ? 0 : std::stoll(text.substr(at + key.size() + 3));
}

Compiled compileSpec(const std::string &name, const std::string &target) {
  std::string path = std::string(LACUNA_GALLERY) + "/" + name + ".mlir";
  std::string spec = *readFile(path);
  CompileOptions options;
  options.target = target;
  options.useCache = false;
  Result<Executable> executable = compile(spec, options);
  EXPECT_TRUE(executable) << executable.status().message();
  auto compilation = Compilation::parse(spec, path, {target});
  EXPECT_TRUE((*compilation)->finish());
  const std::string &schedule = (*compilation)->facts()[0].schedule;
  return {std::move(*executable), numberAfter(schedule, "query_tile"),
          numberAfter(schedule, "key_tile")};
}

/// Normalised warp instructions of a launch on one head. A device with a
/// multiprocessor for every block: each computes one item.
double countOf(const Compiled &compiled, std::int64_t queries, std::int64_t keys,
               const std::vector<Value> &scalars = {}) {
  EmulatorOptions options;
  options.target = compiled.executable.target();
  options.multiprocessors = 1 << 16;
  auto device = createEmulatorDevice(options);
  auto program = LoadedProgram::load(compiled.executable, *device);
  EXPECT_TRUE(program) << program.status().message();
  auto make = [&](std::int64_t rows, const std::vector<std::uint16_t> *values) {
    DeviceTensor tensor =
        std::move(*DeviceTensor::create(*device, DType::BF16, {1, 1, rows, headDim}));
    if (values) {
      EXPECT_TRUE(tensor.copyIn(values->data()).isOk());
    }
    return tensor;
  };
  DeviceTensor q = make(queries, &inputs().q), k = make(keys, &inputs().k),
               v = make(keys, &inputs().v), o = make(queries, nullptr);
  DeviceTensor lse = std::move(*DeviceTensor::create(*device, DType::F32, {1, 1, queries}));
  std::vector<Value> arguments = {q, k, v};
  arguments.insert(arguments.end(), scalars.begin(), scalars.end());
  Status status = program->launch(arguments, {o.ref(), lse.ref()});
  EXPECT_TRUE(status.isOk()) << status.message();
  return double(device->counters().normalisedWarps());
}

double countOfHandWritten(const KernelImage &image, int blockSize) {
  AttentionProblem problem(1024, headDim, 1, blockSize, /*causal=*/false, 1.0);
  KernelRunner runner;
  EXPECT_EQ(runAttention(runner, problem, image).message, "");
  return double(runner.emulator->counters().normalisedWarps());
}

/// A launch: its sizes, the mask's scalars, and what an element sees.
struct Problem {
  std::int64_t queries, keys;
  std::vector<Value> scalars;
  std::function<bool(std::int64_t i, std::int64_t j)> visible;
};

/// Query tiles, FULL and PARTIAL tiles of a problem.
using Work = std::array<double, 3>;

Work workOf(const Problem &problem, const Compiled &compiled) {
  Work work = {0, 0, 0};
  const std::int64_t rows = compiled.queryTile, columns = compiled.keyTile;
  for (std::int64_t row = 0; row < problem.queries; row += rows, ++work[0])
    for (std::int64_t column = 0; column < problem.keys; column += columns) {
      std::int64_t visible = 0;
      for (std::int64_t i = row; i < row + rows; ++i)
        for (std::int64_t j = column; j < std::min(column + columns, problem.keys); ++j)
          visible += problem.visible(i, j);
      if (visible)
        ++work[visible == rows * columns ? 1 : 2];
    }
  return work;
}

double determinant(const std::array<Work, 3> &m) {
  double sum = 0;
  for (int k = 0; k < 3; ++k)
    sum +=
        m[0][k] * (m[1][(k + 1) % 3] * m[2][(k + 2) % 3] - m[1][(k + 2) % 3] * m[2][(k + 1) % 3]);
  return sum;
}

/// What a query tile, a FULL and a PARTIAL tile execute, from three launches.
Work costsOf(const Compiled &compiled, const std::array<Problem, 3> &problems) {
  std::array<Work, 3> work;
  Work counts, costs;
  for (int n = 0; n < 3; ++n) {
    work[n] = workOf(problems[n], compiled);
    counts[n] = countOf(compiled, problems[n].queries, problems[n].keys, problems[n].scalars);
  }
  double all = determinant(work);
  EXPECT_NE(all, 0);
  for (int k = 0; k < 3; ++k) {
    std::array<Work, 3> replaced = work;
    for (int n = 0; n < 3; ++n)
      replaced[n][k] = counts[n];
    costs[k] = determinant(replaced) / all;
  }
  return costs;
}

class InstructionCount : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (skipWithoutNvrtc())
      GTEST_SKIP();
  }
  /// A PARTIAL tile costs more than a FULL one, but not `limit` times as much.
  void expectPartialCosts(const char *mask, double limit, const std::array<Problem, 3> &problems) {
    auto [item, full, partial] = costsOf(compileSpec(mask, GetParam()), problems);
    std::printf("%s, %s: a query tile %.0f, a FULL tile %.0f, a PARTIAL tile %.0f: %.2f\n",
                GetParam(), mask, item, full, partial, partial / full);
    EXPECT_LE(partial, limit * full);
    EXPECT_GT(partial, full) << "the counts do not tell the tiles apart";
  }
};

TEST_P(InstructionCount, OfAPartialCausalTile) {
  auto visible = [](std::int64_t i, std::int64_t j) { return j <= i; };
  expectPartialCosts("causal", 1.35,
                     {Problem{512, 512, {}, visible}, Problem{1024, 512, {}, visible},
                      Problem{1024, 256, {}, visible}});
}

TEST_P(InstructionCount, OfAPartialTileOfAWindow) {
  auto visible = [](std::int64_t left) {
    return [left](std::int64_t i, std::int64_t j) { return j <= i && j >= i - left; };
  };
  expectPartialCosts("sliding_window", 1.35,
                     {Problem{512, 512, {400}, visible(400)},
                      Problem{1024, 1024, {700}, visible(700)},
                      Problem{1024, 512, {300}, visible(300)}});
}

INSTANTIATE_TEST_SUITE_P(Targets, InstructionCount, testing::Values("sm_80", "sm_90a"));

/// Ours over the hand-written kernel's, dense attention, per 128 x 128 scores.
double ratioTo(const KernelImage &image, int blockSize, const char *target) {
  constexpr double tiles = (1024.0 / 128) * (1024.0 / 128);
  double ours = countOf(compileSpec("dense", target), 1024, 1024) / tiles;
  double other = countOfHandWritten(image, blockSize) / tiles;
  std::printf("%s, dense, per 128 x 128 scores: %.0f; %s: %.0f; ratio %.3f\n", target, ours,
              image.name.c_str(), other, ours / other);
  return ours / other;
}

TEST(InstructionRatio, ToTheHandWrittenMmaKernel) {
  if (skipWithoutNvrtc())
    return;
  EXPECT_LE(ratioTo(mmaKernel(headDim), 64, "sm_80"), 1.0);
}

TEST(InstructionRatio, ToTheHandWrittenWgmmaKernel) {
  if (skipWithoutNvrtc())
    return;
  EXPECT_LE(ratioTo(hopperKernel(), 128, "sm_90a"), 0.88);
}

} // namespace
