//===- PlaceLowering.cpp - Blocks, tensors and shared memory of a kernel ---===//
#include "lib/Conversion/TileToEmitC/KernelLowering.h"

#include "lib/Conversion/TileToEmitC/Types.h"

using namespace mlir;
using namespace lacuna;

//===----------------------------------------------------------------------===//
// Share of a block
//===----------------------------------------------------------------------===//

Value KernelLowering::structVariable(Operation *op, StringRef name, StringRef type) {
  auto opaque = emitc::OpaqueType::get(op->getContext(), type);
  return emitc::VariableOp::create(builder, named(name, op->getLoc()),
                                   emitc::LValueType::get(opaque),
                                   emitc::OpaqueAttr::get(op->getContext(), ""));
}

void KernelLowering::readMembers(Operation &op, Value variable, ArrayRef<StringRef> members) {
  auto type = emitc::LValueType::get(builder.getI32Type());
  for (auto [result, member] : llvm::zip_equal(op.getResults(), members)) {
    Location location = named(nameOf(result), op.getLoc());
    Value field = emitc::MemberOp::create(builder, location, type, member, variable);
    values.map(result,
               emitc::LoadOp::create(builder, location, builder.getI32Type(), field).getResult());
  }
}

void KernelLowering::lowerBlockIndex(tile::BlockOp op) {
  emission.include("block");
  Value block = structVariable(op, "block", "lacuna::Block");
  SmallVector<Value> operands = {block, values.lookup(op.getHeads()), values.lookup(op.getRows()),
                                 op.getGroup() ? values.lookup(op.getGroup())
                                               : integer(op.getLoc(), 1)};
  StringRef callee = op.getOrder()                     ? "blockInOrder"
                     : op.getAxis() == tile::Axis::Key ? "blockOfKeys"
                                                       : "blockOfGrid";
  if (op.getOrder())
    operands.push_back(values.lookup(op.getOrder()));
  if (op.getItem())
    operands.push_back(values.lookup(op.getItem()));
  statement(op.getLoc(),
            "{} = " + callText(("lacuna::" + callee + "<" + Twine(kernel.getRowTile()) + ">").str(),
                               operands.size() - 1),
            operands);
  readMembers(*op, block, {"batch", "head", "first"});
}

void KernelLowering::lowerReceiveBlock(tile::ReceiveBlockOp op) {
  emission.include("roles");
  Value block = structVariable(op, "block", "lacuna::Block");
  statement(op.getLoc(), "{} = lacuna::receiveBlock({});", {block, values.lookup(op.getMailbox())});
  readMembers(*op, block, {"batch", "head", "first"});
}

void KernelLowering::lowerPiece(tile::PieceOp op) {
  emission.include("ragged");
  Value piece = structVariable(op, "piece", "lacuna::Piece");
  statement(op.getLoc(), "{} = lacuna::loadPiece({}, {});",
            {piece, values.lookup(op.getPieces()), values.lookup(op.getNumber())});
  readMembers(*op, piece, {"sequence", "first", "queryBegin", "queryEnd", "keyBegin", "keyEnd"});
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

void KernelLowering::lowerPart(tile::PartOp op) {
  unsigned bytes = (op.getView().getType().getElementType().getIntOrFloatBitWidth() + 7) / 8;
  values.map(op.getPart(), call(named(nameOf(op.getPart()), op.getLoc()),
                                kernelParameterType(emission, op.getPart().getType()),
                                "lacuna::partOf<" + Twine(op.getAxis()) + ", " + Twine(bytes) + ">",
                                {values.lookup(op.getView()), values.lookup(op.getBegin()),
                                 values.lookup(op.getEnd())},
                                "ragged"));
}

void KernelLowering::lowerPackHeads(tile::PackHeadsOp op) {
  values.map(op.getPacked(), call(named(nameOf(op.getPacked()), op.getLoc()),
                                  kernelParameterType(emission, op.getPacked().getType()),
                                  "lacuna::packHeads<" + Twine(op.getHeads()) + ">",
                                  values.lookup(op.getView()), "heads"));
}

void KernelLowering::lowerExtent(tile::DimOp op) {
  int64_t extent = cast<tile::ViewType>(op.getView().getType()).getShape()[op.getAxis()];
  values.map(op.getResult(),
             ShapedType::isDynamic(extent)
                 ? call(named(nameOf(op.getResult()), op.getLoc()), builder.getI32Type(),
                        "lacuna::extent<" + Twine(op.getAxis()) + ">", values.lookup(op.getView()),
                        "view")
                 : integer(op.getLoc(), extent));
}

void KernelLowering::lowerTable(tile::TableOp op) {
  std::string name = nameOf(op.getView());
  values.map(op.getView(),
             call(named(name, op.getLoc()), kernelParameterType(emission, op.getView().getType()),
                  printTable(emission, op, (kernel.getSymName() + "_" + name).str()), {},
                  "global"));
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

Value KernelLowering::kept(Location location, StringRef callee, int64_t offset) {
  StringRef name = nameIn(location);
  return call(named(name.empty() ? "ring" : identifier(name), location),
              IntegerType::get(location.getContext(), 32, IntegerType::Unsigned), callee,
              integer(location, offset), "shared");
}

LogicalResult KernelLowering::lowerRing(tile::AllocOp op) {
  if (!op.getOffset())
    return op.emitOpError("cannot be printed: shared memory has not been laid out");
  if (kernel.getSchedule()->getRoles())
    values.map(op.getRing(), kept(op.getLoc(), "lacuna::keptRing", *op.getOffset()));
  return success();
}

void KernelLowering::lowerBarriers(tile::AllocBarriersOp op) {
  emission.include("mbarrier");
  values.map(op.getBarriers(), kept(op.getLoc(), "lacuna::keptAddress", *op.getOffset()));
  auto all = llvm::to_vector(op->getBlock()->getOps<tile::AllocBarriersOp>());
  if (op != all.back())
    return;
  for (tile::AllocBarriersOp barriers : all)
    for (int64_t slot = 0; slot < barriers.getBarriers().getType().getSlots(); ++slot)
      statement(barriers.getLoc(),
                "lacuna::initBarrier<" + std::to_string(barriers.getArrivals()) + ">({} + " +
                    std::to_string(8 * slot) + ");",
                values.lookup(barriers.getBarriers()));
  statement(op.getLoc(), "lacuna::fenceBarriers();");
}

LogicalResult KernelLowering::lowerSlot(tile::SlotOp op) {
  auto ring = cast<tile::RingType>(op.getRing().getType());
  Location location =
      named(nameIn(op.getLoc()).empty() ? axisName(ring.getSlotType().getAxes()[0]).str() + "_slot"
                                        : identifier(nameIn(op.getLoc())),
            op.getLoc());
  if (kernel.getSchedule()->getRoles())
    return lowerSlotOfRoles(op, location);
  auto alloc = op.getRing().getDefiningOp<tile::AllocOp>();
  Type type = IntegerType::get(op.getContext(), 32, IntegerType::Unsigned);
  Value offset = integer(op.getLoc(), *alloc.getOffset());
  if (ring.getSlots() == 1)
    values.map(op.getResult(), call(location, type, "lacuna::sharedAddress", offset, "shared"));
  else
    values.map(op.getResult(), call(location, type,
                                    "lacuna::ringSlot<" + Twine(ring.getSlots()) + ", " +
                                        Twine(ring.getSlotType().getBytes()) + ">",
                                    {offset, values.lookup(op.getIndex())}, "shared"));
  return success();
}

LogicalResult KernelLowering::lowerSlotOfRoles(tile::SlotOp op, Location location) {
  auto ring = cast<tile::RingType>(op.getRing().getType());
  Value slot = values.lookup(op.getRing());
  if (ring.getSlots() > 1)
    slot = call(location, slot.getType(),
                "lacuna::keptSlot<" + Twine(ring.getSlots()) + ", " +
                    Twine(ring.getSlotType().getBytes()) + ">",
                {slot, values.lookup(op.getIndex())}, "shared");
  if (op.getStandIn())
    slot = emitc::ConditionalOp::create(builder, location, slot.getType(),
                                        values.lookup(op.getCondition()), slot,
                                        values.lookup(op.getStandIn()));
  bool isLeft = llvm::any_of(op->getUsers(), [&](Operation *user) {
    auto dot = dyn_cast<tile::DotOp>(user);
    return dot && dot.getLhs() == op.getSlot() &&
           tile::axesOf(op.getSlot().getType())[0] == tile::axesOf(dot.getType())[0];
  });
  if (isLeft) {
    Type type;
    FailureOr<FragmentCall> places = printLeftPlaces(emission, op, type);
    if (failed(places))
      return failure();
    leftPlaces[op.getSlot()] =
        emitc::CallOpaqueOp::create(builder, location, type, places->callee, slot).getResult(0);
  }
  values.map(op.getResult(), slot);
  return success();
}
