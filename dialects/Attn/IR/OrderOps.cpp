//===- OrderOps.cpp - Rows in another order: shapes and folds -------------===//
#include "dialects/Attn/IR/VerifyAttention.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace lacuna::attn;

//===----------------------------------------------------------------------===//
// What rows are ordered by, and orders
//===----------------------------------------------------------------------===//

void HashOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getBuckets(), "bucket"); }

LogicalResult HashOp::inferReturnTypes(MLIRContext *context, std::optional<Location>,
                                       Adaptor adaptor, SmallVectorImpl<Type> &inferred) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(adaptor.getRows().getType()).getShape();
  inferred.push_back(RankedTensorType::get(shape.take_front(3), IntegerType::get(context, 32)));
  return success();
}

LogicalResult HashOp::verify() {
  RankedTensorType rows = getRows().getType(), projections = getProjections().getType();
  if (failed(verifyHeadDim(*this, "rows", rows.getDimSize(3))))
    return failure();
  if (projections.getDimSize(2) != rows.getDimSize(3))
    return emitOpError("needs projections of as many features as rows have: ")
           << projections << " does not go with " << rows;
  int64_t heads = rows.getDimSize(1), ofProjections = projections.getDimSize(0);
  bool areStatic = ShapedType::isStatic(heads) && ShapedType::isStatic(ofProjections);
  if (areStatic && (ofProjections == 0 || heads % ofProjections != 0))
    return emitOpError("needs a number of heads that is a multiple of that of the projections, "
                       "but ")
           << heads << " is none of " << ofProjections;
  return success();
}

void CompactOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getOrder(), "order");
  setName(getCount(), "count");
}

LogicalResult CompactOp::inferReturnTypes(MLIRContext *context, std::optional<Location>,
                                          Adaptor adaptor, SmallVectorImpl<Type> &inferred) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(adaptor.getKeep().getType()).getShape();
  Type i32 = IntegerType::get(context, 32);
  inferred.push_back(RankedTensorType::get(shape, i32));
  inferred.push_back(RankedTensorType::get(shape.drop_back(), i32));
  return success();
}

//===----------------------------------------------------------------------===//
// Moving rows
//===----------------------------------------------------------------------===//

/// An order is for as many batches, heads and rows as there are.
template <class MoveOp>
static LogicalResult verifyMove(MoveOp move) {
  RankedTensorType rows = move.getSource().getType(), order = move.getOrder().getType();
  if (failed(verifyCompatibleShape(rows.getShape().take_front(3), order.getShape())))
    return move.emitOpError("needs an order of all batches, heads and rows: ")
           << order << " does not go with " << rows;
  return success();
}

LogicalResult GatherOp::verify() { return verifyMove(*this); }
LogicalResult ScatterOp::verify() { return verifyMove(*this); }

/// What the inverse op has moved by the same order is where it was before.
template <class InverseOp, class MoveOp>
static OpFoldResult foldMove(MoveOp move) {
  auto inverse = move.getSource().template getDefiningOp<InverseOp>();
  return inverse && inverse.getOrder() == move.getOrder() ? inverse.getSource() : Value();
}

OpFoldResult GatherOp::fold(FoldAdaptor) { return foldMove<ScatterOp>(*this); }
OpFoldResult ScatterOp::fold(FoldAdaptor) { return foldMove<GatherOp>(*this); }
