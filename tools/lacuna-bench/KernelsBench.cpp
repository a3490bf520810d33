//===- KernelsBench.cpp - What kernels need and execute ----------------------===//
//
// For a machine without a GPU: resources as the assembler states them, and counts
// of the emulator on one head of at most 2,048 tokens. From them follows how many
// clocks of a multiprocessor 128 x 128 scores of visited tiles take at least on each
// of its units, if the others cost nothing, and so the share of the peak that the
// kernel cannot exceed. These are bounds and not times: what units wait for each
// other is not in them.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/Compilation.h"
#include "lib/Emulator/EmulatorDevice.h"
#include "lib/Support/Targets.h"
#include "tools/lacuna-bench/Configurations.h"
#include "tools/lacuna-run/DeviceRun.h"

#include <cstdio>
#include <set>

using namespace lacuna;

/// What a multiprocessor does in a clock, on all targets of the table: warp
/// instructions issued, powers of two, and bytes of its shared memory and of its way
/// to the second-level cache.
static constexpr double issued = 4, powers = 16, sharedBytes = 128, cacheBytes = 64;

static constexpr std::int64_t mostTokens = 2048;

/// Operations of one instruction, of a warp or of a group of warps: "....m64n128k16....".
static double flopsOf(const std::string &opcode) {
  int m = 0, n = 0, k = 0;
  for (std::size_t at = 0; (at = opcode.find(".m", at)) != std::string::npos; ++at)
    if (std::sscanf(opcode.c_str() + at, ".m%dn%dk%d", &m, &n, &k) == 3)
      return 2.0 * m * n * k;
  return 0;
}

/// Operations of all products that were executed.
static double productsOf(const emulator::Counters &counters) {
  double flops = 0;
  for (const emulator::InstructionCount &count : counters.instructions) {
    const bool group = count.opcode.starts_with("wgmma.mma_async");
    if (!group && !count.opcode.starts_with("mma."))
      continue;
    flops += flopsOf(count.opcode) * double(count.warps) / (group ? 4 : 1);
  }
  return flops;
}

/// The kernel of a configuration for a target, and its facts.
static Result<Grid::Line> describe(const BenchOptions &options, Configuration configuration,
                                   const TargetInfo &target) {
  CaseShape &shape = configuration.shape;
  shape.queries = shape.keys = std::min(shape.queries, mostTokens);
  shape.batch = shape.queryHeads = shape.keyHeads = 1;
  Result<PreparedConfiguration> prepared = prepare(options, configuration);
  if (!prepared)
    return prepared.status();
  CompilerOptions compiler;
  compiler.target = target.name;
  auto compilation =
      Compilation::parse(prepared->text, configuration.kernel.spec + ".mlir", compiler);
  if (!compilation)
    return compilation.status();
  if (Result<Program> program = (*compilation)->finish(); !program)
    return program.status();
  const KernelFacts &facts = (*compilation)->facts().front();
  Result<Executable> executable = compile(prepared->text, {std::string(target.name)});
  if (!executable)
    return executable.status();
  KernelInfo info;
  for (const KernelInfo &kernel : executable->report().kernels)
    if (kernel.name == facts.name)
      info = kernel;

  emulator::EmulatorOptions emulated;
  emulated.target = target.name;
  auto device = emulator::createEmulatorDevice(emulated);
  Result<DeviceRun> run = DeviceRun::create(*executable, *device, prepared->arguments.arrays);
  if (!run)
    return run.status();
  if (Status status = run->launch(); !status.isOk())
    return status;
  if (Status status = run->wait(); !status.isOk())
    return status;
  const emulator::Counters &counters = device->counters();

  const double flopsOfTile = flopsOf(configuration.kernel, 128 * 128);
  const double tiles = productsOf(counters) / flopsOfTile;
  const double visible = double(prepared->visiblePairs) / (128 * 128);
  const double instructions = double(counters.normalisedWarps()) / tiles;
  const double matrix = flopsOfTile / target.flopsPerClock;
  const double exponent = double(counters.lanes("ex2")) / tiles / powers;
  const double issue = instructions / issued;
  const double shared = double(counters.sharedBytes) / tiles / sharedBytes;
  const double cache = double(counters.globalBytesLoaded) / tiles / cacheBytes;
  const double most = std::max({matrix, exponent, issue, shared, cache});
  return Grid::Line{std::string(target.name) + " " + configuration.kernel.name(),
                    {double(info.registers), double(info.spillStoreBytes),
                     double(facts.sharedBytes) / 1024, double(facts.blocksPerSm), instructions,
                     tiles / visible, matrix, exponent, issue, shared, cache,
                     100 * matrix / most * visible / tiles}};
}

Status lacuna::benchKernels(const BenchOptions &options, Table &table) {
  Grid grid{"kernels",
            "predictions from counts on the emulator, for 128 x 128 scores that are visited",
            {"registers", "spilled, B", "shared, KiB", "blocks/SM", "instructions",
             "visited/visible", "matrix, clk", "exp, clk", "issue, clk", "shared, clk", "L2, clk",
             "most of peak, %"}};
  std::set<std::string> done;
  for (const char *target : {"sm_80", "sm_90a"})
    for (const Configuration &configuration : configurations(options)) {
      if (!configuration.notYet.empty() ||
          !done.insert(target + configuration.kernel.name()).second)
        continue;
      Result<Grid::Line> line = describe(options, configuration, *findTarget(target));
      if (!line)
        return Status(line.status().kind(), configuration.title + ": " + line.status().message());
      grid.lines.push_back(std::move(*line));
    }
  table.add(std::move(grid));
  return Status();
}
