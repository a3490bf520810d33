//===- Differentiate.cpp - Gradient functions of specs ----------------------===//
//
// A copy of the spec is checked, its scalars sunk, and its attend replaced by
// attn.attend_grad with the same predicate and score and the pullback of the score
// (Gradient/Pullback.h). What came before stays, such as expanded block lists; then
// the copy is made canonical, which drops what the derivative does not need.
//
// Orders are permutations, so the gradient of a gather scatters and that of a scatter
// gathers: gradients of results come in the order of the attend, and those of queries,
// keys and values go back to where the rows were.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Gradient/Pullback.h"
#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

/// Arguments from which scalar code computes a value.
static void addSources(Value value, llvm::SetVector<BlockArgument> &sources) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    sources.insert(argument);
  else
    for (Value operand : value.getDefiningOp()->getOperands())
      addSources(operand, sources);
}

/// The result of the attend that `result` of the spec is, in any order.
static Value unscattered(Value result) {
  auto scatter = result.getDefiningOp<ScatterOp>();
  return scatter ? Value(scatter.getSource()) : result;
}

/// What `value` has the rows of, in any order.
static Value ungathered(Value value) {
  auto gather = value.getDefiningOp<GatherOp>();
  return gather ? Value(gather.getSource()) : value;
}

namespace {
/// Turns the copy of a spec into its gradient.
class GradientFunction {
public:
  GradientFunction(func::FuncOp function, AttendOp attend)
      : function(function), attend(attend), builder(attend) {}

  LogicalResult run();

private:
  LogicalResult findWanted();
  LogicalResult checkUsedOnce();
  LogicalResult checkOrders();
  void addArguments();
  AttendGradOp replaceAttend();
  void returnGradients(AttendGradOp gradient);

  func::FuncOp function;
  AttendOp attend;
  OpBuilder builder;
  llvm::SetVector<Value> read;   ///< floats that `score` reads
  llvm::SetVector<Value> wanted; ///< these and the scale, in the order of the arguments
  Value output, lse, outputGradient, lseGradient;
};
} // namespace

LogicalResult GradientFunction::findWanted() {
  Region &score = attend.getScore();
  if (!score.empty()) {
    score.walk([&](LoadOp load) {
      if (isa<FloatType>(load.getType()))
        read.insert(load.getTable());
    });
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(score, captured);
    for (Value value : captured)
      if (isa<FloatType>(value.getType()))
        read.insert(value);
  }
  Value scale = attend.getScale();
  llvm::SetVector<BlockArgument> sources;
  if (scale)
    addSources(scale, sources);
  for (BlockArgument source : sources)
    if (source != scale && isa<FloatType>(source.getType()))
      return attend.emitOpError() << "has a scale that is computed from argument "
                                  << source.getArgNumber()
                                  << ", whose gradient is not supported yet";
  for (BlockArgument argument : function.getArguments())
    if (read.contains(argument) || argument == scale)
      wanted.insert(argument);
  return success();
}

/// A gradient has one source: there is no op that adds tensors.
LogicalResult GradientFunction::checkUsedOnce() {
  llvm::SetVector<Value> uses(read.begin(), read.end());
  for (Value value : {attend.getQuery(), attend.getKey(), attend.getValue()})
    if (!uses.insert(ungathered(value)))
      return attend.emitOpError()
             << "uses argument " << cast<BlockArgument>(ungathered(value)).getArgNumber()
             << " twice, so two gradients would have to be added, which is not supported yet";
  return success();
}

/// What is asked for is the gradient of an argument, and what is given that of a result,
/// with no more than one op that moves rows between it and the attend.
LogicalResult GradientFunction::checkOrders() {
  for (Value table : read)
    if (table.getDefiningOp<GatherOp>())
      return attend.emitOpError(
          "has a score that reads a gathered table, whose gradient is not supported yet");
  for (Value value : {attend.getQuery(), attend.getKey(), attend.getValue()})
    if (ungathered(value).getDefiningOp<GatherOp>())
      return attend.emitOpError("has rows that were gathered twice, whose gradient is not "
                                "supported yet");
  llvm::SetVector<Value> results;
  for (Value result : function.front().getTerminator()->getOperands())
    if (!results.insert(unscattered(result)))
      return attend.emitOpError("has a result that is returned in two orders, so two gradients "
                                "would have to be added, which is not supported yet");
  return success();
}

void GradientFunction::addArguments() {
  Operation *end = function.front().getTerminator();
  auto add = [&](Value like, StringRef name) -> Value {
    unsigned index = function.getNumArguments();
    auto named = builder.getNamedAttr("attn.name", builder.getStringAttr(name));
    (void)function.insertArgument(index, like.getType(), builder.getDictionaryAttr(named),
                                  attend.getLoc());
    return function.getArgument(index);
  };
  // An argument like a result, in the order that the attend's rows have.
  auto addInOrder = [&](Value result, StringRef name) -> Value {
    Value argument = add(result, name);
    auto scatter = result.getDefiningOp<ScatterOp>();
    return scatter ? GatherOp::create(builder, scatter.getLoc(), argument, scatter.getOrder())
                         .getResult()
                   : argument;
  };
  Value returnedOutput, returnedLse;
  for (Value result : end->getOperands())
    (unscattered(result) == attend.getLse() ? returnedLse : returnedOutput) = result;
  output = returnedLse ? addInOrder(returnedOutput, "o") : Value(attend.getOutput());
  lse = returnedLse ? addInOrder(returnedLse, "lse") : Value(attend.getLse());
  for (Value result : llvm::to_vector(end->getOperands())) {
    bool isLse = result == returnedLse;
    (isLse ? lseGradient : outputGradient) = addInOrder(result, isLse ? "dlse" : "do");
  }
}

AttendGradOp GradientFunction::replaceAttend() {
  Value key = attend.getKey(), value = attend.getValue();
  auto gradient = AttendGradOp::create(
      builder, attend.getLoc(), attend.getQuery(), attend.getQueryPosition(),
      attend.getQueryOffsets(), key, value, attend.getKeyPosition(), attend.getKeyOffsets(), output,
      lse, outputGradient, lseGradient, attend.getScale(), wanted.getArrayRef());
  IRMapping none;
  attend.getWhere().cloneInto(&gradient.getWhere(), none);
  attend.getScore().cloneInto(&gradient.getScore(), none);
  return gradient;
}

void GradientFunction::returnGradients(AttendGradOp gradient) {
  llvm::DenseMap<Value, Value> gradients;
  auto add = [&](Value value, Value made) {
    if (auto gather = value.getDefiningOp<GatherOp>())
      made = ScatterOp::create(builder, gather.getLoc(), made, gather.getOrder());
    gradients[ungathered(value)] = made;
  };
  add(attend.getQuery(), gradient.getQueryGradient());
  add(attend.getKey(), gradient.getKeyGradient());
  add(attend.getValue(), gradient.getValueGradient());
  for (auto [value, made] : llvm::zip(wanted, gradient.getGradients()))
    gradients[value] = made;
  SmallVector<Value> returned;
  for (BlockArgument argument : function.getArguments())
    if (Value made = gradients.lookup(argument))
      returned.push_back(made);
  function.front().getTerminator()->setOperands(returned);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), TypeRange(ValueRange(returned))));
  function.removeResAttrsAttr();
}

LogicalResult GradientFunction::run() {
  Operation *end = function.front().getTerminator();
  if (!llvm::is_contained(llvm::map_range(end->getOperands(), unscattered), attend.getOutput()))
    return attend.emitOpError("has an output that is not returned, which nothing depends on then");
  if (failed(findWanted()) || failed(checkOrders()) || failed(checkUsedOnce()))
    return failure();
  builder.setInsertionPoint(end);
  addArguments();
  AttendGradOp gradient = replaceAttend();
  if (!attend.getScore().empty() &&
      failed(emitPullback(attend.getScore(), wanted, gradient.getPullback())))
    return failure();
  returnGradients(gradient);
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

template <class Op>
static bool holds(func::FuncOp function) {
  return function.walk([](Op) { return WalkResult::interrupt(); }).wasInterrupted();
}

namespace {
struct DifferentiatePass final : lacuna::attn::impl::DifferentiateBase<DifferentiatePass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto spec : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (holds<AttendOp>(spec) && !holds<AttendGradOp>(spec) && failed(addGradient(spec, symbols)))
        return signalPassFailure();
  }

private:
  LogicalResult addGradient(func::FuncOp spec, SymbolTable &symbols) {
    std::string name = (spec.getName() + "_gradient").str();
    if (symbols.lookup(name))
      return spec.emitError() << "has no place for its gradient: there is a function @" << name;
    func::FuncOp copy = spec.clone();
    copy.setName(name);
    symbols.insert(copy, ++Block::iterator(spec));
    if (succeeded(differentiate(copy))) {
      ++added;
      return success();
    }
    symbols.erase(copy);
    return failure();
  }

  LogicalResult differentiate(func::FuncOp copy) {
    OpPassManager before("func.func"), after("func.func");
    before.addPass(createCheckSpec());
    before.addPass(createSinkScalars());
    if (failed(runPipeline(before, copy)))
      return failure();
    SmallVector<AttendOp> attends(copy.getOps<AttendOp>());
    if (attends.size() != 1)
      return copy.emitError() << "has " << attends.size()
                              << " attends, but only functions with one are differentiated yet";
    if (failed(GradientFunction(copy, attends.front()).run()))
      return failure();
    after.addPass(createCanonicalizerPass());
    after.addPass(createCSEPass());
    after.addPass(createCanonicalizerPass());
    return runPipeline(after, copy);
  }
};
} // namespace
