//===- DeriveClassifier.cpp - Whether a tile is empty or full ---------------===//
//
// The idea is told in Classifier/Evaluator.h: the predicate is run on a box of
// queries and keys instead of one of each, twice, and what that run computes from
// the corners of the box becomes the `classify` clause.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Classifier/Evaluator.h"
#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_DERIVECLASSIFIER
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

namespace {
struct DeriveClassifierPass final : lacuna::attn::impl::DeriveClassifierBase<DeriveClassifierPass> {
  using DeriveClassifierBase::DeriveClassifierBase;

  void runOnOperation() override {
    getOperation().walk([&](TiledAttention attend) {
      bool wanted = attend.getMode() != Mode::Closed && !attend.getRunsAttr();
      if (wanted && !attend.getWhere().empty() && attend.getClassify().empty())
        derive(attend);
    });
    DominanceInfo dominance(getOperation());
    IRRewriter rewriter(&getContext());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }

private:
  void derive(TiledAttention attend) {
    ImplicitLocOpBuilder builder(attend.getLoc(), &getContext());
    SmallVector<Type> types(attend.takesSlots() ? 10 : 6, builder.getI32Type());
    SmallVector<Location> locations(types.size(), attend.getLoc());
    Region &region = attend.getClassify();
    builder.createBlock(&region, {}, types, locations);
    classifier::Symbols symbols(attend);
    classifier::Evaluator evaluator(symbols, builder, {facts, cases, signatures});
    Value visible = attend.getWhere().front().getTerminator()->getOperand(0);
    Value maySee = evaluator.mayBe(visible, true), mayHide = evaluator.mayBe(visible, false);
    if (matchPattern(maySee, m_One()) && matchPattern(mayHide, m_One())) {
      region.front().erase();
      ++unknown;
      attend.emitRemark("every tile is partial: nothing is known of the predicate over a tile");
      return;
    }
    YieldOp::create(builder, ValueRange{maySee, mayHide});
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(region.front())))
      if (isOpTriviallyDead(&op))
        op.erase();
    ++derived;
  }
};
} // namespace
