//===- Softmax.cpp - The online softmax of a kernel -------------------------===//
#include "lib/Conversion/AttnToTile/Softmax.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <numbers>

using namespace mlir;

namespace lacuna {

using tile::Axis;

TileTypes::TileTypes(Type element, int64_t queryDim, int64_t valueDim) {
  Type f32 = Float32Type::get(element.getContext());
  query = tileType(element, {Axis::Query, Axis::Feature}, queryDim);
  key = tileType(element, {Axis::Key, Axis::Feature}, queryDim);
  value = tileType(element, {Axis::Key, Axis::Feature}, valueDim);
  scores = tileType(f32, {Axis::Query, Axis::Key});
  weights = tileType(element, {Axis::Query, Axis::Key});
  rows = tileType(f32, Axis::Query);
  sum = tileType(f32, {Axis::Query, Axis::Feature}, valueDim);
  output = tileType(element, {Axis::Query, Axis::Feature}, valueDim);
}

/// A row's maximum may be exceeded until a weight is 2 to the power of this: far from
/// what f16 holds, and no less exact, for weights have a relative error. With 0, which
/// scales wherever a maximum grows, dense attention to 1,024 normally distributed keys
/// takes 10 % more instructions on sm_80 and 12 % more on sm_90a.
static constexpr double largestExponent = 8;

OnlineSoftmax::OnlineSoftmax(ImplicitLocOpBuilder &builder, const TileTypes &types,
                             ExponentForm form)
    : builder(builder), types(types), form(form) {
  zero = constantF32(builder, 0.0);
  low = constantF32(builder, -std::numeric_limits<double>::infinity());
  slope = constantF32(builder, form.factor * std::numbers::log2e);
  fall = constantF32(builder, -form.factor * std::numbers::log2e);
  margin = constantF32(builder, largestExponent / (form.factor * std::numbers::log2e));
}

Value emitExponential(ImplicitLocOpBuilder &builder, const ExponentForm &form, Value slope,
                      RankedTensorType type, Value scores, Value shift) {
  return mapTiles(
      builder, type, {scores, shift}, [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
        Value exponent;
        if (form.subtractFirst)
          exponent = arith::MulFOp::create(b, arith::SubFOp::create(b, in[0], in[1]), slope);
        else
          exponent = math::FmaOp::create(b, in[0], slope, in[1]);
        return math::Exp2Op::create(b, exponent, arith::FastMathFlags::afn);
      });
}

SmallVector<Value> OnlineSoftmax::begin() {
  return {named("row_max", tile::SplatOp::create(builder, types.rows, low)),
          named("row_sum", tile::SplatOp::create(builder, types.rows, zero)),
          named("outputs", tile::SplatOp::create(builder, types.sum, zero))};
}

/// The weighted sum after its decay, which is none where no maximum has changed.
Value OnlineSoftmax::fade(ValueRange state, Value max, Value decay) {
  Value changed = tile::AnyDiffersOp::create(builder, state[0], max);
  auto branch = scf::IfOp::create(builder, types.sum, changed, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  Value faded = map(types.sum, {state[2], decay}, [](ImplicitLocOpBuilder &b, ValueRange in) {
    return arith::MulFOp::create(b, in[0], in[1]).getResult();
  });
  scf::YieldOp::create(builder, named("outputs", faded));
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, state[2]);
  return branch.getResult(0);
}

OnlineSoftmax::Step OnlineSoftmax::step(ValueRange state, Value scores) {
  Value high = tile::ReduceOp::create(builder, types.rows, tile::ReduceKind::Max, scores);
  Value max = map(types.rows, {state[0], high}, [&](ImplicitLocOpBuilder &b, ValueRange in) {
    Value reach = arith::SubFOp::create(b, in[1], margin);
    Value grows = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, reach, in[0]);
    return arith::SelectOp::create(b, grows, in[1], in[0]).getResult();
  });
  // m, or -m * slope, or 0 for a row that has seen no key yet.
  Value shift = map(types.rows, max, [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
    Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, in[0], low);
    Value some = in[0];
    if (!form.subtractFirst)
      some = arith::MulFOp::create(b, in[0], fall);
    return arith::SelectOp::create(b, none, zero, some);
  });
  Value decay = exponential(types.rows, state[0], shift);
  Value p = exponential(types.scores, scores, shift);
  Value added = tile::ReduceOp::create(builder, types.rows, tile::ReduceKind::Add, p);
  Value total =
      map(types.rows, {state[1], decay, added}, [](ImplicitLocOpBuilder &b, ValueRange in) {
        return math::FmaOp::create(b, in[0], in[1], in[2]).getResult();
      });
  Value faded = fade(state, max, decay);
  Value weights = map(types.weights, p, [&](ImplicitLocOpBuilder &b, ValueRange in) {
    return arith::TruncFOp::create(b, types.weights.getElementType(), in[0]).getResult();
  });
  named("tile_max", high);
  named("new_max", max);
  named("shift", shift);
  named("decay", decay);
  named("probabilities", p);
  named("tile_sum", added);
  named("row_sum", total);
  named("outputs", faded);
  named("weights", weights);
  return {max, total, weights, faded};
}

Value OnlineSoftmax::output(ValueRange state) {
  Value inverse = map(types.rows, state[1], [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
    Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, in[0], zero);
    Value one = constantF32(b, 1.0);
    Value inverse = arith::DivFOp::create(b, one, in[0], arith::FastMathFlags::arcp);
    return arith::SelectOp::create(b, none, zero, inverse);
  });
  named("inverse", inverse);
  return map(types.output, {state[2], inverse}, [&](ImplicitLocOpBuilder &b, ValueRange in) {
    Value normal = arith::MulFOp::create(b, in[0], in[1]);
    return arith::TruncFOp::create(b, types.output.getElementType(), normal).getResult();
  });
}

Value OnlineSoftmax::logSumExp(ValueRange state) {
  Value ln2 = constantF32(builder, std::numbers::ln2);
  Value factor = form.factor == 1.0 ? Value() : constantF32(builder, form.factor);
  return map(types.rows, {state[0], state[1]},
             [&](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
               Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, in[1], zero);
               Value log = math::Log2Op::create(b, in[1], arith::FastMathFlags::afn);
               Value max = factor ? arith::MulFOp::create(b, in[0], factor).getResult() : in[0];
               Value natural = math::FmaOp::create(b, log, ln2, max);
               return arith::SelectOp::create(b, none, low, natural);
             });
}

} // namespace lacuna
