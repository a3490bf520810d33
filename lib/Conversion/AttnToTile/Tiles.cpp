//===- Tiles.cpp - Tiles of abstract kernels, and maps over them ------------===//
#include "lib/Conversion/AttnToTile/Tiles.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

Value named(StringRef name, Value value) {
  value.setLoc(NameLoc::get(StringAttr::get(value.getContext(), name), value.getLoc()));
  return value;
}

Value constantF32(ImplicitLocOpBuilder &builder, double value) {
  return arith::ConstantOp::create(builder, builder.getF32FloatAttr(float(value)));
}

RankedTensorType tileType(Type element, ArrayRef<tile::Axis> axes, int64_t features) {
  SmallVector<int64_t> shape(axes.size(), ShapedType::kDynamic);
  if (axes.back() == tile::Axis::Feature)
    shape.back() = features;
  return RankedTensorType::get(shape, element, tile::AxesAttr::get(element.getContext(), axes));
}

Value mapTiles(ImplicitLocOpBuilder &builder, RankedTensorType type, ValueRange inputs,
               llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)> body) {
  return tile::MapOp::create(builder, type, inputs, ValueRange(),
                             [&](OpBuilder &nested, Location loc, ValueRange elements) {
                               ImplicitLocOpBuilder b(loc, nested);
                               tile::YieldOp::create(b, body(b, elements));
                             });
}

Spoiling::Spoiling(ImplicitLocOpBuilder &builder, Value status) {
  if (!status)
    return;
  failed = tile::FailedOp::create(builder, status);
  nan = constantF32(builder, std::numeric_limits<double>::quiet_NaN());
}

Value Spoiling::apply(ImplicitLocOpBuilder &builder, Value element) const {
  return failed ? arith::SelectOp::create(builder, failed, nan, element).getResult() : element;
}

} // namespace lacuna
