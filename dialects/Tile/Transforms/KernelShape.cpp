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

AttentionShape lacuna::tile::shapeOf(KernelOp kernel) {
  AttentionShape shape;
  kernel.walk([&](DotOp dot) {
    int64_t result = extentAlong(dot.getResult().getType(), Axis::Feature);
    if (result)
      shape.valueFeatures = std::max(shape.valueFeatures, result);
    else
      shape.queryFeatures =
          std::max(shape.queryFeatures, extentAlong(dot.getLhs().getType(), Axis::Feature));
  });
  kernel.walk([&](ReadOp read) {
    auto map = read->getParentOfType<MapOp>();
    shape.readsTables |= map && map.getResult().getType().getRank() == 2;
  });
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
