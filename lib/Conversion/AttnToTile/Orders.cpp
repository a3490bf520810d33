#include "lib/Conversion/AttnToTile/Orders.h"

#include "lib/Conversion/AttnToTile/KernelArguments.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Tiles.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace lacuna {

static bool isGatherOfIntegers(Operation *op) {
  auto gather = dyn_cast<attn::GatherOp>(op);
  return gather && gather.getSource().getType().getElementType().isInteger();
}

bool isOrderOfPlan(Operation *op) {
  return isa<attn::HashOp, attn::SortOp, attn::CompactOp>(op) || isGatherOfIntegers(op);
}

bool movesRows(Operation *op) {
  return isa<attn::GatherOp, attn::ScatterOp>(op) && !isGatherOfIntegers(op);
}

Value orderOf(Operation *op) {
  auto scatter = dyn_cast<attn::ScatterOp>(op);
  return scatter ? scatter.getOrder() : cast<attn::GatherOp>(op).getOrder();
}

/// The head of the projections that a head of the rows is hashed by.
static Value projectionHeadOf(ImplicitLocOpBuilder &b, Value rows, Value projections, Value head) {
  Value heads = extentOf(b, b.getLoc(), rows, 1),
        ofProjections = extentOf(b, b.getLoc(), projections, 0);
  Value together = b.createOrFold<arith::DivUIOp>(heads, ofProjections);
  return b.createOrFold<arith::DivUIOp>(head, together);
}

tile::KernelOp emitOrderKernel(OpBuilder &builder, Operation *op, StringRef name) {
  Location loc = op->getLoc();
  SmallVector<Value> values(op->getOperands());
  llvm::append_range(values, op->getResults());
  bool hashes = isa<attn::HashOp>(op), sorts = isa<attn::SortOp>(op);
  bool moves = isa<attn::GatherOp, attn::ScatterOp>(op);
  SmallVector<Type> types(llvm::map_range(ValueRange(values).getTypes(), parameterType));
  if (sorts)
    types.push_back(types.back());
  tile::KernelOp kernel = createKernel(builder, loc, name, types);
  Block &body = kernel.getBody().front();
  ValueRange views = body.getArguments();
  nameArguments(op, values, views.take_front(values.size()));

  auto b = ImplicitLocOpBuilder::atBlockBegin(loc, &body);
  Value like = moves ? views[1] : views[0], one = arith::ConstantIntOp::create(b, 1, 32);
  auto block = tile::BlockOp::create(b, extentOf(b, loc, like, 0), extentOf(b, loc, like, 1),
                                     moves || hashes ? extentOf(b, loc, like, 2) : one);
  if (hashes)
    tile::HashRowsOp::create(b, views[0], views[1],
                             projectionHeadOf(b, views[0], views[1], block.getHead()), views[2],
                             block.getBatch(), block.getHead(), block.getFirst());
  else if (moves)
    tile::MoveRowsOp::create(b, views[2], views[0], views[1], block.getBatch(), block.getHead(),
                             block.getFirst(), isa<attn::ScatterOp>(op));
  else if (sorts)
    tile::SortRowsOp::create(b, views[0], views[1], named("scratch", views[2]), block.getBatch(),
                             block.getHead());
  else
    tile::CompactRowsOp::create(b, views[0], views[1], views[2], block.getBatch(), block.getHead());
  tile::ReturnOp::create(b, ValueRange());
  return kernel;
}

StringRef nameOfOrder(OpResult result) {
  Operation *op = result.getOwner();
  if (isa<attn::GatherOp>(op))
    return "gathered";
  if (isa<attn::ScatterOp>(op))
    return "scattered";
  if (isa<attn::HashOp>(op))
    return "buckets";
  return result.getResultNumber() ? "count" : "order";
}

} // namespace lacuna
