#include "lib/Conversion/AttnToTile/GradientSums.h"

#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/RowIndices.h"
#include "lib/Conversion/AttnToTile/Scores.h"
#include "lib/Conversion/AttnToTile/Tiles.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

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

/// The sums, and the kernel that clears them tile by tile.
static GradientSum beginSum(OpBuilder &builder, Value gradient, StringRef name,
                            RankedTensorType tile) {
  auto type = cast<RankedTensorType>(gradient.getType());
  Location loc = gradient.getLoc();
  GradientSum sum;
  sum.gradient = gradient;
  sum.clear = createKernel(builder, loc, (name + "_clear").str(), parameterType(sumType(type)));
  sum.rowAxis = type.getRank() - tile.getRank();
  Block &clear = sum.clear.getBody().front();
  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &clear);
  emitClear(b, named("sums", clear.getArgument(0)), tile);
  return sum;
}

/// Begins the kernel that makes the gradient from its sums and `sum.finishOperands`.
static ImplicitLocOpBuilder beginFinish(OpBuilder &builder, GradientSum &sum, StringRef name,
                                        bool mayFail) {
  auto type = cast<RankedTensorType>(sum.gradient.getType());
  SmallVector<Type> types = {parameterType(sumType(type)), parameterType(type)};
  for (Value operand : sum.finishOperands)
    types.push_back(parameterType(operand.getType()));
  if (mayFail)
    types.push_back(tile::StatusType::get(builder.getContext()));
  sum.takesStatus = mayFail;
  Location loc = sum.gradient.getLoc();
  sum.finish = createKernel(builder, loc, (name + "_finish").str(), types);
  return ImplicitLocOpBuilder::atBlockBegin(loc, &sum.finish.getBody().front());
}

/// What it does; `scale` may be null.
static void emitFinish(ImplicitLocOpBuilder &b, const GradientSum &sum, Value scale,
                       RankedTensorType tile) {
  ValueRange arguments = b.getBlock()->getArguments();
  Value sums = named("sums", arguments[0]), gradient = named("gradient", arguments[1]);
  Type element = cast<tile::ViewType>(gradient.getType()).getElementType();
  Spoiling spoiling(b, sum.takesStatus ? arguments.back() : Value());
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
  RankedTensorType rows = tileType(builder.getF32Type(), tile::Axis::Query);
  GradientSum sum = beginSum(builder, gradient, name, rows);
  if (cast<RankedTensorType>(gradient.getType()).getElementType().isF32() && !mayFail)
    return sum;
  ImplicitLocOpBuilder b = beginFinish(builder, sum, name, mayFail);
  emitFinish(b, sum, /*scale=*/Value(), rows);
  return sum;
}

GradientSum emitQuerySum(OpBuilder &builder, attn::BackwardOp op, StringRef name, StatusBits &bits,
                         bool mayFail) {
  RankedTensorType tile = tileType(builder.getF32Type(), {tile::Axis::Query, tile::Axis::Feature},
                                   op.getQueryHeadDim());
  GradientSum sum = beginSum(builder, op.getQueryGradient(), name, tile);
  Value scale = op.getScale();
  Captures captures = capturesOf({}, scale ? ValueRange(scale) : ValueRange(), {});
  llvm::append_range(sum.finishOperands, captures.arguments);
  ImplicitLocOpBuilder b = beginFinish(builder, sum, name, mayFail);
  ValueRange passed = ValueRange(b.getBlock()->getArguments()).slice(2, sum.finishOperands.size());
  IRMapping scope;
  scope.map(ValueRange(sum.finishOperands), passed);
  nameArguments(op, sum.finishOperands, passed);
  copyCode(b, captures, scope, bits);
  emitFinish(b, sum, scale ? scope.lookup(scale) : constantF32(b, defaultScaleOf(op)), tile);
  return sum;
}

} // namespace lacuna
