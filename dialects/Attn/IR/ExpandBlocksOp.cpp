//===- ExpandBlocksOp.cpp - Shapes of block lists -------------------------===//
#include "dialects/Attn/IR/Attn.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace lacuna::attn;

/// [..., rows] of a list: what stands before the places, or the offsets but one.
static SmallVector<int64_t> rowsOf(RankedTensorType list, RankedTensorType offsets) {
  SmallVector<int64_t> rows(offsets ? offsets.getShape() : list.getShape().drop_back());
  if (offsets && !ShapedType::isDynamic(rows.back()))
    --rows.back();
  return rows;
}

static RankedTensorType typeOf(Value tensor) {
  return tensor ? dyn_cast<RankedTensorType>(tensor.getType()) : RankedTensorType();
}

LogicalResult ExpandBlocksOp::inferReturnTypes(MLIRContext *context,
                                               std::optional<Location> location, Adaptor adaptor,
                                               SmallVectorImpl<Type> &inferred) {
  RankedTensorType list = typeOf(adaptor.getList()), offsets = typeOf(adaptor.getOffsets());
  int64_t rank = list ? list.getRank() + bool(offsets) : 0;
  if (rank < 2 || rank > 4 || (offsets && offsets.getRank() != list.getRank()))
    return emitOptionalError(location,
                             "a list of blocks has the dimensions [rows, places], or with offsets "
                             "[entries], after none, [heads] or [batch, heads]");
  SmallVector<int64_t> shape = rowsOf(list, offsets);
  if (shape.back() == -1)
    return emitOptionalError(location, "offsets are one more than rows, so there is at least one");
  shape.push_back(ShapedType::kDynamic);
  inferred.push_back(RankedTensorType::get(shape, IntegerType::get(context, 1)));
  return success();
}

LogicalResult ExpandBlocksOp::verify() {
  if (bool(getCounts()) + bool(getOffsets()) + getBits() > 1)
    return emitOpError("takes 'counts', 'offsets' or 'bits', not several");
  auto agree = [](ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
    return succeeded(verifyCompatibleShape(a, b));
  };
  ArrayRef<int64_t> leading = getList().getType().getShape().drop_back();
  if (getCounts() && !agree(getCounts().getType().getShape(), leading))
    return emitOpError("needs one count for each row of the list: ")
           << getCounts().getType() << " does not go with " << getList().getType();
  if (getOffsets() && !agree(getOffsets().getType().getShape().drop_back(), leading))
    return emitOpError("needs the dimensions before the last to be those of the list: ")
           << getOffsets().getType() << " does not go with " << getList().getType();
  return success();
}
