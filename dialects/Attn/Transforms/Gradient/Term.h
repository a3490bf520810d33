//===- Term.h - Formulas of f32 that become ops -----------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_GRADIENT_TERM_H
#define DIALECTS_ATTN_TRANSFORMS_GRADIENT_TERM_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace lacuna::attn {

/// An f32 value; arithmetic on terms builds the ops that compute it.
class Term {
public:
  Term(mlir::ImplicitLocOpBuilder &builder, mlir::Value value) : builder(&builder), value(value) {}
  operator mlir::Value() const { return value; }

  /// The result of an op of these terms: a.apply<math::ExpOp>().
  template <class Op, class... Terms>
  Term apply(Terms... others) const {
    return {*builder, Op::create(*builder, value, static_cast<mlir::Value>(others)...)};
  }

  Term operator-() const { return apply<mlir::arith::NegFOp>(); }
  friend Term operator+(Term a, Term b) { return a.apply<mlir::arith::AddFOp>(b); }
  friend Term operator-(Term a, Term b) { return a.apply<mlir::arith::SubFOp>(b); }
  friend Term operator*(Term a, Term b) { return a.apply<mlir::arith::MulFOp>(b); }
  friend Term operator/(Term a, Term b) { return a.apply<mlir::arith::DivFOp>(b); }

private:
  mlir::ImplicitLocOpBuilder *builder;
  mlir::Value value;
};

/// A constant.
inline Term number(mlir::ImplicitLocOpBuilder &builder, double value) {
  mlir::FloatAttr attribute = builder.getF32FloatAttr(static_cast<float>(value));
  return {builder, mlir::arith::ConstantOp::create(builder, attribute)};
}

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_TRANSFORMS_GRADIENT_TERM_H
