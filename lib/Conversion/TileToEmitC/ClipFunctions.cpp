//===- ClipFunctions.cpp - Intervals of rows ------------------------------===//
//
// The edge of a mask crosses few of a warp's columns. So columns are taken in
// groups: one that all rows of the warp see, or none, costs a vote; only in the
// others is each element compared, with a number, because the bounds are made
// relative to the thread's first column once.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"

using namespace mlir;
using namespace lacuna;

/// Columns that are voted on together.
static constexpr int64_t groupColumns = 32;

/// "min(x.x0, x.x1)" of the two rows of a block.
static std::string ofRows(StringRef function, StringRef bounds, int64_t rowBlock) {
  auto row = [&](int64_t index) { return (bounds + ".x" + Twine(2 * rowBlock + index)).str(); };
  return (function + "(" + row(0) + ", " + row(1) + ")").str();
}

/// Lines that clip elements [first, last) of a thread, columns of one group of one
/// block of rows. The bounds are relative to the thread's first column; `width` is
/// what is left of an interval that begins at `from`.
static std::string clipGroup(const Fragment &fragment, bool hasFrom, int64_t first, int64_t last) {
  int64_t block = fragment.rowElementOf(first) / 2;
  std::string begin = std::to_string(fragment.columnOf(first));
  std::string end = std::to_string(fragment.columnOf(last - 1));
  std::string someHidden = ofRows("min", "to", block) + " <= " + end;
  std::string someVisible = ofRows("max", "to", block) + " > " + begin;
  if (hasFrom) {
    someHidden += " || " + ofRows("max", "from", block) + " > " + begin;
    someVisible += " && " + ofRows("min", "from", block) + " <= " + end;
  }
  std::string compared, hidden;
  for (int64_t e = first; e < last; ++e) {
    std::string element = "x.x" + std::to_string(e), column = std::to_string(fragment.columnOf(e));
    std::string row = ".x" + std::to_string(fragment.rowElementOf(e));
    std::string holds =
        hasFrom ? "uint32_t(" + column + " - from" + row + ") < uint32_t(width" + row + ")"
                : "to" + row + " > " + column;
    compared += "      " + element + " = " + holds + " ? " + element + " : low;\n";
    hidden += "      " + element + " = low;\n";
  }
  return "  if (lacuna::anyLane(" + someHidden + ")) {\n    if (lacuna::anyLane(" + someVisible +
         ")) {\n" + compared + "    } else {\n" + hidden + "    }\n  }\n";
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
  emission.include("shuffle");
  bool hasFrom = bool(op.getFrom());
  std::string type = source->structName(), rows = bounds->structName();
  std::string text = type + " $(" + type + " x, " + (hasFrom ? rows + " from, " : "") + rows +
                     " to, int32_t j) {\n  const float low = __uint_as_float(0xff800000u);\n"
                     "  j += lacuna::fragmentColumn();\n";
  if (hasFrom)
    text += "  " + rows + " width;\n";
  for (int64_t row = 0; row < bounds->elements(); ++row) {
    std::string field = ".x" + std::to_string(row);
    if (hasFrom)
      text += "  width" + field + " = max(to" + field + " - from" + field + ", 0);\n  from" +
              field + " -= j;\n";
    text += "  to" + field + " -= j;\n";
  }
  const int64_t perRowBlock = source->elementsPerRowBlock(), perGroup = groupColumns / 2;
  for (int64_t block = 0; block < source->elements(); block += perRowBlock)
    for (int64_t first = 0; first < perRowBlock; first += perGroup)
      text += clipGroup(*source, hasFrom, block + first,
                        block + std::min(first + perGroup, perRowBlock));
  FragmentCall call;
  call.callee = emission.function(loc, ("clip_" + source->noun()).str(), text + "  return x;\n}\n");
  call.operands = {op.getSource()};
  if (hasFrom)
    call.operands.push_back(op.getFrom());
  call.operands.append({op.getTo(), op.getOrigin()});
  return call;
}
