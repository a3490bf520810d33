//===- WarpGroupDot.cpp - Matrix products by wgmma ------------------------===//
//
// A warp group multiplies its 64 rows: one asm statement fences the registers,
// issues m64nNk16 for every 16 columns summed over, and may wait. The right operand
// is read where it lies in shared memory, the left one there or from registers. A
// place in shared memory is an asm operand of its own, so that what a loop does not
// change is added once: those of the left one are kept in registers.
// Accumulators and packed operands have the registers of mma.m16n8k16, so nothing
// is rearranged.
//
// A left operand whose rows are summed over has its columns as rows of the result: 64 for
// all warp groups, which then have shares of the right operand's columns.
//
// With what stands in for the right operand a product starts one instruction and jumps
// over the others. Were there a path on which none sets its registers, or were the
// assembler not told again behind the jump that they are in use, it would serialise all
// products.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/DotStatement.h"
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

/// Where a product finds an operand in shared memory. A descriptor's low word says
/// where a place is, in units of 16 bytes, its high word how panels of that width
/// are swizzled and that eight rows follow one another.
class Places {
public:
  /// With `acrossRows`, rows are what is summed over, and the low word also says how
  /// far panels are apart.
  Places(tile::SharedType type, bool acrossRows)
      : type(type), acrossRows(acrossRows), panels(panelsOf(type)) {}

  /// The panel that holds `column`.
  const Panel &at(int64_t column) const {
    return *llvm::find_if(
        panels, [&](const Panel &panel) { return column < panel.firstColumn + panel.width; });
  }

  /// What is added to the tile's place for that `bytes` into `panel`.
  int64_t offset(const Panel &panel, int64_t bytes) const {
    int64_t apart = acrossRows ? type.getRows() * panel.span() / 16 : 0;
    return (panel.offset + bytes) / 16 + (apart << 16);
  }

  /// The first panel of each width.
  SmallVector<Panel> firstOfWidth() const {
    SmallVector<Panel> first;
    for (const Panel &panel : panels)
      if (first.empty() || first.back().width != panel.width)
        first.push_back(panel);
    return first;
  }

  /// Columns of all panels as wide as `panel`.
  int64_t columnsOfWidth(const Panel &panel) const {
    return panel.width *
           llvm::count_if(panels, [&](const Panel &p) { return p.width == panel.width; });
  }

private:
  tile::SharedType type;
  bool acrossRows;
  SmallVector<Panel> panels;
};
} // namespace

/// The high word of descriptors for rows of `span` bytes.
static uint32_t highWord(int64_t span) {
  uint32_t swizzle = span == 128 ? 1 : span == 64 ? 2 : 3;
  return swizzle << 30 | uint32_t(8 * span / 16);
}

/// "place + 66"
static std::string shifted(StringRef place, int64_t offset) {
  return place.str() + (offset ? " + " + std::to_string(offset) : "");
}

/// Line that makes the descriptor `name` of a place that is asm operand `low`.
static std::string describe(StringRef name, unsigned low, const Panel &panel) {
  return ("    \"mov.b64 " + name + ", {%" + Twine(low) + ", h" + Twine(panel.span()) + "};\\n\"\n")
      .str();
}

/// Whether a left operand whose rows are summed over is one panel of 64 columns, and the
/// groups' shares of the right one are parts of such panels, or panels.
static bool isDealtInPanels(const DotStatement &dot) {
  const Fragment &result = dot.result;
  bool isPanel = !dot.acrossRows || (dot.lhsSlot && dot.lhsSlot.getColumns() == 64);
  bool inPanels =
      result.warpsPerRow() == 1 || (dot.transposed && dot.rhs.getColumns() % 64 == 0 &&
                                    result.warps() == 4 * result.warpsPerRow() &&
                                    (64 % result.columns() == 0 || result.columns() % 64 == 0));
  return isPanel && inPanels && dot.acrossRows == (result.warpsPerRow() > 1);
}

/// Where rows from `row` on of a left operand lie whose rows are summed over.
static std::string placeAcrossRows(const DotStatement &dot, int64_t row) {
  Places places(dot.lhsSlot, /*acrossRows=*/true);
  const Panel &panel = places.at(0);
  return shifted(dot.lhsName, places.offset(panel, row * panel.span()));
}

/// What is added to a place of the right operand for the group's share of its columns;
/// empty where it has all of them.
static std::string shareOfColumns(const DotStatement &dot) {
  if (dot.result.warpsPerRow() == 1)
    return {};
  int64_t columns = dot.result.columns();
  int64_t bytes = columns < 64 ? 2 * columns : 2 * columns * dot.rhs.getRows();
  return " + " + std::to_string(bytes / 16) + " * lacuna::warpGroupIndex()";
}

FailureOr<FragmentCall> lacuna::printWarpGroupDot(Emission &emission, tile::DotOp op) {
  Location loc = op.getLoc();
  FailureOr<DotStatement> dot = DotStatement::of(op);
  if (failed(dot))
    return failure();
  const Fragment &result = dot->result;
  const std::optional<Fragment> &lhs = dot->lhs;
  if (!dot->rhs || result.rowsPerWarp() != 16 || result.warps() % 4 || !isDealtInPanels(*dot))
    return op.emitOpError("cannot be printed as wgmma: it needs a right operand in shared memory "
                          "and 64 rows for each group of 4 warps");
  emission.structOf(loc, result);
  emission.include("wgmma");
  emission.include("thread");

  int64_t lhsFirst = result.registers();
  Inputs inputs(lhsFirst);
  if (lhs)
    emission.structOf(loc, *lhs);
  int64_t lhsRegisters = lhs ? lhs->registers() : dot->depth / 16;
  for (int64_t i = 0; i < lhsRegisters; ++i)
    inputs.add("r", dot->acrossRows ? placeAcrossRows(*dot, 16 * i)
                                    : (dot->lhsName + Twine(".x") + Twine(i)).str());
  Places places(dot->rhs, dot->transposed);
  SmallVector<Panel> widths = places.firstOfWidth();

  StringRef suffix = dot->suffix();
  std::string body = "    \".reg .b64 a, b;\\n\"\n";
  for (const Panel &panel : widths)
    body += ("    \".reg .b32 h" + Twine(panel.span()) + "; mov.b32 h" + Twine(panel.span()) +
             ", " + Twine(highWord(panel.span())) + ";\\n\"\n")
                .str();
  const std::string fence = "    \"wgmma.fence.sync.aligned;\\n\"\n";
  if (auto slot = op.getRhs().getDefiningOp<tile::SlotOp>())
    dot->standIn = slot.getStandIn();
  const bool jumps = dot->standIn && dot->depth > 16;
  body += fence;
  const std::string share = shareOfColumns(*dot);
  auto multiply = [&](int64_t k, const Panel &panel, int64_t bytes, int64_t firstColumn,
                      int64_t columns) {
    body += describe(
        "b", inputs.add("r", shifted(dot->rhsName, places.offset(panel, bytes)) + share), panel);
    body += ("    \"wgmma.mma_async.sync.aligned.m64n" + Twine(columns) + "k16.f32." + suffix +
             "." + suffix + " " + registerGroup("%", firstColumn / 2, columns / 2) + ", " +
             (lhs ? registerGroup("%", lhsFirst + k / 4, 4) : std::string("a")) + ", b, " +
             (dot->fromZero && k == 0 ? "0" : "1") + ", 1, 1" +
             (lhs               ? ""
              : dot->acrossRows ? ", 1"
                                : ", 0") +
             (dot->transposed ? ", 1" : ", 0") + ";\\n\"\n")
                .str();
  };
  for (int64_t k = 0; k < dot->depth; k += 16) {
    if (jumps && k == 16)
      body += ("    \".reg .pred p; setp.eq.b32 p, %" + Twine(lhsFirst + lhsRegisters) + ", %" +
               Twine(inputs.add("r", "stand_in")) + "; @p bra.uni done_%=;\\n\"\n" + fence)
                  .str();
    // Both operands of scores lie along features, in panels of the same widths; both of a
    // sum over rows in panels of 64 columns.
    if (!lhs)
      body += describe("a", lhsFirst + k / 16, dot->acrossRows ? widths.front() : places.at(k));
    if (!dot->transposed)
      multiply(k, places.at(k), 2 * (k - places.at(k).firstColumn), 0, result.columns());
    else if (!share.empty())
      multiply(k, widths.front(), k * widths.front().span(), 0, result.columns());
    else // Columns lie in panels of up to three widths, each multiplied by itself.
      for (const Panel &first : widths)
        multiply(k, first, k * first.span(), first.firstColumn, places.columnsOfWidth(first));
  }
  if (jumps)
    body += "    \"done_%=:\\n\"\n" + fence;
  if (!op.getAsync())
    body += "    \"wgmma.commit_group.sync.aligned;\\n\"\n"
            "    \"wgmma.wait_group.sync.aligned 0;\\n\"\n";

  FragmentCall call =
      dot->print(emission, op.getAsync() ? "start" : "dot",
                 lhs               ? lhs->parameterType()
                 : dot->acrossRows ? "uint32_t "
                                   : "const Places" + std::to_string(lhsRegisters) + " &",
                 body, inputs.text);
  call.takesPlaces = !lhs && !dot->acrossRows;
  return call;
}

FailureOr<FragmentCall> lacuna::printLeftPlaces(Emission &emission, tile::SlotOp op, Type &type) {
  auto slot = cast<tile::SharedType>(op.getSlot().getType());
  int64_t count = slot.getColumns() / 16;
  std::string name = "Places" + std::to_string(count);
  type = emission.record(op.getLoc(), name, "uint32_t", count);
  emission.include("thread");
  Places places(slot, /*acrossRows=*/false);
  std::string body = "  " + name + " r;\n";
  for (int64_t i = 0; i < count; ++i) {
    const Panel &panel = places.at(16 * i);
    body += "  r.x" + std::to_string(i) + " = " +
            shifted("slot", places.offset(panel, 2 * (16 * i - panel.firstColumn))) + " + " +
            std::to_string(64 * panel.span() / 16) + " * lacuna::warpGroupIndex();\n";
  }
  body += "  asm volatile(\"\" : " + registerOperands("+r", "r", count) + ");\n  return r;\n";
  FragmentCall call;
  call.callee = emission.function(op.getLoc(), ("places_of_" + axisName(slot.getAxes()[0])).str(),
                                  name + " $(uint32_t slot) {\n" + body + "}\n");
  return call;
}
