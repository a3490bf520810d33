//===- TileTypes.cpp - Views, shared tiles and rings ----------------------===//
#include "dialects/Tile/IR/TileAxisList.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lacuna::tile;

/// Reads the inside of a shared type, after its keyword; the ring repeats it.
static ParseResult parseSlot(AsmParser &parser, SharedType &type) {
  return parser.parseCustomTypeWithFallback(type);
}
static void printSlot(AsmPrinter &printer, SharedType type) { printer.printType(type); }

#define GET_TYPEDEF_CLASSES
#include "dialects/Tile/IR/TileTypes.cpp.inc"

void TileDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Tile/IR/TileTypes.cpp.inc"
      >();
}

ArrayRef<Axis> lacuna::tile::axesOf(Type type) {
  if (auto shared = dyn_cast<SharedType>(type))
    return shared.getAxes();
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    if (auto axes = dyn_cast_or_null<AxesAttr>(tensor.getEncoding()))
      return axes.getAxes();
    if (auto fragment = dyn_cast_or_null<FragmentAttr>(tensor.getEncoding()))
      return fragment.getAxes();
  }
  return {};
}

Type lacuna::tile::elementTypeOf(Type type) {
  if (auto shared = dyn_cast<SharedType>(type))
    return shared.getElementType();
  return cast<ShapedType>(type).getElementType();
}

SmallVector<int64_t> lacuna::tile::panelColumns(int64_t columns) {
  SmallVector<int64_t> panels(columns / 64, 64);
  for (int64_t width : {32, 16})
    if (columns % 64 & width)
      panels.push_back(width);
  return panels;
}

/// ", heads = 4", or nothing for one head.
static ParseResult parseHeads(AsmParser &parser, int64_t &heads) {
  heads = 1;
  return failure(
      succeeded(parser.parseOptionalComma()) &&
      (parser.parseKeyword("heads") || parser.parseEqual() || parser.parseInteger(heads)));
}

static void printHeads(AsmPrinter &printer, int64_t heads) {
  if (heads > 1)
    printer << ", heads = " << heads;
}

Type ViewType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type elementType;
  int64_t heads;
  SMLoc place = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseDimensionList(shape) || parser.parseType(elementType) ||
      parseHeads(parser, heads) || parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(place); }, parser.getContext(), shape,
                    elementType, heads);
}

void ViewType::print(AsmPrinter &printer) const {
  printer << '<';
  printer.printDimensionList(getShape());
  printer << 'x' << getElementType();
  printHeads(printer, getHeads());
  printer << '>';
}

LogicalResult ViewType::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> shape, Type, int64_t heads) {
  if (heads < 1 || (heads > 1 && shape.size() != 3 && shape.size() != 4))
    return emitError() << "a view of rank " << shape.size() << " packs " << heads
                       << " heads; one of [batch, heads, sequence] or [batch, heads, sequence, "
                          "features] packs at least 1";
  return success();
}

Type SharedType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type elementType;
  SMLoc place = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(elementType) || parser.parseComma())
    return {};
  FailureOr<SmallVector<Axis>> axes = parseAxisList(parser);
  if (failed(axes) || parser.parseGreater())
    return {};
  if (shape.size() != 2 && shape.size() != 1) {
    parser.emitError(place, "a shared tile has rows and columns, or is a vector");
    return {};
  }
  return getChecked([&] { return parser.emitError(place); }, parser.getContext(), shape[0],
                    shape.size() == 2 ? shape[1] : 1, elementType, *axes);
}

void SharedType::print(AsmPrinter &printer) const {
  printer << '<' << getRows() << 'x';
  if (!isVector())
    printer << getColumns() << 'x';
  printer << getElementType() << ", ";
  printAxisList(printer, getAxes());
  printer << '>';
}

LogicalResult SharedType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t rows,
                                 int64_t columns, Type elementType, ArrayRef<Axis> axes) {
  if (axes.size() == 1 && columns == 1) {
    if (rows % 16 || rows < 1)
      return emitError() << "a shared vector is of " << rows << ", must be a multiple of 16";
    if (!elementType.isF32())
      return emitError() << "a shared vector holds " << elementType << ", must be f32";
    return success();
  }
  if (rows % 16 || columns % 16 || rows < 1 || columns < 1)
    return emitError() << "a shared tile is " << rows << " x " << columns
                       << ", both must be multiples of 16";
  if (!elementType.isF16() && !elementType.isBF16())
    return emitError() << "a shared tile holds " << elementType << ", must be f16 or bf16";
  if (axes.size() != 2)
    return emitError() << "a shared tile has 2 axes, given " << axes.size();
  return success();
}

int64_t SharedType::getBytes() const {
  return isVector() ? 4 * getRows() : 2 * getRows() * getColumns();
}

LogicalResult RingType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t slots,
                               SharedType) {
  if (slots < 1)
    return emitError() << "a ring has " << slots << " slots, needs at least 1";
  return success();
}

Type CopyMapType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type elementType;
  int64_t heads;
  SMLoc place = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(elementType) || parseHeads(parser, heads) || parser.parseGreater())
    return {};
  if (shape.size() != 2) {
    parser.emitError(place, "a box has rows and columns");
    return {};
  }
  return getChecked([&] { return parser.emitError(place); }, parser.getContext(), shape[0],
                    shape[1], elementType, heads);
}

void CopyMapType::print(AsmPrinter &printer) const {
  printer << '<' << getRows() << 'x' << getColumns() << 'x' << getElementType();
  printHeads(printer, getHeads());
  printer << '>';
}

LogicalResult CopyMapType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t rows,
                                  int64_t columns, Type elementType, int64_t heads) {
  if (rows < 1 || rows > 256)
    return emitError() << "a box has " << rows << " rows, must have from 1 to 256";
  if (heads < 1 || rows % heads)
    return emitError() << "a box has " << rows << " rows of " << heads
                       << " heads, must have a multiple";
  if (columns != 64 && columns != 32 && columns != 16)
    return emitError() << "a box has " << columns << " columns, must have 64, 32 or 16";
  if (!elementType.isF16() && !elementType.isBF16())
    return emitError() << "a box holds " << elementType << ", must be f16 or bf16";
  return success();
}

LogicalResult BarriersType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t slots) {
  if (slots < 1)
    return emitError() << "a ring has " << slots << " barriers, needs at least 1";
  return success();
}
