#include "lib/Conversion/AttnToTile/RowIndices.h"

#include "dialects/Attn/IR/VerifyAttention.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

bool hasFeatures(ShapedType type) {
  return type.getRank() == 4 && !type.getElementType().isF32() &&
         attn::isHeadDim(type.getShape().back());
}

int64_t rowAxisOf(ShapedType type) { return type.getRank() - (hasFeatures(type) ? 2 : 1); }

SmallVector<Value> emitRowIndices(ImplicitLocOpBuilder &b, Value view, int64_t rows) {
  auto extent = [&](int64_t axis) { return extentOf(b, b.getLoc(), view, axis); };
  if (rows == 2) {
    auto block = tile::BlockOp::create(b, extent(0), extent(1), extent(2));
    return {block.getBatch(), block.getHead(), block.getFirst()};
  }
  Value one = arith::ConstantIntOp::create(b, 1, 32), heads = one;
  for (int64_t axis = 0; axis < rows; ++axis)
    heads = b.createOrFold<arith::MulIOp>(heads, extent(axis));
  auto block = tile::BlockOp::create(b, one, heads, extent(rows));
  SmallVector<Value> indices(rows + 1);
  indices[rows] = block.getFirst();
  Value rest = block.getHead();
  for (int64_t axis = rows; axis-- > 0;) {
    Value size = extent(axis);
    indices[axis] = axis ? arith::RemUIOp::create(b, rest, size).getResult() : rest;
    if (axis)
      rest = arith::DivUIOp::create(b, rest, size);
  }
  return indices;
}

} // namespace lacuna
