//===- ChooseMode.cpp - Where the runs of key tiles come from ---------------===//
//
// Closed form costs nothing but a few scalar instructions, so it is chosen
// wherever it is exact. Where it is not, a plan visits fewer tiles: its classifier
// judges every tile by itself, and knows what stands in tables.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Intervals/ClosedForm.h"
#include "dialects/Attn/Transforms/Passes.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_CHOOSEMODE
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

namespace {
struct ChooseModePass final : lacuna::attn::impl::ChooseModeBase<ChooseModePass> {
  using ChooseModeBase::ChooseModeBase;

  void runOnOperation() override {
    std::optional<Mode> wanted = symbolizeMode(mode);
    if (mode != "auto" && !wanted) {
      getOperation().emitError() << "unknown mode '" << mode
                                 << "'; choose auto, closed, planned or baked";
      return signalPassFailure();
    }
    auto &forms = getAnalysis<intervals::ClosedForms>();
    getOperation().walk([&](TiledAttention attend) {
      if (attend.getRunsAttr())
        keepRuns(attend, forms.find(attend));
      else if (wanted || !attend.getMode())
        choose(attend, forms.find(attend), wanted);
    });
    markAllAnalysesPreserved();
  }

private:
  void choose(TiledAttention attend, const intervals::ClosedForm *form,
              std::optional<Mode> wanted) {
    static const std::optional<intervals::Obstacle> none;
    const std::optional<intervals::Obstacle> &obstacle = form ? form->obstacle : none;
    Mode chosen = wanted.value_or(obstacle ? Mode::Planned : Mode::Closed);
    attend.setMode(chosen);
    (chosen == Mode::Closed ? closed : chosen == Mode::Planned ? planned : baked) += 1;

    StringRef name = stringifyMode(chosen);
    if (obstacle)
      obstacle->op->emitRemark() << name << (chosen == Mode::Closed ? ", not exact: " : ": ")
                                 << obstacle->text;
    else
      attend.emitRemark() << name << ": intervals of " << attend.getColumnName()
                          << " are exact for every tile";
  }

  /// Runs that are there already need no choice. A table saves the kernels of a
  /// plan, so it saves nothing where there would be none.
  void keepRuns(TiledAttention attend, const intervals::ClosedForm *form) {
    ++baked;
    RunsAttr runs = attend.getRunsAttr();
    int64_t listed = 0, visited = 0;
    for (auto [index, count] : llvm::enumerate(runs.getCounts().getValues<int32_t>()))
      (index % 2 ? visited : listed) += count;
    int64_t keys = attend.getKey().getType().getDimSize(2);
    int64_t columns = (keys + runs.getKeyTile() - 1) / runs.getKeyTile();
    bool isExact = !form || !form->obstacle;
    attend.emitRemark() << "baked: " << visited << " of "
                        << runs.getOrder().getNumElements() * columns << " tiles visited, in "
                        << listed << " runs; "
                        << (isExact ? "saves nothing: intervals of keys are exact for every tile"
                            : attend.isRagged()
                                ? "saves the kernels of a plan but that which cuts sequences"
                                : "saves the kernels of a plan");
  }
};
} // namespace
