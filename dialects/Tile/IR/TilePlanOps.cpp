//===- TilePlanOps.cpp - Kernels that plan the runs of others -------------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

/// Cells of a table: one axis more than the table has, of minimum, maximum and
/// signature.
static LogicalResult verifyCells(Operation *op, ViewType table, ViewType cells) {
  if (cells.getElementType().isInteger(64) && cells.getRank() == table.getRank() + 1 &&
      cells.getShape().back() == 3)
    return success();
  return op->emitOpError("has cells of type ")
         << cells << ", needs i64, the axes of the table and a last one of 3";
}

LogicalResult LoadRangeOp::verify() {
  ViewType table = getTable().getType();
  size_t rank = table.getRank();
  if (getFirst().size() != rank || getLast().size() != rank)
    return emitOpError("gives ") << getFirst().size() << " and " << getLast().size()
                                 << " indices for a view of rank " << rank;
  return getCells() ? verifyCells(*this, table, getCells().getType()) : success();
}

LogicalResult SummarizeOp::verify() {
  ViewType table = getTable().getType();
  if (int64_t(getIndices().size()) != table.getRank())
    return emitOpError("gives ") << getIndices().size() << " indices for a view of rank "
                                 << table.getRank();
  return verifyCells(*this, table, getCells().getType());
}

ParseResult WriteRunsOp::parse(OpAsmParser &parser, OperationState &result) {
  Builder &builder = parser.getBuilder();
  OpAsmParser::UnresolvedOperand lists, counts, keys;
  SmallVector<OpAsmParser::UnresolvedOperand> row;
  SmallVector<OpAsmParser::Argument> box;
  Type types[2];
  if (parser.parseOperand(lists) || parser.parseComma() || parser.parseOperand(counts) ||
      parser.parseOperandList(row, 3, OpAsmParser::Delimiter::Square) ||
      parser.parseKeyword("over") || parser.parseOperand(keys) || parser.parseKeyword("classify"))
    return failure();
  SMLoc place = parser.getCurrentLocation();
  if (parser.parseArgumentList(box, OpAsmParser::Delimiter::Paren))
    return failure();
  if (box.size() != 2)
    return parser.emitError(place, "expected (first, last)");
  for (OpAsmParser::Argument &argument : box)
    argument.type = builder.getI32Type();
  Region *body = result.addRegion();
  result.addTypes(builder.getI1Type());
  return failure(parser.parseRegion(*body, box) ||
                 parser.parseOptionalAttrDict(result.attributes) || parser.parseColon() ||
                 parser.parseType(types[0]) || parser.parseComma() || parser.parseType(types[1]) ||
                 parser.resolveOperand(lists, types[0], result.operands) ||
                 parser.resolveOperand(counts, types[1], result.operands) ||
                 parser.resolveOperands(row, builder.getI32Type(), result.operands) ||
                 parser.resolveOperand(keys, builder.getI32Type(), result.operands));
}

void WriteRunsOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getLists() << ", " << getCounts() << '[' << getBatch() << ", " << getHead()
          << ", " << getRow() << "] over " << getKeys() << " classify(" << getFirst() << ", "
          << getLast() << ") ";
  printer.printRegion(getClassify(), /*printEntryBlockArgs=*/false);
  printer.printOptionalAttrDict((*this)->getAttrs());
  printer << " : " << getLists().getType() << ", " << getCounts().getType();
}

LogicalResult WriteRunsOp::verifyRegions() {
  Type i32 = IntegerType::get(getContext(), 32), i1 = IntegerType::get(getContext(), 1);
  if (getClassify().getArgumentTypes() != TypeRange{i32, i32} ||
      getClassify().front().getTerminator()->getOperandTypes() != TypeRange{i1, i1})
    return emitOpError("must classify a box from one i32 to another by two i1");
  return success();
}

LogicalResult ExpandBlocksOp::verify() {
  if (bool(getCounts()) + bool(getOffsets()) + getBits() > 1)
    return emitOpError("takes 'counts', 'offsets' or 'bits', not several");
  int64_t rank = getBlocks().getType().getRank();
  auto has = [](Value view, int64_t wanted) {
    return !view || cast<ViewType>(view.getType()).getRank() == wanted;
  };
  if (rank < 2 || int64_t(getIndices().size()) != rank - 1 ||
      !has(getList(), getOffsets() ? rank - 1 : rank) || !has(getCounts(), rank - 1) ||
      !has(getOffsets(), rank - 1))
    return emitOpError(
        "has ranks that do not go together: a table of rank n has n - 1 indices, "
        "a list of rank n, or n - 1 with offsets, and counts or offsets of rank n - 1");
  return success();
}
