//===- AttendGradOp.cpp - attn.attend_grad and attn.contribute -------------===//
//
// The tensors obey the rules of attention (VerifyAttention.h); what is added here
// is that the state and the gradients have the types of what they belong to, and
// that contributions go to values whose gradients are wanted.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/GradientClauses.h"
#include "dialects/Attn/IR/VerifyAttention.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace lacuna::attn;

//===----------------------------------------------------------------------===//
// Names and types
//===----------------------------------------------------------------------===//

void AttendGradOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getQueryGradient(), "dq");
  setName(getKeyGradient(), "dk");
  setName(getValueGradient(), "dv");
  for (Value gradient : getGradients())
    setName(gradient, "d");
}

void AttendGradOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  nameGradientArguments(region, Side::Query, setName);
}

Type AttendGradOp::lseTypeOf(Type output) {
  auto tensor = cast<RankedTensorType>(output);
  return RankedTensorType::get(tensor.getShape().drop_back(),
                               Float32Type::get(output.getContext()));
}

RankedTensorType AttendGradOp::gradientTypeOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? tensor : RankedTensorType::get({}, type);
}

LogicalResult AttendGradOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                             Adaptor adaptor, SmallVectorImpl<Type> &inferred) {
  for (Value value : {adaptor.getQuery(), adaptor.getKey(), adaptor.getValue()})
    inferred.push_back(value.getType());
  for (Type type : adaptor.getWanted().getTypes())
    inferred.push_back(gradientTypeOf(type));
  return success();
}

//===----------------------------------------------------------------------===//
// Legality
//===----------------------------------------------------------------------===//

LogicalResult AttendGradOp::verify() {
  return failure(failed(verifyAttention(*this)) ||
                 failed(verifyOutput(*this, "an output", getOutput().getType())) ||
                 failed(verifyWanted(*this, getWanted())));
}

LogicalResult AttendGradOp::verifyRegions() { return verifyGradientClauses(*this, getWanted()); }

LogicalResult ContributeOp::verify() {
  auto table = dyn_cast<RankedTensorType>(getTarget().getType());
  size_t rank = table ? table.getRank() : 0;
  if (rank != getIndices().size())
    return emitOpError("needs one index per dimension of its target: the target has ")
           << rank << ", but there are " << getIndices().size() << " indices";
  return success();
}

//===----------------------------------------------------------------------===//
// Canonicalisation
//===----------------------------------------------------------------------===//

/// Nothing is added to a gradient.
LogicalResult ContributeOp::canonicalize(ContributeOp op, PatternRewriter &rewriter) {
  if (!matchPattern(op.getValue(), m_AnyZeroFloat()))
    return rewriter.notifyMatchFailure(op, "contributes a value that may not be 0");
  rewriter.eraseOp(op);
  return success();
}
