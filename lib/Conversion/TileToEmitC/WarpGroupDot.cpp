//===- WarpGroupDot.cpp - Matrix products by wgmma ------------------------===//
//
// A warp group multiplies its 64 rows: one asm statement fences the registers,
// issues m64nNk16 for every 16 columns summed over, and may wait. The right operand
// is read where it lies in shared memory, the left one there or from registers; a
// descriptor for each width of panel says where, and moving on adds a constant.
// Accumulators and packed operands have the registers of mma.m16n8k16, so nothing
// is rearranged.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/FragmentFunctions.h"
#include "lib/Conversion/TileToEmitC/SharedTile.h"

using namespace mlir;
using namespace lacuna;

namespace {
/// Input operands of an asm statement behind its first ones.
class Inputs {
public:
  explicit Inputs(unsigned first) : next(first) {}

  /// The number of a new operand.
  unsigned add(StringRef constraint, const Twine &value) {
    text += ((text.empty() ? "\"" : ", \"") + constraint + "\"(" + value + ")").str();
    return next++;
  }

  unsigned next;
  std::string text;
};

/// Where a product finds an operand in shared memory. A descriptor for each width
/// of panel is a variable; that of a place is a constant number of 16 bytes on, and
/// an operand of its own, so that what does not change in a loop is added before.
class Descriptors {
public:
  /// `slot` is the parameter with the tile's address.
  Descriptors(tile::SharedType type, StringRef slot)
      : type(type), slot(slot.str()), panels(panelsOf(type)) {
    for (const Panel &panel : panels)
      if (first.empty() || first.back().width != panel.width)
        first.push_back(panel);
  }

  /// Lines that declare the variables; the tile begins `rowsApart` rows on for
  /// each warp group before this one.
  std::string declarations(int64_t rowsApart) const {
    std::string text;
    for (const Panel &panel : first) {
      std::string address = slot + " + " + std::to_string(panel.offset);
      if (rowsApart)
        address += " + " + std::to_string(rowsApart * panel.span()) + " * lacuna::warpGroupIndex()";
      text += ("  const uint64_t " + variable(panel) + " = lacuna::describePanel<" +
               Twine(panel.span()) + ", " + Twine(type.getRows() * panel.span()) + ">(" + address +
               ");\n")
                  .str();
    }
    return text;
  }

  /// The panel that holds `column`.
  const Panel &at(int64_t column) const {
    return *llvm::find_if(
        panels, [&](const Panel &panel) { return column < panel.firstColumn + panel.width; });
  }

  /// "key128 + 66": the descriptor of the place `bytes` into `panel`.
  std::string place(const Panel &panel, int64_t bytes) const {
    auto kind = llvm::find_if(first, [&](const Panel &p) { return p.width == panel.width; });
    int64_t units = (panel.offset - kind->offset + bytes) / 16;
    return variable(panel) + (units ? " + " + std::to_string(units) : "");
  }

  ArrayRef<Panel> firstOfWidth() const { return first; }
  /// Columns of all panels as wide as `panel`.
  int64_t columnsOfWidth(Panel panel) const {
    return panel.width *
           llvm::count_if(panels, [&](const Panel &p) { return p.width == panel.width; });
  }

private:
  std::string variable(const Panel &panel) const { return slot + std::to_string(panel.span()); }

  tile::SharedType type;
  std::string slot;
  SmallVector<Panel> panels, first;
};
} // namespace

static std::string group(int64_t first, int64_t count) {
  std::string text = "{";
  for (int64_t i = 0; i < count; ++i)
    text += (i ? ", %" : "%") + std::to_string(first + i);
  return text + "}";
}

FailureOr<FragmentCall> lacuna::printWarpGroupDot(Emission &emission, tile::DotOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> result = Fragment::of(loc, op.getType());
  if (failed(result))
    return failure();
  auto rhs = dyn_cast<tile::SharedType>(op.getRhs().getType());
  auto lhsSlot = dyn_cast<tile::SharedType>(op.getLhs().getType());
  std::optional<Fragment> lhs;
  if (!lhsSlot) {
    FailureOr<Fragment> fragment = Fragment::of(loc, op.getLhs().getType());
    if (failed(fragment))
      return failure();
    lhs = *fragment;
  }
  Type element = tile::elementTypeOf(op.getLhs().getType());
  if (!rhs || result->rowsPerWarp() != 16 || result->warps() % 4)
    return op.emitOpError("cannot be printed as wgmma: it needs a right operand in shared memory "
                          "and 64 rows for each group of 4 warps");
  ArrayRef<tile::Axis> lhsAxes = tile::axesOf(op.getLhs().getType());
  bool transposed = tile::axesOf(rhs)[1] == result->axes()[1];
  int64_t depth = transposed ? rhs.getRows() : rhs.getColumns();
  bool fromZero = startsFromZero(op);
  emission.structOf(loc, *result);
  emission.include("wgmma");
  emission.include("thread");

  std::string lhsName = lhs ? lhs->noun().str() : axisName(lhsAxes[0]).str();
  std::string rhsName = axisName(tile::axesOf(rhs)[0]).str(), declarations;
  int64_t lhsFirst = result->registers();
  Inputs inputs(lhsFirst);
  std::optional<Descriptors> lhsPlaces;
  if (lhs) {
    emission.structOf(loc, *lhs);
    for (int64_t i = 0; i < lhs->registers(); ++i)
      inputs.add("r", lhsName + Twine(".x") + Twine(i));
  } else {
    lhsPlaces.emplace(lhsSlot, lhsName);
    declarations = lhsPlaces->declarations(64);
  }
  Descriptors rhsPlaces(rhs, rhsName);
  declarations += rhsPlaces.declarations(0);

  StringRef suffix = element.isF16() ? "f16" : "bf16";
  std::string body = "    \"wgmma.fence.sync.aligned;\\n\"\n";
  auto multiply = [&](int64_t k, const std::string &a, const Twine &place, int64_t firstColumn,
                      int64_t columns) {
    std::string b = "%" + std::to_string(inputs.add("l", place));
    body += ("    \"wgmma.mma_async.sync.aligned.m64n" + Twine(columns) + "k16.f32." + suffix +
             "." + suffix + " " + group(firstColumn / 2, columns / 2) + ", " + a + ", " + b + ", " +
             (fromZero && k == 0 ? "0" : "1") + ", 1, 1" + (lhs ? "" : ", 0") +
             (transposed ? ", 1" : ", 0") + ";\\n\"\n")
                .str();
  };
  auto along = [](const Descriptors &places, int64_t column) {
    const Panel &panel = places.at(column);
    return places.place(panel, 2 * (column - panel.firstColumn));
  };
  for (int64_t k = 0; k < depth; k += 16) {
    std::string a = lhs ? group(lhsFirst + k / 4, 4)
                        : "%" + std::to_string(inputs.add("l", along(*lhsPlaces, k)));
    if (!transposed)
      multiply(k, a, along(rhsPlaces, k), 0, result->columns());
    else // Columns lie in panels of up to three widths, each multiplied by itself.
      for (const Panel &first : rhsPlaces.firstOfWidth())
        multiply(k, a, rhsPlaces.place(first, k * first.span()), first.firstColumn,
                 rhsPlaces.columnsOfWidth(first));
  }
  if (!op.getAsync())
    body += "    \"wgmma.commit_group.sync.aligned;\\n\"\n"
            "    \"wgmma.wait_group.sync.aligned 0;\\n\"\n";

  FragmentCall call;
  std::string type = result->structName(), signature;
  if (!fromZero) {
    signature = type + " d, ";
    call.operands.push_back(op.getAccumulator());
  }
  signature += (lhs ? lhs->structName() : "uint32_t") + " " + lhsName + ", uint32_t " + rhsName;
  call.operands.append({op.getLhs(), op.getRhs()});
  std::string text = type + " $(" + signature + ") {\n" + (fromZero ? "  " + type + " d;\n" : "") +
                     declarations + "  asm volatile(\n" + body + "      : " +
                     registerOperands(fromZero ? "=f" : "+f", "d", result->registers()) +
                     "\n      : " + inputs.text + "\n      : \"memory\");\n  return d;\n}\n";
  call.callee =
      emission.function(loc, ((op.getAsync() ? "start_" : "dot_") + result->noun()).str(), text);
  return call;
}
