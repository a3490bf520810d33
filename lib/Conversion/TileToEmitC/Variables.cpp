//===- Variables.cpp - Which values share one variable --------------------===//
//
// Control flow is structured, so "is a used after b is made?" is answered by
// where the two lie in the tree of regions, without a data-flow analysis.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/Variables.h"

#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"
#include "lib/Conversion/TileToEmitC/Types.h"

using namespace mlir;
using namespace lacuna;

bool lacuna::isRelabelling(tile::ConvertOp op) {
  auto kindOf = [](Value value) {
    auto layout =
        dyn_cast<tile::FragmentAttr>(cast<RankedTensorType>(value.getType()).getEncoding());
    return layout ? std::optional(layout.getKind()) : std::nullopt;
  };
  Type element = tile::elementTypeOf(op.getType());
  return kindOf(op.getSource()) == tile::FragmentKind::Accumulator &&
         kindOf(op.getResult()) == tile::FragmentKind::Operand &&
         (element.isF16() || element.isBF16());
}

namespace {
/// A loop and what it carries.
struct CarryingLoop {
  ValueRange carried, inits, results, yielded;
};
} // namespace

static std::optional<CarryingLoop> loopOf(Operation *op) {
  if (auto loop = dyn_cast<tile::ForRunsOp>(op))
    return CarryingLoop{loop.getCarried(), loop.getInits(), loop.getResults(),
                        loop.getBody().front().getTerminator()->getOperands()};
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return CarryingLoop{loop.getRegionIterArgs(), loop.getInitArgs(), loop.getResults(),
                        loop.getYieldedValues()};
  return std::nullopt;
}

/// Whether control can come from behind `from` to `to` without leaving `scope`,
/// the block in which the value in question is made.
static bool reaches(Operation *from, Operation *to, Block *scope) {
  // A loop inside the scope leads from any place in it to any other.
  for (Operation *op = from->getParentOp(); op && scope->findAncestorOpInBlock(*op);
       op = op->getParentOp())
    if (isa<tile::ForRunsOp, scf::ForOp>(op) && op->isProperAncestor(to))
      return true;
  for (Operation *a = from; a && a->getBlock(); a = a->getParentOp())
    if (Operation *b = a->getBlock()->findAncestorOpInBlock(*to))
      // In two regions of one operation, neither follows the other.
      return a != b && a->isBeforeInBlock(b);
  return false;
}

/// Whether `value` or a relabelling of it is used behind `point` in `scope`.
static bool isUsedBehind(Value value, Operation *point, Block *scope) {
  for (Operation *user : value.getUsers()) {
    if (user != point && reaches(point, user, scope))
      return true;
    if (auto convert = dyn_cast<tile::ConvertOp>(user); convert && isRelabelling(convert))
      if (isUsedBehind(convert.getResult(), point, scope))
        return true;
  }
  return false;
}

/// Whether `a` exists when `b` is made and is needed later.
static bool outlives(Value a, Value b) {
  Block *scope = a.getParentBlock();
  Operation *definition = b.getDefiningOp();
  if (!definition) {
    // Carried values are made at the start of the loop's body.
    if (b.getParentBlock() == scope && isa<BlockArgument>(a))
      return !a.use_empty();
    Operation *loop = b.getParentBlock()->getParentOp();
    Operation *outer = scope->findAncestorOpInBlock(*loop);
    if (!outer || (a.getDefiningOp() && !a.getDefiningOp()->isBeforeInBlock(outer)))
      return false;
    return llvm::any_of(a.getUsers(),
                        [&](Operation *user) { return loop->isProperAncestor(user); });
  }
  Operation *outer = scope->findAncestorOpInBlock(*definition);
  if (!outer || (a.getDefiningOp() && !a.getDefiningOp()->isBeforeInBlock(outer)))
    return false;
  return isUsedBehind(a, definition, scope);
}

bool Variables::interfere(Value a, Value b) const {
  for (Value x : classes.members(a))
    for (Value y : classes.members(b))
      if (outlives(x, y) || outlives(y, x))
        return true;
  return false;
}

void Variables::share(Value variable, Value value) {
  classes.insert(value);
  // A relabelled value is held where its source is.
  if (auto convert = value.getDefiningOp<tile::ConvertOp>(); convert && isRelabelling(convert))
    return;
  if (!isa<RankedTensorType>(value.getType()) || value.getType() != variable.getType() ||
      classes.isEquivalent(variable, value) || interfere(variable, value))
    return;
  classes.unionSets(variable, value);
}

Variables::Variables(tile::KernelOp kernel) {
  kernel.walk([&](Operation *op) {
    if (op->getParentOfType<tile::MapOp>() || !isa<tile::ForRunsOp, scf::ForOp, scf::IfOp>(op))
      return;
    for (OpResult result : op->getResults()) {
      classes.insert(result);
      needed.insert(result);
    }
    if (std::optional<CarryingLoop> loop = loopOf(op))
      for (auto [carried, result] : llvm::zip(loop->carried, loop->results))
        classes.unionSets(classes.getOrInsertLeaderValue(carried), result);
  });
  // What operations make in place, and of what, if that is read.
  SmallVector<std::pair<Value, Value>> changes;
  // Outermost first: the loop's variables decide, what is yielded to them follows.
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (std::optional<CarryingLoop> loop = loopOf(op)) {
      for (auto [carried, init] : llvm::zip(loop->carried, loop->inits))
        if (init.getDefiningOp() && init.getParentBlock() == op->getBlock() && init.hasOneUse())
          share(carried, init);
      for (auto [carried, yielded] : llvm::zip(loop->carried, loop->yielded))
        share(carried, yielded);
    } else if (auto dot = dyn_cast<tile::DotOp>(op)) {
      changes.push_back({dot.getResult(), startsFromZero(dot) ? Value() : dot.getAccumulator()});
    } else if (auto clip = dyn_cast<tile::ClipOp>(op)) {
      changes.push_back({clip.getResult(), clip.getSource()});
    } else if (auto map = dyn_cast<tile::MapOp>(op); map && isMapStatement(map)) {
      changes.push_back({map.getResult(), changedBy(map)});
    } else if (auto await = dyn_cast<tile::AwaitDotsOp>(op)) {
      for (auto [complete, started] : llvm::zip(await.getComplete(), await.getStarted()))
        changes.push_back({complete, started});
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (OpResult result : branch.getResults())
        for (Region &region : branch->getRegions())
          if (needed.contains(result) && !region.empty())
            share(result, region.front().getTerminator()->getOperand(result.getResultNumber()));
    }
  });
  for (auto [result, source] : llvm::reverse(changes)) {
    classes.insert(result);
    needed.insert(result);
    if (source)
      share(result, source);
  }
}

Value Variables::leaderOf(Value value) const {
  if (!classes.contains(value))
    return {};
  for (Value member : classes.members(value))
    if (needed.contains(member))
      return *classes.findLeader(value);
  return {};
}

std::string lacuna::tileName(Value value) {
  if (StringRef name = nameIn(value.getLoc()); !name.empty())
    return identifier(name);
  auto fragment = Fragment::of(value.getLoc(), value.getType());
  if (failed(fragment))
    return "tile";
  if (fragment->kind() == tile::FragmentKind::PartialRow)
    return "row_sum";
  if (auto reduce = value.getDefiningOp<tile::ReduceOp>())
    return reduce.getKind() == tile::ReduceKind::Max ? "row_max" : "row_sum";
  if (auto map = value.getDefiningOp<tile::MapOp>()) {
    auto yield = cast<tile::YieldOp>(map.getBody().front().getTerminator());
    if (Operation *last = yield.getValues()[0].getDefiningOp())
      return (fragment->noun() + "_" + last->getName().stripDialect()).str();
  }
  return fragment->noun().str();
}
