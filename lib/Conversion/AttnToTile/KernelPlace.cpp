//===- KernelPlace.cpp - Where a kernel stands ------------------------------===//
#include "lib/Conversion/AttnToTile/KernelPlace.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "lib/Conversion/AttnToTile/PackedHeads.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

tile::Axis rowAxisOf(attn::TiledAttention attend) {
  return attend.isByKey() ? tile::Axis::Key : tile::Axis::Query;
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

/// The runs that are listed for the row tile.
static Value emitListedRuns(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value zero) {
  Value extent = tile::TileExtentOp::create(builder, rowAxisOf(place.attend));
  Value row = arith::DivUIOp::create(builder, place.gridRow, extent);
  return tile::ListRunsOp::create(builder, place.lists, place.counts,
                                  place.perBatch ? place.batch : zero,
                                  place.perHead ? place.gridHead : zero, row);
}

/// Positions that come from a table have no first and last; then nothing is known.
Value emitRuns(ImplicitLocOpBuilder &builder, const KernelPlace &place, Value zero) {
  if (place.lists)
    return emitListedRuns(builder, place, zero);
  attn::TiledAttention attend = place.attend;
  PlaceSide rows = place.rows(), columns = place.columns();
  Value position = rows.position;
  bool known = !attend.getIntervals().empty() && (!position || position.getType().isInteger());
  if (!known) {
    Value fullEnd = attend.getWhere().empty() ? columns.count : zero;
    return tile::IntervalRunsOp::create(builder, ValueRange{zero, columns.count, zero, fullEnd});
  }
  Value extent = tile::TileExtentOp::create(builder, rowAxisOf(attend));
  Value one = arith::ConstantIntOp::create(builder, 1, 32);
  Value end = arith::AddIOp::create(builder, place.first, extent);
  Value pastLast = arith::MinSIOp::create(builder, end, rows.count);
  Value first = positionOfRow(builder, place.first, place.heads);
  Value last = arith::SubIOp::create(builder, pastLast, one);
  last = positionOfRow(builder, last, place.heads);
  ScalarCopier copier(builder, place.scope, *place.bits);
  if (position) {
    first = arith::AddIOp::create(builder, first, copier.lookup(position));
    last = arith::AddIOp::create(builder, last, copier.lookup(position));
  }
  SmallVector<Value> bounds =
      copier.copyRegion(attend.getIntervals(), {place.batch, place.head, first, last});
  // Intervals lie within the columns; one that ends before it begins is empty. If
  // they depend on a table read outside its bounds, nothing is known, and the
  // predicate will say what is wrong.
  Value inside = copier.allInside(builder.getLoc());
  for (auto [index, bound] : llvm::enumerate(bounds)) {
    bool isEnd = index % 2;
    bound = isEnd ? builder.createOrFold<arith::MinSIOp>(bound, columns.count)
                  : builder.createOrFold<arith::MaxSIOp>(bound, zero);
    Value unknown = index % 4 == 1 ? columns.count : zero;
    if (inside)
      bound = builder.createOrFold<arith::SelectOp>(inside, bound, unknown);
  }
  return tile::IntervalRunsOp::create(builder, bounds);
}

//===----------------------------------------------------------------------===//
// The block's share
//===----------------------------------------------------------------------===//

/// Views of the sequence that the block's piece belongs to, in place of the tensors;
/// all that follows sees one sequence.
static void enterSequence(ImplicitLocOpBuilder &builder, KernelPlace &place, tile::PieceOp piece) {
  place.first = piece.getFirst();
  static_cast<SequencePlace &>(place) = emitSequence(builder, piece, place.attend);
  Value queryEnd = piece.getQueryEnd(), keyEnd = piece.getKeyEnd();
  if (place.attend.isByKey())
    std::swap(queryEnd, keyEnd);
  for (Value *view : place.queryViews())
    if (*view)
      *view = tile::PartOp::create(builder, *view, 2, place.queryBegin, queryEnd);
  for (Value *view : place.keyViews())
    if (*view)
      *view = tile::PartOp::create(builder, *view, 2, place.keyBegin, keyEnd);
}

/// Makes rows of the views of queries positions of all heads that go together.
static void packRows(ImplicitLocOpBuilder &builder, KernelPlace &place) {
  for (Value *view : place.queryViews())
    *view = packHeads(builder, *view, place.heads);
  place.queries = rowsOfPositions(builder, place.queries, place.heads);
}

void emitPlace(ImplicitLocOpBuilder &builder, KernelPlace &place) {
  Location loc = builder.getLoc();
  bool byKey = place.attend.isByKey();
  Value batches = extentOf(builder, loc, place.query, 0),
        heads = extentOf(builder, loc, place.heads > 1 ? place.key : place.query, 1);
  Value keyHeads = extentOf(builder, loc, place.key, 1);
  place.queries = extentOf(builder, loc, place.query, 2);
  if (!place.pieces)
    packRows(builder, place);
  place.keys = extentOf(builder, loc, place.key, 2);
  Value rows = byKey ? place.keys : place.queries;
  if (place.pieces)
    rows = rowsOfPieces(builder, place.pieces, rowAxisOf(place.attend));
  auto block = tile::BlockOp::create(builder, batches, byKey ? keyHeads : heads, rows, place.order,
                                     place.group, rowAxisOf(place.attend));
  place.batch = place.tensorBatch = block.getBatch();
  place.head = place.keyHead = place.gridHead = block.getHead();
  place.first = place.gridRow = block.getFirst();
  if (place.pieces) {
    enterSequence(builder, place,
                  emitPiece(builder, place.pieces, place.gridRow, rowAxisOf(place.attend)));
    packRows(builder, place);
  }
  if (place.heads > 1) {
    Value factor = arith::ConstantIntOp::create(builder, place.heads, 32);
    place.head = named("first_head", arith::MulIOp::create(builder, place.keyHead, factor));
    return;
  }
  // Created in this order so that the text reads so; a group of 1 folds.
  place.headsOfKeyHead = builder.createOrFold<arith::DivUIOp>(heads, keyHeads);
  if (byKey)
    return;
  place.keyHead = builder.createOrFold<arith::DivUIOp>(place.head, place.headsOfKeyHead);
  if (place.keyHead != place.head && place.keyHead.getDefiningOp())
    named("key_head", place.keyHead);
}

void emitUniformReads(ImplicitLocOpBuilder &builder, KernelPlace &place) {
  auto read = [&](Region &clause, unsigned batchArgument) {
    bool ofRows = attn::findHeadUse(clause, batchArgument, place.heads);
    return emitUniformReads(builder, place.scope, *place.bits, clause, batchArgument, place.batch,
                            ofRows ? Value() : place.head);
  };
  place.scoreReads = read(place.attend.getScore(), 1);
  place.whereReads = read(place.attend.getWhere(), 0);
}

} // namespace lacuna
