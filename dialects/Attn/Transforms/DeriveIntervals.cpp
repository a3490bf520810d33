//===- DeriveIntervals.cpp - Which keys a tile of queries can see -----------===//
//
// The predicate is evaluated over integers (Intervals/Predicate), each part of
// its sets is projected on the key axis (Intervals/Bounds and System), and the
// results become scalar code (Intervals/Emission). Whatever cannot be decided, or
// would take too long, loses precision and never soundness.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Intervals/ClosedForm.h"
#include "dialects/Attn/Transforms/Intervals/Emission.h"
#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_DERIVEINTERVALS
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

namespace {
struct DeriveIntervalsPass final : lacuna::attn::impl::DeriveIntervalsBase<DeriveIntervalsPass> {
  void runOnOperation() override {
    auto &forms = getAnalysis<intervals::ClosedForms>();
    getOperation().walk([&](TiledAttention attend) {
      const intervals::ClosedForm *form = forms.find(attend);
      if (!form || !attend.getIntervals().empty() || attend.getRunsAttr())
        return;
      if (form->isUseful)
        intervals::emitIntervals(*form, attend);
      (form->isUseful ? derived : unbounded) += 1;
    });
    // Intervals say nothing new about the predicate.
    markAnalysesPreserved<intervals::ClosedForms>();
  }
};
} // namespace
