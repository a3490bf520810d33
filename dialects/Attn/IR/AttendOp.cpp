//===- AttendOp.cpp - attn.attend: names, result types and syntax ---------===//
//
//   attend  ::= `attn.attend` %q (`at` %p)? (`ragged` %n)? (`,` source)+ (`scale` %c)?
//               (`schedule` <..>)? (`mode` which)? (`runs` <..>)? (`attributes` {..})?
//               `:` type (`at` type)? (`ragged` type)? (`,` source-type)+
//   source  ::= %k `,` %v (`at` %p)? (`ragged` %n)? clause*
//   clause  ::= (`where` | `score` | `weight` | `intervals` | `classify`) (arguments) region
//             | `gather` %indices | `broadcast`
//   source-type ::= type `,` type (`at` type)? (`ragged` type)? (`gather` type)?
//
// The type list mirrors the operand list; results are inferred. Clauses of one
// source may come in any order and are printed in the order above.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/IR/Clauses.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace lacuna::attn;

using Clause = AttendOp::Clause;
static constexpr Clause allClauses[] = {Clause::Where, Clause::Score, Clause::Weight,
                                        Clause::Intervals, Clause::Classify};

StringRef AttendOp::getClauseName(Clause clause) {
  switch (clause) {
  case Clause::Where:
    return "where";
  case Clause::Score:
    return "score";
  case Clause::Weight:
    return "weight";
  case Clause::Intervals:
    return "intervals";
  case Clause::Classify:
    return "classify";
  }
  llvm_unreachable("all clauses have a name");
}

Value AttendOp::getKeyPosition(unsigned source) {
  OperandRange positions = getKeyPositions()[source];
  return positions.empty() ? Value() : positions.front();
}

/// score and weight take the value they replace before the coordinates.
static unsigned valuesOf(Clause clause) {
  return clause == Clause::Score || clause == Clause::Weight;
}

//===----------------------------------------------------------------------===//
// Names and types
//===----------------------------------------------------------------------===//

void AttendOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getOutput(), "o");
  setName(getLse(), "lse");
}

void AttendOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  auto clause = static_cast<Clause>(region.getRegionNumber() % kClauses);
  if (clause == Clause::Intervals)
    return nameArguments(region, intervalNames, setName);
  if (clause == Clause::Classify)
    return nameArguments(region, boxNames(Side::Query), setName);
  SmallVector<StringRef> names(coordinateNames(Side::Query));
  if (valuesOf(clause))
    names.insert(names.begin(), clause == Clause::Score ? "s" : "p");
  nameArguments(region, names, setName);
}

LogicalResult AttendOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                         Adaptor adaptor, SmallVectorImpl<Type> &inferred) {
  auto query = dyn_cast<RankedTensorType>(adaptor.getQuery().getType());
  auto value = adaptor.getValues().empty()
                   ? RankedTensorType()
                   : dyn_cast<RankedTensorType>(adaptor.getValues().front().getType());
  if (!query || query.getRank() != 4 || !value || value.getRank() != 4)
    return emitOptionalError(location, "query, keys and values of an attend must be tensors with "
                                       "the dimensions [batch, heads, sequence, head_dim]");
  SmallVector<int64_t> shape(query.getShape());
  inferred.push_back(RankedTensorType::get(ArrayRef(shape).drop_back(), Float32Type::get(context)));
  shape.back() = value.getDimSize(3);
  inferred.insert(inferred.begin(), RankedTensorType::get(shape, query.getElementType()));
  return success();
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {
using Unresolved = OpAsmParser::UnresolvedOperand;

/// One source as it stands in the text, before types are known.
struct ParsedSource {
  Unresolved key, value;
  std::optional<Unresolved> position, offsets, indices;
  bool broadcast = false;
  std::unique_ptr<Region> clauses[AttendOp::kClauses];
};
} // namespace

static ParseResult parseOptionalOperandAfter(OpAsmParser &parser, StringRef keyword,
                                             std::optional<Unresolved> &operand) {
  if (failed(parser.parseOptionalKeyword(keyword)))
    return success();
  return parser.parseOperand(operand.emplace());
}

static ParseResult parseSource(OpAsmParser &parser, ParsedSource &source) {
  if (parser.parseOperand(source.key) || parser.parseComma() || parser.parseOperand(source.value) ||
      parseOptionalOperandAfter(parser, "at", source.position) ||
      parseOptionalOperandAfter(parser, "ragged", source.offsets))
    return failure();
  while (true) {
    bool found = false;
    for (Clause clause : allClauses)
      if (succeeded(parser.parseOptionalKeyword(AttendOp::getClauseName(clause)))) {
        found = true;
        if (parseClause(parser, AttendOp::getClauseName(clause), valuesOf(clause),
                        source.clauses[static_cast<unsigned>(clause)]))
          return failure();
      }
    if (succeeded(parser.parseOptionalKeyword("broadcast")))
      found = source.broadcast = true;
    bool gathered = source.indices.has_value();
    if (!gathered && parseOptionalOperandAfter(parser, "gather", source.indices))
      return failure();
    if (!found && gathered == source.indices.has_value())
      return success();
  }
}

/// type of `operand`, appended resolved to `operands`.
static ParseResult parseOperandType(OpAsmParser &parser, const Unresolved &operand,
                                    SmallVectorImpl<Value> &operands) {
  Type type;
  if (parser.parseType(type))
    return failure();
  return parser.resolveOperand(operand, type, operands);
}

/// (keyword type)?, required exactly when the operand is there.
static ParseResult parseOperandTypeAfter(OpAsmParser &parser, StringRef keyword,
                                         const std::optional<Unresolved> &operand,
                                         SmallVectorImpl<Value> &operands) {
  if (!operand)
    return success();
  return failure(parser.parseKeyword(keyword) || parseOperandType(parser, *operand, operands));
}

ParseResult AttendOp::parse(OpAsmParser &parser, OperationState &state) {
  Builder &builder = parser.getBuilder();
  auto &properties = state.getOrAddProperties<Properties>();
  Unresolved query;
  std::optional<Unresolved> queryPosition, queryOffset, scale;
  SmallVector<ParsedSource> sources;

  if (parser.parseOperand(query) || parseOptionalOperandAfter(parser, "at", queryPosition) ||
      parseOptionalOperandAfter(parser, "ragged", queryOffset) || parser.parseComma())
    return failure();
  do {
    if (parseSource(parser, sources.emplace_back()))
      return failure();
  } while (succeeded(parser.parseOptionalComma()));
  if (parseOptionalOperandAfter(parser, "scale", scale))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("schedule"))) {
    Attribute schedule = ScheduleAttr::parse(parser, {});
    if (!schedule)
      return failure();
    properties.schedule = cast<ScheduleAttr>(schedule);
  }
  if (succeeded(parser.parseOptionalKeyword("mode"))) {
    FailureOr<Mode> mode = FieldParser<Mode>::parse(parser);
    if (failed(mode))
      return failure();
    properties.mode = ModeAttr::get(builder.getContext(), *mode);
  }
  if (succeeded(parser.parseOptionalKeyword("runs"))) {
    Attribute runs = RunsAttr::parse(parser, {});
    if (!runs)
      return failure();
    properties.runs = cast<RunsAttr>(runs);
  }
  if (parser.parseOptionalAttrDictWithKeyword(state.attributes) || parser.parseColon())
    return failure();

  SmallVector<Value> queries, queryPositions, queryOffsets, keys, values, keyPositions, keyOffsets,
      indexLists, scales;
  SmallVector<int32_t> positionCounts, indexCounts;
  SmallVector<bool> broadcast;
  SMLoc typesLoc = parser.getCurrentLocation();
  if (parseOperandType(parser, query, queries) ||
      parseOperandTypeAfter(parser, "at", queryPosition, queryPositions) ||
      parseOperandTypeAfter(parser, "ragged", queryOffset, queryOffsets))
    return failure();
  for (ParsedSource &source : sources) {
    if (parser.parseComma() || parseOperandType(parser, source.key, keys) || parser.parseComma() ||
        parseOperandType(parser, source.value, values) ||
        parseOperandTypeAfter(parser, "at", source.position, keyPositions) ||
        parseOperandTypeAfter(parser, "ragged", source.offsets, keyOffsets) ||
        parseOperandTypeAfter(parser, "gather", source.indices, indexLists))
      return failure();
    positionCounts.push_back(source.position.has_value());
    indexCounts.push_back(source.indices.has_value());
    broadcast.push_back(source.broadcast);
    for (std::unique_ptr<Region> &clause : source.clauses)
      state.addRegion(clause ? std::move(clause) : std::make_unique<Region>());
  }
  if (scale && parser.resolveOperand(*scale, builder.getF32Type(), scales))
    return failure();

  properties.key_position_counts = builder.getDenseI32ArrayAttr(positionCounts);
  properties.index_list_counts = builder.getDenseI32ArrayAttr(indexCounts);
  properties.broadcast = builder.getDenseBoolArrayAttr(broadcast);
  size_t segment = 0;
  for (const auto &group : {queries, queryPositions, keys, values, keyPositions, indexLists, scales,
                            queryOffsets, keyOffsets}) {
    properties.operandSegmentSizes[segment++] = group.size();
    state.addOperands(group);
  }
  SmallVector<Type> results;
  if (failed(inferReturnTypes(builder.getContext(), parser.getEncodedSourceLoc(typesLoc),
                              Adaptor(state.operands, DictionaryAttr(), properties, state.regions),
                              results)))
    return failure();
  state.addTypes(results);
  return success();
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

void AttendOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getQuery();
  if (Value position = getQueryPosition())
    printer << " at " << position;
  if (getQueryOffsets())
    printer << " ragged " << getQueryOffsets();
  for (unsigned source = 0; source < getNumSources(); ++source) {
    printer << ", " << getKey(source) << ", " << getValue(source);
    if (Value position = getKeyPosition(source))
      printer << " at " << position;
    if (source == 0 && getKeyOffsets())
      printer << " ragged " << getKeyOffsets();
    for (Value indices : getIndexLists()[source])
      printer << " gather " << indices;
    if (getBroadcast()[source])
      printer << " broadcast";
    for (Clause clause : allClauses)
      printClause(printer, getClauseName(clause), getClause(clause, source));
  }
  if (getScale())
    printer << " scale " << getScale();
  if (getScheduleAttr()) {
    printer << " schedule";
    getScheduleAttr().print(printer);
  }
  if (getMode())
    printer << " mode " << *getMode();
  if (getRunsAttr()) {
    printer << " runs";
    getRunsAttr().print(printer);
  }
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getOperandSegmentSizesAttrName(), getKeyPositionCountsAttrName(),
                            getIndexListCountsAttrName(), getBroadcastAttrName(),
                            getScheduleAttrName(), getModeAttrName(), getRunsAttrName()});
  printer << " : " << getQuery().getType();
  if (Value position = getQueryPosition())
    printer << " at " << position.getType();
  if (getQueryOffsets())
    printer << " ragged " << getQueryOffsets().getType();
  for (unsigned source = 0; source < getNumSources(); ++source) {
    printer << ", " << getKey(source).getType() << ", " << getValue(source).getType();
    if (Value position = getKeyPosition(source))
      printer << " at " << position.getType();
    if (source == 0 && getKeyOffsets())
      printer << " ragged " << getKeyOffsets().getType();
    for (Value indices : getIndexLists()[source])
      printer << " gather " << indices.getType();
  }
}
