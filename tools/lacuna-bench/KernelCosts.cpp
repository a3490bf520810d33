#include "tools/lacuna-bench/KernelCosts.h"

#include "lib/Compiler/Compilation.h"
#include "tools/lacuna-bench/LaunchWork.h"

using namespace lacuna;

/// What a multiprocessor does in a clock, on all targets of the table: warp
/// instructions issued, powers of two, and bytes of its shared memory and of its way
/// to the second-level cache.
static constexpr double issued = 4, powers = 16, sharedBytes = 128, cacheBytes = 64;

/// Visible pairs that a prediction follows, about: 8,192 tiles of 128 x 128.
static constexpr std::int64_t mostPairs = std::int64_t(1) << 27;

double UnitClocks::most() const { return std::max({matrix, exponent, issue, shared, cache}); }

Configuration lacuna::oneGroupOf(const Configuration &configuration) {
  Configuration group = configuration;
  CaseShape &shape = group.shape;
  shape.queryHeads /= shape.keyHeads;
  shape.batch = shape.keyHeads = 1;
  return group;
}

/// How the kernel came to be that needs the most registers; nothing is compiled to
/// instructions.
static Result<KernelFacts> factsOf(const std::string &text, const CompileOptions &compiler) {
  CompilerOptions options;
  options.target = compiler.target;
  options.gradients = compiler.gradients;
  auto compilation = Compilation::parse(text, compiler.fileName, options);
  if (!compilation)
    return compilation.status();
  if (Status status = (*compilation)->lowerTo(Level::Scheduled); !status.isOk())
    return status;
  const std::vector<KernelFacts> &facts = (*compilation)->facts();
  return *std::max_element(facts.begin(), facts.end(),
                           [](const KernelFacts &a, const KernelFacts &b) {
                             return a.predictedRegisters < b.predictedRegisters;
                           });
}

/// Adds the work of a program's launch, and takes over its kernel if that needs more registers
/// than the one before.
static Status addProgram(const PreparedProgram &program, const CompileOptions &options,
                         std::uint64_t step, KernelCosts &costs, LaunchWork &work) {
  Result<KernelFacts> facts = factsOf(program.text, options);
  if (!facts)
    return facts.status();
  Result<Executable> executable = compile(program.text, options);
  if (!executable)
    return executable.status();
  Result<LaunchWork> launch = predictWork(*executable, program.arguments, step);
  if (!launch)
    return launch.status();
  work += *launch;
  for (const KernelInfo &kernel : executable->report().kernels)
    if (kernel.name == facts->name && kernel.registers > costs.info.registers) {
      costs.info = kernel;
      costs.facts = *facts;
    }
  return Status();
}

Result<KernelCosts> lacuna::costsOf(const Configuration &configuration,
                                    const PreparedConfiguration &prepared,
                                    const TargetInfo &target) {
  KernelCosts costs;
  LaunchWork work;
  CompileOptions options;
  options.target = target.name;
  options.fileName = configuration.kernel.spec + ".mlir";
  options.gradients = configuration.gradients;
  for (const PreparedProgram &program : prepared.programs)
    if (Status added =
            addProgram(program, options, (prepared.visiblePairs / mostPairs) | 1, costs, work);
        !added.isOk())
      return added;
  const double flopsOfTile = flopsOf(configuration, 128 * 128);
  const double tiles = work.flops / flopsOfTile;
  costs.visited = tiles * 128 * 128 / double(prepared.visiblePairs);
  costs.instructions = work.instructions / tiles;
  costs.copiers = work.copiers / tiles;
  costs.clocks.matrix = flopsOfTile / target.flopsPerClock;
  costs.clocks.exponent = work.exponentials / tiles / powers;
  costs.clocks.issue = costs.instructions / issued;
  costs.clocks.shared = work.sharedBytes / tiles / sharedBytes;
  costs.clocks.cache = work.cacheBytes / tiles / cacheBytes;
  return costs;
}
