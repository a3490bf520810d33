//===- TileAttrs.cpp - Layouts and schedules ------------------------------===//
#include "dialects/Tile/IR/TileAxisList.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna::tile;

#include "dialects/Tile/IR/TileEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Tile/IR/TileAttrs.cpp.inc"

void TileDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Tile/IR/TileAttrs.cpp.inc"
      >();
}

FailureOr<SmallVector<Axis>> lacuna::tile::parseAxisList(AsmParser &parser) {
  SmallVector<Axis> axes;
  auto parseAxis = [&]() -> ParseResult {
    SMLoc place = parser.getCurrentLocation();
    StringRef word;
    if (parser.parseKeyword(&word))
      return failure();
    std::optional<Axis> axis = symbolizeAxis(word);
    if (!axis)
      return parser.emitError(place, "expected query, key or feature");
    axes.push_back(*axis);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseAxis))
    return failure();
  return axes;
}

void lacuna::tile::printAxisList(AsmPrinter &printer, ArrayRef<Axis> axes) {
  printer << '[';
  llvm::interleaveComma(axes, printer, [&](Axis axis) { printer << stringifyAxis(axis); });
  printer << ']';
}

Attribute AxesAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<SmallVector<Axis>> axes = parseAxisList(parser);
  if (failed(axes) || parser.parseGreater())
    return {};
  return get(parser.getContext(), *axes);
}

void AxesAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printAxisList(printer, getAxes());
  printer << '>';
}

Attribute FragmentAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<SmallVector<Axis>> axes = parseAxisList(parser);
  if (failed(axes) || parser.parseComma())
    return {};
  SMLoc place = parser.getCurrentLocation();
  StringRef word;
  int64_t warps;
  if (parser.parseKeyword(&word))
    return {};
  std::optional<FragmentKind> kind = symbolizeFragmentKind(word);
  if (!kind) {
    parser.emitError(place, "expected accumulator, operand, row, partial_row or column");
    return {};
  }
  if (parser.parseComma() || parser.parseKeyword("warps") || parser.parseEqual() ||
      parser.parseInteger(warps) || parser.parseGreater())
    return {};
  return get(parser.getContext(), *axes, *kind, warps);
}

void FragmentAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printAxisList(printer, getAxes());
  printer << ", " << stringifyFragmentKind(getKind()) << ", warps = " << getWarps() << '>';
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t queryTile,
                                   int64_t keyTile, int64_t warps, int64_t stages, bool,
                                   bool roles) {
  if (warps < 1 || warps > 16)
    return emitError() << "warps is " << warps << ", must be from 1 to 16";
  if (queryTile < 1 || queryTile % 16)
    return emitError() << "query_tile is " << queryTile << ", must be a multiple of 16";
  if (keyTile < 1 || keyTile % 16)
    return emitError() << "key_tile is " << keyTile << ", must be a multiple of 16";
  if (stages < 2 || stages > 4)
    return emitError() << "stages is " << stages << ", must be from 2 to 4";
  if (roles && (warps % 4 || (queryTile != 16 * warps && keyTile != 16 * warps)))
    return emitError() << "query_tile is " << queryTile << " and key_tile " << keyTile << " over "
                       << warps << " warps, with roles one must be 64 for each 4 warps";
  return success();
}
