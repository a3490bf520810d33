#include "lib/Compiler/CollectFacts.h"

#include "dialects/Tile/IR/Tile.h"
#include "dialects/Tile/Transforms/KernelShape.h"
#include "dialects/Tile/Transforms/ScheduleTable.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace lacuna;

/// A plan, or closed form, unless nothing is known of the mask: then no key is
/// proved visible to all rows of a tile.
static std::string describeRuns(tile::KernelOp kernel) {
  std::string text = "none";
  kernel.walk([&](tile::ListRunsOp runs) {
    text = runs.getLists().getDefiningOp<tile::TableOp>()
               ? "baked: tables in the kernel list the tiles that the mask leaves"
               : "planned: kernels that run before list the tiles that the mask leaves";
  });
  kernel.walk([&](tile::IntervalRunsOp runs) {
    ValueRange bounds = runs.getPair(0);
    bool nothingFull = runs.getNumPairs() == 1 && matchPattern(bounds[2], m_Zero()) &&
                       matchPattern(bounds[3], m_Zero());
    text = nothingFull ? "every key tile, all PARTIAL: no interval could be derived from the mask"
                       : "closed form: bounds computed in the kernel";
  });
  kernel.walk([&](tile::PieceOp) {
    text += "; of each sequence, whose query tiles a kernel before cuts from offsets";
  });
  return text;
}

std::vector<KernelFacts> lacuna::collectFacts(ModuleOp module) {
  std::vector<KernelFacts> list;
  for (auto kernel : module.getOps<tile::KernelOp>()) {
    std::optional<tile::ScheduleAttr> attribute = kernel.getSchedule();
    const TargetInfo *target = findTarget(std::string_view(kernel.getTarget().value_or("")));
    if (!attribute || !target || kernel.getPlans())
      continue;
    tile::Schedule schedule = tile::toSchedule(*attribute);
    tile::AttentionShape shape = tile::shapeOf(kernel);
    tile::Resources needs = tile::predictResources(schedule, shape, *target);
    KernelFacts facts;
    facts.name = kernel.getSymName().str();
    facts.runs = describeRuns(kernel);
    facts.schedule = tile::toString(schedule);
    facts.threads = needs.threads;
    facts.predictedRegisters = needs.registersPerThread;
    facts.sharedBytes = needs.sharedBytes;
    facts.blocksPerSm = needs.blocksPerSm;
    const tile::ScheduleChoice choice = tile::chooseSchedule(shape, *target);
    facts.tuned = choice.tuned && choice.schedule == schedule;
    for (const tile::RefusedSchedule &refused : choice.refused)
      facts.refused.push_back(tile::toString(refused.schedule) + ": " + refused.reason);
    list.push_back(std::move(facts));
  }
  return list;
}
