//===- Rules.h - The derivative of each op of a region ----------------------===//
//
// One entry an op: for each operand, how the gradient of the result becomes that of
// the operand. Gradients are f32 whatever the type of the value, so that they are
// not rounded to f16 between two ops that are.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_GRADIENT_RULES_H
#define DIALECTS_ATTN_TRANSFORMS_GRADIENT_RULES_H

#include "dialects/Attn/Transforms/Gradient/Term.h"

namespace lacuna::attn {

/// An op with one result, and the gradient of that.
struct Differential {
  mlir::ImplicitLocOpBuilder &builder;
  mlir::Operation *op;
  Term g; ///< gradient of the result

  /// Operand `index`, a float, as f32.
  Term x(unsigned index = 0) const { return widened(op->getOperand(index)); }
  /// The result as f32.
  Term y() const { return widened(op->getResult(0)); }
  /// A constant.
  Term number(double value) const { return attn::number(builder, value); }
  /// g where an i1 is true, else 0; the other way round when `opposite`.
  Term where(mlir::Value condition, bool opposite = false) const;

private:
  Term widened(mlir::Value value) const;
};

/// The gradient of one operand.
using Partial = Term (*)(const Differential &);

/// Of each operand; null: the result does not depend on it, or in steps only. Operands
/// that are no floats have none.
using Rule = llvm::SmallVector<Partial, 3>;

/// The rule of an op; null when there is none.
const Rule *ruleOf(mlir::Operation *op);

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_TRANSFORMS_GRADIENT_RULES_H
