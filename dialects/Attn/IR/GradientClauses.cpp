#include "dialects/Attn/IR/GradientClauses.h"

#include "dialects/Attn/IR/Clauses.h"
#include "dialects/Attn/IR/SpecRules.h"

using namespace mlir;
using namespace lacuna::attn;

namespace {
enum class GradientClause { Where, Score, Pullback, Intervals, Classify };

/// A clause in the order of the regions.
struct ClauseSyntax {
  StringLiteral keyword;
  unsigned values; ///< leading arguments that are f32
};
} // namespace

static constexpr ClauseSyntax gradientClauses[] = {
    {"where", 0}, {"score", 1}, {"pullback", 2}, {"intervals", 0}, {"classify", 0}};

/// The clause that a region of attend_grad or of backward is.
static GradientClause clauseOf(Region &region) {
  return static_cast<GradientClause>(region.getRegionNumber());
}

//===----------------------------------------------------------------------===//
// Syntax and names
//===----------------------------------------------------------------------===//

static ParseResult parseClauses(OpAsmParser &parser, ArrayRef<Region *> regions) {
  std::unique_ptr<Region> parsed[std::size(gradientClauses)];
  for (bool found = true; found;) {
    found = false;
    for (auto [clause, region] :
         llvm::zip(ArrayRef(gradientClauses).take_front(regions.size()), parsed))
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

ParseResult lacuna::attn::parseGradientClauses(OpAsmParser &parser, Region &where, Region &score,
                                               Region &pullback) {
  return parseClauses(parser, {&where, &score, &pullback});
}

ParseResult lacuna::attn::parseBackwardClauses(OpAsmParser &parser, Region &where, Region &score,
                                               Region &pullback, Region &intervals,
                                               Region &classify) {
  return parseClauses(parser, {&where, &score, &pullback, &intervals, &classify});
}

static void printClauses(OpAsmPrinter &printer, Operation *op) {
  for (auto [clause, region] : llvm::zip(gradientClauses, op->getRegions()))
    printClause(printer, clause.keyword, region);
}

void lacuna::attn::printGradientClauses(OpAsmPrinter &printer, Operation *op, Region &, Region &,
                                        Region &) {
  printClauses(printer, op);
}

void lacuna::attn::printBackwardClauses(OpAsmPrinter &printer, Operation *op, Region &, Region &,
                                        Region &, Region &, Region &) {
  printClauses(printer, op);
}

void lacuna::attn::nameGradientArguments(Region &clause, Side rows, OpAsmSetValueNameFn setName) {
  switch (clauseOf(clause)) {
  case GradientClause::Intervals:
    return nameArguments(clause, intervalNames, setName);
  case GradientClause::Classify:
    return nameArguments(clause, boxNames(rows), setName);
  default: {
    SmallVector<StringRef> names = {"g", "s"};
    names.erase(names.begin(), names.end() - gradientClauses[clause.getRegionNumber()].values);
    llvm::append_range(names, coordinateNames(rows));
    return nameArguments(clause, names, setName);
  }
  }
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

//===----------------------------------------------------------------------===//
// Legality
//===----------------------------------------------------------------------===//

static ClauseSignature signatureOf(Attention op, GradientClause clause) {
  Builder builder(op.getContext());
  Type i32 = builder.getI32Type(), f32 = builder.getF32Type();
  if (clause == GradientClause::Intervals)
    return intervalsSignature(builder);
  if (clause == GradientClause::Classify)
    return classifySignature(builder, op.getWhere().getNumArguments() > 4);
  auto [keyword, values] = gradientClauses[static_cast<unsigned>(clause)];
  ClauseSignature signature{
      keyword, SmallVector<Type>(values, f32), {values ? f32 : Type(builder.getI1Type())}};
  signature.arguments.append(4, i32);
  return signature;
}

LogicalResult lacuna::attn::verifyGradientClauses(Attention op, ValueRange wanted) {
  for (Region &region : op->getRegions()) {
    GradientClause clause = clauseOf(region);
    auto whyNot = [&](Operation *inner) -> std::string {
      if (std::string reason = whyNotRead(inner, clause == GradientClause::Classify);
          !reason.empty())
        return reason;
      auto contribution = dyn_cast<ContributeOp>(inner);
      if (contribution && clause != GradientClause::Pullback)
        return "is allowed only in 'pullback'";
      if (contribution && !llvm::is_contained(wanted, contribution.getTarget()))
        return "contributes to a value that does not follow 'of'";
      return whyNotInRegion(inner);
    };
    if (failed(verifyClause(op, signatureOf(op, clause), region, whyNot)))
      return failure();
  }
  return success();
}

LogicalResult lacuna::attn::verifyWanted(Attention op, ValueRange wanted) {
  for (auto [index, value] : llvm::enumerate(wanted))
    if (llvm::is_contained(wanted.take_front(index), value))
      return op->emitOpError() << "is asked twice for the gradient of value " << index
                               << " of those after 'of'";
  return success();
}
