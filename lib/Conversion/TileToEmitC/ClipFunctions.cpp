//===- ClipFunctions.cpp - Intervals of rows ------------------------------===//
//
// The edge of a mask crosses few of a warp's columns. So columns are taken in
// groups, for each edge of the interval by itself: a group that all rows of the warp
// see, or none, costs a vote; only in the others is each element compared, with a
// number, because the bounds are made relative to the thread's first column. A tile
// is rarely crossed by both edges, so each one is voted on as a whole first if there
// are two.
//
// All of it is one asm statement. As C++, its branches cost a third of the time that
// NVRTC takes to make PTX: every one of them merges the registers of its group.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"

using namespace mlir;
using namespace lacuna;

/// Columns that are voted on together.
static constexpr int64_t groupColumns = 32;

namespace {
/// The statement's instructions.
class ClipStatement {
public:
  explicit ClipStatement(const Fragment &fragment) : fragment(fragment) {}

  /// Hides elements of a block of rows from `bounds` on, operands of the statement,
  /// one for each of a thread's rows; or those before if it is no upper edge.
  void clipBlock(int64_t block, int64_t bounds, bool isUpper, bool isVotedOn);

  std::string text = line(".reg .pred p; .reg .b32 least, most;");

private:
  static std::string line(const Twine &instructions) {
    return ("    \"" + instructions + "\\n\"\n").str();
  }
  std::string columnOf(int64_t element) const { return std::to_string(fragment.columnOf(element)); }
  /// Goes on at `label` unless any lane's rows have hidden elements, or visible ones,
  /// among the elements [first, last).
  void leaveUnless(bool hidden, bool isUpper, int64_t first, int64_t last, const Twine &label);
  void clipGroup(int64_t bounds, bool isUpper, int64_t first, int64_t last);

  const Fragment &fragment;
  int64_t labels = 0;
};
} // namespace

void ClipStatement::leaveUnless(bool hidden, bool isUpper, int64_t first, int64_t last,
                                const Twine &label) {
  // The last column is hidden first by an upper edge, and the first one last.
  std::string comparison = hidden == isUpper ? "le.s32 p, " : "gt.s32 p, ";
  std::string bound = hidden == isUpper ? "least, " : "most, ";
  text += line("setp." + comparison + bound + columnOf(hidden == isUpper ? last - 1 : first) + ";");
  text += line("vote.sync.any.pred p, p, 0xffffffff; @!p bra " + label + ";");
}

void ClipStatement::clipGroup(int64_t bounds, bool isUpper, int64_t first, int64_t last) {
  std::string number = std::to_string(labels++);
  leaveUnless(/*hidden=*/true, isUpper, first, last, "seen" + number + "_%=");
  leaveUnless(/*hidden=*/false, isUpper, first, last, "none" + number + "_%=");
  for (int64_t e = first; e < last; ++e) {
    std::string x = "%" + std::to_string(e);
    text += line("setp." + Twine(isUpper ? "gt" : "le") + ".s32 p, %" +
                 Twine(bounds + fragment.rowElementOf(e)) + ", " + columnOf(e) + "; selp.f32 " + x +
                 ", " + x + ", 0fFF800000, p;");
  }
  text += line("bra seen" + Twine(number) + "_%=;") + line("none" + Twine(number) + "_%=:");
  for (int64_t e = first; e < last; ++e)
    text += line("mov.f32 %" + Twine(e) + ", 0fFF800000;");
  text += line("seen" + Twine(number) + "_%=:");
}

void ClipStatement::clipBlock(int64_t block, int64_t bounds, bool isUpper, bool isVotedOn) {
  const int64_t size = fragment.elementsPerRowBlock(), begin = block * size, end = begin + size;
  for (StringRef extreme : {"min.s32 least", "max.s32 most"})
    text += line(extreme + ", %" + Twine(bounds + 2 * block) + ", %" +
                 Twine(bounds + 2 * block + 1) + ";");
  std::string number = std::to_string(labels++);
  if (isVotedOn)
    leaveUnless(/*hidden=*/true, isUpper, begin, end, "edge" + number + "_%=");
  for (int64_t first = begin; first < end; first += groupColumns / 2)
    clipGroup(bounds, isUpper, first, std::min(first + groupColumns / 2, end));
  if (isVotedOn)
    text += line("edge" + Twine(number) + "_%=:");
}

FailureOr<FragmentCall> lacuna::printClip(Emission &emission, tile::ClipOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> source = Fragment::of(loc, op.getType());
  FailureOr<Fragment> bounds = Fragment::of(loc, op.getTo().getType());
  if (failed(source) || failed(bounds))
    return failure();
  emission.structOf(loc, *source);
  emission.structOf(loc, *bounds);
  emission.include("thread");
  const bool hasFrom = bool(op.getFrom());
  ClipStatement statement(*source);
  std::string parameters, inputs;
  FragmentCall call;
  call.inPlace = true;
  call.changed = op.getSource();
  int64_t next = source->registers();
  for (bool isUpper : {false, true}) {
    if (!isUpper && !hasFrom)
      continue;
    for (int64_t block = 0; block < source->rowBlocks(); ++block)
      statement.clipBlock(block, next, isUpper, /*isVotedOn=*/hasFrom);
    std::string name = isUpper ? "to" : "from";
    parameters += ", " + bounds->parameterType() + name;
    for (int64_t row = 0; row < bounds->elements(); ++row)
      inputs +=
          (inputs.empty() ? "\"r\"(" : ", \"r\"(") + name + ".x" + std::to_string(row) + " - j)";
    next += bounds->elements();
    call.operands.push_back(isUpper ? op.getTo() : op.getFrom());
  }
  call.operands.push_back(op.getOrigin());
  call.callee = emission.function(
      loc, ("clip_" + source->noun()).str(),
      "void $(" + source->structName() + " &x" + parameters +
          ", int32_t j) {\n  j += lacuna::fragmentColumn();\n  asm volatile(\"{\\n\"\n" +
          statement.text + "    \"}\"\n      : " +
          registerOperands("+f", "x", source->registers()) + "\n      : " + inputs + ");\n}\n");
  return call;
}
