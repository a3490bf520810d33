#include "dialects/Attn/Transforms/Gradient/Pullback.h"

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Gradient/Rules.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace lacuna::attn;

namespace {
/// Gradients of values, f32, as far as they are known to differ from 0.
using Gradients = llvm::DenseMap<Value, Value>;

class Reversal {
public:
  Reversal(Location loc, const llvm::SetVector<Value> &wanted)
      : builder(loc, loc.getContext()), wanted(wanted) {}

  LogicalResult run(Region &score, Region &pullback);

private:
  /// Copies the ops of a block to where the builder is and says which of their
  /// results depend on what is differentiated. Returns the copies.
  FailureOr<SmallVector<Operation *>> copy(Block &block, IRMapping &copies);
  LogicalResult findActive(Operation *op);
  /// Whether the gradient of a value is needed.
  bool isActive(Value value) const {
    return isa<FloatType>(value.getType()) && (active.contains(value) || wanted.contains(value));
  }

  void add(Gradients &gradients, Value value, Value gradient);
  LogicalResult reverse(ArrayRef<Operation *> ops, Gradients &gradients);
  LogicalResult reverse(scf::IfOp branch, Gradients &gradients);
  void reverse(Operation *op, Value gradient, Gradients &gradients);
  Value gradientOr0(const Gradients &gradients, Value value);

  ImplicitLocOpBuilder builder;
  const llvm::SetVector<Value> &wanted;
  llvm::DenseSet<Value> active;
};
} // namespace

//===----------------------------------------------------------------------===//
// Forwards
//===----------------------------------------------------------------------===//

LogicalResult Reversal::findActive(Operation *op) {
  if (auto load = dyn_cast<LoadOp>(op)) {
    if (wanted.contains(load.getTable()))
      active.insert(load);
    return success();
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    for (Region &side : branch->getRegions())
      for (Operation &inner : side.getOps())
        if (failed(findActive(&inner)))
          return failure();
    for (Region &side : branch->getRegions())
      if (!side.empty())
        for (auto [result, value] :
             llvm::zip(branch.getResults(), side.front().getTerminator()->getOperands()))
          if (isActive(value))
            active.insert(result);
    return success();
  }
  if (op->hasTrait<OpTrait::IsTerminator>() ||
      llvm::none_of(op->getOperands(), [&](Value operand) { return isActive(operand); }))
    return success();
  const Rule *rule = ruleOf(op);
  if (!rule)
    return op->emitOpError(
        "has no derivative: there is no rule for it, so it can take no score, and "
        "nothing that is made of tables or arguments of floats");
  for (auto [operand, partial] : llvm::zip_equal(op->getOperands(), *rule))
    if (partial && isActive(operand))
      active.insert(op->getResult(0));
  return success();
}

FailureOr<SmallVector<Operation *>> Reversal::copy(Block &block, IRMapping &copies) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator()) {
    ops.push_back(builder.clone(op, copies));
    if (failed(findActive(ops.back())))
      return failure();
  }
  return ops;
}

//===----------------------------------------------------------------------===//
// Backwards
//===----------------------------------------------------------------------===//

void Reversal::add(Gradients &gradients, Value value, Value gradient) {
  if (!isActive(value))
    return;
  Value &sum = gradients[value];
  sum = sum ? Term(builder, sum) + Term(builder, gradient) : gradient;
}

Value Reversal::gradientOr0(const Gradients &gradients, Value value) {
  Value gradient = gradients.lookup(value);
  return gradient ? gradient : Value(number(builder, 0));
}

void Reversal::reverse(Operation *op, Value gradient, Gradients &gradients) {
  builder.setLoc(op->getLoc());
  if (auto load = dyn_cast<LoadOp>(op)) {
    ContributeOp::create(builder, gradient, load.getTable(), load.getIndices());
    return;
  }
  Differential differential{builder, op, Term(builder, gradient)};
  for (auto [operand, partial] : llvm::zip_equal(op->getOperands(), *ruleOf(op)))
    if (partial && isActive(operand))
      add(gradients, operand, partial(differential));
}

LogicalResult Reversal::reverse(ArrayRef<Operation *> ops, Gradients &gradients) {
  for (Operation *op : llvm::reverse(ops)) {
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      if (failed(reverse(branch, gradients)))
        return failure();
      continue;
    }
    if (op->getNumResults() == 1)
      if (Value gradient = gradients.lookup(op->getResult(0)))
        reverse(op, gradient, gradients);
  }
  return success();
}

LogicalResult Reversal::reverse(scf::IfOp branch, Gradients &gradients) {
  if (llvm::none_of(branch.getResults(), [&](Value value) { return gradients.contains(value); }))
    return success();
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(branch->getRegions(), captured);
  captured.remove_if([&](Value value) { return !isActive(value); });

  builder.setLoc(branch.getLoc());
  SmallVector<Type> types(captured.size(), builder.getF32Type());
  auto reversed = scf::IfOp::create(builder, types, branch.getCondition(), /*addThenBlock=*/true,
                                    /*addElseBlock=*/true);
  for (auto [side, made] : llvm::zip(branch->getRegions(), reversed->getRegions())) {
    OpBuilder::InsertionGuard guard(builder);
    if (made.front().mightHaveTerminator())
      made.front().getTerminator()->erase();
    builder.setInsertionPointToEnd(&made.front());
    IRMapping copies;
    FailureOr<SmallVector<Operation *>> ops = copy(side.front(), copies);
    if (failed(ops))
      return failure();
    Gradients inner;
    for (auto [result, value] :
         llvm::zip(branch.getResults(), side.front().getTerminator()->getOperands()))
      if (Value gradient = gradients.lookup(result))
        add(inner, copies.lookupOrDefault(value), gradient);
    if (failed(reverse(*ops, inner)))
      return failure();
    builder.setLoc(branch.getLoc());
    SmallVector<Value> yielded;
    for (Value value : captured)
      yielded.push_back(gradientOr0(inner, value));
    scf::YieldOp::create(builder, yielded);
  }
  for (auto [value, gradient] : llvm::zip(captured, reversed.getResults()))
    add(gradients, value, gradient);
  return success();
}

LogicalResult Reversal::run(Region &score, Region &pullback) {
  Block *block = builder.createBlock(&pullback);
  Value g = block->addArgument(builder.getF32Type(), builder.getLoc());
  IRMapping copies;
  for (BlockArgument argument : score.getArguments())
    copies.map(argument, block->addArgument(argument.getType(), argument.getLoc()));
  Value s = copies.lookup(score.getArgument(0));
  active.insert(s);
  FailureOr<SmallVector<Operation *>> ops = copy(score.front(), copies);
  if (failed(ops))
    return failure();
  Operation *end = score.front().getTerminator();
  Gradients gradients;
  add(gradients, copies.lookupOrDefault(end->getOperand(0)), g);
  if (failed(reverse(*ops, gradients)))
    return failure();
  builder.setLoc(end->getLoc());
  for (Value value : wanted)
    if (Value gradient = gradients.lookup(value))
      ContributeOp::create(builder, gradient, value, ValueRange());
  YieldOp::create(builder, gradientOr0(gradients, s));
  return success();
}

LogicalResult lacuna::attn::emitPullback(Region &score, const llvm::SetVector<Value> &wanted,
                                         Region &pullback) {
  return Reversal(score.getLoc(), wanted).run(score, pullback);
}
