//===- PlanFunctions.cpp - One function per operation of a plan -----------===//
//
// A plan is made by warps: a lane classifies a box or sums up a cell. The loops
// over boxes and cells are printed here, around primitives
// of kernels/lacuna/plan.cuh and range.cuh.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/PlanFunctions.h"

#include "lib/Conversion/TileToEmitC/ScalarCode.h"
#include "lib/Conversion/TileToEmitC/Types.h"

#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace lacuna;

/// ", i0, i1": what stands before the index along the last axis.
static std::string leading(int64_t rank, StringRef name) {
  std::string text;
  for (int64_t axis = 0; axis + 1 < rank; ++axis)
    text += (", " + name + Twine(axis)).str();
  return text;
}

/// Range of the element at `indices` of a table.
static std::string elementText(Type element, StringRef indices) {
  unsigned bytes = (element.getIntOrFloatBitWidth() + 7) / 8;
  return llvm::formatv("lacuna::rangeOf(lacuna::load{0}("
                       "lacuna::elementAddress<{1}>(table{2}), true))",
                       typeSuffix(element), bytes, indices);
}

std::string lacuna::printLoadRange(Emission &emission, tile::LoadRangeOp op) {
  emission.include("range");
  tile::ViewType table = op.getTable().getType();
  int64_t rank = table.getRank(), last = rank - 1;
  std::string text = "lacuna::Range $(const " + viewTypeText(table) + " &table";
  if (op.getCells())
    text += ", const " + viewTypeText(op.getCells().getType()) + " &cells";
  for (int64_t axis = 0; axis < rank; ++axis)
    text += llvm::formatv(", int64_t first{0}, int64_t last{0}", axis);
  text += ") {\n";
  for (int64_t axis = 0; axis < rank; ++axis)
    text += llvm::formatv("  if (!lacuna::isSpan(first{0}, last{0}, table.dim[{0}]))\n"
                          "    return lacuna::anyElements();\n",
                          axis);
  // A lane looks at no more than this many rows, and elements of each.
  if (rank > 1) {
    text += "  int64_t rows = 1;\n";
    for (int64_t axis = 0; axis < last; ++axis)
      text += llvm::formatv("  rows *= last{0} - first{0} + 1;\n", axis);
    text += "  if (rows > 256)\n    return lacuna::anyElements();\n";
  }
  if (!op.getCells())
    text += llvm::formatv("  if (last{0} - first{0} >= 256)\n    return lacuna::anyElements();\n",
                          last);
  else
    text += llvm::formatv("  const int32_t step = lacuna::summaryStep(int32_t(first{0}), "
                          "int32_t(last{0}), table.dim[{0}]);\n",
                          last);
  text += "  lacuna::Range range = lacuna::noElements();\n";
  for (int64_t axis = 0; axis < last; ++axis)
    text += llvm::formatv("  #pragma unroll 1\n"
                          "  for (int32_t i{0} = int32_t(first{0}); i{0} <= int32_t(last{0}); "
                          "++i{0})\n",
                          axis);
  std::string indices = leading(rank, "i");
  std::string elements =
      llvm::formatv("    #pragma unroll 1\n"
                    "    for (int32_t at = int32_t(first{0}); at <= int32_t(last{0}); ++at)\n"
                    "      range = lacuna::both(range, {1});\n",
                    last, elementText(table.getElementType(), indices + ", at"));
  if (!op.getCells()) {
    text += elements;
  } else {
    text += "  if (step == 1)\n" + elements;
    text += llvm::formatv(
        "  else\n"
        "    #pragma unroll 1\n"
        "    for (int32_t at = int32_t(first{0}) / step; at <= int32_t(last{0}) / step; ++at)\n"
        "      range = lacuna::both(range, lacuna::loadRange(lacuna::elementAddress<8>(cells{1}, "
        "lacuna::cellPlace(step, at), 0), true));\n",
        last, indices);
  }
  text += "  return range;\n}\n";
  return emission.function(op.getLoc(), "range_of_box", text);
}

FragmentCall lacuna::printSummarize(Emission &emission, tile::SummarizeOp op) {
  emission.include("range");
  using Op = tile::SummarizeOp;
  tile::ViewType table = op.getTable().getType();
  int64_t rank = table.getRank();
  std::string indices = leading(rank, "i"), signature = indices;
  for (size_t at = 0; (at = signature.find(", i", at)) != std::string::npos; at += 3)
    signature.insert(at + 2, "int32_t ");
  std::string text = "void $(const " + viewTypeText(table) + " &table, const " +
                     viewTypeText(op.getCells().getType()) + " &cells" + signature +
                     ", int32_t first) {\n";
  text += llvm::formatv(
      "  const int32_t lane = lacuna::laneIndex(), begin = first + lane * {0};\n"
      "  const int32_t end = begin + {0} < table.dim[{1}] ? begin + {0} : table.dim[{1}];\n"
      "  lacuna::Range range = lacuna::noElements();\n"
      "  #pragma unroll 4\n"
      "  for (int32_t at = begin; at < end; ++at)\n"
      "    range = lacuna::both(range, {2});\n"
      "  const int32_t place = first / {3} * {4};\n"
      "  lacuna::storeRange(lacuna::elementAddress<8>(cells{5}, place + lane, 0), range);\n"
      "  range = lacuna::rangeOfWarp(range);\n"
      "  if (lane == 0)\n"
      "    lacuna::storeRange(lacuna::elementAddress<8>(cells{5}, place + {6}, 0), range);\n",
      Op::kCell, rank - 1, elementText(table.getElementType(), indices + ", at"), Op::kSegment,
      Op::kStride, indices, Op::kCells);
  FragmentCall call{emission.function(op.getLoc(), "summarize", text + "}\n"), {}};
  llvm::append_range(call.operands, op->getOperands());
  return call;
}

namespace {
/// A classifier as a function: `name(first, last, captured...)`.
struct Classifier {
  std::string name;
  SmallVector<Value> captured; ///< values from outside, constants excepted
};
} // namespace

static FailureOr<Classifier> printClassifier(Emission &emission, tile::WriteRunsOp op) {
  Classifier classifier;
  llvm::SetVector<Value> outside;
  SmallVector<arith::ConstantOp> constants;
  getUsedValuesDefinedAbove(op.getClassify(), outside);
  for (Value value : outside)
    if (auto constant = value.getDefiningOp<arith::ConstantOp>())
      constants.push_back(constant);
    else
      classifier.captured.push_back(value);

  SmallVector<Value> sources = {op.getFirst(), op.getLast()};
  llvm::append_range(sources, classifier.captured);
  SmallVector<Type> types;
  for (Value value : sources)
    types.push_back(parameterType(emission, value.getType()));
  auto result = emitc::OpaqueType::get(op.getContext(), "lacuna::BoxClass");
  emitc::FuncOp function = emission.create(op.getLoc(), types, result);
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  IRMapping values;
  for (auto [index, source, argument] : llvm::enumerate(sources, function.getArguments())) {
    argument.setLoc(named(index > 1 ? nameOf(source) : index ? "last" : "first", source.getLoc()));
    values.map(source, argument);
  }
  ScalarCode code(emission, builder, values);
  for (arith::ConstantOp constant : constants)
    if (failed(code.lower(*constant)))
      return function->erase(), failure();
  Block &body = op.getClassify().front();
  if (failed(code.lowerBlock(body)))
    return function->erase(), failure();
  SmallVector<Value> classes;
  for (Value yielded : body.getTerminator()->getOperands())
    classes.push_back(values.lookup(yielded));
  Value both =
      emitc::CallOpaqueOp::create(builder, op.getLoc(), result, "lacuna::boxClass", classes)
          .getResult(0);
  emitc::ReturnOp::create(builder, op.getLoc(), both);
  classifier.name = emission.function("classify_box", function);
  return classifier;
}

FailureOr<FragmentCall> lacuna::printWriteRuns(Emission &emission, tile::WriteRunsOp op,
                                               int64_t keyTile) {
  emission.include("plan");
  FailureOr<Classifier> classifier = printClassifier(emission, op);
  if (failed(classifier))
    return failure();
  FragmentCall call;
  llvm::append_range(call.operands, op->getOperands());
  llvm::append_range(call.operands, classifier->captured);
  std::string signature, captured;
  for (auto [index, value] : llvm::enumerate(classifier->captured)) {
    std::string name = llvm::formatv("x{0}", index);
    StringRef type =
        cast<emitc::OpaqueType>(opaqueParameterType(emission, value.getType())).getValue();
    signature += (", " + type + (type.ends_with("&") ? "" : " ") + name).str();
    captured += ", " + name;
  }

  // Votes of the warp on one box for each lane: `count` tiles from `tile` on.
  auto vote = [&](StringRef tile, StringRef count, StringRef indent) {
    return llvm::formatv("{2}bool maySee = false, mayHide = false;\n"
                         "{2}if ({0} < tiles) {{\n"
                         "{2}  const lacuna::KeyBox box = lacuna::keyBox<{3}>({0}, {1}, keys);\n"
                         "{2}  const lacuna::BoxClass of = {4}(box.first, box.last{5});\n"
                         "{2}  maySee = of.maySee;\n"
                         "{2}  mayHide = of.mayHide || box.ragged;\n"
                         "{2}}\n",
                         tile, count, indent, keyTile, classifier->name, captured)
        .str();
  };
  constexpr int64_t box = tile::WriteRunsOp::kBoxTiles;
  std::string text =
      "bool $(const lacuna::View<5> &lists, const lacuna::View<4> &counts, int32_t batch, "
      "int32_t head, int32_t row, int32_t keys" +
      signature + ") {\n";
  text += llvm::formatv(
      "  lacuna::RunWriter writer = lacuna::openList(lists, batch, head, row);\n"
      "  const int32_t lane = lacuna::laneIndex(), tiles = keys / {0} + (keys % {0} != 0);\n"
      "  #pragma unroll 1\n"
      "  for (int32_t group = 0; group < tiles; group += {1}) {{\n"
      "    const int32_t begin = group + lane * {2};\n"
      "{3}"
      "    const uint32_t open = lacuna::lanesWith(maySee && mayHide);\n"
      "    #pragma unroll 1\n"
      "    for (uint32_t left = lacuna::lanesWith(maySee); left; left &= left - 1) {{\n"
      "      const int32_t number = __ffs(left) - 1, tile = group + number * {2};\n"
      "      uint32_t seen = lacuna::lowBits(tiles - tile), partial = 0;\n"
      "      if (open >> number & 1) {{\n"
      "        const int32_t own = tile + lane;\n"
      "{4}"
      "        seen = lacuna::lanesWith(maySee);\n"
      "        partial = lacuna::lanesWith(maySee && mayHide);\n"
      "      }\n"
      "      lacuna::addTiles(writer, tile, seen, partial);\n"
      "    }\n"
      "  }\n"
      "  return lacuna::closeList(writer, counts, batch, head, row);\n",
      keyTile, 32 * box, box, vote("begin", std::to_string(box), "    "),
      vote("own", "1", "        "));
  call.callee = emission.function(op.getLoc(), "write_runs", text + "}\n");
  return call;
}
