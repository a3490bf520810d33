//===- KernelsBench.cpp - Kernels without a GPU ------------------------------===//
#include "tools/lacuna-bench/KernelCosts.h"

#include <set>

using namespace lacuna;

static Grid::Line lineOf(const std::string &name, const KernelCosts &costs) {
  return {name,
          {double(costs.info.registers), double(costs.info.spillStoreBytes),
           double(costs.facts.sharedBytes) / 1024, double(costs.facts.blocksPerSm),
           costs.instructions, costs.visited, costs.clocks.matrix, costs.clocks.exponent,
           costs.clocks.issue, costs.clocks.shared, costs.clocks.cache, 100 * costs.shareOfPeak()}};
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
      const Configuration small = smallLike(configuration);
      Result<PreparedConfiguration> prepared = prepare(options, small);
      if (!prepared)
        return prepared.status();
      Result<KernelCosts> costs = costsOf(prepared->text, small, *prepared, *findTarget(target));
      if (!costs)
        return Status(costs.status().kind(), small.title + ": " + costs.status().message());
      grid.lines.push_back(lineOf(target + (" " + configuration.kernel.name()), *costs));
    }
  table.add(std::move(grid));
  return Status();
}
