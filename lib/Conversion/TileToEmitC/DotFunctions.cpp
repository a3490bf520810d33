//===- DotFunctions.cpp - Matrix products by mma.sync ---------------------===//
//
// A product is one asm statement of ldmatrix and mma.m16n8k16. One ldmatrix.x4
// brings 16 x 16 elements of the right operand, used by two mma for every block of
// 16 rows of the warp. In the tile dialect the left operand's rows are those of
// the accumulator; the right one's rows are either the accumulator's columns
// (keys of scores: plain ldmatrix) or the axis summed over (values: transposed).
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
/// first (left operands, transposed right ones) or along columns first.
static std::string laneAddress(StringRef slot, int64_t span, bool rowsFirst, int64_t rowsPerWarp) {
  std::string text = (slot + (rowsFirst ? " + lacuna::rowsFirst<" : " + lacuna::columnsFirst<") +
                      Twine(span) + ">()")
                         .str();
  if (rowsPerWarp)
    text += " + " + std::to_string(rowsPerWarp * span) + " * lacuna::warpIndex()";
  return text;
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
  if (!dot->rhs || (lhs && lhs->kind() != tile::FragmentKind::Operand) ||
      tile::axesOf(op.getLhs().getType())[0] != result.axes()[0] || !result.elementType().isF32() ||
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
        body +=
            line("ldmatrix.sync.aligned.m8n8.x4.shared.b16 " + registerGroup("a", 4 * block, 4) +
                 ", " + lhsAddresses->address(16 * block, k) + ";");
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

  std::string inputs = lhs ? registerOperands("r", dot->lhsName, lhs->registers())
                           : lhsAddresses->operands([&](int64_t span) {
                               return laneAddress(dot->lhsName, span, true, result.rowsPerWarp());
                             });
  inputs += ",\n      " + rhsAddresses.operands([&](int64_t span) {
    return laneAddress(dot->rhsName, span, dot->transposed, 0);
  });
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
