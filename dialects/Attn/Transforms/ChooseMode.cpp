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
      getOperation().emitError() << "unknown mode '" << mode << "'; choose auto, closed or planned";
      return signalPassFailure();
    }
    auto &forms = getAnalysis<intervals::ClosedForms>();
    getOperation().walk([&](AttendOp attend) {
      if (wanted || !attend.getMode())
        choose(attend, forms.find(attend), wanted);
    });
    markAllAnalysesPreserved();
  }

private:
  void choose(AttendOp attend, const intervals::ClosedForm *form, std::optional<Mode> wanted) {
    static const std::optional<intervals::Obstacle> none;
    const std::optional<intervals::Obstacle> &obstacle = form ? form->obstacle : none;
    Mode chosen = wanted.value_or(obstacle ? Mode::Planned : Mode::Closed);
    attend.setMode(chosen);
    (chosen == Mode::Closed ? closed : planned) += 1;

    StringRef name = stringifyMode(chosen);
    if (obstacle)
      obstacle->op->emitRemark() << name << (chosen == Mode::Closed ? ", not exact: " : ": ")
                                 << obstacle->text;
    else
      attend.emitRemark() << name << ": intervals of keys are exact for every tile";
  }
};
} // namespace
