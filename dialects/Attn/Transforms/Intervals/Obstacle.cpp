#include "dialects/Attn/Transforms/Intervals/Obstacle.h"

#include "dialects/Attn/IR/Attn.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lacuna::attn::intervals {

/// Marks the arguments of the predicate that a value is computed from.
static void collectArguments(Value value, llvm::SmallPtrSetImpl<Value> &visited,
                             SmallVectorImpl<bool> &found) {
  if (!visited.insert(value).second)
    return;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (isa<TiledAttention>(argument.getOwner()->getParentOp()))
      found[argument.getArgNumber()] = true;
    return;
  }
  value.getDefiningOp()->walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      collectArguments(operand, visited, found);
  });
}

static std::string describeLoad(LoadOp load) {
  // b, h, row, column, slot of the row, slot of the column
  SmallVector<bool, 6> found(6);
  llvm::SmallPtrSet<Value, 8> visited;
  for (Value index : load.getIndices())
    collectArguments(index, visited, found);
  bool query = found[2] || found[4], key = found[3] || found[5];
  if (load->getParentOfType<TiledAttention>().isByKey())
    std::swap(query, key);
  return std::string("reads a table at ") + (query && key ? "a query and a key"
                                             : query      ? "a query"
                                                          : "a key");
}

Obstacle describeObstacle(Operation *op) {
  std::string reason = llvm::TypeSwitch<Operation *, std::string>(op)
                           .Case<LoadOp>(describeLoad)
                           .Case<arith::MulIOp>([](auto) { return "multiplies two unknowns"; })
                           .Case<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
                                 arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp>(
                               [](auto) { return "divides by what is no positive constant"; })
                           .Default([](auto) { return "is not affine"; });
  return {op, ("'" + op->getName().getStringRef() + "' " + reason).str()};
}

} // namespace lacuna::attn::intervals
