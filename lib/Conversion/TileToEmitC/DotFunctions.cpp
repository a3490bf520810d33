//===- DotFunctions.cpp - Matrix products by mma.sync ---------------------===//
//
// A product is one asm statement of ldmatrix and mma.m16n8k16. One ldmatrix.x4
// brings 16 x 16 elements of the right operand, used by two mma for every block of
// 16 rows of the warp. In the tile dialect the left operand's rows are those of
// the accumulator; the right one's rows are either the accumulator's columns
// (keys of scores: plain ldmatrix) or the axis summed over (values: transposed).
//
// Or the left operand's rows are summed over, too, and its columns are the
// accumulator's rows: all warps have written it, to one panel of shared memory. What it
// is multiplied with may be dealt to warps by columns.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/DotStatement.h"
#include "lib/Conversion/TileToEmitC/SharedTile.h"

using namespace mlir;
using namespace lacuna;

StringRef lacuna::axisName(tile::Axis axis) { return tile::stringifyAxis(axis); }

bool lacuna::startsFromZero(tile::DotOp op) {
  auto splat = op.getAccumulator().getDefiningOp<tile::SplatOp>();
  return splat && matchPattern(splat.getScalar(), m_PosZeroFloat());
}

std::string lacuna::registerGroup(StringRef name, int64_t first, int64_t count) {
  std::string text = "{";
  for (int64_t i = 0; i < count; ++i)
    text += (i ? ", " : "") + (name + Twine(first + i)).str();
  return text + "}";
}

/// One line of PTX inside an asm statement.
static std::string line(const Twine &instruction) {
  return ("    \"" + instruction + "\\n\"\n").str();
}

std::string lacuna::registerOperands(StringRef constraint, StringRef variable, int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i)
    text += (i ? ", \"" : "\"") + constraint.str() + "\"(" + variable.str() + ".x" +
            std::to_string(i) + ")";
  return text;
}

/// Address of this lane for tiles whose matrices follow one another along rows
/// first (left operands, transposed right ones) or along columns first; from `chunk` of
/// their rows on.
static std::string laneAddress(StringRef slot, int64_t span, bool rowsFirst, int64_t rowsPerWarp,
                               const Twine &chunk = "") {
  std::string text = (slot + (rowsFirst ? " + lacuna::rowsFirst<" : " + lacuna::columnsFirst<") +
                      Twine(span) + ">(" + chunk + ")")
                         .str();
  if (rowsPerWarp)
    text += " + " + std::to_string(rowsPerWarp * span) + " * lacuna::warpIndex()";
  return text;
}

/// Address of this lane for a left operand whose rows are summed over: the columns that are
/// the warp's rows of the result.
static std::string acrossRowsAddress(const DotStatement &dot, int64_t span) {
  const Fragment &result = dot.result;
  std::string warp = "lacuna::warpIndex()";
  if (result.warpsPerRow() > 1)
    warp = "(" + warp + " % " + std::to_string(result.warps() / result.warpsPerRow()) + ")";
  return laneAddress(dot.lhsName, span, /*rowsFirst=*/false, 0,
                     Twine(result.rowsPerWarp() / 8) + " * " + warp);
}

/// Address of this lane for a right operand, or for the warp's share of its columns.
static std::string rightAddress(const DotStatement &dot, int64_t span) {
  const Fragment &result = dot.result;
  if (result.warpsPerRow() == 1)
    return laneAddress(dot.rhsName, span, dot.transposed, 0);
  // Shares are parts of panels, or panels; these are all alike.
  int64_t columns = result.columns(), width = span / 2;
  int64_t inPanel = std::max<int64_t>(1, width / columns);
  std::string share = "(" + result.columnShare() + ")";
  std::string slot = dot.rhsName + " + " +
                     std::to_string(std::max<int64_t>(1, columns / width) * dot.depth * span) +
                     " * (" + share + " / " + std::to_string(inPanel) + ")";
  return laneAddress(slot, span, dot.transposed, 0,
                     Twine(columns / 8) + " * (" + share + " % " + Twine(inPanel) + ")");
}

FailureOr<FragmentCall> lacuna::printDot(Emission &emission, tile::DotOp op) {
  if (op->getParentOfType<tile::RolesOp>())
    return printWarpGroupDot(emission, op);
  Location loc = op.getLoc();
  FailureOr<DotStatement> dot = DotStatement::of(op);
  if (failed(dot))
    return failure();
  const Fragment &result = dot->result;
  const std::optional<Fragment> &lhs = dot->lhs;
  // One panel for each share of rows, and as many shares of columns as fill panels.
  bool isAcross = dot->lhsSlot && panelsOf(dot->lhsSlot).size() == 1 && dot->transposed;
  bool isDealt =
      result.warpsPerRow() == 1 || (dot->transposed && dot->rhs.getColumns() % 64 == 0 &&
                                    (64 % result.columns() == 0 || result.columns() % 64 == 0));
  if (!dot->rhs || (lhs && lhs->kind() != tile::FragmentKind::Operand) ||
      (dot->acrossRows && !isAcross) || !isDealt || !result.elementType().isF32() ||
      (!dot->element.isF16() && !dot->element.isBF16()))
    return op.emitOpError("cannot be printed as mma.sync: it needs an f16 or bf16 left operand in "
                          "shared memory or registers, rows first, a right operand in shared "
                          "memory, and an f32 accumulator");
  int64_t rowBlocks = result.rowBlocks(), columns = result.columns();
  emission.structOf(loc, result);
  emission.include("ldmatrix");
  emission.include("thread");

  // Operands of the statement: accumulators, then the left one's registers or
  // addresses, then the right one's addresses.
  int64_t next = result.registers(), lhsFirst = next;
  std::optional<MatrixAddresses> lhsAddresses;
  if (lhs) {
    emission.structOf(loc, *lhs);
    next += lhs->registers();
  } else {
    lhsAddresses.emplace(dot->lhsSlot, "p", next);
    next += lhsAddresses->numOperands();
  }
  MatrixAddresses rhsAddresses(dot->rhs, "q", next);

  StringRef suffix = dot->suffix();
  std::string body = line(".reg .b32 a<" + Twine(4 * rowBlocks) + ">, b<4>;");
  if (dot->fromZero)
    body += line(".reg .f32 z; mov.f32 z, 0f00000000;");
  if (lhsAddresses)
    body += lhsAddresses->setup();
  body += rhsAddresses.setup();
  for (int64_t k = 0; k < dot->depth; k += 16) {
    if (lhsAddresses)
      for (int64_t block = 0; block < rowBlocks; ++block)
        body += line(Twine("ldmatrix.sync.aligned.m8n8.x4") + (dot->acrossRows ? ".trans" : "") +
                     ".shared.b16 " + registerGroup("a", 4 * block, 4) + ", " +
                     (dot->acrossRows ? lhsAddresses->address(k, 16 * block)
                                      : lhsAddresses->address(16 * block, k)) +
                     ";");
    for (int64_t n = 0; n < columns; n += 16) {
      body +=
          line(Twine("ldmatrix.sync.aligned.m8n8.x4") + (dot->transposed ? ".trans" : "") +
               ".shared.b16 {b0, b1, b2, b3}, " +
               (dot->transposed ? rhsAddresses.address(k, n) : rhsAddresses.address(n, k)) + ";");
      for (int64_t block = 0; block < rowBlocks; ++block)
        for (int64_t half = 0; half < 2; ++half) {
          int64_t at = block * result.elementsPerRowBlock() + (n + 8 * half) / 2;
          std::string d = registerGroup("%", at, 4);
          std::string a = lhs ? registerGroup("%", lhsFirst + block * lhs->columns() / 4 + k / 4, 4)
                              : registerGroup("a", 4 * block, 4);
          body += line("mma.sync.aligned.m16n8k16.row.col.f32." + suffix + "." + suffix + ".f32 " +
                       d + ", " + a + ", " + (half ? "{b2, b3}" : "{b0, b1}") + ", " +
                       (dot->fromZero && k == 0 ? "{z, z, z, z}" : d) + ";");
        }
    }
  }

  std::string inputs =
      lhs ? registerOperands("r", dot->lhsName, lhs->registers())
          : lhsAddresses->operands([&](int64_t span) {
              return dot->acrossRows ? acrossRowsAddress(*dot, span)
                                     : laneAddress(dot->lhsName, span, true, result.rowsPerWarp());
            });
  inputs +=
      ",\n      " + rhsAddresses.operands([&](int64_t span) { return rightAddress(*dot, span); });
  return dot->print(emission, "dot", lhs ? lhs->parameterType() : "uint32_t ", body, inputs);
}

/// Two neighbouring columns at once, of every 8.
static FragmentCall printLoadColumns(Emission &emission, tile::LoadSharedOp op,
                                     const Fragment &result) {
  emission.include("shared");
  std::string type = result.structName();
  // Roles have slots in units of 16 bytes.
  std::string text = type + " $(uint32_t slot) {\n  " + type + " r;\n  slot " +
                     (op->getParentOfType<tile::RolesOp>() ? "= 16 * slot + " : "+= ") +
                     "4 * lacuna::fragmentColumn();\n";
  for (int64_t i = 0; i < result.registers(); i += 2)
    text += "  lacuna::loadPair(slot + " + std::to_string(4 * result.columnOf(i)) + ", r.x" +
            std::to_string(i) + ", r.x" + std::to_string(i + 1) + ");\n";
  return FragmentCall{emission.function(op.getLoc(), "load_columns", text + "  return r;\n}\n"),
                      {op.getSource()}};
}

FailureOr<FragmentCall> lacuna::printStoreShared(Emission &emission, tile::StoreSharedOp op) {
  FailureOr<Fragment> value = Fragment::of(op.getLoc(), op.getValue().getType());
  if (failed(value))
    return failure();
  emission.structOf(op.getLoc(), *value);
  for (StringRef header : {"exchange", "shared", "thread"})
    emission.include(header);
  auto slot = cast<tile::SharedType>(op.getTarget().getType());
  std::string body;
  int64_t openSpan = 0;
  for (const Panel &panel : panelsOf(slot)) {
    std::string target = "target" + std::to_string(panel.span());
    // Roles have slots in units of 16 bytes.
    if (panel.span() != openSpan)
      body += "  const uint32_t " + target +
              (op->getParentOfType<tile::RolesOp>() ? " = 16 * slot" : " = slot") +
              " + lacuna::chunkOffset<" + std::to_string(panel.span()) + ">(" + value->firstRow() +
              ", 0) + 2 * lacuna::fragmentColumn();\n";
    openSpan = panel.span();
    for (int64_t e = 0; e < value->elements(); e += 2) {
      int64_t column = value->columnOf(e) - panel.firstColumn;
      if (column < 0 || column >= panel.width)
        continue;
      // The permutation of chunks repeats every 8 rows.
      std::string address = target;
      if (column)
        address = "(" + address + " ^ " + std::to_string(2 * column) + ")";
      if (int64_t offset = panel.offset + value->rowOf(e) * panel.span())
        address += " + " + std::to_string(offset);
      body += "  lacuna::storeShared(" + address + ", x.x" + std::to_string(e / 2) + ");\n";
    }
  }
  return FragmentCall{emission.function(op.getLoc(), ("share_" + value->noun()).str(),
                                        "void $(uint32_t slot, " + value->parameterType() +
                                            "x) {\n" + body + "}\n"),
                      {op.getTarget(), op.getValue()}};
}

FailureOr<FragmentCall> lacuna::printLoadShared(Emission &emission, tile::LoadSharedOp op) {
  Location loc = op.getLoc();
  FailureOr<Fragment> result = Fragment::of(loc, op.getType());
  if (failed(result))
    return failure();
  emission.structOf(loc, *result);
  emission.include("thread");
  if (result->isColumn())
    return printLoadColumns(emission, op, *result);
  emission.include("ldmatrix");
  auto slot = cast<tile::SharedType>(op.getSource().getType());
  MatrixAddresses addresses(slot, "p", result->registers());
  std::string body = addresses.setup();
  for (int64_t block = 0; block < result->rowBlocks(); ++block)
    for (int64_t k = 0; k < result->columns(); k += 16)
      body += line("ldmatrix.sync.aligned.m8n8.x4.shared.b16 " +
                   registerGroup("%", block * result->columns() / 4 + k / 4, 4) + ", " +
                   addresses.address(16 * block, k) + ";");
  std::string type = result->structName();
  std::string text = type + " $(uint32_t slot) {\n  " + type + " r;\n  asm volatile(\"{\\n\"\n" +
                     body +
                     "    \"}\"\n      : " + registerOperands("=r", "r", result->registers()) +
                     "\n      : " + addresses.operands([&](int64_t span) {
                       return laneAddress("slot", span, true, result->rowsPerWarp());
                     }) +
                     "\n      : \"memory\");\n  return r;\n}\n";
  return FragmentCall{emission.function(loc, ("load_" + result->noun()).str(), text),
                      {op.getSource()}};
}
