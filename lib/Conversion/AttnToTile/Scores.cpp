//===- Scores.cpp - What happens to a tile of scores ------------------------===//
//
// Both maps hand slots and positions to a region of the attend. A failed read
// makes the score NaN: the row becomes NaN, which nobody takes for a result. It
// is also reported, if the element exists and is visible. `where` knows; `score`
// runs before it, and may read what is not there for a key that is hidden. So it
// leaves a NaN with the number of the status bit in its payload, and what is
// left of those after the mask is reported.
//
// Elements past the last key come first in that decision, because tables may
// end where the keys do; rows past the last query may become NaN, as no one
// stores them, but report nothing.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Scores.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "lib/Conversion/AttnToTile/PackedHeads.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace lacuna {

double defaultScaleOf(attn::TiledAttention attend) {
  return 1.0 / std::sqrt(double(attend.getQueryHeadDim()));
}

Scale chooseScale(ImplicitLocOpBuilder &builder, const KernelPlace &place) {
  attn::TiledAttention attend = place.attend;
  bool modified = !attend.getScore().empty();
  double factor = defaultScaleOf(attend);
  if (Value given = attend.getScale()) {
    FloatAttr known;
    if (!matchPattern(given, m_Constant(&known)))
      return {{1.0, modified}, place.scope.lookup(given)};
    factor = known.getValueAsDouble();
  }
  // Folding needs a maximum that scaling keeps a maximum, far from overflow.
  bool foldable = factor > 0x1p-64 && factor < 0x1p64;
  if (!modified && foldable)
    return {{factor, false}, {}};
  if (modified && factor == 1.0)
    return {{1.0, true}, {}};
  return {{1.0, modified}, constantF32(builder, factor)};
}

/// The slot of a row of a sequence, which begins at slot `begin`.
static Value slotOf(ImplicitLocOpBuilder &builder, Value row, Value begin) {
  return begin ? arith::AddIOp::create(builder, row, begin).getResult() : row;
}

/// The position of a row of a sequence: its number, moved by an offset, or what
/// stands at its slot in a table of [sequence], [batch, sequence] or [batch, heads,
/// sequence].
static Value positionOf(ImplicitLocOpBuilder &builder, ScalarCopier &copier, Value source,
                        Value row, Value begin, Value batch, Value head) {
  if (!source)
    return row;
  if (source.getType().isInteger())
    return arith::AddIOp::create(builder, row, copier.lookup(source));
  int64_t rank = cast<RankedTensorType>(source.getType()).getRank();
  SmallVector<Value> indices;
  if (rank > 1)
    indices.push_back(batch);
  if (rank > 2)
    indices.push_back(head);
  indices.push_back(slotOf(builder, row, begin));
  // The launch has checked that it holds every slot that exists.
  return tile::ReadOp::create(builder, copier.lookup(source), indices).getValue();
}

Value copyClause(ImplicitLocOpBuilder &builder, ScalarCopier &copier, const KernelPlace &place,
                 Region &region, ArrayRef<Value> leading, Value row, Value column) {
  SmallVector<Value> arguments(leading);
  Value head = place.head;
  if (attn::findHeadUse(region, leading.size(), place.heads))
    head = headOfRow(builder, row, head, place.heads);
  row = positionOfRow(builder, row, place.heads);
  arguments.append({place.batch, head});
  PlaceSide rows = place.rows(), columns = place.columns();
  for (auto [side, number] : {std::pair(&rows, row), std::pair(&columns, column)}) {
    // Positions that nobody asks for are not looked up.
    BlockArgument position = region.getArgument(arguments.size());
    arguments.push_back(position.use_empty()
                            ? number
                            : positionOf(builder, copier, side->position, number, side->begin,
                                         place.tensorBatch, side->head));
  }
  if (region.getNumArguments() > arguments.size())
    arguments.append({slotOf(builder, row, rows.begin), slotOf(builder, column, columns.begin)});
  return copier.copyRegion(region, arguments).front();
}

/// Bits of the score of an element that failed for the reason of a status bit:
/// a quiet NaN that no arithmetic makes.
static uint32_t failureBits(unsigned bit) { return 0x7FC1AC00u | bit; }

/// The score of an element that failed.
static Value failureOf(ImplicitLocOpBuilder &builder, unsigned bit) {
  APFloat failure(APFloat::IEEEsingle(), APInt(32, failureBits(bit)));
  return arith::ConstantFloatOp::create(builder, builder.getF32Type(), failure);
}

/// `value`, unless a read failed.
static Value failUnlessInside(ImplicitLocOpBuilder &builder,
                              const llvm::MapVector<unsigned, Value> &reads, Value value) {
  for (auto [bit, inside] : llvm::reverse(reads))
    value = arith::SelectOp::create(builder, inside, value, failureOf(builder, bit));
  return value;
}

/// `tile`, or what `otherwise` makes when the uniform reads of a bit failed.
static Value unlessInside(ImplicitLocOpBuilder &builder, Value inside, Value tile,
                          llvm::function_ref<Value()> otherwise) {
  auto choice = scf::IfOp::create(builder, tile.getType(), inside, /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&choice.getThenRegion().front());
  scf::YieldOp::create(builder, tile);
  builder.setInsertionPointToStart(&choice.getElseRegion().front());
  scf::YieldOp::create(builder, otherwise());
  return choice.getResult(0);
}

/// Reports a bit for an element whose row exists.
static void emitReport(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value row,
                       unsigned bit, Value failed) {
  Value exists = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, row, place.rows().count);
  Value condition = arith::AndIOp::create(builder, exists, failed);
  tile::ReportOp::create(builder, place.status, bit, condition);
}

Scores emitScores(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value products,
                  Value scale, Value column) {
  attn::TiledAttention attend = place.attend;
  Region &score = attend.getScore();
  if (score.empty() && !scale)
    return {products, {}};
  Scores scores;
  SmallVector<Value> origin;
  if (!score.empty())
    origin = {place.first, column};
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder b(loc, nested);
    Value value = element[0];
    if (scale)
      value = arith::MulFOp::create(b, value, scale);
    if (!score.empty()) {
      ScalarCopier copier(b, place.scope, *place.bits);
      copier.reuse(place.scoreReads);
      value = copyClause(b, copier, place, score, value, element[1], element[2]);
      value = failUnlessInside(b, copier.reads(), value);
      llvm::append_range(scores.failures, llvm::make_first_range(copier.reads()));
    }
    tile::YieldOp::create(b, value);
  };
  scores.tile = tile::MapOp::create(builder, products.getType(), products, origin, body);
  for (auto [bit, inside] : place.scoreReads.inside)
    scores.tile = unlessInside(builder, inside, scores.tile, [&, bit = bit] {
      return tile::SplatOp::create(builder, products.getType(), failureOf(builder, bit))
          .getResult();
    });
  return scores;
}

/// A map that reports failed elements and changes none.
static Value emitCheck(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value scores,
                       ArrayRef<unsigned> failures) {
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder b(loc, nested);
    Value bits = arith::BitcastOp::create(b, b.getI32Type(), element[0]);
    for (unsigned bit : failures) {
      Value failure = arith::ConstantIntOp::create(b, failureBits(bit), 32);
      Value failed = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, bits, failure);
      emitReport(b, place, element[1], bit, failed);
    }
    tile::YieldOp::create(b, element[0]);
  };
  Value column = arith::ConstantIntOp::create(builder, 0, 32);
  return tile::MapOp::create(builder, scores.getType(), scores, {place.first, column}, body);
}

Value emitScoreCheck(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value scores,
                     ArrayRef<unsigned> failures) {
  if (!failures.empty())
    scores = emitCheck(builder, place, scores, failures);
  for (auto [bit, inside] : place.scoreReads.inside)
    scores = unlessInside(builder, inside, scores,
                          [&, bit = bit] { return emitCheck(builder, place, scores, bit); });
  return scores;
}

/// The scores of a PARTIAL tile after the mask.
static Value emitMasked(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value scores,
                        Value column) {
  attn::TiledAttention attend = place.attend;
  Region &where = attend.getWhere();
  Value low = constantF32(builder, -std::numeric_limits<double>::infinity());
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder b(loc, nested);
    Value exists =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, element[2], place.columns().count);
    Value visible = exists, score = element[0];
    if (!where.empty()) {
      ScalarCopier copier(b, place.scope, *place.bits);
      copier.reuse(place.whereReads);
      Value seen = copyClause(b, copier, place, where, {}, element[1], element[2]);
      copier.require(loc, place.whereReads);
      // Not inside: the score is NaN and not hidden.
      score = failUnlessInside(b, copier.reads(), score);
      for (auto [bit, inside] : copier.reads()) {
        Value outside = arith::XOrIOp::create(b, inside, arith::ConstantIntOp::create(b, 1, 1));
        seen = arith::OrIOp::create(b, seen, outside);
        emitReport(b, place, element[1], bit, arith::AndIOp::create(b, exists, outside));
      }
      visible = arith::AndIOp::create(b, exists, seen);
    }
    tile::YieldOp::create(b, arith::SelectOp::create(b, visible, score, low).getResult());
  };
  return tile::MapOp::create(builder, scores.getType(), scores, {place.first, column}, body);
}

Value emitMask(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value scores, Value partial,
               Value column) {
  auto seen = scf::IfOp::create(builder, scores.getType(), partial, /*addThenBlock=*/true,
                                /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&seen.getThenRegion().front());
  scf::YieldOp::create(builder, emitMasked(builder, place, scores, column));
  builder.setInsertionPointToStart(&seen.getElseRegion().front());
  scf::YieldOp::create(builder, scores);
  return seen.getResult(0);
}

} // namespace lacuna
