#include "lib/Conversion/AttnToTile/UniformReads.h"

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/SpecRules.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace lacuna {

/// The reads that follow from `known` arguments alone, and what computes their
/// indices, in order.
static llvm::SetVector<Operation *> uniformCode(Region &clause, ValueRange known) {
  llvm::SetVector<Operation *> uniform;
  for (Operation &op : clause.front().without_terminator()) {
    const bool follows = llvm::all_of(op.getOperands(), [&](Value operand) {
      return operand.getParentRegion() != &clause || llvm::is_contained(known, operand) ||
             (operand.getDefiningOp() && uniform.contains(operand.getDefiningOp()));
    });
    if (follows && (isa<attn::LoadOp>(op) || (attn::isScalarCode(&op) && isSpeculatable(&op))))
      uniform.insert(&op);
  }
  llvm::SmallPtrSet<Operation *, 8> needed;
  for (Operation *op : llvm::reverse(uniform))
    if (isa<attn::LoadOp>(op) ||
        llvm::any_of(op->getUsers(), [&](Operation *user) { return needed.contains(user); }))
      needed.insert(op);
  uniform.remove_if([&](Operation *op) { return !needed.contains(op); });
  return uniform;
}

UniformReads emitUniformReads(OpBuilder &builder, const IRMapping &scope, StatusBits &bits,
                              Region &clause, unsigned batchArgument, Value batch, Value head) {
  UniformReads reads;
  if (clause.empty())
    return reads;
  // Messages name tables in the order in which the clause reads them.
  clause.walk([&](attn::LoadOp load) { bits.ofTable(load.getTable(), load.getLoc()); });
  ValueRange arguments = clause.getArguments().slice(batchArgument, head ? 2 : 1);
  IRMapping values = scope;
  values.map(arguments, ValueRange{batch, head}.take_front(arguments.size()));
  ScalarCopier copier(builder, values, bits);
  for (Operation *op : uniformCode(clause, arguments)) {
    copier.copy(op);
    if (isa<attn::LoadOp>(op))
      reads.elements[op] = copier.lookup(op->getResult(0));
  }
  reads.inside = copier.reads();
  return reads;
}

} // namespace lacuna
