#include "lib/Conversion/AttnToTile/GradientSums.h"

#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/RowIndices.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Tiles.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;

namespace lacuna {

RankedTensorType sumType(RankedTensorType gradient) {
  SmallVector<int64_t> shape(gradient.getShape());
  if (shape.empty())
    shape.push_back(1);
  return RankedTensorType::get(shape, Float32Type::get(gradient.getContext()));
}

/// Where the block's tile of rows begins: at the first of its columns, if it has any.
static SmallVector<Value> indicesOf(ImplicitLocOpBuilder &b, Value sums, RankedTensorType tile) {
  int64_t columns = tile.getRank() - 1;
  SmallVector<Value> indices =
      emitRowIndices(b, sums, cast<tile::ViewType>(sums.getType()).getRank() - 1 - columns);
  for (int64_t axis = 0; axis < columns; ++axis)
    indices.push_back(arith::ConstantIntOp::create(b, 0, 32));
  return indices;
}

/// Sets the sums to 0.
static void emitClear(ImplicitLocOpBuilder &b, Value sums, RankedTensorType tile) {
  Value zero = constantF32(b, 0.0);
  SmallVector<Value> indices = indicesOf(b, sums, tile);
  tile::StoreOp::create(b, tile::SplatOp::create(b, tile, zero), sums, indices);
  tile::ReturnOp::create(b, ValueRange());
}

/// Makes a gradient from its sums; `scale` and `status` may be null.
static void emitFinish(ImplicitLocOpBuilder &b, Value sums, Value gradient, Value scale,
                       Value status, RankedTensorType tile) {
  Type element = cast<tile::ViewType>(gradient.getType()).getElementType();
  Spoiling spoiling(b, status);
  SmallVector<Value> indices = indicesOf(b, sums, tile);
  Value loaded = tile::LoadOp::create(b, tile, sums, indices);
  Value made = mapTiles(
      b, tile.clone(element), loaded, [&](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
        Value value = in[0];
        if (scale)
          value = arith::MulFOp::create(m, value, scale);
        value = spoiling.apply(m, value);
        return element.isF32() ? value : arith::TruncFOp::create(m, element, value).getResult();
      });
  tile::StoreOp::create(b, made, gradient, indices);
  tile::ReturnOp::create(b, ValueRange());
}

GradientSum emitGradientSum(OpBuilder &builder, Value gradient, StringRef name, bool mayFail) {
  auto type = cast<RankedTensorType>(gradient.getType());
  MLIRContext *context = builder.getContext();
  Location loc = gradient.getLoc();
  Type sums = parameterType(sumType(type));
  RankedTensorType rows = tileType(builder.getF32Type(), tile::Axis::Query);
  GradientSum result{gradient, createKernel(builder, loc, (name + "_clear").str(), sums)};
  result.rowAxis = type.getRank() - 1;
  Block &clear = result.clear.getBody().front();
  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &clear);
  emitClear(b, named("sums", clear.getArgument(0)), rows);
  if (type.getElementType().isF32() && !mayFail)
    return result;
  SmallVector<Type> types = {sums, parameterType(type)};
  result.takesStatus = mayFail;
  if (mayFail)
    types.push_back(tile::StatusType::get(context));
  result.finish = createKernel(builder, loc, (name + "_finish").str(), types);
  Block &finish = result.finish.getBody().front();
  b.setInsertionPointToStart(&finish);
  emitFinish(b, named("sums", finish.getArgument(0)), named("gradient", finish.getArgument(1)),
             Value(), mayFail ? finish.getArgument(2) : Value(), rows);
  return result;
}

GradientSum emitQuerySum(OpBuilder &builder, attn::BackwardOp op, StringRef name, StatusBits &bits,
                         bool mayFail) {
  Value gradient = op.getQueryGradient(), scale = op.getScale();
  auto type = cast<RankedTensorType>(gradient.getType());
  Location loc = op.getLoc();
  Type sums = parameterType(sumType(type));
  RankedTensorType tile = tileType(builder.getF32Type(), {tile::Axis::Query, tile::Axis::Feature},
                                   op.getQueryHeadDim());
  GradientSum result{gradient, createKernel(builder, loc, (name + "_clear").str(), sums)};
  result.rowAxis = type.getRank() - 2;
  result.takesStatus = mayFail;
  Block &clear = result.clear.getBody().front();
  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &clear);
  emitClear(b, named("sums", clear.getArgument(0)), tile);

  Captures captures = capturesOf({}, scale ? ValueRange(scale) : ValueRange(), {});
  llvm::append_range(result.finishOperands, captures.arguments);
  SmallVector<Type> types = {sums, parameterType(type)};
  for (Value argument : result.finishOperands)
    types.push_back(parameterType(argument.getType()));
  if (mayFail)
    types.push_back(tile::StatusType::get(builder.getContext()));
  result.finish = createKernel(builder, loc, (name + "_finish").str(), types);
  Block &finish = result.finish.getBody().front();
  b.setInsertionPointToStart(&finish);
  IRMapping scope;
  ValueRange passed = ValueRange(finish.getArguments()).slice(2, result.finishOperands.size());
  scope.map(ValueRange(result.finishOperands), passed);
  nameArguments(op, result.finishOperands, passed);
  for (Operation *code : captures.code) {
    ScalarCopier copier(b, scope, bits);
    copier.copy(code);
    scope.map(code->getResult(0), copier.lookup(code->getResult(0)));
  }
  Value factor =
      scale ? scope.lookup(scale) : constantF32(b, 1.0 / std::sqrt(double(op.getQueryHeadDim())));
  emitFinish(b, named("sums", finish.getArgument(0)), named("gradient", finish.getArgument(1)),
             factor, mayFail ? finish.getArguments().back() : Value(), tile);
  return result;
}

} // namespace lacuna
