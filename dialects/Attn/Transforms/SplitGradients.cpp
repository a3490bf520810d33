//===- SplitGradients.cpp - One op for each kernel of a gradient ------------===//
//
// Sums over keys and sums over queries are taken by kernels of their own, each of
// which computes the scores again: nothing is added atomically then, and gradients do
// not depend on the order of blocks.
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
                                 ValueRange wanted) {
  auto backward = BackwardOp::create(
      builder, op.getLoc(), rows, op.getQuery(), op.getQueryPosition(), op.getQueryOffsets(),
      op.getKey(), op.getValue(), op.getKeyPosition(), op.getKeyOffsets(), op.getLse(), delta,
      op.getOutputGradient(), op.getScale(), wanted, ModeAttr());
  copyClause(op.getWhere(), backward.getWhere(), 0, rows);
  copyClause(op.getScore(), backward.getScore(), 1, rows);
  copyClause(op.getPullback(), backward.getPullback(), 2, rows);
  backward.getPullback().walk([&](ContributeOp contribution) {
    if (!llvm::is_contained(wanted, contribution.getTarget()))
      contribution.erase();
  });
  return backward;
}

namespace {
struct SplitGradientsPass final : lacuna::attn::impl::SplitGradientsBase<SplitGradientsPass> {
  void runOnOperation() override {
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
      BackwardOp byQuery = createBackward(builder, op, delta, Side::Query, wanted);
      BackwardOp byKey = createBackward(builder, op, delta, Side::Key, {});
      op.getQueryGradient().replaceAllUsesWith(byQuery.getQueryGradient());
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
};
} // namespace
