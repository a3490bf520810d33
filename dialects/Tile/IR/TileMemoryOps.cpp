//===- TileMemoryOps.cpp - Verifiers of memory operations -----------------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

/// One index per axis of the view.
static LogicalResult verifyIndices(Operation *op, ViewType view, size_t count) {
  if (count != size_t(view.getRank()))
    return op->emitOpError("has ") << count << " indices for a view of rank " << view.getRank();
  return success();
}

/// A tile lies along the last axes of a view of the same element type.
static LogicalResult verifyAccess(Operation *op, ViewType view, size_t indices,
                                  RankedTensorType tile) {
  if (failed(verifyIndices(op, view, indices)))
    return failure();
  if (tile.getRank() > view.getRank())
    return op->emitOpError("accesses a view of rank ")
           << view.getRank() << " with a tile of rank " << tile.getRank();
  if (tile.getElementType() != view.getElementType())
    return op->emitOpError("accesses elements of type ")
           << view.getElementType() << " as " << tile.getElementType();
  return success();
}

LogicalResult DimOp::verify() {
  if (getAxis() >= uint64_t(getView().getType().getRank()))
    return emitOpError("asks for axis ")
           << getAxis() << " of a view of rank " << getView().getType().getRank();
  return success();
}

LogicalResult PackHeadsOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                            ValueRange operands, DictionaryAttr attributes,
                                            OpaqueProperties properties, RegionRange,
                                            SmallVectorImpl<Type> &types) {
  auto view = operands.empty() ? ViewType() : dyn_cast<ViewType>(operands[0].getType());
  int64_t heads = Adaptor(operands, attributes, *properties.as<Properties *>(), {}).getHeads();
  if (!view || view.getRank() < 3 || view.getRank() > 4 || view.getHeads() > 1)
    return emitOptionalError(location, "'tile.pack_heads' packs heads of a view of [batch, heads, "
                                       "sequence] or [batch, heads, sequence, features]");
  SmallVector<int64_t> shape(view.getShape());
  if (heads < 2 || (!ShapedType::isDynamic(shape[1]) && shape[1] % heads))
    return emitOptionalError(location, "'tile.pack_heads' packs ", heads,
                             " heads, must be at least 2 and divide those that there are");
  if (!ShapedType::isDynamic(shape[1]))
    shape[1] /= heads;
  if (!ShapedType::isDynamic(shape[2]))
    shape[2] *= heads;
  types.push_back(ViewType::get(context, shape, view.getElementType(), heads));
  return success();
}

LogicalResult LoadOp::verify() {
  return verifyAccess(*this, getView().getType(), getIndices().size(), getResult().getType());
}

LogicalResult StoreOp::verify() {
  RankedTensorType value = getValue().getType();
  if (getAdds() && (value.getRank() != 2 || !value.getElementType().isF32()))
    return emitOpError("adds ") << value << ", but only a matrix of f32 can be added";
  return verifyAccess(*this, getView().getType(), getIndices().size(), value);
}

LogicalResult StoreSharedOp::verify() {
  SharedType target = getTarget().getType();
  RankedTensorType value = getValue().getType();
  auto layout = dyn_cast<FragmentAttr>(value.getEncoding());
  if (!layout || layout.getKind() != FragmentKind::Accumulator)
    return emitOpError("must write a fragment of kind accumulator");
  if (target.isVector() ||
      value.getShape() != ArrayRef<int64_t>({target.getRows(), target.getColumns()}) ||
      value.getElementType() != target.getElementType() || layout.getAxes() != target.getAxes())
    return emitOpError("must have the shape, element type and axes of its slot");
  return success();
}

LogicalResult AtomicAddOp::verify() {
  if (!(*this)->getParentOfType<MapOp>())
    return emitOpError("stands in a 'tile.map'");
  if (getView().getType().getHeads() > 1)
    return emitOpError("adds to packed heads; add to the view itself");
  return verifyIndices(*this, getView().getType(), getIndices().size());
}

LogicalResult ReadOp::verify() {
  if (getView().getType().getHeads() > 1)
    return emitOpError("reads one element of packed heads; read it of the view itself");
  return verifyIndices(*this, getView().getType(), getIndices().size());
}

LogicalResult ReadOp::inferReturnTypes(MLIRContext *context, std::optional<Location>,
                                       ValueRange operands, DictionaryAttr, OpaqueProperties,
                                       RegionRange, SmallVectorImpl<Type> &types) {
  if (operands.empty() || !isa<ViewType>(operands[0].getType()))
    return failure();
  types.push_back(cast<ViewType>(operands[0].getType()).getElementType());
  types.push_back(IntegerType::get(context, 1));
  return success();
}

LogicalResult TableOp::inferReturnTypes(MLIRContext *context, std::optional<Location>, ValueRange,
                                        DictionaryAttr attributes, OpaqueProperties properties,
                                        RegionRange, SmallVectorImpl<Type> &types) {
  ElementsAttr elements = Adaptor({}, attributes, *properties.as<Properties *>(), {}).getElements();
  if (!elements)
    return failure();
  types.push_back(
      ViewType::get(context, elements.getShapedType().getShape(), elements.getElementType()));
  return success();
}

LogicalResult SlotOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands,
                                       DictionaryAttr, OpaqueProperties, RegionRange,
                                       SmallVectorImpl<Type> &types) {
  if (operands.empty() || !isa<RingType>(operands[0].getType()))
    return failure();
  types.push_back(cast<RingType>(operands[0].getType()).getSlotType());
  return success();
}

LogicalResult SlotOp::verify() {
  if (!getStandIn())
    return success();
  auto ring = cast<RingType>(getStandIn().getType());
  SharedType other = ring.getSlotType(), own = cast<SharedType>(getSlot().getType());
  if (ring.getSlots() != 1 || other.getRows() < own.getRows() ||
      other.getColumns() != own.getColumns())
    return emitOpError("needs one slot with as many columns and no fewer rows to stand in for it");
  return success();
}

LogicalResult CopyAsyncOp::verify() {
  ViewType view = getView().getType();
  SharedType target = getTarget().getType();
  if (failed(verifyIndices(*this, view, getIndices().size())))
    return failure();
  int64_t rank = target.getAxes().size();
  if (view.getRank() < rank)
    return emitOpError("copies from a view of rank ")
           << view.getRank() << ", needs at least " << rank;
  if (view.getElementType() != target.getElementType())
    return emitOpError("copies elements of type ")
           << view.getElementType() << " to " << target.getElementType();
  return success();
}

LogicalResult LoadSharedOp::verify() {
  SharedType source = getSource().getType();
  RankedTensorType result = getResult().getType();
  auto layout = dyn_cast<FragmentAttr>(result.getEncoding());
  FragmentKind kind = source.isVector() ? FragmentKind::Column : FragmentKind::Operand;
  if (!layout || layout.getKind() != kind)
    return emitOpError("must give a fragment of kind ") << stringifyFragmentKind(kind);
  SmallVector<int64_t> shape = {source.getRows(), source.getColumns()};
  shape.resize(source.getAxes().size());
  if (result.getShape() != ArrayRef(shape) || result.getElementType() != source.getElementType() ||
      layout.getAxes() != source.getAxes())
    return emitOpError("must give the shape, element type and axes of its slot");
  return success();
}
