//===- AttnOps.cpp - Ops of the attn dialect but attend -------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/GradientClauses.h"

using namespace mlir;
using namespace lacuna::attn;

#define GET_OP_CLASSES
#include "dialects/Attn/IR/AttnOps.cpp.inc"

LogicalResult LoadOp::verify() {
  int64_t rank = getTable().getType().getRank();
  if (rank != static_cast<int64_t>(getIndices().size()))
    return emitOpError("needs one index per dimension of its table: the table has ")
           << rank << ", but there are " << getIndices().size() << " indices";
  return success();
}

void LoadRangeOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getMin(), "min");
  setName(getMax(), "max");
  setName(getSignature(), "signature");
}

LogicalResult LoadRangeOp::verify() {
  size_t rank = getTable().getType().getRank();
  if (getFirst().size() != rank || getLast().size() != rank)
    return emitOpError("needs one index per dimension of its table at either end: the table has ")
           << rank << ", but there are " << getFirst().size() << " and " << getLast().size()
           << " indices";
  return success();
}

LogicalResult SlidingWindowOp::verify() {
  if (!getLeft() && !getRight())
    return emitOpError("needs a bound: 'left', 'right' or both");
  return success();
}

LogicalResult DocumentOp::verify() {
  int64_t rank = getIds().getType().getRank();
  if (rank != static_cast<int64_t>(getIndices().size()) + 1)
    return emitOpError("needs an index for every dimension of its table but the last: the table "
                       "has ")
           << rank << " dimensions, but there are " << getIndices().size() << " indices";
  return success();
}

LogicalResult BlockMaskOp::verify() {
  int64_t rank = getBlocks().getType().getRank();
  if (rank != static_cast<int64_t>(getIndices().size()) + 2)
    return emitOpError("needs an index for every dimension of its table but the last two: the "
                       "table has ")
           << rank << " dimensions, but there are " << getIndices().size() << " indices";
  return success();
}
