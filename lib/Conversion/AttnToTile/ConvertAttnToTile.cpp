//===- ConvertAttnToTile.cpp - From specs to abstract tile programs ---------===//
//
// Kernels are emitted before the program, in the order of their attends. The
// rules of a spec are attn-check-spec's; what is checked here is what this
// lowering alone asks for, and that nothing it cannot read is left.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/AttnToTile/Passes.h"

#include "dialects/Attn/IR/HeadSharing.h"
#include "dialects/Attn/IR/SpecRules.h"
#include "lib/Conversion/AttnToTile/BackwardKernel.h"
#include "lib/Conversion/AttnToTile/Program.h"
#include "lib/Conversion/AttnToTile/Pullback.h"
#include "lib/Conversion/AttnToTile/RowKernels.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace lacuna {
#define GEN_PASS_DEF_CONVERTATTNTOTILE
#include "lib/Conversion/AttnToTile/Passes.h.inc"
} // namespace lacuna

using namespace lacuna;

/// Mask ops have one definition, their canonicalisation; it must have run.
static LogicalResult verifyAttend(attn::TiledAttention attend) {
  if (attend.getMode() == attn::Mode::Baked && !attend.getRunsAttr())
    return attend.emitOpError("in mode 'baked' has no runs; they are made for given arguments");
  if (int64_t heads = attn::headsTogether(attend); heads > 1)
    if (auto obstacle = attn::findSharingObstacle(attend, heads))
      return obstacle->op->emitError()
             << "the schedule has " << heads << " heads computed together, but " << obstacle->text;
  bool failed = false;
  for (Region &clause : attend->getRegions())
    clause.walk([&](Operation *op) {
      if (isa<attn::AttnDialect>(op->getDialect()) &&
          !isa<attn::ContributeOp, attn::LoadOp, attn::LoadRangeOp, attn::YieldOp>(op)) {
        op->emitOpError("must be expanded before it can be lowered (attn-expand-sugar)");
        failed = true;
      }
    });
  return failure(failed);
}

static LogicalResult verifySpec(func::FuncOp spec) {
  if (!spec.getBody().hasOneBlock())
    return spec.emitError("has branches, but a spec is straight-line code");
  for (Operation &op : spec.front()) {
    if (std::string reason = attn::whyNotInSpec(&op); !reason.empty())
      return op.emitError() << "'" << op.getName() << "' " << reason;
    if (isa<attn::AttendGradOp>(op))
      return op.emitOpError("must be split before it can be lowered (attn-split-gradients)");
    if (auto attend = dyn_cast<attn::TiledAttention>(op); attend && failed(verifyAttend(attend)))
      return failure();
  }
  Operation *end = spec.front().getTerminator();
  for (Value result : end->getOperands())
    if (!attn::isState(result))
      return end->emitError("a spec returns results of attention and nothing else");
  return success();
}

/// Gives the gradient of values to an op of its own where a kernel cannot sum it together
/// with that of keys.
static void splitByKey(attn::BackwardOp backward) {
  bool isWide = std::max(backward.getQueryHeadDim(), backward.getValueHeadDim()) >
                attn::BackwardOp::kMostFeaturesTogether;
  if (!backward.isByKey() || !isWide || backward.getKeyGradient().use_empty() ||
      backward.getValueGradient().use_empty())
    return;
  auto ofValues = cast<attn::BackwardOp>(OpBuilder(backward).clone(*backward));
  backward.getValueGradient().replaceAllUsesWith(ofValues.getValueGradient());
}

namespace {
struct ConvertAttnToTilePass final : lacuna::impl::ConvertAttnToTileBase<ConvertAttnToTilePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    for (auto spec : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      bool isSpec = llvm::any_of(spec.getOps(), llvm::IsaPred<attn::Attention, attn::RowWise>);
      if (!isSpec)
        continue;
      if (failed(verifySpec(spec)))
        return signalPassFailure();
      convert(spec, symbols);
    }
  }

private:
  /// The kernels of block lists that attends read. Each takes its place in the plan
  /// of the first attend that does.
  SmallVector<ExpandKernel> convertLists(func::FuncOp spec, SymbolTable &symbols,
                                         OpBuilder &builder, StatusBits &bits,
                                         ArrayRef<std::pair<Operation *, AttendKernel>> lowered) {
    SmallVector<ExpandKernel> expansions;
    for (auto expand : spec.getOps<attn::ExpandBlocksOp>()) {
      auto reader = llvm::find_if(lowered, [&](auto &attend) {
        return llvm::any_of(expand->getUsers(),
                            [&](Operation *user) { return attend.first->isAncestor(user); });
      });
      if (reader == lowered.end())
        continue;
      std::string name = (spec.getName() + "_blocks" + Twine(expansions.size())).str();
      ExpandKernel made = emitExpandKernel(builder, expand, name, bits);
      made.kernel->remove();
      symbols.insert(made.kernel, Block::iterator(spec));
      tile::KernelOp planned = reader->second.kernel;
      made.kernel.setPlansAttr(FlatSymbolRefAttr::get(planned.getSymNameAttr()));
      expansions.push_back(made);
      ++kernels;
    }
    return expansions;
  }

  /// The kernels of orders. They, and those that move rows for attention, are scheduled
  /// with its first kernel.
  SmallVector<OrderKernel> convertOrders(func::FuncOp spec, SymbolTable &symbols,
                                         OpBuilder &builder,
                                         ArrayRef<std::pair<Operation *, AttendKernel>> lowered) {
    SmallVector<OrderKernel> orders;
    auto first = llvm::find_if(
        lowered, [](auto &op) { return isa<attn::Attention, attn::RowWise>(op.first); });
    if (first == lowered.end())
      return orders;
    tile::KernelOp attention = first->second.kernel;
    auto served = FlatSymbolRefAttr::get(attention.getSymNameAttr());
    for (auto &[op, kernel] : lowered)
      if (movesRows(op))
        tile::KernelOp(kernel.kernel).setPlansAttr(served);
    for (Operation &op : spec.front()) {
      if (!isOrderOfPlan(&op) || op.use_empty())
        continue;
      StringRef what = isa<attn::HashOp>(op) ? "_hash" : "_order";
      std::string name = (spec.getName() + what + Twine(orders.size())).str();
      tile::KernelOp kernel = emitOrderKernel(builder, &op, name);
      kernel->remove();
      symbols.insert(kernel, Block::iterator(spec));
      kernel.setPlansAttr(served);
      orders.push_back({&op, kernel});
      ++kernels;
    }
    return orders;
  }

  /// The kernel of an op that moves rows: it takes what the op does, and its result.
  static AttendKernel emitMoveKernel(OpBuilder &builder, Operation *op, StringRef name) {
    AttendKernel result;
    result.kernel = emitOrderKernel(builder, op, name);
    result.operands.assign(op->operand_begin(), op->operand_end());
    result.operands.push_back(op->getResult(0));
    result.takesGroup = false;
    return result;
  }

  /// The kernel of an op.
  static AttendKernel emitKernel(OpBuilder &builder, Operation *op, StringRef name,
                                 StatusBits &bits) {
    return llvm::TypeSwitch<Operation *, AttendKernel>(op)
        .Case([&](attn::AttendOp attend) { return emitAttendKernel(builder, attend, name, bits); })
        .Case([&](attn::RowWise rows) { return emitRowKernel(builder, rows, name); })
        .Case([&](attn::BackwardOp backward) {
          return emitBackwardKernel(builder, backward, name, bits);
        })
        .Default([&](Operation *move) { return emitMoveKernel(builder, move, name); });
  }

  /// What the kernels of a spec are called: after it, and after what they compute if there
  /// are several.
  static std::string kernelName(func::FuncOp spec, Operation *op, size_t attends, size_t index) {
    std::string name = spec.getName().str();
    if (isa<attn::RowWise>(op))
      return name + "_" + op->getName().stripDialect().str();
    if (auto backward = dyn_cast<attn::BackwardOp>(op))
      return name + (!backward.isByKey()                     ? "_by_query"
                     : backward.getKeyGradient().use_empty() ? "_values_by_key"
                                                             : "_by_key");
    if (movesRows(op))
      return name + (isa<attn::GatherOp>(op) ? "_gather" : "_scatter") + std::to_string(index);
    return name + "_kernel" + (attends > 1 ? std::to_string(index) : "");
  }

  /// Says how gradients are summed where it is not in one order.
  static void remarkSums(attn::BackwardOp op) {
    for (Value wanted : op.getWanted())
      op.emitRemark() << "gradient of " << nameInSpec(wanted) << ": terms of "
                      << (isSumOfRows(op, op.getGradientOf(wanted)) ? "rows" : "pairs")
                      << " are added atomically, so that its last bits may differ from run to run";
  }

  void convert(func::FuncOp spec, SymbolTable &symbols) {
    for (auto backward : llvm::to_vector(spec.getOps<attn::BackwardOp>()))
      splitByKey(backward);
    SmallVector<Operation *> ops;
    for (Operation &op : spec.getOps())
      if ((isa<attn::TiledAttention, attn::RowWise>(op) || movesRows(&op)) && !op.use_empty())
        ops.push_back(&op);
    size_t attends = llvm::count_if(ops, llvm::IsaPred<attn::AttendOp>);
    OpBuilder builder(spec);
    StatusBits bits;
    std::vector<std::pair<Operation *, AttendKernel>> lowered;
    for (auto [index, op] : llvm::enumerate(ops)) {
      AttendKernel kernel = emitKernel(builder, op, kernelName(spec, op, attends, index), bits);
      auto place = [&](tile::KernelOp made) {
        made->remove();
        symbols.insert(made, Block::iterator(spec));
      };
      if (kernel.plan)
        llvm::for_each(kernel.plan->kernels(), place);
      if (auto backward = dyn_cast<attn::BackwardOp>(op))
        remarkSums(backward);
      for (const GradientSum &sum : kernel.sums)
        for (tile::KernelOp around : {sum.clear, sum.finish})
          if (around)
            place(around);
      place(kernel.kernel);
      if (kernel.plan)
        for (tile::KernelOp plan : kernel.plan->kernels())
          plan.setPlansAttr(FlatSymbolRefAttr::get(kernel.kernel.getSymNameAttr()));
      lowered.emplace_back(op, std::move(kernel));
      ++kernels;
    }
    emitProgram(builder, spec, convertLists(spec, symbols, builder, bits, lowered),
                convertOrders(spec, symbols, builder, lowered), lowered, bits);
    spec.erase();
  }
};
} // namespace
