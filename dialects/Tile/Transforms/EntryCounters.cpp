//===- EntryCounters.cpp - Which entry of its runs a loop is at -----------===//
#include "dialects/Tile/Transforms/EntryCounters.h"

using namespace mlir;
using namespace lacuna::tile;

Value EntryCounters::of(ForRunsOp loop) {
  if (Value &known = counters[loop])
    return known;
  ForRunsOp counted = loop.addCarried(zero);
  Operation *yield = counted.getBody().front().getTerminator();
  OpBuilder builder(yield);
  Value use = counted.getCarried().back();
  Value next = arith::AddIOp::create(builder, counted.getLoc(), use, one);
  yield->insertOperands(yield->getNumOperands(), next);
  counters[counted] = use;
  countThrough(counted);
  return use;
}

/// The loops around a loop carry what it carries last.
void EntryCounters::countThrough(ForRunsOp loop) {
  IRRewriter rewriter(loop.getContext());
  OpOperand *begin = &loop.getInitsMutable()[loop.getNumResults() - 1];
  Value end = loop.getResults().back();
  while (auto around = dyn_cast<scf::ForOp>(begin->getOwner()->getParentOp())) {
    rewriter.setInsertionPoint(around);
    auto more = cast<scf::ForOp>(*around.replaceWithAdditionalYields(
        rewriter, zero, /*replaceInitOperandUsesInLoop=*/false,
        [&](OpBuilder &, Location, ArrayRef<BlockArgument> added) {
          begin->set(added[0]);
          return SmallVector<Value>{end};
        }));
    begin = &more.getInitArgsMutable()[more.getInitArgs().size() - 1];
    end = more.getResults().back();
  }
}
