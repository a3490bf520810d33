//===- TileRaggedOps.cpp - Sequences one behind the other ------------------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

LogicalResult PartOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                       ValueRange operands, DictionaryAttr attributes,
                                       OpaqueProperties properties, RegionRange,
                                       SmallVectorImpl<Type> &types) {
  auto view = operands.empty() ? ViewType() : dyn_cast<ViewType>(operands[0].getType());
  uint64_t axis = Adaptor(operands, attributes, *properties.as<Properties *>(), {}).getAxis();
  if (!view || axis >= uint64_t(view.getRank()))
    return emitOptionalError(location, "'tile.part' takes a part along an axis that its view does "
                                       "not have");
  if (view.getHeads() > 1)
    return emitOptionalError(location, "'tile.part' takes a part of packed heads; pack those of "
                                       "a part");
  SmallVector<int64_t> shape(view.getShape());
  shape[axis] = ShapedType::kDynamic;
  types.push_back(ViewType::get(context, shape, view.getElementType()));
  return success();
}
