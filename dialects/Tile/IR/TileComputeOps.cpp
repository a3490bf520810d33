//===- TileComputeOps.cpp - Maps, reductions, products --------------------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

//===----------------------------------------------------------------------===//
// map
//===----------------------------------------------------------------------===//

void MapOp::build(OpBuilder &builder, OperationState &state, Type result, ValueRange inputs,
                  ValueRange origin, function_ref<void(OpBuilder &, Location, ValueRange)> body) {
  state.addOperands(inputs);
  state.addOperands(origin);
  state.addTypes(result);
  state.getOrAddProperties<Properties>().operandSegmentSizes = {int32_t(inputs.size()),
                                                                int32_t(origin.size())};
  OpBuilder::InsertionGuard guard(builder);
  Region *region = state.addRegion();
  Block *block = builder.createBlock(region);
  for (Value input : inputs)
    block->addArgument(elementTypeOf(input.getType()), state.location);
  for (Value position : origin)
    block->addArgument(position.getType(), state.location);
  body(builder, state.location, block->getArguments());
}

/// Reads `(%x = %a, %y = %b)`: names for the block, and what they stand for.
static ParseResult parseBindings(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::Argument> &names,
                                 SmallVectorImpl<OpAsmParser::UnresolvedOperand> &values) {
  return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
    return failure(parser.parseArgument(names.emplace_back()) || parser.parseEqual() ||
                   parser.parseOperand(values.emplace_back()));
  });
}

static void printBindings(OpAsmPrinter &printer, ValueRange names, ValueRange values) {
  printer << '(';
  llvm::interleaveComma(llvm::zip_equal(names, values), printer, [&](auto binding) {
    printer << std::get<0>(binding) << " = " << std::get<1>(binding);
  });
  printer << ')';
}

ParseResult MapOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> elements, positions;
  SmallVector<OpAsmParser::UnresolvedOperand> inputs, origin;
  FunctionType type;
  if (parseBindings(parser, elements, inputs))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("at")) && parseBindings(parser, positions, origin))
    return failure();
  SMLoc place = parser.getCurrentLocation();
  if (parser.parseOptionalAttrDict(result.attributes) || parser.parseColonType(type) ||
      parser.resolveOperands(inputs, type.getInputs(), place, result.operands))
    return failure();
  Type i32 = parser.getBuilder().getI32Type();
  if (parser.resolveOperands(origin, i32, result.operands))
    return failure();
  for (auto [element, input] : llvm::zip_equal(elements, type.getInputs())) {
    auto tensor = dyn_cast<RankedTensorType>(input);
    if (!tensor)
      return parser.emitError(place, "expected tensors, given ") << input;
    element.type = tensor.getElementType();
  }
  for (OpAsmParser::Argument &position : positions)
    position.type = i32;
  result.addTypes(type.getResults());
  result.getOrAddProperties<Properties>().operandSegmentSizes = {int32_t(inputs.size()),
                                                                 int32_t(origin.size())};
  elements.append(positions);
  return parser.parseRegion(*result.addRegion(), elements);
}

void MapOp::print(OpAsmPrinter &printer) {
  printBindings(printer, getElements(), getInputs());
  if (!getOrigin().empty()) {
    printer << " at";
    printBindings(printer, getPositions(), getOrigin());
  }
  printer.printOptionalAttrDict((*this)->getAttrs(), {getOperandSegmentSizeAttr()});
  printer << " : ";
  printer.printFunctionalType(getInputs().getTypes(), (*this)->getResultTypes());
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult MapOp::verify() {
  RankedTensorType result = getResult().getType();
  ArrayRef<Axis> axes = axesOf(result);
  if (!getOrigin().empty() && getOrigin().size() != axes.size())
    return emitOpError("has ") << getOrigin().size() << " positions for a result of " << axes.size()
                               << " axes";
  for (Value input : getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    for (auto [axis, extent] : llvm::zip_equal(axesOf(type), type.getShape())) {
      const Axis *place = llvm::find(axes, axis);
      if (place == axes.end())
        return emitOpError("reads an input with axis ")
               << stringifyAxis(axis) << ", which the result lacks";
      if (result.getDimSize(place - axes.begin()) != extent)
        return emitOpError("reads an input whose extent along ")
               << stringifyAxis(axis) << " differs from the result's";
    }
  }
  return success();
}

static bool isTile(Type type) { return isa<RankedTensorType>(type); }

LogicalResult MapOp::verifyRegions() {
  Block &block = getBody().front();
  SmallVector<Type> expected;
  for (Value input : getInputs())
    expected.push_back(elementTypeOf(input.getType()));
  expected.append(getOrigin().size(), IntegerType::get(getContext(), 32));
  if (!llvm::equal(block.getArgumentTypes(), expected))
    return emitOpError("must pass one element per input and one i32 per position to its region");
  if (!llvm::equal(block.getTerminator()->getOperandTypes(),
                   ArrayRef<Type>(getResult().getType().getElementType())))
    return emitOpError("must yield one ") << getResult().getType().getElementType();
  WalkResult walk = getBody().walk([&](Operation *op) -> WalkResult {
    if (isa<YieldOp, ReadOp, ReportOp, AtomicAddOp>(op) ||
        (!isa<TileDialect>(op->getDialect()) && llvm::none_of(op->getResultTypes(), isTile)))
      return success();
    return op->emitOpError("cannot stand in a 'tile.map', which computes with scalars");
  });
  return failure(walk.wasInterrupted());
}

//===----------------------------------------------------------------------===//
// clip, reduce, dot, convert
//===----------------------------------------------------------------------===//

LogicalResult ClipOp::verify() {
  RankedTensorType source = getSource().getType();
  auto layout = dyn_cast<FragmentAttr>(source.getEncoding());
  if (!layout || layout.getKind() != FragmentKind::Accumulator || !source.getElementType().isF32())
    return emitOpError("clips an accumulator of f32, not ") << source;
  auto expected = RankedTensorType::get(source.getDimSize(0), IntegerType::get(getContext(), 32),
                                        FragmentAttr::get(getContext(), layout.getAxes().front(),
                                                          FragmentKind::Row, layout.getWarps()));
  for (Value bound : {getTo(), getFrom()})
    if (bound && bound.getType() != expected)
      return emitOpError("has a bound of type ") << bound.getType() << ", needs " << expected;
  return success();
}

LogicalResult ReduceOp::verify() {
  RankedTensorType source = getSource().getType(), result = getResult().getType();
  if (source.getRank() != 2 || result.getRank() != 1 ||
      axesOf(source).front() != axesOf(result).front() ||
      source.getElementType() != result.getElementType())
    return emitOpError("must reduce the columns of a tile to one element per row");
  return success();
}

LogicalResult DotOp::verify() {
  ArrayRef<Axis> lhs = axesOf(getLhs().getType()), rhs = axesOf(getRhs().getType());
  ArrayRef<Axis> result = axesOf(getResult().getType());
  if (lhs.size() != 2 || rhs.size() != 2 || result.size() != 2)
    return emitOpError("needs operands and result with 2 axes");
  // Score tiles share `feature`; products with values share `key`.
  auto other = [](ArrayRef<Axis> axes, Axis axis) { return axes[axes[0] == axis]; };
  bool sums = llvm::is_contained(lhs, result[0]) && llvm::is_contained(rhs, result[1]) &&
              other(lhs, result[0]) == other(rhs, result[1]) &&
              !llvm::is_contained(result, other(lhs, result[0]));
  if (!sums)
    return emitOpError("must have an axis that both operands share and the result lacks");
  if (elementTypeOf(getLhs().getType()) != elementTypeOf(getRhs().getType()))
    return emitOpError("multiplies ")
           << elementTypeOf(getLhs().getType()) << " by " << elementTypeOf(getRhs().getType());
  return success();
}

LogicalResult ConvertOp::verify() {
  RankedTensorType source = getSource().getType(), result = getResult().getType();
  auto from = dyn_cast<FragmentAttr>(source.getEncoding());
  auto to = dyn_cast<FragmentAttr>(result.getEncoding());
  if (!from || !to || source.getShape() != result.getShape() ||
      source.getElementType() != result.getElementType() || from.getAxes() != to.getAxes() ||
      from.getWarps() != to.getWarps())
    return emitOpError("may change nothing but the kind of a fragment");
  bool packs = from.getKind() == FragmentKind::Accumulator && to.getKind() == FragmentKind::Operand;
  bool sums = from.getKind() == FragmentKind::PartialRow && to.getKind() == FragmentKind::Row;
  if (!packs && !sums)
    return emitOpError("converts accumulator to operand or partial_row to row, not ")
           << stringifyFragmentKind(from.getKind()) << " to "
           << stringifyFragmentKind(to.getKind());
  return success();
}
