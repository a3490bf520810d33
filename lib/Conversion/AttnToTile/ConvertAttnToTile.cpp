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
#include "lib/Conversion/AttnToTile/Program.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace lacuna {
#define GEN_PASS_DEF_CONVERTATTNTOTILE
#include "lib/Conversion/AttnToTile/Passes.h.inc"
} // namespace lacuna

using namespace lacuna;

/// Mask ops have one definition, their canonicalisation; it must have run.
static LogicalResult verifyAttend(attn::AttendOp attend) {
  if (attend.getMode() == attn::Mode::Baked && !attend.getRunsAttr())
    return attend.emitOpError("in mode 'baked' has no runs; they are made for given arguments");
  if (int64_t heads = attn::headsTogether(attend); heads > 1)
    if (auto obstacle = attn::findSharingObstacle(attend, heads))
      return obstacle->op->emitError()
             << "the schedule has " << heads << " heads computed together, but " << obstacle->text;
  bool failed = false;
  for (Region &clause : attend.getClauses())
    clause.walk([&](Operation *op) {
      if (isa<attn::AttnDialect>(op->getDialect()) &&
          !isa<attn::LoadOp, attn::LoadRangeOp, attn::YieldOp>(op)) {
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
      return op.emitOpError("cannot be lowered: backward kernels are not built yet, only the "
                            "reference computes gradients");
    if (auto attend = dyn_cast<attn::AttendOp>(op); attend && failed(verifyAttend(attend)))
      return failure();
  }
  Operation *end = spec.front().getTerminator();
  for (Value result : end->getOperands())
    if (!result.getDefiningOp<attn::AttendOp>())
      return end->emitError("a spec returns results of attn.attend and nothing else");
  return success();
}

namespace {
struct ConvertAttnToTilePass final : lacuna::impl::ConvertAttnToTileBase<ConvertAttnToTilePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    for (auto spec : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      bool attends =
          spec.walk([](attn::Attention) { return WalkResult::interrupt(); }).wasInterrupted();
      if (!attends)
        continue;
      if (failed(verifySpec(spec)))
        return signalPassFailure();
      convert(spec, symbols);
    }
  }

private:
  /// The kernels of block lists that attends read. Each takes its place in the plan
  /// of the first attend that does.
  SmallVector<ExpandKernel>
  convertLists(func::FuncOp spec, SymbolTable &symbols, OpBuilder &builder, StatusBits &bits,
               ArrayRef<std::pair<attn::AttendOp, AttendKernel>> lowered) {
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

  void convert(func::FuncOp spec, SymbolTable &symbols) {
    SmallVector<attn::AttendOp> attends;
    for (attn::AttendOp attend : spec.getOps<attn::AttendOp>())
      if (!attend.use_empty())
        attends.push_back(attend);
    OpBuilder builder(spec);
    StatusBits bits;
    SmallVector<std::pair<attn::AttendOp, AttendKernel>> lowered;
    for (auto [index, attend] : llvm::enumerate(attends)) {
      std::string name = (spec.getName() + "_kernel").str();
      if (attends.size() > 1)
        name += std::to_string(index);
      AttendKernel kernel = emitAttendKernel(builder, attend, name, bits);
      auto place = [&](tile::KernelOp made) {
        made->remove();
        symbols.insert(made, Block::iterator(spec));
      };
      if (kernel.plan)
        llvm::for_each(kernel.plan->kernels(), place);
      place(kernel.kernel);
      if (kernel.plan)
        for (tile::KernelOp plan : kernel.plan->kernels())
          plan.setPlansAttr(FlatSymbolRefAttr::get(kernel.kernel.getSymNameAttr()));
      lowered.emplace_back(attend, std::move(kernel));
      ++kernels;
    }
    emitProgram(builder, spec, convertLists(spec, symbols, builder, bits, lowered), lowered, bits);
    spec.erase();
  }
};
} // namespace
