//===- AttendGradOp.cpp - attn.attend_grad and attn.contribute -------------===//
//
// The tensors obey the rules of attention (VerifyAttention.h); what is added here
// is that the state and the gradients have the types of what they belong to, and
// that contributions go to values whose gradients are wanted.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/Clauses.h"
#include "dialects/Attn/IR/GradientSyntax.h"
#include "dialects/Attn/IR/SpecRules.h"
#include "dialects/Attn/IR/VerifyAttention.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace lacuna::attn;

namespace {
/// A clause of attend_grad, in the order of its regions.
struct GradientClause {
  StringLiteral keyword;
  unsigned values; ///< leading arguments that are f32
};
} // namespace

static constexpr GradientClause gradientClauses[] = {{"where", 0}, {"score", 1}, {"pullback", 2}};

//===----------------------------------------------------------------------===//
// Syntax, names and types
//===----------------------------------------------------------------------===//

ParseResult lacuna::attn::parseGradientClauses(OpAsmParser &parser, Region &where, Region &score,
                                               Region &pullback) {
  Region *const regions[] = {&where, &score, &pullback};
  std::unique_ptr<Region> parsed[std::size(gradientClauses)];
  for (bool found = true; found;) {
    found = false;
    for (auto [clause, region] : llvm::zip(gradientClauses, parsed))
      if (succeeded(parser.parseOptionalKeyword(clause.keyword))) {
        found = true;
        if (parseClause(parser, clause.keyword, clause.values, region))
          return failure();
      }
  }
  for (auto [region, from] : llvm::zip(regions, parsed))
    if (from)
      region->takeBody(*from);
  return success();
}

void lacuna::attn::printGradientClauses(OpAsmPrinter &printer, AttendGradOp op, Region &, Region &,
                                        Region &) {
  for (auto [clause, region] : llvm::zip(gradientClauses, op->getRegions()))
    printClause(printer, clause.keyword, region);
}

ParseResult lacuna::attn::parseStateTypes(
    OpAsmParser &parser, Type &output, Type &lse, Type &outputGradient, Type &lseGradient,
    const std::optional<OpAsmParser::UnresolvedOperand> &lseGradientOperand) {
  SMLoc loc = parser.getCurrentLocation();
  RankedTensorType type;
  if (parser.parseType(type))
    return failure();
  if (type.getRank() == 0)
    return parser.emitError(loc, "an output has the dimensions [batch, query heads, queries, "
                                 "head_dim]");
  output = outputGradient = type;
  lse = AttendGradOp::lseTypeOf(type);
  if (lseGradientOperand)
    lseGradient = lse;
  return success();
}

void lacuna::attn::printStateTypes(OpAsmPrinter &printer, AttendGradOp, Type output, Type, Type,
                                   Type, Value) {
  printer << output;
}

void AttendGradOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getQueryGradient(), "dq");
  setName(getKeyGradient(), "dk");
  setName(getValueGradient(), "dv");
  for (Value gradient : getGradients())
    setName(gradient, "d");
}

void AttendGradOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  const StringRef names[] = {"g", "s", "b", "h", "i", "j", "islot", "jslot"};
  unsigned absent = 2 - gradientClauses[region.getRegionNumber()].values;
  nameArguments(region, ArrayRef(names).drop_front(absent), setName);
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
  if (failed(verifyAttention(*this)))
    return failure();
  RankedTensorType query = getQuery().getType(), output = getOutput().getType();
  SmallVector<int64_t> shape(query.getShape());
  shape.back() = getValue().getType().getDimSize(3);
  auto yielded = RankedTensorType::get(shape, query.getElementType());
  if (output.getElementType() != yielded.getElementType() ||
      failed(verifyCompatibleShape(output, yielded)))
    return emitOpError() << "has an output of the type " << output
                         << ", but an attend of these operands yields " << yielded;
  for (auto [index, value] : llvm::enumerate(getWanted()))
    if (llvm::is_contained(getWanted().take_front(index), value))
      return emitOpError() << "is asked twice for the gradient of value " << index
                           << " of those after 'of'";
  return success();
}

LogicalResult AttendGradOp::verifyRegions() {
  Builder builder(getContext());
  Type i32 = builder.getI32Type(), f32 = builder.getF32Type();
  for (auto [number, clause] : llvm::enumerate(gradientClauses)) {
    bool isPullback = clause.values == 2;
    ClauseSignature signature{clause.keyword,
                              SmallVector<Type>(clause.values, f32),
                              {clause.values ? f32 : Type(builder.getI1Type())}};
    signature.arguments.append(4, i32);
    auto whyNot = [&](Operation *op) -> std::string {
      if (isa<LoadRangeOp>(op))
        return "is allowed only in 'classify'";
      auto contribution = dyn_cast<ContributeOp>(op);
      if (contribution && !isPullback)
        return "is allowed only in 'pullback'";
      if (contribution && !llvm::is_contained(getWanted(), contribution.getTarget()))
        return "contributes to a value that does not follow 'of'";
      return whyNotInRegion(op);
    };
    if (failed(verifyClause(*this, signature, getOperation()->getRegion(number), whyNot)))
      return failure();
  }
  return success();
}

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
