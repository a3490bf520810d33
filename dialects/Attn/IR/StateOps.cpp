//===- StateOps.cpp - States of attention: text, types and checks ----------===//
//
//   states ::= (output, lse), ...
//
// All outputs have one type, which is written once; those of the log-sum-exps follow.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/VerifyAttention.h"

using namespace mlir;
using namespace lacuna::attn;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

namespace {
/// Operands that are read before their types.
struct States {
  SmallVector<OpAsmParser::UnresolvedOperand> outputs, lses;

  ParseResult parse(OpAsmParser &parser) {
    return parser.parseCommaSeparatedList([&]() -> ParseResult {
      return failure(parser.parseLParen() || parser.parseOperand(outputs.emplace_back()) ||
                     parser.parseComma() || parser.parseOperand(lses.emplace_back()) ||
                     parser.parseRParen());
    });
  }
  /// Reads the type of an output, and makes operands of the states.
  ParseResult resolve(OpAsmParser &parser, OperationState &result, RankedTensorType &type) {
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseOptionalAttrDict(result.attributes) || parser.parseColonType(type))
      return failure();
    if (type.getRank() == 0)
      return parser.emitError(loc, "an output has the dimensions [batch, query heads, queries, "
                                   "head_dim]");
    return failure(parser.resolveOperands(outputs, type, result.operands) ||
                   parser.resolveOperands(lses, AttendGradOp::lseTypeOf(type), result.operands));
  }
};
} // namespace

static void printStates(OpAsmPrinter &printer, OperandRange outputs, OperandRange lses) {
  printer << ' ';
  llvm::interleaveComma(llvm::zip_equal(outputs, lses), printer, [&](auto state) {
    printer << '(' << std::get<0>(state) << ", " << std::get<1>(state) << ')';
  });
}

static void printEnd(OpAsmPrinter &printer, Operation *op, Type output) {
  printer.printOptionalAttrDict(op->getDiscardableAttrDictionary().getValue());
  printer << " : " << output;
}

ParseResult MergeOp::parse(OpAsmParser &parser, OperationState &result) {
  States states;
  RankedTensorType type;
  if (states.parse(parser) || states.resolve(parser, result, type))
    return failure();
  result.addTypes({type, AttendGradOp::lseTypeOf(type)});
  return success();
}

void MergeOp::print(OpAsmPrinter &printer) {
  printStates(printer, getOutputs(), getLses());
  printEnd(printer, *this, getOutput().getType());
}

ParseResult MergeGradOp::parse(OpAsmParser &parser, OperationState &result) {
  States states;
  OpAsmParser::UnresolvedOperand outputGradient, lseGradient;
  RankedTensorType type;
  if (states.parse(parser) || parser.parseKeyword("gradient") ||
      parser.parseOperand(outputGradient))
    return failure();
  bool hasLse = succeeded(parser.parseOptionalComma());
  if ((hasLse && parser.parseOperand(lseGradient)) || states.resolve(parser, result, type) ||
      parser.resolveOperand(outputGradient, type, result.operands))
    return failure();
  Type lse = AttendGradOp::lseTypeOf(type);
  if (hasLse && parser.resolveOperand(lseGradient, lse, result.operands))
    return failure();
  int32_t count = int32_t(states.outputs.size());
  llvm::copy(ArrayRef<int32_t>{count, count, 1, hasLse},
             result.getOrAddProperties<Properties>().operandSegmentSizes.begin());
  result.addTypes(SmallVector<Type>(count, type));
  result.addTypes(SmallVector<Type>(count, lse));
  return success();
}

void MergeGradOp::print(OpAsmPrinter &printer) {
  printStates(printer, getOutputs(), getLses());
  printer << " gradient " << getOutputGradient();
  if (getLseGradient())
    printer << ", " << getLseGradient();
  printEnd(printer, *this, getOutputGradient().getType());
}

//===----------------------------------------------------------------------===//
// Types and names
//===----------------------------------------------------------------------===//

LogicalResult MergeOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                        SmallVectorImpl<Type> &inferred) {
  if (adaptor.getOutputs().empty())
    return failure();
  inferred.assign({adaptor.getOutputs().front().getType(), adaptor.getLses().front().getType()});
  return success();
}

LogicalResult MergeGradOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                            SmallVectorImpl<Type> &inferred) {
  llvm::append_range(inferred, adaptor.getOutputs().getTypes());
  llvm::append_range(inferred, adaptor.getLses().getTypes());
  return success();
}

void MergeOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getOutput(), "o");
  setName(getLse(), "lse");
}

void MergeGradOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  for (Value gradient : getOutputGradients())
    setName(gradient, "do");
  for (Value gradient : getLseGradients())
    setName(gradient, "dlse");
}

void SumOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getSum(), "sum"); }

void ZerosOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getZeros(), "zeros"); }

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// Whether outputs are alike, and log-sum-exps what belongs to them.
static LogicalResult verifyStates(Operation *op, ValueRange outputs, ValueRange lses,
                                  Type expected) {
  if (outputs.size() < 2)
    return op->emitOpError("needs two states at least, but has ") << outputs.size();
  Type ofLse = AttendGradOp::lseTypeOf(expected);
  for (auto [output, lse] : llvm::zip_equal(outputs, lses))
    if (output.getType() != expected || lse.getType() != ofLse)
      return op->emitOpError("has a state of ") << output.getType() << " and " << lse.getType()
                                                << ", but needs " << expected << " and " << ofLse;
  return verifyHeadDim(op, "outputs", cast<RankedTensorType>(expected).getDimSize(3));
}

LogicalResult MergeOp::verify() {
  if (failed(verifyStates(*this, getOutputs(), getLses(), getOutput().getType())))
    return failure();
  if (getLse().getType() != AttendGradOp::lseTypeOf(getOutput().getType()))
    return emitOpError("yields a log-sum-exp of ")
           << getLse().getType() << ", which does not belong to " << getOutput().getType();
  return success();
}

LogicalResult MergeGradOp::verify() {
  Type output = getOutputGradient().getType(), lse = AttendGradOp::lseTypeOf(output);
  if (failed(verifyStates(*this, getOutputs(), getLses(), output)))
    return failure();
  if (getLseGradient() && getLseGradient().getType() != lse)
    return emitOpError("has a gradient of the log-sum-exp of ")
           << getLseGradient().getType() << ", but needs " << lse;
  bool isAlike =
      getOutputGradients().size() == getOutputs().size() &&
      llvm::all_of(getOutputGradients().getTypes(), [&](Type type) { return type == output; }) &&
      llvm::all_of(getLseGradients().getTypes(), [&](Type type) { return type == lse; });
  if (!isAlike)
    return emitOpError("yields a gradient for every output and log-sum-exp, of their types");
  return success();
}

LogicalResult SumOp::verify() {
  if (getTerms().size() < 2)
    return emitOpError("needs two terms at least, but has ") << getTerms().size();
  return success();
}
