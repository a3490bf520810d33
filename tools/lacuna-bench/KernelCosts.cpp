#include "tools/lacuna-bench/KernelCosts.h"

#include "lib/Compiler/Compilation.h"
#include "lib/Emulator/EmulatorDevice.h"
#include "tools/lacuna-run/DeviceRun.h"

#include <cstdio>

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

double UnitClocks::most() const { return std::max({matrix, exponent, issue, shared, cache}); }

Configuration lacuna::smallLike(const Configuration &configuration) {
  Configuration small = configuration;
  CaseShape &shape = small.shape;
  shape.queries = shape.keys = std::min(shape.queries, mostTokens);
  shape.batch = shape.queryHeads = shape.keyHeads = 1;
  return small;
}

/// How the kernel came to be; nothing is compiled to instructions.
static Result<KernelFacts> factsOf(const std::string &text, const std::string &fileName,
                                   const TargetInfo &target) {
  CompilerOptions options;
  options.target = target.name;
  auto compilation = Compilation::parse(text, fileName, options);
  if (!compilation)
    return compilation.status();
  if (Status status = (*compilation)->lowerTo(Level::Scheduled); !status.isOk())
    return status;
  return (*compilation)->facts().front();
}

/// What one launch executes.
static Result<emulator::Counters> countsOf(const Executable &executable,
                                           const std::vector<HostArray> &arguments) {
  emulator::EmulatorOptions options;
  options.target = executable.target();
  auto device = emulator::createEmulatorDevice(options);
  Result<DeviceRun> run = DeviceRun::create(executable, *device, arguments);
  if (!run)
    return run.status();
  for (Status status : {run->launch(), run->wait()})
    if (!status.isOk())
      return status;
  return device->counters();
}

Result<KernelCosts> lacuna::costsOf(const std::string &text, const Configuration &configuration,
                                    const PreparedConfiguration &prepared,
                                    const TargetInfo &target) {
  const std::string fileName = configuration.kernel.spec + ".mlir";
  Result<KernelFacts> facts = factsOf(text, fileName, target);
  if (!facts)
    return facts.status();
  CompileOptions options;
  options.target = target.name;
  options.fileName = fileName;
  Result<Executable> executable = compile(text, options);
  if (!executable)
    return executable.status();
  Result<emulator::Counters> counted = countsOf(*executable, prepared.arguments.arrays);
  if (!counted)
    return counted.status();

  KernelCosts costs;
  costs.facts = *facts;
  for (const KernelInfo &kernel : executable->report().kernels)
    if (kernel.name == facts->name)
      costs.info = kernel;
  const double flopsOfTile = flopsOf(configuration.kernel, 128 * 128);
  const double tiles = productsOf(*counted) / flopsOfTile;
  costs.visited = tiles * 128 * 128 / double(prepared.visiblePairs);
  costs.instructions = double(counted->normalisedWarps()) / tiles;
  costs.clocks.matrix = flopsOfTile / target.flopsPerClock;
  costs.clocks.exponent = double(counted->lanes("ex2")) / tiles / powers;
  costs.clocks.issue = costs.instructions / issued;
  costs.clocks.shared = double(counted->sharedBytes) / tiles / sharedBytes;
  costs.clocks.cache = double(counted->globalBytesLoaded) / tiles / cacheBytes;
  return costs;
}
