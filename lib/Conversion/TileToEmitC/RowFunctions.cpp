//===- RowFunctions.cpp - Reductions of rows ------------------------------===//
//
// In kernels with roles a reduction is one asm statement, as short elementwise programs
// are (MapStatement.cpp), and for the same reasons: it stays behind the wait for a
// product, and NVRTC takes a thirtieth less for a kernel.
//
//===----------------------------------------------------------------------===//
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

namespace {
/// The same as instructions of an asm statement.
class ReductionStatement {
public:
  explicit ReductionStatement(StringRef instruction) : instruction(instruction) {}

  /// Adds what reduces `terms` into `target`, and returns the register of the result: a
  /// single term's own. Registers of the statement's own are used from number `free` on.
  std::string reduce(ArrayRef<std::string> terms, const std::string &target, int64_t free) {
    if (terms.size() == 1)
      return terms[0];
    ArrayRef<std::string> first = terms.take_front(terms.size() / 2);
    std::string left = reduce(first, own(free), free);
    std::string right = reduce(terms.drop_front(first.size()), own(free + 1), free + 1);
    text += "    \"" + instruction + " " + target + ", " + left + ", " + right + ";\\n\"\n";
    return target;
  }

  std::string print() const {
    return "    \".reg .f32 t<" + std::to_string(registers) + ">;\\n\"\n" + text;
  }

private:
  std::string own(int64_t number) {
    registers = std::max(registers, number + 1);
    return "t" + std::to_string(number);
  }

  std::string instruction, text;
  int64_t registers = 0;
};
} // namespace

/// The registers that hold elements of a row.
static SmallVector<std::string> termsOf(const Fragment &source, int64_t row,
                                        function_ref<std::string(int64_t)> name) {
  SmallVector<std::string> terms;
  for (int64_t i = 0; i < source.elements(); ++i)
    if (source.rowElementOf(i) == row)
      terms.push_back(name(i));
  return terms;
}

/// Reduces all rows of `x` to `r`.
static std::string reduceByStatement(const Fragment &source, const Fragment &result,
                                     bool isMaximum) {
  ReductionStatement statement(isMaximum ? "max.f32" : "add.f32");
  const int64_t rows = result.elements();
  for (int64_t row = 0; row < rows; ++row)
    statement.reduce(
        termsOf(source, row, [&](int64_t i) { return "%" + std::to_string(rows + i); }),
        "%" + std::to_string(row), 0);
  return "  asm volatile(\"{\\n\"\n" + statement.print() +
         "    \"}\"\n      : " + registerOperands("=&f", "r", rows) +
         "\n      : " + registerOperands("f", "x", source.registers()) + ");\n";
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
  bool isStatement = bool(op->getParentOfType<tile::RolesOp>());
  if (acrossLanes)
    emission.include("shuffle");
  std::string type = result->structName();
  std::string text = type + " $(" + source->parameterType() + "x) {\n  " + type + " r;\n";
  if (isStatement)
    text += reduceByStatement(*source, *result, isMaximum);
  for (int64_t row = 0; row < result->elements(); ++row) {
    std::string target = "r.x" + std::to_string(row);
    std::string value =
        isStatement
            ? target
            : tree(termsOf(*source, row, [](int64_t i) { return "x.x" + std::to_string(i); }),
                   isMaximum);
    if (acrossLanes)
      value = (isMaximum ? "lacuna::rowMaximum(" : "lacuna::rowSum(") + value + ")";
    if (value != target)
      text += "  " + target + " = " + value + ";\n";
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
