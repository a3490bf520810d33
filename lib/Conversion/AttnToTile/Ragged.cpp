#include "lib/Conversion/AttnToTile/Ragged.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/Plan.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Tiles.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

tile::ViewType pieceView(MLIRContext *context) {
  return tile::ViewType::get(context, {ShapedType::kDynamic, 6}, IntegerType::get(context, 32));
}

tile::KernelOp emitCutKernel(OpBuilder &builder, attn::TiledAttention attend, StringRef name,
                             bool counts, StatusBits &bits) {
  MLIRContext *context = builder.getContext();
  Location loc = attend.getLoc();
  Type i32 = builder.getI32Type();
  SmallVector<Type> types = {pieceView(context)};
  if (counts)
    types.push_back(PlanViews(context).counts);
  types.append({parameterType(attend.getRowOffsets().getType()),
                parameterType(attend.getColumnOffsets().getType()), i32, i32,
                tile::StatusType::get(context)});
  tile::KernelOp kernel = createKernel(builder, loc, name, types);
  ValueRange arguments = kernel.getBody().getArguments();
  Value pieces = named("pieces", arguments[0]);
  Value tiles = counts ? named("counts", arguments[1]) : Value();
  arguments = arguments.drop_front(1 + counts);
  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &kernel.getBody().front());
  // By key, whoever is asked for queries is given keys.
  StringRef names[] = {"query_offsets", "key_offsets", "queries", "keys"};
  if (attend.isByKey()) {
    std::swap(names[0], names[1]);
    std::swap(names[2], names[3]);
  }
  for (auto [name, argument] : llvm::zip(names, arguments))
    named(name, argument);
  Value wrong = tile::CutSequencesOp::create(
      b, b.getI1Type(), pieces, tiles, arguments[0], arguments[1], arguments[2], arguments[3],
      builder.getI64IntegerAttr(attn::headsTogether(attend)));
  tile::ReportOp::create(b, arguments[4], bits.ofOffsets(attend), wrong);
  tile::ReturnOp::create(b, ValueRange());
  return kernel;
}

Value rowsOfPieces(ImplicitLocOpBuilder &builder, Value pieces, tile::Axis rows) {
  Value count = extentOf(builder, builder.getLoc(), pieces, 0);
  return arith::MulIOp::create(builder, count, tile::TileExtentOp::create(builder, rows));
}

tile::PieceOp emitPiece(ImplicitLocOpBuilder &builder, Value pieces, Value first, tile::Axis rows) {
  Value extent = tile::TileExtentOp::create(builder, rows);
  return tile::PieceOp::create(builder, pieces, arith::DivUIOp::create(builder, first, extent));
}

SequencePlace emitSequence(ImplicitLocOpBuilder &builder, tile::PieceOp piece,
                           attn::TiledAttention attend) {
  SequencePlace place{piece.getSequence(), piece.getQueryBegin(), piece.getKeyBegin(), {}, {}};
  place.queries = arith::SubIOp::create(builder, piece.getQueryEnd(), place.queryBegin);
  place.keys = arith::SubIOp::create(builder, piece.getKeyEnd(), place.keyBegin);
  if (attend.isByKey()) {
    std::swap(place.queryBegin, place.keyBegin);
    std::swap(place.queries, place.keys);
  }
  return place;
}

} // namespace lacuna
