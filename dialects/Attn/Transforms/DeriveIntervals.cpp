//===- DeriveIntervals.cpp - Which keys a tile of queries can see -----------===//
//
// The predicate is evaluated over integers (Intervals/Predicate), each part of
// its sets is projected on the key axis (Intervals/Bounds and System), and the
// hulls become scalar code (Intervals/Emission). Whatever cannot be decided, or
// would take too long, loses precision and never soundness.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
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
    getOperation().walk([&](AttendOp attend) {
      if (attend.getNumSources() == 1 && !attend.getWhere().empty() &&
          attend.getIntervals().empty())
        derive(attend);
    });
  }

private:
  void derive(AttendOp attend) {
    Value position = attend.getQueryPosition();
    if (position && !position.getType().isInteger()) {
      giveUp(attend) << ": the queries of a tile have no first and last position when positions "
                        "come from a table";
      return;
    }
    intervals::System system;
    intervals::Predicate predicate(system, attend);
    intervals::Truth truth = predicate.evaluate();
    intervals::Bounds bounds = intervals::deriveBounds(system, truth, predicate.keys());
    if (system.hasOverflowed()) {
      giveUp(attend) << ": a coefficient exceeds 64 bits";
    } else if (bounds.areTrivial()) {
      InFlightDiagnostic remark = giveUp(attend);
      if (Operation *obstacle = predicate.getObstacle())
        remark.attachNote(obstacle->getLoc())
            << "'" << obstacle->getName() << "' has no closed form here";
    } else {
      ++derived;
      intervals::emitIntervals(system, bounds, predicate.keys(), attend);
    }
  }

  InFlightDiagnostic giveUp(AttendOp attend) {
    ++unbounded;
    return attend.emitRemark("every key tile is visited with the predicate");
  }
};
} // namespace
