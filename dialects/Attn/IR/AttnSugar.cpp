//===- AttnSugar.cpp - Mask ops expand into region ops --------------------===//
//
// Each canonicalisation is the definition of its op: the reference, the analyses
// and the lowerings only ever see what is built here.
//
// Offsets and widths are compared with the distance of two positions, which
// cannot overflow, and not added to a position, which can: 2^31 - 1 is how many
// write "no limit".
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace lacuna::attn;

using Predicate = arith::CmpIPredicate;

/// to - from <= limit
static Value isWithin(PatternRewriter &rewriter, Location loc, Value from, Value to, Value limit) {
  Value distance = arith::SubIOp::create(rewriter, loc, to, from);
  return arith::CmpIOp::create(rewriter, loc, Predicate::sle, distance, limit);
}

LogicalResult CausalOp::canonicalize(CausalOp op, PatternRewriter &rewriter) {
  if (op.getOffset())
    rewriter.replaceOp(op, isWithin(rewriter, op.getLoc(), op.getI(), op.getJ(), op.getOffset()));
  else
    rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, Predicate::sle, op.getJ(), op.getI());
  return success();
}

LogicalResult SlidingWindowOp::canonicalize(SlidingWindowOp op, PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  Value visible;
  if (op.getLeft())
    visible = isWithin(rewriter, loc, op.getJ(), op.getI(), op.getLeft());
  if (op.getRight()) {
    Value before = isWithin(rewriter, loc, op.getI(), op.getJ(), op.getRight());
    visible = visible ? arith::AndIOp::create(rewriter, loc, visible, before).getResult() : before;
  }
  rewriter.replaceOp(op, visible);
  return success();
}

LogicalResult DocumentOp::canonicalize(DocumentOp op, PatternRewriter &rewriter) {
  Type element = op.getIds().getType().getElementType();
  auto idAt = [&](Value position) -> Value {
    SmallVector<Value> indices(op.getIndices());
    indices.push_back(position);
    return LoadOp::create(rewriter, op.getLoc(), element, op.getIds(), indices);
  };
  Value query = idAt(op.getI()), key = idAt(op.getJ());
  rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, Predicate::eq, query, key);
  return success();
}

LogicalResult BlockMaskOp::canonicalize(BlockMaskOp op, PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  auto blockOf = [&](Value position, uint32_t size) -> Value {
    if (size == 1)
      return position;
    Value divisor = arith::ConstantIntOp::create(rewriter, loc, size, 32);
    return arith::FloorDivSIOp::create(rewriter, loc, position, divisor);
  };
  SmallVector<Value> indices(op.getIndices());
  indices.push_back(blockOf(op.getI(), op.getQueryBlock()));
  indices.push_back(blockOf(op.getJ(), op.getKeyBlock()));
  rewriter.replaceOpWithNewOp<LoadOp>(op, rewriter.getI1Type(), op.getBlocks(), indices);
  return success();
}

LogicalResult PrefixOp::canonicalize(PrefixOp op, PatternRewriter &rewriter) {
  rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, Predicate::slt, op.getJ(), op.getLength());
  return success();
}

LogicalResult DilatedOp::canonicalize(DilatedOp op, PatternRewriter &rewriter) {
  Location loc = op.getLoc();
  Value distance = arith::SubIOp::create(rewriter, loc, op.getI(), op.getJ());
  Value rest = arith::RemSIOp::create(rewriter, loc, distance, op.getStep());
  Value zero = arith::ConstantIntOp::create(rewriter, loc, 0, 32);
  rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, Predicate::eq, rest, zero);
  return success();
}

/// op(a, b, c) as Binary(Binary(a, b), c).
template <class Binary, class Op>
static LogicalResult expandJunction(Op op, PatternRewriter &rewriter) {
  Value visible = op.getFirst();
  for (Value other : op.getOthers())
    visible = Binary::create(rewriter, op.getLoc(), visible, other);
  rewriter.replaceOp(op, visible);
  return success();
}

LogicalResult AndOp::canonicalize(AndOp op, PatternRewriter &rewriter) {
  return expandJunction<arith::AndIOp>(op, rewriter);
}

LogicalResult OrOp::canonicalize(OrOp op, PatternRewriter &rewriter) {
  return expandJunction<arith::OrIOp>(op, rewriter);
}

LogicalResult NotOp::canonicalize(NotOp op, PatternRewriter &rewriter) {
  Value yes = arith::ConstantIntOp::create(rewriter, op.getLoc(), 1, 1);
  rewriter.replaceOpWithNewOp<arith::XOrIOp>(op, op.getOperand(), yes);
  return success();
}
