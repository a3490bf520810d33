//===- CheckSpec.cpp - Whether a function is a spec -----------------------===//
//
// The op verifiers hold what is true of any attn op anywhere; this pass holds
// what makes a function compilable: every error a user can cause by writing a
// legal MLIR function that is no spec is reported here, at its location, and
// nowhere later. All errors of a function are reported, not only the first.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/SpecRules.h"
#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_CHECKSPEC
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

namespace {
struct CheckSpecPass final : lacuna::attn::impl::CheckSpecBase<CheckSpecPass> {
  void runOnOperation() override {
    func::FuncOp spec = getOperation();
    if (spec.isExternal()) {
      spec.emitError("a spec needs a body");
      return signalPassFailure();
    }
    if (!spec.getBody().hasOneBlock()) {
      spec.emitError("a spec is straight-line code: it has one block");
      return signalPassFailure();
    }
    checkArguments(spec);
    bool attends = false;
    for (Operation &op : spec.front()) {
      attends |= isa<Attention, RowWise>(op);
      checkOp(&op);
    }
    spec.walk([&](Attention attention) { checkAttention(attention); });
    if (!attends)
      fail(spec.emitError("a spec needs an attn.attend or attn.merge"));
    checkReturn(cast<func::ReturnOp>(spec.front().getTerminator()));
    if (failed)
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  bool failed = false;

  void fail(InFlightDiagnostic error) {
    failed = true;
    error.report();
  }

  void checkArguments(func::FuncOp spec) {
    for (BlockArgument argument : spec.getArguments()) {
      Type type = argument.getType();
      auto table = dyn_cast<RankedTensorType>(type);
      bool legal = table ? !table.getEncoding() && isRegionScalar(table.getElementType()) &&
                               !isa<IndexType>(table.getElementType())
                         : isRegionScalar(type) && !isa<IndexType>(type);
      if (!legal)
        fail(emitError(argument.getLoc())
             << "argument " << argument.getArgNumber() << " of a spec has the type " << type
             << ", but arguments are i1, i8, i16, i32, i64, f16, bf16, f32 or ranked tensors of "
                "them");
    }
  }

  void checkOp(Operation *op) {
    if (std::string reason = whyNotInSpec(op); !reason.empty())
      fail(op->emitError() << "'" << op->getName() << "' " << reason);
    if (auto dim = dyn_cast<tensor::DimOp>(op))
      checkIsArgument(dim, dim.getSource(), "the tensor whose dimension is read");
    if (auto expand = dyn_cast<ExpandBlocksOp>(op))
      checkExpansion(expand);
    if (auto hash = dyn_cast<HashOp>(op)) {
      checkIsArgument(op, hash.getRows(), "what is hashed");
      checkIsArgument(op, hash.getProjections(), "the tensor of projections");
    }
    if (auto sort = dyn_cast<SortOp>(op))
      checkIsTable(op, sort.getLabels(), "labels");
    if (auto compact = dyn_cast<CompactOp>(op))
      checkIsTable(op, compact.getKeep(), "flags");
    if (auto gather = dyn_cast<GatherOp>(op))
      checkMove(op, gather.getSource(), gather.getOrder(), "what is gathered");
    if (auto scatter = dyn_cast<ScatterOp>(op))
      checkMove(op, scatter.getSource(), scatter.getOrder(), "what is scattered");
    if (isa<RowWise>(op))
      for (Value operand : op->getOperands())
        if (!isState(operand))
          checkIsTable(op, operand, "what is no result of attention");
    if (auto sum = dyn_cast<SumOp>(op); sum && !llvm::all_of(sum.getTerms(), isGradient))
      fail(op->emitOpError("what is summed must be gradients, or arguments of the spec"));
  }

  void checkMove(Operation *op, Value source, Value order, StringRef what) {
    if (!isState(source))
      checkIsTable(op, source, what);
    checkIsOrder(op, order);
  }

  void checkExpansion(ExpandBlocksOp expand) {
    for (Value tensor : {expand.getList(), expand.getCounts(), expand.getOffsets()})
      checkIsArgument(expand, tensor, "a list of blocks");
    if (std::string reason = whyNotOnHost(expand.getColumns()); !reason.empty())
      fail(expand.emitOpError() << "the number of columns " << reason);
  }

  void checkAttention(Attention attention) {
    checkIsTable(attention, attention.getQueryPosition(), "the positions of the query");
    checkIsTable(attention, attention.getKeyPosition(), "the positions of the keys");
    for (Value offsets : {attention.getQueryOffsets(), attention.getKeyOffsets()})
      checkIsArgument(attention, offsets, "a tensor of offsets");
    auto gradient = dyn_cast<AttendGradOp>(attention.getOperation());
    auto backward = dyn_cast<BackwardOp>(attention.getOperation());
    for (Value wanted : gradient   ? gradient.getWanted()
                        : backward ? backward.getWanted()
                                   : OperandRange(nullptr, 0))
      checkIsTable(attention, wanted, "a value whose gradient is asked for");
    attention->walk([&](Operation *op) {
      if (auto load = dyn_cast<LoadOp>(op))
        checkIsTable(op, load.getTable(), "the table");
      if (auto document = dyn_cast<DocumentOp>(op))
        checkIsTable(op, document.getIds(), "the table");
      if (auto blocks = dyn_cast<BlockMaskOp>(op))
        checkIsTable(op, blocks.getBlocks(), "the table");
      if (auto dim = dyn_cast<tensor::DimOp>(op))
        checkIsArgument(op, dim.getSource(), "the tensor whose dimension is read");
    });
  }

  /// Kernels read tensors of the caller; only attn ops read each other's results.
  void checkIsArgument(Operation *op, Value value, StringRef what) {
    if (value && isa<TensorType>(value.getType()) && !isa<BlockArgument>(value))
      fail(op->emitOpError() << what << " must be an argument of the spec");
  }

  /// Tables are made by the caller, or before attention from what the caller made.
  void checkIsTable(Operation *op, Value value, StringRef what) {
    if (value && isa<TensorType>(value.getType()) && !isTable(value))
      fail(op->emitOpError() << what
                             << " must be an argument of the spec, or made of arguments without "
                                "attention");
  }

  /// Only what these ops make is sure to have every row once.
  void checkIsOrder(Operation *op, Value order) {
    if (!isa_and_nonnull<SortOp, CompactOp>(order.getDefiningOp()))
      fail(op->emitOpError("the order must be a result of attn.sort or attn.compact"));
  }

  void checkReturn(func::ReturnOp ret) {
    llvm::SmallPtrSet<Value, 4> returned;
    for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
      if (!isState(value))
        fail(ret.emitError() << "result " << index
                             << " of a spec must be the result of an attn.attend or of its "
                                "gradient, or be merged, scattered or summed from such");
      else if (!returned.insert(value).second)
        fail(ret.emitError() << "result " << index << " of a spec is returned twice");
    }
  }
};
} // namespace
