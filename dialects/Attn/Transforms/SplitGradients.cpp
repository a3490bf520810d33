//===- SplitGradients.cpp - One op for each kernel of a gradient ------------===//
//
// Sums over keys and sums over queries are taken by kernels of their own, each of
// which computes the scores again: nothing is added atomically then, and gradients do
// not depend on the order of blocks. That is seven products a tile. One kernel by key that
// adds what each tile contributes to queries takes five; it is what `fastest` asks for.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_SPLITGRADIENTS
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

/// Lets what used one argument use the other.
static void exchange(BlockArgument a, BlockArgument b) {
  SmallVector<OpOperand *> usesOfA(llvm::make_pointer_range(a.getUses()));
  for (OpOperand &use : llvm::make_early_inc_range(b.getUses()))
    use.set(a);
  for (OpOperand *use : usesOfA)
    use->set(b);
}

/// Copies a clause that takes `values` before its coordinates; for rows of keys,
/// whoever takes a query and a key takes the key first.
static void copyClause(Region &from, Region &to, unsigned values, Side rows) {
  if (from.empty())
    return;
  IRMapping copies;
  from.cloneInto(&to, copies);
  constexpr unsigned positions = 2, slots = 4;
  for (unsigned pair : {values + positions, values + slots})
    if (rows == Side::Key && pair < to.getNumArguments())
      exchange(to.getArgument(pair), to.getArgument(pair + 1));
}

/// The op whose rows are that side; it contributes to `wanted` and to nothing else.
static BackwardOp createBackward(OpBuilder &builder, AttendGradOp op, Value delta, Side rows,
                                 ValueRange wanted, bool addsQuery) {
  auto backward = BackwardOp::create(
      builder, op.getLoc(), rows, op.getQuery(), op.getQueryPosition(), op.getQueryOffsets(),
      op.getKey(), op.getValue(), op.getKeyPosition(), op.getKeyOffsets(), op.getLse(), delta,
      op.getOutputGradient(), op.getScale(), wanted, addsQuery, ModeAttr());
  copyClause(op.getWhere(), backward.getWhere(), 0, rows);
  copyClause(op.getScore(), backward.getScore(), 1, rows);
  copyClause(op.getPullback(), backward.getPullback(), 2, rows);
  backward.getPullback().walk([&](ContributeOp contribution) {
    if (!llvm::is_contained(wanted, contribution.getTarget()))
      contribution.erase();
  });
  return backward;
}

/// Why a kernel by key does not add to the gradient of queries; empty if it can.
static std::string whyNotAdding(AttendGradOp op, ValueRange wanted) {
  for (Value gradient : {op.getQueryGradient(), op.getKeyGradient(), op.getValueGradient()})
    if (gradient.use_empty())
      return "one pass is for gradients of queries, keys and values, and not all of them are used";
  if (!wanted.empty())
    return "gradients of tables and scalars need the scores by query anyway";
  int64_t queryDim = op.getQueryHeadDim(), valueDim = op.getValueHeadDim();
  if (std::max(queryDim, valueDim) > BackwardOp::kMostFeaturesTogether)
    return "head dims " + std::to_string(queryDim) + " and " + std::to_string(valueDim) +
           " leave no registers for the sums of one pass, whose head dims are at most " +
           std::to_string(BackwardOp::kMostFeaturesTogether);
  return {};
}

namespace {
struct SplitGradientsPass final : lacuna::attn::impl::SplitGradientsBase<SplitGradientsPass> {
  using SplitGradientsBase::SplitGradientsBase;

  void runOnOperation() override {
    if (gradients != "deterministic" && gradients != "fastest") {
      getOperation().emitError() << "unknown gradients '" << gradients
                                 << "'; choose deterministic or fastest";
      return signalPassFailure();
    }
    for (auto op : llvm::make_early_inc_range(getOperation().getOps<AttendGradOp>())) {
      OpBuilder builder(op);
      Value delta = DeltaOp::create(builder, op.getLoc(), op.getLse().getType(), op.getOutput(),
                                    op.getOutputGradient(), op.getLseGradient());
      SmallVector<Value> wanted, gradients;
      for (auto [value, gradient] : llvm::zip(op.getWanted(), op.getGradients()))
        if (!gradient.use_empty()) {
          wanted.push_back(value);
          gradients.push_back(gradient);
        }
      bool adds = chooseSums(op, wanted);
      BackwardOp byQuery = createBackward(builder, op, delta, Side::Query, wanted, false);
      BackwardOp byKey = createBackward(builder, op, delta, Side::Key, {}, adds);
      op.getQueryGradient().replaceAllUsesWith((adds ? byKey : byQuery).getQueryGradient());
      op.getKeyGradient().replaceAllUsesWith(byKey.getKeyGradient());
      op.getValueGradient().replaceAllUsesWith(byKey.getValueGradient());
      for (auto [gradient, made] : llvm::zip(gradients, byQuery.getGradients().drop_front()))
        gradient.replaceAllUsesWith(made);
      op.erase();
      for (BackwardOp made : {byQuery, byKey})
        if (made.use_empty())
          made.erase();
      ++split;
    }
  }

private:
  /// Whether the gradient of queries is added to by key. Says so, or why not.
  bool chooseSums(AttendGradOp op, ValueRange wanted) {
    std::string obstacle = whyNotAdding(op, wanted);
    bool adds = gradients == "fastest" && obstacle.empty();
    if (adds) {
      op.emitRemark() << "fastest: one pass over scores; gradients of queries are added "
                         "atomically, so that their last bits may differ from run to run";
      ++adding;
      return true;
    }
    InFlightDiagnostic remark = op.emitRemark() << "deterministic: gradients of queries, keys and "
                                                   "values are summed in one order";
    if (gradients == "fastest")
      remark << ", though asked to be fastest: " << obstacle;
    return false;
  }
};
} // namespace
