#include "lib/Conversion/AttnToTile/PackedHeads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

Value packHeads(ImplicitLocOpBuilder &builder, Value view, int64_t heads) {
  if (!view || heads == 1)
    return view;
  return tile::PackHeadsOp::create(builder, view, builder.getI64IntegerAttr(heads));
}

Value rowsOfPositions(ImplicitLocOpBuilder &builder, Value positions, int64_t heads) {
  if (heads == 1)
    return positions;
  Value factor = arith::ConstantIntOp::create(builder, heads, 32);
  return arith::MulIOp::create(builder, positions, factor);
}

Value positionOfRow(ImplicitLocOpBuilder &builder, Value row, int64_t heads) {
  if (heads == 1)
    return row;
  Value divisor = arith::ConstantIntOp::create(builder, heads, 32);
  return arith::DivUIOp::create(builder, row, divisor);
}

Value headOfRow(ImplicitLocOpBuilder &builder, Value row, Value first, int64_t heads) {
  if (heads == 1)
    return first;
  Value divisor = arith::ConstantIntOp::create(builder, heads, 32);
  return arith::AddIOp::create(builder, first, arith::RemUIOp::create(builder, row, divisor));
}

} // namespace lacuna
