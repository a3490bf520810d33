//===- BackwardKernel.cpp - The kernels of a gradient -----------------------===//
//
// Scores, masks and runs are those of attention (Scores.h), and then, for a tile of rows
// and one of columns
//
//   p  = exp(score - lse)           dv += p x do       by key
//   dp = do x v                     dq += ds x k       by query
//   ds = pullback(p * (dp - delta)) dk += ds x q       by key
//
// By key all these tiles are transposed: keys are rows and queries columns. What belongs
// to a query, lse and delta, is then a vector along the columns. The product with the
// tile of columns that made the scores is the one that adds to dq or dk. One by key may
// also add what a tile of columns gets of dq to memory: a product that sums over rows.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/BackwardKernel.h"

#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/Pullback.h"
#include "lib/Conversion/AttnToTile/Scores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <numbers>

using namespace mlir;

namespace lacuna {

using tile::Axis;

namespace {
/// What one kernel of a gradient computes.
class BackwardKernel {
public:
  BackwardKernel(ImplicitLocOpBuilder &builder, KernelPlace &place, attn::BackwardOp op)
      : builder(builder), place(place), op(op), byKey(op.isByKey()),
        element(op.getQuery().getType().getElementType()), f32(builder.getF32Type()),
        pullback(place, op) {}

  void emit();

private:
  /// Sums of the block: of `ds x ...`, and of `p x do`, null where nobody wants them; and
  /// those of its rows that the pullback contributes to other gradients.
  struct Sums {
    Value products, weights;
    SmallVector<Value> ofRows;

    SmallVector<Value> values() const {
      SmallVector<Value> all;
      for (Value sum : {products, weights})
        if (sum)
          all.push_back(sum);
      llvm::append_range(all, ofRows);
      return all;
    }
    /// The same sums, other values.
    Sums with(ValueRange values) const {
      Sums result;
      for (auto [sum, had] :
           {std::pair(&result.products, products), std::pair(&result.weights, weights)})
        if (had) {
          *sum = values.front();
          values = values.drop_front();
        }
      result.ofRows.assign(values.begin(), values.end());
      return result;
    }
  };

  Sums emitRunsLoop(Sums sums);
  Sums emitHeadsLoop(Sums sums);
  Sums emitTile(Sums sums, Value column, Value partial);
  Value shiftOf(Value lse);
  void store(Value sum, Value view, Value head, bool isScaled);
  Value withoutAbsentKeys(Value scoreGradients, Value column);
  void addToQueries(Value scoreGradients, Value column);

  Value load(Value view, Axis side, int64_t features, Value first);
  Value loadOfQueries(Value view, Value column);
  Value narrowed(Value tile) {
    auto type = cast<RankedTensorType>(tile.getType());
    return mapTiles(builder, type.clone(element), tile,
                    [&](ImplicitLocOpBuilder &b, ValueRange in) {
                      return arith::TruncFOp::create(b, element, in[0]).getResult();
                    });
  }
  Axis rows() const { return byKey ? Axis::Key : Axis::Query; }
  Axis columns() const { return byKey ? Axis::Query : Axis::Key; }
  RankedTensorType pairs(Type of) { return tileType(of, {rows(), columns()}); }
  Value zeros(RankedTensorType type) {
    return tile::SplatOp::create(builder, type, constantF32(builder, 0.0));
  }
  Value product(Value a, Value b, Value sum) { return tile::DotOp::create(builder, a, b, sum); }

  ImplicitLocOpBuilder &builder;
  KernelPlace &place;
  attn::BackwardOp op;
  bool byKey;
  Type element, f32;
  Pullback pullback;
  Scale scale;
  Value zero;               ///< i32
  Value slope;              ///< of the exponent
  Value rowOperand;         ///< what scores are products of: queries or keys of the block
  Value rowGradients;       ///< what dp are products of: rows of do or values of the block
  Value rowShift, rowDelta; ///< of queries; null by key
};
} // namespace

/// A tile of rows of that side.
Value BackwardKernel::load(Value view, Axis side, int64_t features, Value first) {
  Value head = side == Axis::Query ? place.head : place.keyHead;
  return tile::LoadOp::create(builder, tileType(element, {side, Axis::Feature}, features), view,
                              ValueRange{place.tensorBatch, head, first, zero});
}

/// A number for each query.
Value BackwardKernel::loadOfQueries(Value view, Value first) {
  return tile::LoadOp::create(builder, tileType(f32, Axis::Query), view,
                              ValueRange{place.tensorBatch, place.head, first});
}

/// What exponents subtract: lse, or that times the slope of the exponent; 0 for a row
/// that sees nothing.
Value BackwardKernel::shiftOf(Value lse) {
  Value low = constantF32(builder, -std::numeric_limits<double>::infinity());
  Value none = constantF32(builder, 0.0);
  Value fall = constantF32(builder, -std::numbers::log2e);
  bool subtractFirst = scale.form.subtractFirst;
  return named("shift", mapTiles(builder, cast<RankedTensorType>(lse.getType()), lse,
                                 [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
                                   Value empty = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                                                       in[0], low);
                                   Value some = in[0];
                                   if (!subtractFirst)
                                     some = arith::MulFOp::create(b, some, fall);
                                   return arith::SelectOp::create(b, empty, none, some);
                                 }));
}

/// Adds what a tile contributes.
BackwardKernel::Sums BackwardKernel::emitTile(Sums sums, Value column, Value partial) {
  int64_t queryDim = op.getQueryHeadDim(), valueDim = op.getValueHeadDim();
  Value columnOperand = load(byKey ? place.query : place.key, columns(), queryDim, column);
  named(byKey ? "queries" : "keys", columnOperand);
  Value products = product(rowOperand, columnOperand, zeros(pairs(f32)));
  Scores scores = emitScores(builder, place, products, scale.multiplier, column);
  Value masked = emitMask(builder, place, scores.tile, partial, column);
  Value checked = emitScoreCheck(builder, place, masked, scores.failures);
  Value shift = byKey ? shiftOf(loadOfQueries(place.lse, column)) : rowShift;
  Value weights = emitExponential(builder, scale.form, slope, pairs(f32), checked, shift);
  named("probabilities", weights);

  Value columnGradients =
      load(byKey ? place.outputGradient : place.value, columns(), valueDim, column);
  named(byKey ? "output_gradients" : "values", columnGradients);
  Value narrowWeights = sums.weights ? narrowed(weights) : Value();
  bool adds = byKey && place.queryGradient;
  Sums added;
  if (sums.weights && adds) // three products follow, which have no registers for weights
    added.weights = product(narrowWeights, columnGradients, sums.weights);
  Value pulled;
  if (sums.products) {
    Value ofWeights = product(rowGradients, columnGradients, zeros(pairs(f32)));
    Value delta = byKey ? loadOfQueries(place.delta, column) : rowDelta;
    Value ofScores =
        mapTiles(builder, pairs(f32), {weights, ofWeights, delta},
                 [](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
                   return arith::MulFOp::create(b, in[0], arith::SubFOp::create(b, in[1], in[2]));
                 });
    Pullback::Tile tile{ofScores, products, scale.multiplier, column};
    Value gradients = pullback.emit(builder, tile);
    if (adds)
      gradients = withoutAbsentKeys(gradients, column);
    pulled = named("score_gradients", narrowed(gradients));
    added.products = product(pulled, columnOperand, sums.products);
    for (auto [number, sum] : llvm::enumerate(sums.ofRows))
      added.ofRows.push_back(mapTiles(builder, cast<RankedTensorType>(sum.getType()),
                                      {sum, pullback.emitRowSum(builder, tile, number)},
                                      [](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
                                        return arith::AddFOp::create(b, in[0], in[1]);
                                      }));
  }
  // Last: it waits with half the registers that the rest of the tile works in.
  if (sums.weights && !adds)
    added.weights = product(narrowWeights, columnGradients, sums.weights);
  if (adds)
    addToQueries(pulled, column);
  return added;
}

/// The gradients, and 0 in rows of keys that do not exist, whose scores are compared with
/// nothing: a sum over keys would have whatever they overflow to, times 0.
Value BackwardKernel::withoutAbsentKeys(Value scoreGradients, Value column) {
  Value extent = tile::TileExtentOp::create(builder, Axis::Key);
  Value end = arith::AddIOp::create(builder, place.first, extent);
  Value isLast = arith::CmpIOp::create(builder, arith::CmpIPredicate::sgt, end, place.rows().count);
  auto branch = scf::IfOp::create(builder, scoreGradients.getType(), isLast,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  auto then = ImplicitLocOpBuilder::atBlockBegin(builder.getLoc(), branch.thenBlock());
  auto body = [&](OpBuilder &nested, Location loc, ValueRange element) {
    ImplicitLocOpBuilder b(loc, nested);
    Value exists =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, element[1], place.rows().count);
    Value none = constantF32(b, 0.0);
    tile::YieldOp::create(b, arith::SelectOp::create(b, exists, element[0], none).getResult());
  };
  Value kept = tile::MapOp::create(then, scoreGradients.getType(), scoreGradients,
                                   ValueRange{place.first, column}, body);
  scf::YieldOp::create(then, kept);
  auto otherwise = ImplicitLocOpBuilder::atBlockBegin(builder.getLoc(), branch.elseBlock());
  scf::YieldOp::create(otherwise, scoreGradients);
  return branch.getResult(0);
}

/// Adds what the keys of the block contribute to the gradients of a tile of queries.
void BackwardKernel::addToQueries(Value scoreGradients, Value column) {
  RankedTensorType type = tileType(f32, {Axis::Query, Axis::Feature}, op.getQueryHeadDim());
  Value share = named("query_gradients", product(scoreGradients, rowOperand, zeros(type)));
  tile::StoreOp::create(builder, share, place.queryGradient,
                        ValueRange{place.tensorBatch, place.head, column, zero}, /*adds=*/true);
}

/// Adds what all columns of a query head and a key head contribute.
BackwardKernel::Sums BackwardKernel::emitRunsLoop(Sums sums) {
  Value runs = emitRuns(builder, place, zero);
  emitUniformReads(builder, place);
  auto loop = tile::ForRunsOp::create(builder, runs, sums.values(), /*ahead=*/0);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&loop.getBody().front());
  SmallVector<Value> carried(loop.getCarried());
  Sums added = emitTile(sums.with(carried), loop.getKey(), loop.getPartial());
  tile::YieldOp::create(builder, added.values());
  return sums.with(loop.getResults());
}

/// Goes through the query heads of the key head.
BackwardKernel::Sums BackwardKernel::emitHeadsLoop(Sums sums) {
  Value one = arith::ConstantIntOp::create(builder, 1, 32);
  Value firstHead = arith::MulIOp::create(builder, place.keyHead, place.headsOfKeyHead);
  auto loop = scf::ForOp::create(builder, zero, place.headsOfKeyHead, one, sums.values());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  place.head = arith::AddIOp::create(builder, firstHead, loop.getInductionVar());
  place.gridHead = named("head", place.head);
  SmallVector<Value> carried(loop.getRegionIterArgs());
  scf::YieldOp::create(builder, emitRunsLoop(sums.with(carried)).values());
  return sums.with(loop.getResults());
}

/// Stores a sum, times the scale if `isScaled`; NaN if what it relies on has failed.
void BackwardKernel::store(Value sum, Value view, Value head, bool isScaled) {
  Value factor;
  if (isScaled)
    factor = scale.multiplier           ? scale.multiplier
             : scale.form.factor != 1.0 ? constantF32(builder, scale.form.factor)
                                        : Value();
  Spoiling spoiling(builder, mayBeSpoiled(op) ? place.status : Value());
  auto type = cast<RankedTensorType>(sum.getType());
  Value stored = mapTiles(builder, type.clone(element), sum,
                          [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
                            Value value = in[0];
                            if (factor)
                              value = arith::MulFOp::create(b, value, factor);
                            return arith::TruncFOp::create(b, element, spoiling.apply(b, value));
                          });
  tile::StoreOp::create(builder, stored, view,
                        ValueRange{place.tensorBatch, head, place.first, zero});
}

void BackwardKernel::emit() {
  zero = arith::ConstantIntOp::create(builder, 0, 32);
  emitPlace(builder, place);
  scale = chooseScale(builder, place);
  slope = constantF32(builder, scale.form.factor * std::numbers::log2e);
  int64_t queryDim = op.getQueryHeadDim(), valueDim = op.getValueHeadDim();
  auto sum = [&](Value wanted, StringRef name, int64_t features) -> Value {
    return wanted ? named(name, zeros(tileType(f32, {rows(), Axis::Feature}, features))) : Value();
  };
  Sums sums;
  if (byKey) {
    rowOperand = load(place.key, Axis::Key, queryDim, place.first);
    sums.products = sum(place.keyGradient, "key_gradients", queryDim);
    sums.weights = sum(place.valueGradient, "value_gradients", valueDim);
    if (sums.products)
      rowGradients = load(place.value, Axis::Key, valueDim, place.first);
    sums = emitHeadsLoop(sums);
    if (sums.products)
      store(sums.products, place.keyGradient, place.keyHead, /*isScaled=*/true);
    if (sums.weights)
      store(sums.weights, place.valueGradient, place.keyHead, /*isScaled=*/false);
  } else {
    rowOperand = load(place.query, Axis::Query, queryDim, place.first);
    rowGradients = load(place.outputGradient, Axis::Query, valueDim, place.first);
    rowShift = shiftOf(loadOfQueries(place.lse, place.first));
    rowDelta = loadOfQueries(place.delta, place.first);
    sums.products = sum(place.queryGradient, "query_gradients", queryDim);
    for (size_t number = 0; number < pullback.getNumRowSums(); ++number)
      sums.ofRows.push_back(named("row_sums", zeros(tileType(f32, rows()))));
    sums = emitRunsLoop(sums);
    store(sums.products, place.queryGradient, place.head, /*isScaled=*/true);
    for (auto [number, ofRows] : llvm::enumerate(sums.ofRows))
      pullback.emitRowAddition(builder, ofRows, number);
  }
  tile::ReturnOp::create(builder, ValueRange());
}

AttendKernel emitBackwardKernel(OpBuilder &builder, attn::BackwardOp op, StringRef name,
                                StatusBits &bits) {
  KernelPlace place;
  AttendKernel result = beginKernel(builder, op, name, bits, place);
  auto viewOf = [&](Value tensor) { return tensor ? place.scope.lookupOrNull(tensor) : Value(); };
  place.lse = viewOf(op.getLse());
  place.delta = viewOf(op.getDelta());
  place.outputGradient = viewOf(op.getOutputGradient());
  place.queryGradient = viewOf(op.getQueryGradient());
  place.keyGradient = viewOf(op.getKeyGradient());
  place.valueGradient = viewOf(op.getValueGradient());
  auto b = ImplicitLocOpBuilder::atBlockEnd(op.getLoc(), &result.kernel.getBody().front());
  BackwardKernel(b, place, op).emit();
  return result;
}

} // namespace lacuna
