//===- FoldScalarCode.cpp - Scalar functions as nested expressions --------===//
//
// Upstream's form-expressions leaves calls on lines of their own, since an opaque
// call may have side effects. The functions that scalar code calls have none, so
// whatever has one use moves into its user.
//
// An operation that uses a value twice becomes an expression in kernels, too: the one
// that form-expressions makes of it has an operand twice, and does not read back.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace lacuna {
#define GEN_PASS_DEF_FOLDSCALARCODE
#include "lib/Conversion/TileToEmitC/Passes.h.inc"
} // namespace lacuna

using namespace mlir;
using namespace lacuna;

/// Whether an operation may be computed where its result is used. Reading a
/// variable may not: the variable can change in between.
static bool isMovable(Operation *op) {
  return isa<emitc::CExpressionInterface>(op) && !isa<emitc::LoadOp>(op);
}

/// The user that an operation moves into, or null.
static Operation *onlyUser(Operation *op) {
  if (!op->hasOneUse())
    return nullptr;
  Operation *user = *op->user_begin();
  return user->getBlock() == op->getBlock() && isMovable(user) ? user : nullptr;
}

/// Adds what `root` computes, operands first.
static void collect(Operation *root, llvm::SetVector<Operation *> &tree) {
  for (Value operand : root->getOperands())
    if (Operation *op = operand.getDefiningOp(); op && isMovable(op) && onlyUser(op) == root)
      collect(op, tree);
  tree.insert(root);
}

/// Whether a value is more than one of an operation's operands.
static bool usesValueTwice(Operation *op) {
  llvm::SmallDenseSet<Value> seen;
  return llvm::any_of(op->getOperands(), [&](Value value) { return !seen.insert(value).second; });
}

/// Replaces a tree of operations by one expression.
static void fold(const llvm::SetVector<Operation *> &tree) {
  Operation *root = tree.back();
  llvm::SetVector<Value> inputs;
  for (Operation *op : tree)
    for (Value operand : op->getOperands())
      if (!tree.contains(operand.getDefiningOp()))
        inputs.insert(operand);
  OpBuilder builder(root);
  auto expression = emitc::ExpressionOp::create(builder, root->getLoc(),
                                                root->getResult(0).getType(), inputs.getArrayRef());
  IRMapping values;
  values.map(inputs.getArrayRef(), expression.createBody().getArguments());
  builder.setInsertionPointToStart(&expression.getRegion().front());
  for (Operation *op : tree)
    builder.clone(*op, values);
  emitc::YieldOp::create(builder, root->getLoc(), values.lookup(root->getResult(0)));
  root->getResult(0).replaceAllUsesWith(expression.getResult());
  for (Operation *op : llvm::reverse(tree.getArrayRef()))
    op->erase();
}

/// Folds a block and the blocks in it.
static void foldBlock(Block &block) {
  SmallVector<Operation *> roots;
  for (Operation &op : block) {
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        foldBlock(inner);
    if (isMovable(&op) && !onlyUser(&op))
      roots.push_back(&op);
  }
  for (Operation *root : roots) {
    llvm::SetVector<Operation *> tree;
    collect(root, tree);
    if (tree.size() > 1 || usesValueTwice(root))
      fold(tree);
  }
}

/// Folds single operations of a kernel.
static void foldRepeatedOperands(emitc::FuncOp kernel) {
  SmallVector<Operation *> found;
  kernel.walk([&](Operation *op) {
    if (isa<emitc::ExpressionOp>(op))
      return WalkResult::skip();
    if (isMovable(op) && op->getNumResults() == 1 && usesValueTwice(op))
      found.push_back(op);
    return WalkResult::advance();
  });
  for (Operation *op : found) {
    llvm::SetVector<Operation *> tree;
    tree.insert(op);
    fold(tree);
  }
}

namespace {
struct FoldScalarCode : lacuna::impl::FoldScalarCodeBase<FoldScalarCode> {
  void runOnOperation() override {
    emitc::FuncOp function = getOperation();
    ArrayAttr specifiers = function.getSpecifiersAttr();
    bool isKernel = specifiers && llvm::is_contained(specifiers.getAsValueRange<StringAttr>(),
                                                     StringRef("__global__"));
    if (function.isExternal())
      return;
    if (isKernel)
      foldRepeatedOperands(function);
    else
      foldBlock(function.getBody().front());
  }
};
} // namespace
