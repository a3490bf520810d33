//===- BackwardOp.cpp - attn.delta and attn.backward ------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/GradientClauses.h"
#include "dialects/Attn/IR/VerifyAttention.h"

using namespace mlir;
using namespace lacuna::attn;

void DeltaOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getDelta(), "delta"); }

LogicalResult DeltaOp::verify() {
  if (getLseGradient() && getLseGradient().getType() != getDelta().getType())
    return emitOpError() << "has a gradient of lse of the type " << getLseGradient().getType()
                         << ", but lse is " << getDelta().getType();
  return success();
}

Value BackwardOp::getQueryGradient() {
  if (!isByKey())
    return getGradients().front();
  return getAddsQuery() ? getGradients().back() : Value();
}
Value BackwardOp::getKeyGradient() { return isByKey() ? getGradients()[0] : Value(); }
Value BackwardOp::getValueGradient() { return isByKey() ? getGradients()[1] : Value(); }

Value BackwardOp::getGradientOf(Value value) {
  for (auto [wanted, gradient] : llvm::zip(getWanted(), getGradients().drop_front()))
    if (wanted == value)
      return gradient;
  return {};
}

void BackwardOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  for (Value gradient : getGradients())
    setName(gradient, gradient == getQueryGradient()   ? "dq"
                      : gradient == getKeyGradient()   ? "dk"
                      : gradient == getValueGradient() ? "dv"
                                                       : "d");
}

void BackwardOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  nameGradientArguments(region, getRows(), setName);
}

LogicalResult BackwardOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                           SmallVectorImpl<Type> &inferred) {
  if (adaptor.getRows() == Side::Key)
    inferred.append({adaptor.getKey().getType(), adaptor.getValue().getType()});
  if (adaptor.getRows() == Side::Query || adaptor.getAddsQuery())
    inferred.push_back(adaptor.getQuery().getType());
  for (Type type : adaptor.getWanted().getTypes())
    inferred.push_back(AttendGradOp::gradientTypeOf(type));
  return success();
}

LogicalResult BackwardOp::verify() {
  if (isByKey() && !getWanted().empty())
    return emitOpError("is by key, but only one by query yields gradients of values after 'of'");
  if (!isByKey() && getAddsQuery())
    return emitOpError("is by query and sums the gradient of queries, so it cannot add to it");
  return failure(
      failed(verifyAttention(*this)) ||
      failed(verifyOutput(*this, "a gradient of the output", getOutputGradient().getType())) ||
      failed(verifyWanted(*this, getWanted())));
}

LogicalResult BackwardOp::verifyRegions() { return verifyGradientClauses(*this, getWanted()); }
