#include "lib/Conversion/AttnToTile/GradientSums.h"

#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/RowIndices.h"
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

static SmallVector<Value> emitRowIndices(ImplicitLocOpBuilder &b, Value sums) {
  return emitRowIndices(b, sums, cast<tile::ViewType>(sums.getType()).getRank() - 1);
}

/// Sets the sums to 0.
static void emitClear(ImplicitLocOpBuilder &b, Value sums, RankedTensorType rows) {
  Value zero = constantF32(b, 0.0);
  SmallVector<Value> indices = emitRowIndices(b, sums);
  tile::StoreOp::create(b, tile::SplatOp::create(b, rows, zero), sums, indices);
  tile::ReturnOp::create(b, ValueRange());
}

/// Makes a gradient from its sums; `status` may be null.
static void emitFinish(ImplicitLocOpBuilder &b, Value sums, Value gradient, Value status,
                       RankedTensorType rows) {
  Type element = cast<tile::ViewType>(gradient.getType()).getElementType();
  Spoiling spoiling(b, status);
  SmallVector<Value> indices = emitRowIndices(b, sums);
  Value loaded = tile::LoadOp::create(b, rows, sums, indices);
  Value made = mapTiles(
      b, rows.clone(element), loaded, [&](ImplicitLocOpBuilder &m, ValueRange in) -> Value {
        Value value = spoiling.apply(m, in[0]);
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
  GradientSum result{gradient, createKernel(builder, loc, (name + "_clear").str(), sums), {}};
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
             mayFail ? finish.getArgument(2) : Value(), rows);
  return result;
}

} // namespace lacuna
