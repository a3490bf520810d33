//===- Differentiate.cpp - Gradient functions of specs ----------------------===//
//
// A copy of the spec is checked, tables that are the same become one value, and its scalars
// are sunk; scales that are computed from floats go into the score before, where all that
// is computed has a derivative. What a score reads has a gradient though nothing may come
// of it: results do not depend on what can be simplified. Then its ops are
// gone through from the last to the first, and each takes the gradients of its results to
// those of its operands: attn.attend by attn.attend_grad, with the same predicate and score
// and the pullback of the score (Gradient/Pullback.h), attn.merge by attn.merge_grad. Orders
// are permutations, so the gradient of a gather scatters and that of a scatter gathers, of
// tables that a score reads as well. What is used several times gets the sum of its gradients.
//
// What the spec computes on the way stays, such as expanded block lists, or states that
// are merged; then the copy is made canonical, which drops what no gradient needs.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Gradient/Pullback.h"
#include "dialects/Attn/Transforms/Gradient/Term.h"
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

/// Makes one value of tables in an order that are the same in the end.
static void mergeTables(func::FuncOp function) {
  SmallVector<Operation *> known;
  for (Operation &op : function.front().without_terminator()) {
    if (!isa<HashOp, SortOp, CompactOp, GatherOp, ScatterOp>(op))
      continue;
    SmallVector<OpFoldResult> folded;
    if (succeeded(op.fold(folded)) && !folded.empty()) {
      op.replaceAllUsesWith(ValueRange(cast<Value>(folded.front())));
      continue;
    }
    auto same = llvm::find_if(known, [&](Operation *other) {
      return OperationEquivalence::isEquivalentTo(&op, other,
                                                  OperationEquivalence::IgnoreLocations);
    });
    if (same == known.end())
      known.push_back(&op);
    else
      op.replaceAllUsesWith(*same);
  }
}

/// Whether a scalar is an argument of floats, or computed from one.
static bool isOfFloats(Value value) {
  if (isa<BlockArgument>(value))
    return isa<FloatType>(value.getType());
  return llvm::any_of(value.getDefiningOp()->getOperands(), isOfFloats);
}

/// Lets the score of an attend begin with the product by its scale, if that is computed
/// from floats.
static void moveScaleToScore(AttendOp attend) {
  Value scale = attend.getScale();
  if (!scale || isa<BlockArgument>(scale) || !isOfFloats(scale))
    return;
  ImplicitLocOpBuilder builder(attend.getLoc(), attend);
  attend.getScaleMutable().assign(number(builder, 1));
  Region &score = attend.getScore();
  if (score.empty()) {
    SmallVector<Type> types(5, builder.getI32Type());
    types.front() = builder.getF32Type();
    Block *block = builder.createBlock(&score, {}, types, SmallVector(5, attend.getLoc()));
    YieldOp::create(builder, block->getArgument(0));
  }
  builder.setInsertionPointToStart(&score.front());
  Value product = score.getArgument(0);
  auto scaled = arith::MulFOp::create(builder, product, scale);
  product.replaceAllUsesExcept(scaled, scaled);
}

/// The result of the attend that `result` of the spec is, in any order.
static Value unscattered(Value result) {
  auto scatter = result.getDefiningOp<ScatterOp>();
  return scatter ? Value(scatter.getSource()) : result;
}

namespace {
/// Turns the copy of a spec into its gradient.
class GradientFunction {
public:
  explicit GradientFunction(func::FuncOp function)
      : function(function), builder(function.front().getTerminator()) {}

  LogicalResult run();

private:
  /// What attention is differentiated by besides queries, keys and values: floats that
  /// `score` reads, and the scale, in the order of the arguments, then tables in orders.
  llvm::SetVector<Value> findWanted(AttendOp attend);
  Value addArgument(Value like, StringRef name);
  void takeStates();
  void takeGradients();
  /// Takes the gradients of an op's results to its operands.
  LogicalResult pull(Operation *op);
  LogicalResult pull(AttendOp attend);
  void pull(MergeOp merge);
  void returnGradients();

  /// Adds to the gradient of a value.
  void add(Value value, Value gradient) { gradients[value].push_back(gradient); }
  /// The gradient of a value; null if nothing depends on it.
  Value gradientOf(Value value);
  /// What attn.attend_grad reads in the place of a result of attention.
  Value stateOf(Value result) const {
    Value whole = merged.lookup(result);
    return whole ? whole : result;
  }
  /// The gradients of a state, of which that of the log-sum-exp may be null; both are if
  /// nothing depends on it.
  std::pair<Value, Value> gradientOf(Value output, Value lse);

  func::FuncOp function;
  OpBuilder builder;
  llvm::DenseMap<Value, SmallVector<Value>> gradients; ///< terms
  llvm::MapVector<Value, Value> given; ///< by result of an attend or merge: what the caller has
  llvm::DenseMap<Value, Value> merged; ///< by result of a part: that of the whole
};
} // namespace

llvm::SetVector<Value> GradientFunction::findWanted(AttendOp attend) {
  llvm::SetVector<Value> read;
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
  llvm::SetVector<Value> wanted;
  for (BlockArgument argument : function.getArguments())
    if (read.contains(argument) || argument == attend.getScale())
      wanted.insert(argument);
  wanted.insert_range(read);
  return wanted;
}

Value GradientFunction::addArgument(Value like, StringRef name) {
  unsigned index = function.getNumArguments();
  auto named = builder.getNamedAttr("attn.name", builder.getStringAttr(name));
  (void)function.insertArgument(index, like.getType(), builder.getDictionaryAttr(named),
                                like.getLoc());
  return function.getArgument(index);
}

/// An attend or merge that returns its whole state needs not be computed again.
void GradientFunction::takeStates() {
  llvm::MapVector<Value, Value> returned; // by result of an attend or merge
  for (Value result : function.front().getTerminator()->getOperands())
    returned.insert({unscattered(result), result});
  for (Operation &op : function.front()) {
    if (!isa<AttendOp, MergeOp>(op) || !returned.contains(op.getResult(0)) ||
        !returned.contains(op.getResult(1)))
      continue;
    for (auto [result, name] : {std::pair<Value, StringRef>(op.getResult(0), "o"),
                                std::pair<Value, StringRef>(op.getResult(1), "lse")}) {
      Value state = addArgument(result, name);
      if (auto scatter = returned[result].getDefiningOp<ScatterOp>()) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointAfterValue(scatter.getOrder());
        state = GatherOp::create(builder, scatter.getLoc(), state, scatter.getOrder());
      }
      given[result] = state;
    }
  }
}

void GradientFunction::takeGradients() {
  for (Value result : llvm::to_vector(function.front().getTerminator()->getOperands())) {
    bool isLse = cast<RankedTensorType>(result.getType()).getRank() == 3;
    add(result, addArgument(result, isLse ? "dlse" : "do"));
  }
}

Value GradientFunction::gradientOf(Value value) {
  SmallVector<Value> terms = gradients.lookup(value);
  if (terms.size() < 2)
    return terms.empty() ? Value() : terms.front();
  return SumOp::create(builder, value.getLoc(), terms.front().getType(), terms);
}

std::pair<Value, Value> GradientFunction::gradientOf(Value output, Value lse) {
  Value ofOutput = gradientOf(output), ofLse = gradientOf(lse);
  if (!ofOutput && ofLse)
    ofOutput = ZerosOp::create(builder, output.getLoc(), output.getType(), stateOf(output));
  return {ofOutput, ofLse};
}

LogicalResult GradientFunction::pull(AttendOp attend) {
  auto [output, lse] = gradientOf(attend.getOutput(), attend.getLse());
  if (!output)
    return success();
  llvm::SetVector<Value> wanted = findWanted(attend);
  auto gradient = AttendGradOp::create(
      builder, attend.getLoc(), attend.getQuery(), attend.getQueryPosition(),
      attend.getQueryOffsets(), attend.getKey(), attend.getValue(), attend.getKeyPosition(),
      attend.getKeyOffsets(), stateOf(attend.getOutput()), stateOf(attend.getLse()), output, lse,
      attend.getScale(), wanted.getArrayRef(), merged.contains(attend.getOutput()));
  IRMapping none;
  attend.getWhere().cloneInto(&gradient.getWhere(), none);
  attend.getScore().cloneInto(&gradient.getScore(), none);
  if (!attend.getScore().empty() &&
      failed(emitPullback(attend.getScore(), wanted, gradient.getPullback())))
    return failure();
  add(attend.getQuery(), gradient.getQueryGradient());
  add(attend.getKey(), gradient.getKeyGradient());
  add(attend.getValue(), gradient.getValueGradient());
  for (auto [value, made] : llvm::zip(wanted, gradient.getGradients()))
    add(value, made);
  return success();
}

/// Whether nothing but the merge that takes it sees a state, and attention or another merge
/// has made it.
static bool isSeenOnly(Value output, Value lse) {
  Operation *maker = output.getDefiningOp();
  return isa_and_nonnull<AttendOp, MergeOp>(maker) && lse.getDefiningOp() == maker &&
         output.hasOneUse() && lse.hasOneUse();
}

/// The gradients of a part by the state of the whole are those by its own (attn.attend_grad),
/// so states that are merged and nothing else need not be computed again.
void GradientFunction::pull(MergeOp merge) {
  auto [output, lse] = gradientOf(merge.getOutput(), merge.getLse());
  if (!output)
    return;
  SmallVector<unsigned> others;
  for (auto [number, ofOutput, ofLse] : llvm::enumerate(merge.getOutputs(), merge.getLses())) {
    if (!isSeenOnly(ofOutput, ofLse)) {
      others.push_back(number);
      continue;
    }
    merged[ofOutput] = stateOf(merge.getOutput());
    merged[ofLse] = stateOf(merge.getLse());
    add(ofOutput, output);
    if (lse)
      add(ofLse, lse);
  }
  if (others.empty())
    return;
  auto gradient = MergeGradOp::create(builder, merge.getLoc(), merge.getOutputs(), merge.getLses(),
                                      output, lse);
  for (unsigned number : others) {
    add(merge.getOutputs()[number], gradient.getOutputGradients()[number]);
    add(merge.getLses()[number], gradient.getLseGradients()[number]);
  }
}

LogicalResult GradientFunction::pull(Operation *op) {
  if (auto attend = dyn_cast<AttendOp>(op))
    return pull(attend);
  if (auto merge = dyn_cast<MergeOp>(op))
    pull(merge);
  if (!isa<GatherOp, ScatterOp>(op))
    return success();
  Value moved = gradientOf(op->getResult(0));
  if (!moved)
    return success();
  if (auto scatter = dyn_cast<ScatterOp>(op))
    add(scatter.getSource(),
        GatherOp::create(builder, op->getLoc(), moved, scatter.getOrder()).getResult());
  if (auto gather = dyn_cast<GatherOp>(op))
    add(gather.getSource(),
        ScatterOp::create(builder, op->getLoc(), moved, gather.getOrder()).getResult());
  return success();
}

void GradientFunction::returnGradients() {
  SmallVector<Value> returned;
  for (BlockArgument argument : function.getArguments())
    if (Value gradient = gradientOf(argument))
      returned.push_back(gradient);
  function.front().getTerminator()->setOperands(returned);
  for (auto [result, state] : given)
    result.replaceAllUsesWith(state);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), TypeRange(ValueRange(returned))));
  function.removeResAttrsAttr();
}

LogicalResult GradientFunction::run() {
  SmallVector<Operation *> ops =
      llvm::map_to_vector(function.front().without_terminator(), [](Operation &op) { return &op; });
  takeStates();
  takeGradients();
  for (Operation *op : llvm::reverse(ops))
    if (failed(pull(op)))
      return failure();
  returnGradients();
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
      if ((holds<AttendOp>(spec) || holds<MergeOp>(spec)) && !holds<AttendGradOp>(spec) &&
          !holds<MergeGradOp>(spec) && failed(addGradient(spec, symbols)))
        return signalPassFailure();
  }

private:
  LogicalResult addGradient(func::FuncOp spec, SymbolTable &symbols) {
    std::string name = (spec.getName() + "_gradient").str();
    if (symbols.lookup(name))
      return spec.emitError() << "has no place for its gradient: there is a function @" << name
                              << "; rename one of them";
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
    OpPassManager before("func.func"), sink("func.func"), after("func.func");
    before.addPass(createCheckSpec());
    if (failed(runPipeline(before, copy)))
      return failure();
    mergeTables(copy);
    for (auto attend : copy.getOps<AttendOp>())
      moveScaleToScore(attend);
    sink.addPass(createSinkScalars());
    if (failed(runPipeline(sink, copy)) || failed(GradientFunction(copy).run()))
      return failure();
    after.addPass(createCanonicalizerPass());
    after.addPass(createCSEPass());
    after.addPass(createCanonicalizerPass());
    return runPipeline(after, copy);
  }
};
} // namespace
