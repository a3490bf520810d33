//===- Kernel.cpp - One attend as one kernel --------------------------------===//
//
//   scalars of the spec, once per block
//   views   = the tensors, or of a ragged batch the sequence of the block's piece
//   runs    = the intervals region, the lists of a plan or of the spec, or every key tile
//   loop      scores = query x keys; score region; mask if PARTIAL; softmax step;
//             sum += weights x values
//   stores    output and lse, those that are used
//
// What regions compute without looking at a query or a key is moved out of them
// first, so that it is computed once per block too.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Kernel.h"

#include "lib/Conversion/AttnToTile/Scores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

static void emitBody(ImplicitLocOpBuilder &builder, KernelPlace &place) {
  attn::TiledAttention attend = place.attend;
  Value zero = arith::ConstantIntOp::create(builder, 0, 32);
  emitPlace(builder, place);
  Value runs = emitRuns(builder, place, zero);
  emitUniformReads(builder, place);

  TileTypes types(attend.getQuery().getType().getElementType(), attend.getQueryHeadDim(),
                  attend.getValueHeadDim());
  Scale scale = chooseScale(builder, place);
  OnlineSoftmax softmax(builder, types, scale.form);
  Value noScore = constantF32(builder, 0.0);
  Value query =
      tile::LoadOp::create(builder, types.query, place.query,
                           ValueRange{place.tensorBatch, place.gridHead, place.first, zero});

  auto loop = tile::ForRunsOp::create(builder, runs, softmax.begin(), /*ahead=*/0);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&loop.getBody().front());
    Value key = loop.getKey();
    auto load = [&](RankedTensorType type, Value view) {
      return tile::LoadOp::create(builder, type, view,
                                  ValueRange{place.tensorBatch, place.keyHead, key, zero});
    };
    Value keys = named("keys", load(types.key, place.key));
    Value empty = tile::SplatOp::create(builder, types.scores, noScore);
    Value products = tile::DotOp::create(builder, query, keys, empty);
    Scores scores = emitScores(builder, place, products, scale.multiplier, key);
    Value masked = emitMask(builder, place, scores.tile, loop.getPartial(), key);
    Value checked = emitScoreCheck(builder, place, masked, scores.failures);
    OnlineSoftmax::Step step = softmax.step(loop.getCarried(), checked);
    Value values = named("values", load(types.value, place.value));
    Value sum = tile::DotOp::create(builder, step.weights, values, step.faded);
    tile::YieldOp::create(builder, ValueRange{step.max, step.total, sum});
  }

  SmallVector<Value> state(loop.getResults());
  if (mayBeSpoiled(attend)) {
    // Output and lse are made of the sums of rows.
    Spoiling spoiling(builder, place.status);
    state[1] = mapTiles(builder, types.rows, state[1], [&](ImplicitLocOpBuilder &b, ValueRange in) {
      return spoiling.apply(b, in[0]);
    });
  }
  if (place.output)
    tile::StoreOp::create(builder, softmax.output(state), place.output,
                          ValueRange{place.tensorBatch, place.gridHead, place.first, zero});
  if (place.lse)
    tile::StoreOp::create(builder, softmax.logSumExp(state), place.lse,
                          ValueRange{place.tensorBatch, place.gridHead, place.first});
  tile::ReturnOp::create(builder, ValueRange());
}

AttendKernel emitAttendKernel(OpBuilder &builder, attn::AttendOp attend, StringRef name,
                              StatusBits &bits) {
  KernelPlace place;
  AttendKernel result = beginKernel(builder, attend, name, bits, place);
  place.output = place.scope.lookupOrNull(attend.getOutput());
  place.lse = place.scope.lookupOrNull(attend.getLse());
  auto b = ImplicitLocOpBuilder::atBlockEnd(attend.getLoc(), &result.kernel.getBody().front());
  emitBody(b, place);
  return result;
}

} // namespace lacuna
