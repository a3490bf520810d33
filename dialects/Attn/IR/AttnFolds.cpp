//===- AttnFolds.cpp - Canonicalisation of attention and its gradient -----===//
//
// An absent clause is the canonical form of one that changes nothing: no `where`
// for a predicate that is always true, no `score` that yields its argument, no
// `pullback` that only hands on its gradient, no position operand for an offset of 0. A predicate
// that is always false stays as `yield false`: every row is empty, which is well defined. What
// regions compute is folded by the arith, math and scf ops themselves.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace lacuna::attn;

/// The only value that a clause yields.
static Value yieldedBy(Region &region) { return region.front().getTerminator()->getOperand(0); }

/// Whether a clause that replaces its first argument gives it back unchanged, and
/// does nothing else.
static bool isIdentity(Region &region) {
  return !region.empty() && yieldedBy(region) == region.getArgument(0) &&
         !region.walk([](ContributeOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// Whether a predicate is there and always true.
static bool isAlwaysTrue(Region &region) {
  return !region.empty() && matchPattern(yieldedBy(region), m_One());
}

static bool isZeroOffset(Value position) { return position && matchPattern(position, m_Zero()); }

LogicalResult AttendOp::canonicalize(AttendOp op, PatternRewriter &rewriter) {
  bool changed = false;
  auto drop = [&](Region &region) {
    rewriter.modifyOpInPlace(op, [&] { rewriter.eraseBlock(&region.front()); });
    changed = true;
  };
  for (unsigned source = 0; source < op.getNumSources(); ++source) {
    if (isAlwaysTrue(op.getWhere(source))) {
      drop(op.getWhere(source));
      if (!op.getClassify(source).empty())
        drop(op.getClassify(source));
    }
    if (isIdentity(op.getScore(source)))
      drop(op.getScore(source));
    if (isIdentity(op.getWeight(source)))
      drop(op.getWeight(source));
    if (isZeroOffset(op.getKeyPosition(source))) {
      rewriter.modifyOpInPlace(op, [&] { op.getKeyPositionsMutable()[source].clear(); });
      changed = true;
    }
  }
  if (isZeroOffset(op.getQueryPosition())) {
    rewriter.modifyOpInPlace(op, [&] { op.getQueryPositionsMutable().clear(); });
    changed = true;
  }
  return changed ? success() : rewriter.notifyMatchFailure(op, "every clause says something");
}

/// Of attend_grad and backward.
template <class Op>
static LogicalResult canonicalizeGradient(Op op, PatternRewriter &rewriter) {
  bool changed = false;
  auto change = [&](bool applies, auto how) {
    if (applies)
      rewriter.modifyOpInPlace(op, how);
    changed |= applies;
  };
  auto drop = [&](Region &region, bool isSilent) {
    change(isSilent, [&] { rewriter.eraseBlock(&region.front()); });
  };
  drop(op.getWhere(), isAlwaysTrue(op.getWhere()));
  drop(op.getScore(), isIdentity(op.getScore()));
  drop(op.getPullback(), isIdentity(op.getPullback()));
  change(isZeroOffset(op.getQueryPosition()), [&] { op.getQueryPositionMutable().clear(); });
  change(isZeroOffset(op.getKeyPosition()), [&] { op.getKeyPositionMutable().clear(); });
  return changed ? success() : rewriter.notifyMatchFailure(op, "every clause says something");
}

LogicalResult AttendGradOp::canonicalize(AttendGradOp op, PatternRewriter &rewriter) {
  return canonicalizeGradient(op, rewriter);
}

LogicalResult BackwardOp::canonicalize(BackwardOp op, PatternRewriter &rewriter) {
  return canonicalizeGradient(op, rewriter);
}
