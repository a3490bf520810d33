#include "lib/Conversion/TileToEmitC/DotStatement.h"

using namespace mlir;
using namespace lacuna;

FailureOr<DotStatement> DotStatement::of(tile::DotOp op) {
  Type left = op.getLhs().getType();
  FailureOr<Fragment> result = Fragment::of(op.getLoc(), op.getType());
  if (failed(result))
    return failure();
  auto lhsSlot = dyn_cast<tile::SharedType>(left);
  std::optional<Fragment> lhs;
  if (!lhsSlot) {
    FailureOr<Fragment> fragment = Fragment::of(op.getLoc(), left);
    if (failed(fragment))
      return failure();
    lhs = *fragment;
  }
  auto rhs = dyn_cast<tile::SharedType>(op.getRhs().getType());
  DotStatement dot{op, *result, lhs, lhsSlot, rhs, tile::elementTypeOf(left)};
  dot.fromZero = startsFromZero(op);
  dot.acrossRows = tile::axesOf(left)[0] != result->axes()[0];
  dot.lhsName = dot.acrossRows ? "exchanged"
                : lhs          ? lhs->noun().str()
                               : axisName(tile::axesOf(left)[0]).str();
  if (rhs) {
    dot.rhsName = axisName(tile::axesOf(rhs)[0]).str();
    dot.transposed = tile::axesOf(rhs)[1] == result->axes()[1];
    dot.depth = dot.transposed ? rhs.getRows() : rhs.getColumns();
  }
  return dot;
}

FragmentCall DotStatement::print(Emission &emission, const Twine &name, StringRef lhsType,
                                 StringRef body, StringRef inputs) {
  FragmentCall call;
  call.inPlace = true;
  if (!fromZero)
    call.changed = op.getAccumulator();
  call.operands.append({op.getLhs(), op.getRhs()});
  if (standIn)
    call.operands.push_back(standIn);
  std::string text = "void $(" + result.structName() + " &d, " + lhsType.str() + lhsName +
                     ", uint32_t " + rhsName + (standIn ? ", uint32_t stand_in" : "") +
                     ") {\n  asm volatile(\"{\\n\"\n" + body.str() + "    \"}\"\n      : " +
                     registerOperands(fromZero ? "=f" : "+f", "d", result.registers()) +
                     "\n      : " + inputs.str() + "\n      : \"memory\");\n}\n";
  call.callee = emission.function(op.getLoc(), (name + "_" + result.noun()).str(), text);
  return call;
}
