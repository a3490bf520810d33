//===- AssignLayouts.cpp - Extents and fragments --------------------------===//
//
// Every value of the sm_80 family lives where mma.sync leaves or takes it, so a
// layout follows from the axes alone: accumulators for matrices, rows or columns for
// vectors. Tiles that are loaded for products get extents but keep #tile.axes,
// because they will not be registers: tile-place-operands gives them their place.
//
//===----------------------------------------------------------------------===//
#include "dialects/Tile/Transforms/Passes.h"
#include "dialects/Tile/Transforms/ResourceModel.h"

using namespace mlir;

namespace lacuna::tile {
#define GEN_PASS_DEF_TILEASSIGNLAYOUTSPASS
#include "dialects/Tile/Transforms/Passes.h.inc"

namespace {
struct AssignLayouts : impl::TileAssignLayoutsPassBase<AssignLayouts> {
  using Base::Base;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    rowAxis = kernel.getRowAxis();
    if (failed(assign(kernel)) || failed(foldExtents(kernel)))
      return signalPassFailure();
    packOperands(kernel);
  }

  /// Only a kernel that has something to assign needs one.
  FailureOr<ScheduleAttr> scheduleOf(KernelOp kernel) {
    if (std::optional<ScheduleAttr> schedule = kernel.getSchedule())
      return *schedule;
    return kernel.emitOpError("has no schedule; run tile-choose-schedule first"), failure();
  }

  /// Gives every tile of the kernel its extents and its layout.
  LogicalResult assign(KernelOp kernel) {
    auto assignTo = [&](Value value, Operation *owner) -> LogicalResult {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      if (!type || !isa_and_nonnull<AxesAttr>(type.getEncoding()))
        return success();
      FailureOr<ScheduleAttr> schedule = scheduleOf(kernel);
      if (failed(schedule))
        return failure();
      FailureOr<RankedTensorType> assigned = convert(type, *schedule, owner);
      if (failed(assigned))
        return failure();
      assignedTiles += *assigned != type;
      value.setType(*assigned);
      return success();
    };
    WalkResult walk = kernel.walk([&](Operation *op) -> WalkResult {
      for (Value result : op->getResults())
        if (failed(assignTo(result, op)))
          return failure();
      for (Region &region : op->getRegions())
        for (BlockArgument argument : region.getArguments())
          if (failed(assignTo(argument, op)))
            return failure();
      return success();
    });
    return failure(walk.wasInterrupted());
  }

  FailureOr<RankedTensorType> convert(RankedTensorType type, ScheduleAttr schedule,
                                      Operation *owner) {
    ArrayRef<Axis> axes = axesOf(type);
    SmallVector<int64_t> shape;
    for (auto [axis, extent] : llvm::zip_equal(axes, type.getShape())) {
      if (axis == Axis::Feature && ShapedType::isDynamic(extent))
        return owner->emitOpError("has a tile whose feature extent is not static"), failure();
      shape.push_back(axis == Axis::Query ? schedule.getQueryTile()
                      : axis == Axis::Key ? schedule.getKeyTile()
                                          : paddedFeatures(extent));
    }
    Attribute layout = type.getEncoding();
    if (!feedsProducts(owner)) {
      std::optional<FragmentKind> kind = kindFor(axes);
      if (!kind)
        return owner->emitOpError("has a tile without ")
                   << stringifyAxis(rowAxis) << " rows, which no fragment holds",
               failure();
      layout = FragmentAttr::get(type.getContext(), axes, *kind, schedule.getWarps());
    }
    return RankedTensorType::get(shape, type.getElementType(), layout);
  }

  /// Whether a tile is loaded for products, and not to compute with its elements.
  static bool feedsProducts(Operation *owner) {
    return isa<LoadOp>(owner) && llvm::any_of(owner->getUsers(), llvm::IsaPred<DotOp>);
  }

  std::optional<FragmentKind> kindFor(ArrayRef<Axis> axes) const {
    if (axes.size() == 1 && axes[0] != rowAxis && axes[0] != Axis::Feature)
      return FragmentKind::Column;
    if (axes.size() == 2 && axes[0] != Axis::Feature && axes[1] == Axis::Feature)
      return FragmentKind::Accumulator; // also of columns: a product over rows makes it
    if (axes.empty() || axes[0] != rowAxis)
      return std::nullopt;
    return axes.size() == 1 ? FragmentKind::Row : FragmentKind::Accumulator;
  }

  /// The tile sizes are known now.
  LogicalResult foldExtents(KernelOp kernel) {
    WalkResult walk = kernel.walk([&](TileExtentOp extent) -> WalkResult {
      if (extent.getAxis() == Axis::Feature)
        return extent.emitOpError("asks for the features of a tile, which its type says");
      FailureOr<ScheduleAttr> schedule = scheduleOf(kernel);
      if (failed(schedule))
        return failure();
      OpBuilder builder(extent);
      int64_t size =
          extent.getAxis() == Axis::Query ? schedule->getQueryTile() : schedule->getKeyTile();
      auto constant = arith::ConstantOp::create(builder, extent.getLoc(),
                                                builder.getI32IntegerAttr(int32_t(size)));
      extent.replaceAllUsesWith(constant.getResult());
      extent.erase();
      return success();
    });
    return failure(walk.wasInterrupted());
  }

  /// The left side of a product is read as mma's A operand.
  void packOperands(KernelOp kernel) {
    kernel.walk([&](DotOp dot) {
      auto type = dyn_cast<RankedTensorType>(dot.getLhs().getType());
      auto layout = type ? dyn_cast<FragmentAttr>(type.getEncoding()) : FragmentAttr();
      if (!layout || layout.getKind() != FragmentKind::Accumulator ||
          layout.getAxes()[0] != axesOf(dot.getType())[0])
        return; // tile-exchange-operands stores it
      auto operand = FragmentAttr::get(&getContext(), layout.getAxes(), FragmentKind::Operand,
                                       layout.getWarps());
      OpBuilder builder(dot);
      Value packed = ConvertOp::create(
          builder, dot.getLoc(),
          RankedTensorType::get(type.getShape(), type.getElementType(), operand), dot.getLhs());
      dot.getLhsMutable().assign(packed);
    });
  }

  Axis rowAxis = Axis::Query;
};
} // namespace
} // namespace lacuna::tile
