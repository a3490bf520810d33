#include "dialects/Attn/IR/Clauses.h"

using namespace mlir;
using namespace lacuna::attn;

ParseResult lacuna::attn::parseClause(OpAsmParser &parser, StringRef keyword, unsigned values,
                                      std::unique_ptr<Region> &region) {
  SMLoc loc = parser.getCurrentLocation();
  if (region)
    return parser.emitError(loc) << "a source has only one '" << keyword << "' clause";
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren))
    return failure();
  Builder &builder = parser.getBuilder();
  for (auto [index, argument] : llvm::enumerate(arguments))
    argument.type = index < values ? Type(builder.getF32Type()) : builder.getI32Type();
  region = std::make_unique<Region>();
  return parser.parseRegion(*region, arguments);
}

void lacuna::attn::printClause(OpAsmPrinter &printer, StringRef keyword, Region &region) {
  if (region.empty())
    return;
  printer << ' ' << keyword << '(';
  llvm::interleaveComma(region.getArguments(), printer, [&](BlockArgument argument) {
    printer.printRegionArgument(argument, {}, /*omitType=*/true);
  });
  printer << ") ";
  printer.printRegion(region, /*printEntryBlockArgs=*/false);
}

void lacuna::attn::nameArguments(Region &region, ArrayRef<StringRef> names,
                                 OpAsmSetValueNameFn setName) {
  for (auto [argument, name] : llvm::zip(region.getArguments(), names))
    setName(argument, name);
}

ArrayRef<StringRef> lacuna::attn::coordinateNames(Side rows) {
  static constexpr StringRef byQuery[] = {"b", "h", "i", "j", "islot", "jslot"};
  static constexpr StringRef byKey[] = {"b", "h", "j", "i", "jslot", "islot"};
  return rows == Side::Query ? byQuery : byKey;
}

ArrayRef<StringRef> lacuna::attn::boxNames(Side rows) {
  static constexpr StringRef byQuery[] = {"b",           "h",         "i_first",     "i_last",
                                          "j_first",     "j_last",    "islot_first", "islot_last",
                                          "jslot_first", "jslot_last"};
  static constexpr StringRef byKey[] = {"b",           "h",         "j_first",     "j_last",
                                        "i_first",     "i_last",    "jslot_first", "jslot_last",
                                        "islot_first", "islot_last"};
  return rows == Side::Query ? byQuery : byKey;
}

ClauseSignature lacuna::attn::intervalsSignature(Builder &builder) {
  SmallVector<Type> numbers(4, builder.getI32Type());
  return {"intervals", numbers, numbers, /*mayTakeSlots=*/false, AttendOp::kMaxIntervalPairs};
}

/// A box has two ends in every slot, and has slots exactly when the predicate has.
ClauseSignature lacuna::attn::classifySignature(Builder &builder, bool takesSlots) {
  return {"classify", SmallVector<Type>(takesSlots ? 10 : 6, builder.getI32Type()),
          SmallVector<Type>(2, builder.getI1Type()), /*mayTakeSlots=*/false};
}

std::string lacuna::attn::whyNotRead(Operation *op, bool inClassify) {
  if (inClassify && isa<LoadOp>(op))
    return "is not allowed in 'classify': a box is read by attn.load_range";
  if (!inClassify && isa<LoadRangeOp>(op))
    return "is allowed only in 'classify'";
  return {};
}

/// "(f32, i32, i32)": for messages.
static std::string listOf(TypeRange types) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '(';
  llvm::interleaveComma(types, stream);
  stream << ')';
  return text;
}

static LogicalResult verifySignature(Operation *op, const ClauseSignature &signature,
                                     Region &region) {
  const auto &[keyword, arguments, results, mayTakeSlots, maxRepetitions] = signature;
  SmallVector<Type> withSlots = arguments;
  if (mayTakeSlots)
    withSlots.append(2, arguments.back());
  TypeRange found = region.getArgumentTypes();
  if (found != TypeRange(arguments) && found != TypeRange(withSlots))
    return op->emitOpError() << "'" << keyword << "' takes " << listOf(arguments)
                             << (mayTakeSlots ? ", and two more i32 for the slots if wanted" : "")
                             << ", but has " << listOf(found);
  auto yield = dyn_cast<YieldOp>(region.front().back());
  if (!yield)
    return op->emitOpError() << "'" << keyword << "' must end in attn.yield";
  SmallVector<Type> expected = results;
  size_t repetitions = yield.getNumOperands() / results.size();
  for (size_t n = 1; n < repetitions && repetitions <= maxRepetitions; ++n)
    llvm::append_range(expected, results);
  if (yield.getOperandTypes() != TypeRange(expected))
    return yield.emitOpError() << "must yield " << listOf(expected) << " from '" << keyword
                               << "', but yields " << listOf(yield.getOperandTypes());
  return success();
}

LogicalResult lacuna::attn::verifyClause(Operation *op, const ClauseSignature &signature,
                                         Region &region,
                                         llvm::function_ref<std::string(Operation *)> whyNot) {
  if (region.empty())
    return success();
  if (failed(verifySignature(op, signature, region)))
    return failure();
  WalkResult walked = region.walk([&](Operation *inner) {
    std::string reason = whyNot(inner);
    if (reason.empty())
      return WalkResult::advance();
    inner->emitError() << "region op '" << inner->getName() << "' " << reason;
    return WalkResult::interrupt();
  });
  return failure(walked.wasInterrupted());
}
