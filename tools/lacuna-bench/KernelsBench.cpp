//===- KernelsBench.cpp - Kernels without a GPU ------------------------------===//
#include "tools/lacuna-bench/KernelCosts.h"

using namespace lacuna;

static Grid::Line lineOf(const std::string &name, const KernelCosts &costs) {
  return {name,
          {double(costs.info.registers), double(costs.info.spillStoreBytes),
           double(costs.facts.sharedBytes) / 1024, double(costs.facts.blocksPerSm),
           costs.instructions, costs.copiers, costs.visited, costs.clocks.matrix,
           costs.clocks.exponent, costs.clocks.issue, costs.clocks.shared, costs.clocks.cache,
           100 * costs.shareOfPeak()}};
}

Status lacuna::benchKernels(const BenchOptions &options, Table &table) {
  Grid grid{"kernels",
            "predictions for 128 x 128 scores" + nameOf(options.passes) +
                "; registers are those of the kernel that needs most",
            {"registers", "spilled, B", "shared, KiB", "blocks/SM", "instructions", "by producers",
             "visited/visible", "matrix, clk", "exp, clk", "issue, clk", "shared, clk", "L2, clk",
             "most of peak, %"}};
  for (const Configuration &configuration : configurations(options)) {
    if (!configuration.notYet.empty())
      continue;
    const Configuration group = oneGroupOf(configuration);
    Result<PreparedConfiguration> prepared = prepare(options, group);
    if (!prepared)
      return prepared.status();
    for (const char *target : {"sm_80", "sm_90a"}) {
      Result<KernelCosts> costs = costsOf(group, *prepared, *findTarget(target));
      if (costs.status().kind() == StatusKind::Unsupported) {
        grid.lines.push_back(leftOut(target + (" " + group.title), costs.status()));
        continue;
      }
      if (!costs)
        return Status(costs.status().kind(), group.title + ": " + costs.status().message());
      grid.lines.push_back(lineOf(target + (" " + group.title), *costs));
    }
  }
  table.add(std::move(grid));
  return Status();
}
