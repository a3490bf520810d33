//===- SinkScalars.cpp - Regions capture arguments only -------------------===//
//
// Each clause gets its own copy of the scalar code it captures, in the order of
// the function, at its start: a region is then complete but for the function's
// arguments. Values that are not scalar code (arguments, results of attends)
// stay captured. Expects a spec function (attn-check-spec).
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/SpecRules.h"
#include "dialects/Attn/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace lacuna::attn {
#define GEN_PASS_DEF_SINKSCALARS
#include "dialects/Attn/Transforms/Passes.h.inc"
} // namespace lacuna::attn

using namespace lacuna::attn;

/// Adds the scalar op that defines `value`, after all it depends on.
static void addScalarCode(Value value, SetVector<Operation *> &code) {
  Operation *op = value.getDefiningOp();
  if (!op || !isScalarCode(op) || code.contains(op))
    return;
  for (Value operand : op->getOperands())
    addScalarCode(operand, code);
  code.insert(op);
}

namespace {
struct SinkScalarsPass final : lacuna::attn::impl::SinkScalarsBase<SinkScalarsPass> {
  void runOnOperation() override {
    SetVector<Operation *> copied;
    getOperation().walk([&](Attention attention) {
      for (Region &clause : attention->getRegions())
        if (!clause.empty())
          sinkInto(clause, copied);
    });
    for (Operation *op : llvm::reverse(copied))
      if (op->use_empty())
        op->erase();
  }

private:
  void sinkInto(Region &clause, SetVector<Operation *> &copied) {
    SetVector<Value> captured;
    getUsedValuesDefinedAbove(clause, captured);
    SetVector<Operation *> code;
    for (Value value : captured)
      addScalarCode(value, code);
    OpBuilder builder = OpBuilder::atBlockBegin(&clause.front());
    IRMapping copies;
    for (Operation *op : code)
      builder.clone(*op, copies);
    for (Value value : captured)
      if (Value copy = copies.lookupOrNull(value))
        replaceAllUsesInRegionWith(value, copy, clause);
    // Dependencies precede their users in `code`; keep that over all regions.
    copied.insert(code.begin(), code.end());
  }
};
} // namespace
