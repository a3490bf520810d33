#include "dialects/Attn/Transforms/Gradient/Rules.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lacuna::attn;

Term Differential::widened(Value value) const {
  Type f32 = builder.getF32Type();
  if (value.getType() == f32)
    return {builder, value};
  return {builder, arith::ExtFOp::create(builder, f32, value)};
}

Term Differential::where(Value condition, bool opposite) const {
  Term zero = number(0);
  return {builder,
          arith::SelectOp::create(builder, condition, opposite ? zero : g, opposite ? g : zero)};
}

//===----------------------------------------------------------------------===//
// Partials that several ops share
//===----------------------------------------------------------------------===//

static constexpr Partial flat = nullptr;

static Term handedOn(const Differential &d) { return d.g; }
static Term negated(const Differential &d) { return -d.g; }

/// Of an extremum: the first operand has the gradient unless the second was chosen.
template <bool isSecond>
static Term ifChosen(const Differential &d) {
  auto equal = arith::CmpFPredicate::OEQ;
  return d.where(arith::CmpFOp::create(d.builder, equal, d.y(), d.x()), isSecond);
}

/// 1 or -1, with the sign of a term.
static Term signOf(const Differential &d, Term x) { return d.number(1).apply<math::CopySignOp>(x); }

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const llvm::StringMap<Rule> &rules() {
  using D = const Differential &;
  static const Rule extremum = {ifChosen<false>, ifChosen<true>};
  static const llvm::StringMap<Rule> table = {
      {"arith.addf", {handedOn, handedOn}},
      {"arith.subf", {handedOn, negated}},
      {"arith.mulf", {[](D d) { return d.g * d.x(1); }, [](D d) { return d.g * d.x(0); }}},
      {"arith.divf",
       {[](D d) { return d.g / d.x(1); }, [](D d) { return -(d.g * d.y() / d.x(1)); }}},
      {"arith.remf",
       {handedOn, [](D d) { return -(d.g * (d.x(0) / d.x(1)).apply<math::TruncOp>()); }}},
      {"arith.negf", {negated}},
      {"arith.minimumf", extremum},
      {"arith.maximumf", extremum},
      {"arith.minnumf", extremum},
      {"arith.maxnumf", extremum},
      {"math.absf", {[](D d) { return d.g * signOf(d, d.x()); }}},
      {"math.copysign", {[](D d) { return d.g * (signOf(d, d.x(0)) * signOf(d, d.x(1))); }, flat}},
      {"math.cos", {[](D d) { return -(d.g * d.x().apply<math::SinOp>()); }}},
      {"math.erf", {[](D d) {
         Term bell = (-(d.x() * d.x())).apply<math::ExpOp>();
         return d.g * (d.number(2 * llvm::numbers::inv_sqrtpi) * bell);
       }}},
      {"math.exp", {[](D d) { return d.g * d.y(); }}},
      {"math.exp2", {[](D d) { return d.g * (d.number(llvm::numbers::ln2) * d.y()); }}},
      {"math.expm1", {[](D d) { return d.g * (d.y() + d.number(1)); }}},
      {"math.fma", {[](D d) { return d.g * d.x(1); }, [](D d) { return d.g * d.x(0); }, handedOn}},
      {"math.log", {[](D d) { return d.g / d.x(); }}},
      {"math.log10", {[](D d) { return d.g / (d.number(llvm::numbers::ln10) * d.x()); }}},
      {"math.log1p", {[](D d) { return d.g / (d.x() + d.number(1)); }}},
      {"math.log2", {[](D d) { return d.g / (d.number(llvm::numbers::ln2) * d.x()); }}},
      {"math.powf",
       {[](D d) {
          Term lower = d.x(0).apply<math::PowFOp>(d.x(1) - d.number(1));
          return d.g * (d.x(1) * lower);
        },
        [](D d) { return d.g * (d.y() * d.x(0).apply<math::LogOp>()); }}},
      {"math.rsqrt", {[](D d) { return d.g * (d.number(-0.5) * d.y() * d.y() * d.y()); }}},
      {"math.sin", {[](D d) { return d.g * d.x().apply<math::CosOp>(); }}},
      {"math.sqrt", {[](D d) { return d.g * (d.number(0.5) / d.y()); }}},
      {"math.tanh", {[](D d) { return d.g * (d.number(1) - d.y() * d.y()); }}},
      // choices and conversions
      {"arith.select",
       {flat, [](D d) { return d.where(d.op->getOperand(0)); },
        [](D d) { return d.where(d.op->getOperand(0), true); }}},
      {"arith.extf", {handedOn}},
      {"arith.truncf", {handedOn}},
      // steps
      {"arith.cmpf", {flat, flat}},
      {"arith.fptosi", {flat}},
      {"arith.fptoui", {flat}},
      {"math.ceil", {flat}},
      {"math.floor", {flat}},
      {"math.round", {flat}},
      {"math.roundeven", {flat}},
      {"math.trunc", {flat}},
  };
  return table;
}

const Rule *lacuna::attn::ruleOf(Operation *op) {
  auto found = rules().find(op->getName().getStringRef());
  return found == rules().end() ? nullptr : &found->second;
}
