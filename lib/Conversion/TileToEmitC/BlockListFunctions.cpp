//===- BlockListFunctions.cpp - A warp writes rows of a table of blocks -----===//
//
// Row by row, lanes take turns at the places of the row's list. Every number is
// checked before it becomes an address; what is wrong is left out and reported.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/PlanFunctions.h"

#include "lib/Conversion/TileToEmitC/Types.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace lacuna;

/// The row's places `begin` to `end`, and `wrong` where the numbers that say so are
/// none of the list's.
static std::string boundsText(tile::ExpandBlocksOp op, StringRef part, StringRef row) {
  if (op.getCounts())
    return llvm::formatv("  const int32_t begin = 0, count = lacuna::loadI32("
                         "lacuna::elementAddress<4>(counts{0}{1}), true);\n"
                         "  bool wrong = uint32_t(count) > uint32_t(places);\n"
                         "  const int32_t end = wrong ? 0 : count;\n",
                         part, row);
  if (op.getOffsets())
    return llvm::formatv("  const int32_t begin = lacuna::loadI32("
                         "lacuna::elementAddress<4>(offsets{0}{1}), true);\n"
                         "  const int32_t next = lacuna::loadI32("
                         "lacuna::elementAddress<4>(offsets{0}{1} + 1), true);\n"
                         "  bool wrong = begin < 0 || next < begin || next > places;\n"
                         "  const int32_t end = wrong ? begin : next;\n",
                         part, row);
  return "  const int32_t begin = 0, end = places;\n  bool wrong = false;\n";
}

/// What a warp does for one row.
static std::string rowText(tile::ExpandBlocksOp op, StringRef part) {
  std::string row = ", row";
  std::string element = llvm::formatv("lacuna::elementAddress<1>(blocks{0}{1}, column)", part, row);
  if (op.getBits())
    return llvm::formatv("  for (int32_t column = lane; column < columns; column += 32)\n"
                         "    lacuna::storeI1({0}, lacuna::loadI32(lacuna::elementAddress<4>("
                         "list{1}, row, column / 32), column / 32 < places) >> lane & 1);\n"
                         "  const uint32_t last = lacuna::loadI32(lacuna::elementAddress<4>("
                         "list{1}, row, columns / 32), columns / 32 < places);\n"
                         "  return places != (columns + 31) / 32 || last >> columns % 32 != 0;\n",
                         element, part);
  bool padded = !op.getCounts() && !op.getOffsets();
  return boundsText(op, part, row) +
         llvm::formatv(
             "  for (int32_t column = lane; column < columns; column += 32)\n"
             "    lacuna::storeI1({0}, false);\n"
             "  __syncwarp();\n"
             "  for (int32_t at = begin + lane; at < end; at += 32) {{\n"
             "    const int32_t column = lacuna::loadI32(lacuna::elementAddress<4>(list{1}{2}, "
             "at), true);\n"
             "    const bool inside = uint32_t(column) < uint32_t(columns);\n"
             "    if (inside)\n"
             "      lacuna::storeI1({0}, true);\n"
             "    wrong |= !inside{3};\n"
             "  }\n"
             "  return wrong;\n",
             element, part, op.getOffsets() ? "" : row, padded ? " && column != -1" : "")
             .str();
}

FragmentCall lacuna::printExpandBlocks(Emission &emission, tile::ExpandBlocksOp op) {
  for (StringRef header : {"global", "thread", "view"})
    emission.include(header);
  int64_t rank = op.getBlocks().getType().getRank();
  std::string part, parameters,
      views = "const " + viewTypeText(op.getBlocks().getType()) + " &blocks";
  for (int64_t axis = 0; axis + 2 < rank; ++axis) {
    part += llvm::formatv(", i{0}", axis);
    parameters += llvm::formatv(", int32_t i{0}", axis);
  }
  std::string lists = ", const " + viewTypeText(op.getList().getType()) + " &list",
              names = ", list";
  auto add = [&](Value view, StringRef name) {
    if (!view)
      return;
    lists += ", const " + viewTypeText(cast<tile::ViewType>(view.getType())) + " &" + name.str();
    names += (", " + name).str();
  };
  add(op.getCounts(), "counts");
  add(op.getOffsets(), "offsets");

  std::string text = "bool $(" + views + parameters + ", int32_t row" + lists + ") {\n";
  text += llvm::formatv("  const int32_t lane = lacuna::laneIndex(), columns = blocks.dim[{0}];\n"
                        "  const int32_t places = list.dim[{1}];\n",
                        rank - 1, op.getList().getType().getRank() - 1);
  std::string row = emission.function(op.getLoc(), "expand_row", text + rowText(op, part) + "}\n");

  text = "bool $(" + views + parameters + ", int32_t first" + lists + ") {\n";
  text += llvm::formatv("  const int32_t rows = blocks.dim[{0}];\n"
                        "  bool wrong = false;\n"
                        "  #pragma unroll 1\n"
                        "  for (int32_t row = first; row < first + {1} && row < rows; ++row)\n"
                        "    wrong |= {2}(blocks{3}, row{4});\n"
                        "  return wrong;\n",
                        rank - 2, tile::ExpandBlocksOp::kRows, row, part, names);
  FragmentCall call{emission.function(op.getLoc(), "expand_blocks", text + "}\n"), {}};
  llvm::append_range(call.operands, op->getOperands());
  return call;
}
