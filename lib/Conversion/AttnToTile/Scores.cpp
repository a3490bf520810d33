//===- Scores.cpp - What happens to a tile of scores ------------------------===//
//
// Both maps hand slots and positions to a region of the attend. A failed read
// makes the score NaN: the row becomes NaN, which nobody takes for a result.
// Elements past the last key come first in that decision, because tables may
// end where the keys do; rows past the last query may become NaN, as no one
// stores them.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Scores.h"

#include "lib/Conversion/AttnToTile/ScalarCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

/// The position of a slot: the slot, moved by an offset or looked up in a table
/// of [sequence], [batch, sequence] or [batch, heads, sequence].
static Value positionOf(ImplicitLocOpBuilder &builder, ScalarCopier &copier, Value source,
                        Value slot, Value batch, Value head) {
  if (!source)
    return slot;
  if (source.getType().isInteger())
    return arith::AddIOp::create(builder, slot, copier.lookup(source));
  int64_t rank = cast<RankedTensorType>(source.getType()).getRank();
  SmallVector<Value> indices;
  if (rank > 1)
    indices.push_back(batch);
  if (rank > 2)
    indices.push_back(head);
  indices.push_back(slot);
  return copier.read(builder.getLoc(), copier.lookup(source), indices);
}

/// Copies a region with its coordinates; `leading` are arguments before them.
static Value copyClause(ImplicitLocOpBuilder &builder, ScalarCopier &copier,
                        const KernelPlace &place, Region &region, ArrayRef<Value> leading,
                        Value querySlot, Value keySlot) {
  attn::AttendOp attend = place.attend;
  SmallVector<Value> arguments(leading);
  arguments.append({place.batch, place.head});
  BlockArgument i = region.getArgument(arguments.size());
  BlockArgument j = region.getArgument(arguments.size() + 1);
  // Positions that nobody asks for are not looked up.
  arguments.push_back(i.use_empty() ? querySlot
                                    : positionOf(builder, copier, attend.getQueryPosition(),
                                                 querySlot, place.batch, place.head));
  arguments.push_back(j.use_empty() ? keySlot
                                    : positionOf(builder, copier, attend.getKeyPosition(), keySlot,
                                                 place.batch, place.keyHead));
  if (region.getNumArguments() > arguments.size())
    arguments.append({querySlot, keySlot});
  return copier.copyRegion(region, arguments).front();
}

static Value constant(ImplicitLocOpBuilder &builder, float value) {
  return arith::ConstantOp::create(builder, builder.getF32FloatAttr(value));
}

Value emitScores(ImplicitLocOpBuilder &builder, const KernelPlace &place, const TileTypes &types,
                 Value products, Value scale, Value key) {
  attn::AttendOp attend = place.attend;
  Region &score = attend.getScore();
  if (score.empty() && !scale)
    return products;
  SmallVector<Value> origin;
  if (!score.empty())
    origin = {place.first, key};
  Value nan = score.empty() ? Value() : constant(builder, std::numeric_limits<float>::quiet_NaN());
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder b(loc, nested);
    Value value = element[0];
    if (scale)
      value = arith::MulFOp::create(b, value, scale);
    if (!score.empty()) {
      ScalarCopier copier(b, place.scope);
      value = copyClause(b, copier, place, score, value, element[1], element[2]);
      if (Value inside = copier.allInside())
        value = arith::SelectOp::create(b, inside, value, nan);
    }
    tile::YieldOp::create(b, value);
  };
  return tile::MapOp::create(builder, types.scores, products, origin, body);
}

Value emitMask(ImplicitLocOpBuilder &builder, const KernelPlace &place, const TileTypes &types,
               Value scores, Value key) {
  attn::AttendOp attend = place.attend;
  Region &where = attend.getWhere();
  Value low = constant(builder, -std::numeric_limits<float>::infinity());
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder b(loc, nested);
    Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, element[2], place.keys);
    Value visible = exists, score = element[0];
    if (!where.empty()) {
      ScalarCopier copier(b, place.scope);
      Value seen = copyClause(b, copier, place, where, {}, element[1], element[2]);
      if (Value inside = copier.allInside()) {
        // Not inside: the score is NaN and not hidden.
        score = arith::SelectOp::create(b, inside, score,
                                        constant(b, std::numeric_limits<float>::quiet_NaN()));
        Value outside = arith::XOrIOp::create(b, inside, arith::ConstantIntOp::create(b, 1, 1));
        seen = arith::OrIOp::create(b, seen, outside);
      }
      visible = arith::AndIOp::create(b, exists, seen);
    }
    tile::YieldOp::create(b, arith::SelectOp::create(b, visible, score, low).getResult());
  };
  return tile::MapOp::create(builder, types.scores, scores, {place.first, key}, body);
}

} // namespace lacuna
