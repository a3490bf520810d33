//===- TileControlOps.cpp - Sources of runs and the loop over them --------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

LogicalResult BlockOp::verify() {
  if (getAxis() == Axis::Feature)
    return emitOpError("has rows of features, must have rows of queries or of keys");
  return success();
}

//===----------------------------------------------------------------------===//
// Sources of runs
//===----------------------------------------------------------------------===//

ParseResult IntervalRunsOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::UnresolvedOperand> bounds;
  do {
    for (StringRef kind : {"visible", "full"})
      if (parser.parseKeyword(kind) || parser.parseLParen() ||
          parser.parseOperand(bounds.emplace_back()) || parser.parseComma() ||
          parser.parseOperand(bounds.emplace_back()) || parser.parseRParen())
        return failure();
  } while (succeeded(parser.parseOptionalKeyword("or")));
  Builder &builder = parser.getBuilder();
  result.addTypes(RunsType::get(builder.getContext()));
  return failure(parser.parseOptionalAttrDict(result.attributes) ||
                 parser.resolveOperands(bounds, builder.getI32Type(), result.operands));
}

void IntervalRunsOp::print(OpAsmPrinter &printer) {
  for (unsigned pair = 0; pair < getNumPairs(); ++pair) {
    ValueRange ends = getPair(pair);
    printer << (pair ? " or visible(" : " visible(") << ends[0] << ", " << ends[1] << ") full("
            << ends[2] << ", " << ends[3] << ")";
  }
  printer.printOptionalAttrDict((*this)->getAttrs());
}

LogicalResult IntervalRunsOp::verify() {
  unsigned count = getBounds().size();
  if (count % 4 || count < 4 || getNumPairs() > kMaxPairs)
    return emitOpError("takes 4 bounds for each of 1 to ")
           << kMaxPairs << " pairs of intervals, given " << count << " bounds";
  return success();
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

/// Types of the block arguments before the carried values, see ForRunsOp.
static SmallVector<Type> leadingTypes(MLIRContext *context, int64_t ahead, bool drained) {
  Type i1 = IntegerType::get(context, 1), i32 = IntegerType::get(context, 32);
  if (!ahead)
    return drained ? SmallVector<Type>{i32, i1, i1} : SmallVector<Type>{i32, i1};
  return {i32, i1, i1, i32, i32, i1};
}

void ForRunsOp::build(OpBuilder &builder, OperationState &state, Value runs, ValueRange inits,
                      int64_t ahead, bool drained) {
  state.addOperands(runs);
  state.addOperands(inits);
  state.addTypes(inits.getTypes());
  auto &properties = state.getOrAddProperties<Properties>();
  properties.ahead = builder.getI64IntegerAttr(ahead);
  if (drained)
    properties.drained = builder.getUnitAttr();
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(state.addRegion());
  for (Type type : leadingTypes(builder.getContext(), ahead, drained))
    block->addArgument(type, state.location);
  for (Value init : inits)
    block->addArgument(init.getType(), state.location);
}

/// " iter_args(%a = %b, ...) : types", or nothing.
static void printCarried(OpAsmPrinter &printer, Block::BlockArgListType carried,
                         OperandRange inits) {
  if (inits.empty())
    return;
  printer << " iter_args(";
  llvm::interleaveComma(llvm::zip_equal(carried, inits), printer, [&](auto pair) {
    printer << std::get<0>(pair) << " = " << std::get<1>(pair);
  });
  printer << ") : " << inits.getTypes();
}

ForRunsOp ForRunsOp::addCarried(Value init, bool drained) {
  OpBuilder builder(*this);
  SmallVector<Value> inits(getInits());
  inits.push_back(init);
  auto longer = create(builder, getLoc(), getRuns(), inits, getAhead(), drained || getDrained());
  Block &old = getBody().front(), &body = longer.getBody().front();
  for (BlockArgument before : old.getArguments()) {
    unsigned number = before.getArgNumber();
    unsigned shift = number < getNumLeading() ? 0 : longer.getNumLeading() - getNumLeading();
    BlockArgument now = body.getArgument(number + shift);
    now.setLoc(before.getLoc());
    before.replaceAllUsesWith(now);
  }
  body.getOperations().splice(body.end(), old.getOperations());
  (*this)->replaceAllUsesWith(longer.getResults().drop_back());
  erase();
  return longer;
}

ParseResult ForRunsOp::parse(OpAsmParser &parser, OperationState &result) {
  Builder &builder = parser.getBuilder();
  SmallVector<OpAsmParser::Argument> arguments;
  int64_t ahead = 0;
  if (parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("ahead")) &&
      (parser.parseInteger(ahead) ||
       parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren)))
    return failure();
  bool drained = !ahead && succeeded(parser.parseOptionalKeyword("drained"));
  SMLoc place = parser.getCurrentLocation();
  SmallVector<Type> leading = leadingTypes(builder.getContext(), ahead, drained);
  if (arguments.size() != leading.size())
    return parser.emitError(place, ahead
                                       ? "expected (key, partial, valid) ahead N (step, next, more)"
                                   : drained ? "expected (key, partial, valid) drained"
                                             : "expected (key, partial)");
  for (auto [argument, type] : llvm::zip_equal(arguments, leading))
    argument.type = type;

  OpAsmParser::UnresolvedOperand runs;
  SmallVector<OpAsmParser::UnresolvedOperand> inits;
  if (parser.parseKeyword("in") || parser.parseOperand(runs) ||
      parser.resolveOperand(runs, RunsType::get(builder.getContext()), result.operands))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("iter_args"))) {
    SmallVector<OpAsmParser::Argument> carried;
    if (parser.parseAssignmentList(carried, inits) || parser.parseColonTypeList(result.types) ||
        parser.resolveOperands(inits, result.types, place, result.operands))
      return failure();
    for (auto [argument, type] : llvm::zip_equal(carried, result.types))
      argument.type = type;
    arguments.append(carried);
  }
  auto &properties = result.getOrAddProperties<Properties>();
  properties.ahead = builder.getI64IntegerAttr(ahead);
  if (drained)
    properties.drained = builder.getUnitAttr();
  Region *body = result.addRegion();
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.parseRegion(*body, arguments))
    return failure();
  ensureTerminator(*body, builder, result.location);
  return success();
}

void ForRunsOp::print(OpAsmPrinter &printer) {
  auto arguments = getBody().getArguments();
  auto printList = [&](ValueRange values) {
    printer << '(';
    llvm::interleaveComma(values, printer);
    printer << ')';
  };
  printer << ' ';
  printList(arguments.take_front(getAhead() || getDrained() ? 3 : 2));
  if (getDrained())
    printer << " drained";
  if (getAhead()) {
    printer << " ahead " << getAhead() << ' ';
    printList(arguments.slice(3, 3));
  }
  printer << " in " << getRuns();
  printCarried(printer, getCarried(), getInits());
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                           {getAheadAttrName(), getDrainedAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/!getInits().empty());
}

LogicalResult ForRunsOp::verifyRegions() {
  SmallVector<Type> expected = leadingTypes(getContext(), getAhead(), getDrained());
  llvm::append_range(expected, getInits().getTypes());
  if (!llvm::equal(getBody().getArgumentTypes(), expected))
    return emitOpError("must pass its entry and the carried values to its region");
  if (!llvm::equal(getBody().front().getTerminator()->getOperandTypes(), getInits().getTypes()) ||
      !llvm::equal(getResultTypes(), getInits().getTypes()))
    return emitOpError("must yield and return the types of its initial values");
  auto leaves = llvm::to_vector(getBody().getOps<LeaveOp>());
  if (leaves.size() != (getDrained() ? 1 : 0))
    return emitOpError("must be left in one place if it is drained, and else nowhere");
  if (getDrained() && !llvm::equal(leaves[0].getOperandTypes(), getInits().getTypes()))
    return leaves[0].emitOpError("must return the types of the loop's initial values");
  return success();
}

void ForItemsOp::build(OpBuilder &builder, OperationState &state, Value items, ValueRange inits) {
  state.addOperands(items);
  state.addOperands(inits);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(state.addRegion());
  block->addArgument(items.getType(), state.location);
  for (Value init : inits)
    block->addArgument(init.getType(), state.location);
}

ParseResult ForItemsOp::parse(OpAsmParser &parser, OperationState &result) {
  Type i32 = parser.getBuilder().getI32Type();
  SmallVector<OpAsmParser::Argument> arguments(1), carried;
  SmallVector<OpAsmParser::UnresolvedOperand> inits;
  OpAsmParser::UnresolvedOperand items;
  arguments[0].type = i32;
  if (parser.parseLParen() || parser.parseArgument(arguments[0]) || parser.parseRParen() ||
      parser.parseKeyword("below") || parser.parseOperand(items) ||
      parser.resolveOperand(items, i32, result.operands))
    return failure();
  SMLoc place = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalKeyword("iter_args"))) {
    SmallVector<Type> types;
    if (parser.parseAssignmentList(carried, inits) || parser.parseColonTypeList(types) ||
        parser.resolveOperands(inits, types, place, result.operands))
      return failure();
    for (auto [argument, type] : llvm::zip_equal(carried, types))
      argument.type = type;
    arguments.append(carried);
  }
  Region *body = result.addRegion();
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.parseRegion(*body, arguments))
    return failure();
  ensureTerminator(*body, parser.getBuilder(), result.location);
  return success();
}

void ForItemsOp::print(OpAsmPrinter &printer) {
  printer << " (" << getItem() << ") below " << getItems();
  printCarried(printer, getCarried(), getInits());
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs());
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/!getInits().empty());
}

LogicalResult ForItemsOp::verifyRegions() {
  TypeRange carried = getInits().getTypes();
  if (getBody().getNumArguments() != 1 + carried.size() || !getItem().getType().isInteger(32) ||
      !llvm::equal(ValueRange(getCarried()).getTypes(), carried) ||
      !llvm::equal(getBody().front().getTerminator()->getOperandTypes(), carried))
    return emitOpError("must pass an item and the carried values to its region, and yield their "
                       "types");
  return success();
}
