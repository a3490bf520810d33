//===- KernelShape.cpp - What the schedule table asks of a kernel ---------===//
#include "dialects/Tile/Transforms/KernelShape.h"

using namespace mlir;
using namespace lacuna::tile;

/// Extent of a tile or slot along `axis`, or 0.
static int64_t extentAlong(Type type, Axis axis) {
  ArrayRef<Axis> axes = axesOf(type);
  const Axis *place = llvm::find(axes, axis);
  if (place == axes.end())
    return 0;
  if (auto shared = dyn_cast<SharedType>(type))
    return place == axes.begin() ? shared.getRows() : shared.getColumns();
  return std::max<int64_t>(0, cast<RankedTensorType>(type).getDimSize(place - axes.begin()));
}

namespace {
/// Features of the two kinds of products: those that sum over them, and those whose sums
/// have them.
struct ProductFeatures {
  SmallVector<int64_t> scores, sums;
  bool ofColumns = false; ///< whether a product sums over the rows of the kernel
};
} // namespace

static ProductFeatures productsOf(KernelOp kernel) {
  ProductFeatures products;
  kernel.walk([&](DotOp dot) {
    if (axesOf(dot.getType())[0] != kernel.getRowAxis())
      products.ofColumns = true;
    else if (int64_t result = extentAlong(dot.getResult().getType(), Axis::Feature))
      products.sums.push_back(result);
    else
      products.scores.push_back(extentAlong(dot.getLhs().getType(), Axis::Feature));
  });
  return products;
}

static Work workOf(KernelOp kernel, const ProductFeatures &products) {
  if (products.scores.empty() && products.sums.empty())
    return Work::RowSums;
  bool twoScores = products.scores.size() > 1;
  if (kernel.getRowAxis() == Axis::Query)
    return twoScores ? Work::QueryGradient : Work::Outputs;
  if (products.ofColumns)
    return Work::AllGradients;
  if (!twoScores)
    return Work::ValueGradient;
  return products.sums.size() > 1 ? Work::KeyValueGradients : Work::KeyGradient;
}

AttentionShape lacuna::tile::shapeOf(KernelOp kernel) {
  AttentionShape shape;
  ProductFeatures products = productsOf(kernel);
  shape.work = workOf(kernel, products);
  int64_t &query = shape.queryFeatures, &value = shape.valueFeatures;
  switch (shape.work) {
  case Work::Outputs:
  case Work::ValueGradient:
    for (int64_t features : products.scores)
      query = std::max(query, features);
    for (int64_t features : products.sums)
      value = std::max(value, features);
    break;
  case Work::RowSums:
    kernel.walk([&](LoadOp load) {
      value = std::max(value, extentAlong(load.getResult().getType(), Axis::Feature));
    });
    break;
  case Work::QueryGradient:
  case Work::KeyGradient:
  case Work::KeyValueGradients:
  case Work::AllGradients:
    // The gradient of what the scores are products of has their features; the other
    // product is one of values.
    for (int64_t features : products.sums)
      query = std::max(query, features);
    for (int64_t features : products.scores)
      if (features != query || !value)
        value = features;
    break;
  }
  kernel.walk([&](ReadOp read) {
    auto map = read->getParentOfType<MapOp>();
    shape.readsTables |= map && map.getResult().getType().getRank() == 2;
  });
  // Still in the abstract contract, or placed.
  kernel.walk([&](LoadOp load) {
    ArrayRef<Axis> axes = axesOf(load.getResult().getType());
    shape.columnVectors += axes.size() == 1 && axes[0] != kernel.getRowAxis() &&
                           isa<ForRunsOp>(load->getParentOp()) &&
                           elementTypeOf(load.getResult().getType()).isF32();
  });
  kernel.walk(
      [&](LoadSharedOp load) { shape.columnVectors += load.getSource().getType().isVector(); });
  kernel.walk([&](PackHeadsOp pack) { shape.heads = pack.getHeads(); });
  return shape;
}

FailureOr<SchedulePins> lacuna::tile::pinsOf(KernelOp kernel) {
  SchedulePins pins;
  Attribute attribute = kernel->getAttr("tile.pins");
  if (!attribute)
    return pins;
  auto dictionary = dyn_cast<DictionaryAttr>(attribute);
  if (!dictionary)
    return kernel.emitOpError("has a 'tile.pins' that is not a dictionary"), failure();
  for (NamedAttribute entry : dictionary) {
    StringRef name = entry.getName();
    std::optional<int64_t> *knob = name == "query_tile" ? &pins.queryTile
                                   : name == "key_tile" ? &pins.keyTile
                                   : name == "warps"    ? &pins.warps
                                   : name == "stages"   ? &pins.stages
                                                        : nullptr;
    auto number = dyn_cast<IntegerAttr>(entry.getValue());
    auto flag = dyn_cast<BoolAttr>(entry.getValue());
    if (knob && number && !flag)
      *knob = number.getInt();
    else if (name == "query_in_registers" && flag)
      pins.queryInRegisters = flag.getValue();
    else if (name == "roles" && flag)
      pins.roles = flag.getValue();
    else
      return kernel.emitOpError("cannot pin '")
                 << name << " = " << entry.getValue()
                 << "'; knobs are query_tile, key_tile, warps, stages (integers), "
                    "query_in_registers and roles (bool)",
             failure();
  }
  return pins;
}

DictionaryAttr lacuna::tile::toPins(MLIRContext *context, const Schedule &schedule) {
  Builder builder(context);
  auto number = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  auto flag = [&](StringRef name, bool value) {
    return builder.getNamedAttr(name, builder.getBoolAttr(value));
  };
  return builder.getDictionaryAttr(
      {number("query_tile", schedule.queryTile), number("key_tile", schedule.keyTile),
       number("warps", schedule.warps), number("stages", schedule.stages),
       flag("query_in_registers", schedule.queryInRegisters), flag("roles", schedule.roles)});
}

Schedule lacuna::tile::toSchedule(ScheduleAttr attribute) {
  return {attribute.getQueryTile(), attribute.getKeyTile(),          attribute.getWarps(),
          attribute.getStages(),    attribute.getQueryInRegisters(), attribute.getRoles()};
}

ScheduleAttr lacuna::tile::toAttribute(MLIRContext *context, const Schedule &schedule) {
  return ScheduleAttr::get(context, schedule.queryTile, schedule.keyTile, schedule.warps,
                           schedule.stages, schedule.queryInRegisters, schedule.roles);
}
