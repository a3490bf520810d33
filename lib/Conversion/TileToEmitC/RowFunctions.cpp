//===- RowFunctions.cpp - Reductions of rows ------------------------------===//
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"

using namespace mlir;
using namespace lacuna;

/// A balanced tree: its depth is the time a row takes.
static std::string tree(ArrayRef<std::string> terms, bool isMaximum) {
  if (terms.size() == 1)
    return terms[0];
  std::string left = tree(terms.take_front(terms.size() / 2), isMaximum);
  std::string right = tree(terms.drop_front(terms.size() / 2), isMaximum);
  return isMaximum ? "fmaxf(" + left + ", " + right + ")" : "(" + left + " + " + right + ")";
}

FailureOr<FragmentCall> lacuna::printReduce(Emission &emission, tile::ReduceOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> source = Fragment::of(loc, op.getSource().getType());
  FailureOr<Fragment> result = Fragment::of(loc, op.getType());
  if (failed(source) || failed(result))
    return failure();
  if (!source->elementType().isF32())
    return op.emitOpError("cannot be printed: only f32 rows are reduced, not ")
           << source->elementType();
  emission.structOf(loc, *source);
  emission.structOf(loc, *result);
  bool isMaximum = op.getKind() == tile::ReduceKind::Max;
  bool acrossLanes = result->kind() == tile::FragmentKind::Row;
  if (acrossLanes)
    emission.include("shuffle");
  std::string type = result->structName();
  std::string text = type + " $(" + source->parameterType() + "x) {\n  " + type + " r;\n";
  for (int64_t row = 0; row < result->elements(); ++row) {
    SmallVector<std::string> terms;
    for (int64_t i = 0; i < source->elements(); ++i)
      if (source->rowElementOf(i) == row)
        terms.push_back("x.x" + std::to_string(i));
    std::string value = tree(terms, isMaximum);
    if (acrossLanes)
      value = (isMaximum ? "lacuna::rowMaximum(" : "lacuna::rowSum(") + value + ")";
    text += "  r.x" + std::to_string(row) + " = " + value + ";\n";
  }
  std::string name = (isMaximum ? "max_of_" : "sum_of_") + source->noun().str();
  return FragmentCall{emission.function(loc, name, text + "  return r;\n}\n"), {op.getSource()}};
}

FailureOr<FragmentCall> lacuna::printConvert(Emission &emission, tile::ConvertOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> source = Fragment::of(loc, op.getSource().getType());
  FailureOr<Fragment> result = Fragment::of(loc, op.getType());
  if (failed(source) || failed(result))
    return failure();
  using Kind = tile::FragmentKind;
  if (source->kind() == Kind::Accumulator && result->kind() == Kind::Operand && source->isPacked())
    return FragmentCall{"", {op.getSource()}};
  if (source->kind() != Kind::PartialRow || result->kind() != Kind::Row ||
      !source->elementType().isF32())
    return op.emitOpError("cannot be printed: it is neither an accumulator of 16-bit floats that "
                          "becomes an operand nor a partial row of f32 that becomes a row");
  emission.structOf(loc, *source);
  emission.include("shuffle");
  std::string type = result->structName();
  std::string text = type + " $(" + source->parameterType() + "x) {\n  " + type + " r;\n";
  for (int64_t row = 0; row < result->elements(); ++row) {
    std::string field = "x" + std::to_string(row);
    text += "  r." + field + " = lacuna::rowSum(x." + field + ");\n";
  }
  return FragmentCall{emission.function(loc, "sum_over_lanes", text + "  return r;\n}\n"),
                      {op.getSource()}};
}
