//===- WarpGroupDot.cpp - Matrix products by wgmma ------------------------===//
//
// A warp group multiplies its 64 rows: one asm statement fences the registers,
// issues m64nNk16 for every 16 columns summed over, and waits. The right operand
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
/// The descriptors of one operand in shared memory: an asm operand for each width
/// of panel, and the distance of a place in units of 16 bytes.
class Descriptors {
public:
  Descriptors(tile::SharedType type, unsigned firstOperand)
      : type(type), panels(panelsOf(type)), firstOperand(firstOperand) {
    for (const Panel &panel : panels)
      if (first.empty() || first.back().width != panel.width)
        first.push_back(panel);
  }

  unsigned numOperands() const { return first.size(); }

  /// `"l"(lacuna::describePanel<128, 16384>(key + 0))`, ...; `rowsApart` is added
  /// for each row of a panel, as text with the bytes of a row.
  std::string operands(StringRef slot, function_ref<std::string(int64_t span)> shift) const {
    std::string text;
    for (const Panel &panel : first)
      text += (text.empty() ? "\"l\"(" : ", \"l\"(") +
              ("lacuna::describePanel<" + Twine(panel.span()) + ", " +
               Twine(type.getRows() * panel.span()) + ">(" + slot + " + " + Twine(panel.offset) +
               shift(panel.span()) + "))")
                  .str();
    return text;
  }

  /// The panel that holds `column`, and how its descriptor's operand is numbered.
  std::pair<Panel, unsigned> at(int64_t column) const {
    const Panel &panel = *llvm::find_if(
        panels, [&](const Panel &panel) { return column < panel.firstColumn + panel.width; });
    auto kind = llvm::find_if(first, [&](const Panel &p) { return p.width == panel.width; });
    return {panel, firstOperand + unsigned(kind - first.begin())};
  }

  /// Line that makes register `name` describe the place `bytes` into `panel`.
  std::string place(StringRef name, Panel panel, unsigned operand, int64_t bytes) const {
    auto kind = llvm::find_if(first, [&](const Panel &p) { return p.width == panel.width; });
    int64_t units = (panel.offset - kind->offset + bytes) / 16;
    return ("    \"add.s64 " + name + ", %" + Twine(operand) + ", " + Twine(units) + ";\\n\"\n")
        .str();
  }

  ArrayRef<Panel> firstOfWidth() const { return first; }
  /// Columns of all panels as wide as `panel`.
  int64_t columnsOfWidth(Panel panel) const {
    return panel.width *
           llvm::count_if(panels, [&](const Panel &p) { return p.width == panel.width; });
  }

private:
  tile::SharedType type;
  SmallVector<Panel> panels, first;
  unsigned firstOperand;
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

  unsigned next = result->registers(), lhsFirst = next;
  std::optional<Descriptors> lhsPlaces;
  if (lhs) {
    emission.structOf(loc, *lhs);
    next += lhs->registers();
  } else {
    lhsPlaces.emplace(lhsSlot, next);
    next += lhsPlaces->numOperands();
  }
  Descriptors rhsPlaces(rhs, next);

  StringRef suffix = element.isF16() ? "f16" : "bf16";
  std::string body = "    \".reg .b64 a, b;\\n\"\n    \"wgmma.fence.sync.aligned;\\n\"\n";
  auto multiply = [&](int64_t k, int64_t firstColumn, int64_t columns) {
    body += ("    \"wgmma.mma_async.sync.aligned.m64n" + Twine(columns) + "k16.f32." + suffix +
             "." + suffix + " " + group(firstColumn / 2, columns / 2) + ", " +
             (lhs ? group(lhsFirst + k / 4, 4) : std::string("a")) + ", b, " +
             (fromZero && k == 0 ? "0" : "1") + ", 1, 1" + (lhs ? "" : ", 0") +
             (transposed ? ", 1" : ", 0") + ";\\n\"\n")
                .str();
  };
  for (int64_t k = 0; k < depth; k += 16) {
    if (lhsPlaces) {
      auto [panel, operand] = lhsPlaces->at(k);
      body += lhsPlaces->place("a", panel, operand, 2 * (k - panel.firstColumn));
    }
    if (!transposed) {
      auto [panel, operand] = rhsPlaces.at(k);
      body += rhsPlaces.place("b", panel, operand, 2 * (k - panel.firstColumn));
      multiply(k, 0, result->columns());
      continue;
    }
    // Columns lie in panels of up to three widths, each multiplied by itself.
    for (const Panel &first : rhsPlaces.firstOfWidth()) {
      auto [panel, operand] = rhsPlaces.at(first.firstColumn);
      body += rhsPlaces.place("b", panel, operand, k * panel.span());
      multiply(k, first.firstColumn, rhsPlaces.columnsOfWidth(first));
    }
  }
  if (!op.getAsync())
    body += "    \"wgmma.commit_group.sync.aligned;\\n\"\n"
            "    \"wgmma.wait_group.sync.aligned 0;\\n\"\n";

  FragmentCall call;
  std::string type = result->structName(), rhsName = axisName(tile::axesOf(rhs)[0]).str();
  std::string lhsName = lhs ? lhs->noun().str() : axisName(lhsAxes[0]).str();
  std::string signature;
  if (!fromZero) {
    signature = type + " d, ";
    call.operands.push_back(op.getAccumulator());
  }
  signature += (lhs ? lhs->structName() : "uint32_t") + " " + lhsName + ", uint32_t " + rhsName;
  call.operands.append({op.getLhs(), op.getRhs()});
  auto nothing = [](int64_t) { return std::string(); };
  std::string inputs =
      lhs ? registerOperands("r", lhsName, lhs->registers())
          : lhsPlaces->operands(lhsName, [&](int64_t span) {
              return " + " + std::to_string(64 * span) + " * lacuna::warpGroupIndex()";
            });
  inputs += ",\n      " + rhsPlaces.operands(rhsName, nothing);
  std::string text = type + " $(" + signature + ") {\n" + (fromZero ? "  " + type + " d;\n" : "") +
                     "  asm volatile(\"{\\n\"\n" + body + "    \"}\"\n      : " +
                     registerOperands(fromZero ? "=f" : "+f", "d", result->registers()) +
                     "\n      : " + inputs + "\n      : \"memory\");\n  return d;\n}\n";
  call.callee =
      emission.function(loc, ((op.getAsync() ? "start_" : "dot_") + result->noun()).str(), text);
  return call;
}
