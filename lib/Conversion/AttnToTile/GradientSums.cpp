#include "lib/Conversion/AttnToTile/GradientSums.h"

#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Softmax.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

RankedTensorType sumType(RankedTensorType gradient) {
  SmallVector<int64_t> shape(gradient.getShape());
  if (shape.empty())
    shape.push_back(1);
  return RankedTensorType::get(shape, Float32Type::get(gradient.getContext()));
}

/// The indices of the block's rows, which lie along the last axis of a view. Blocks count
/// all other axes as heads of one batch.
static SmallVector<Value> emitRowIndices(ImplicitLocOpBuilder &b, Value view) {
  int64_t last = cast<tile::ViewType>(view.getType()).getRank() - 1;
  Value one = arith::ConstantIntOp::create(b, 1, 32), heads = one;
  for (int64_t axis = 0; axis < last; ++axis)
    heads = b.createOrFold<arith::MulIOp>(heads, extentOf(b, b.getLoc(), view, axis));
  auto block = tile::BlockOp::create(b, one, heads, extentOf(b, b.getLoc(), view, last));
  SmallVector<Value> indices(last + 1);
  indices[last] = block.getFirst();
  Value rest = block.getHead();
  for (int64_t axis = last; axis-- > 0;) {
    Value extent = extentOf(b, b.getLoc(), view, axis);
    indices[axis] = axis ? arith::RemUIOp::create(b, rest, extent).getResult() : rest;
    if (axis)
      rest = arith::DivUIOp::create(b, rest, extent);
  }
  return indices;
}

GradientSum emitGradientSum(OpBuilder &builder, Value gradient, StringRef name) {
  auto type = cast<RankedTensorType>(gradient.getType());
  Location loc = gradient.getLoc();
  Type sums = parameterType(sumType(type)), f32 = builder.getF32Type();
  auto rowsOf = [&](Type element) {
    auto axes = tile::AxesAttr::get(builder.getContext(), tile::Axis::Query);
    return RankedTensorType::get({ShapedType::kDynamic}, element, axes);
  };
  GradientSum result{gradient, createKernel(builder, loc, (name + "_clear").str(), sums), {}};
  {
    Block &body = result.clear.getBody().front();
    auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &body);
    Value view = named("sums", body.getArgument(0));
    Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0.0f));
    SmallVector<Value> indices = emitRowIndices(b, view);
    tile::StoreOp::create(b, tile::SplatOp::create(b, rowsOf(f32), zero), view, indices);
    tile::ReturnOp::create(b, ValueRange());
  }
  Type element = type.getElementType();
  if (element == f32)
    return result;
  result.round = createKernel(builder, loc, (name + "_round").str(), {sums, parameterType(type)});
  Block &body = result.round.getBody().front();
  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &body);
  Value view = named("sums", body.getArgument(0)), to = named("gradient", body.getArgument(1));
  SmallVector<Value> indices = emitRowIndices(b, view);
  Value loaded = tile::LoadOp::create(b, rowsOf(f32), view, indices);
  Value rounded = mapTiles(b, rowsOf(element), loaded, [&](ImplicitLocOpBuilder &m, ValueRange in) {
    return arith::TruncFOp::create(m, element, in[0]).getResult();
  });
  tile::StoreOp::create(b, rounded, to, indices);
  tile::ReturnOp::create(b, ValueRange());
  return result;
}

} // namespace lacuna
