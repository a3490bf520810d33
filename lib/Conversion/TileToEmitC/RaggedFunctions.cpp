//===- RaggedFunctions.cpp - A warp cuts sequences into query tiles ---------===//
//
// Two passes over the offsets, 32 at a time: are they right, and which tiles are
// there. Wrong ones are replaced by one sequence of all queries, so that the kernel
// that comes next writes every row and reads nothing that is not there.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/PlanFunctions.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace lacuna;

FragmentCall lacuna::printCutSequences(Emission &emission, tile::CutSequencesOp op) {
  for (StringRef header : {"ragged", "shuffle", "sort", "thread"})
    emission.include(header);
  tile::ScheduleAttr schedule = *op->getParentOfType<tile::KernelOp>().getSchedule();
  bool counts = bool(op.getCounts());
  int64_t heads = op.getHeads();
  // Work of a piece: what its rows may see, at most.
  std::string store = llvm::formatv(
      "  auto store = [&](int32_t number, const lacuna::Piece &piece) {\n"
      "    lacuna::storePiece(pieces, number, piece);\n"
      "{0}"
      "  };\n",
      counts ? llvm::formatv("    if (lacuna::isInside(counts, 0, 0, number, 1))\n"
                             "      lacuna::storeI32(lacuna::elementAddress<4>(counts, 0, 0, "
                             "number, 1), (piece.keyEnd - piece.keyBegin + {0}) / {1});\n",
                             schedule.getKeyTile() - 1, schedule.getKeyTile())
                   .str()
             : std::string());
  std::string text = llvm::formatv(
      "bool $(const lacuna::View<2> &pieces{0}, const lacuna::View<1> &queryOffsets, "
      "const lacuna::View<1> &keyOffsets, int32_t queries, int32_t keys) {{\n"
      "  const int32_t lane = lacuna::laneIndex(), sequences = queryOffsets.dim[0] - 1;\n"
      "{1}"
      "  bool wrong = sequences < 0 || keyOffsets.dim[0] != queryOffsets.dim[0];\n"
      "  #pragma unroll 1\n"
      "  for (int32_t at = lane; at <= sequences; at += 32)\n"
      "    wrong |= lacuna::isWrongOffset(queryOffsets, at, queries) ||\n"
      "             lacuna::isWrongOffset(keyOffsets, at, keys);\n"
      "  wrong = lacuna::anyLane(wrong);\n"
      "  const int32_t count = wrong ? 1 : sequences;\n"
      "  int32_t done = 0;\n"
      "  #pragma unroll 1\n"
      "  for (int32_t group = 0; group < count; group += 32) {{\n"
      "    lacuna::Piece own = {{0, 0, 0, lane == 0 ? queries : 0, 0, 0};\n"
      "    if (!wrong)\n"
      "      own = lacuna::sequenceAt(queryOffsets, keyOffsets, group + lane);\n"
      "    const int32_t tiles = ({4}own.queryEnd - own.queryBegin{5} + {2}) / {3};\n"
      "    const int32_t before = lacuna::sumBefore(tiles);\n"
      "    const int32_t all = __shfl_sync(0xffffffffu, before + tiles, 31);\n"
      "    #pragma unroll 1\n"
      "    for (int32_t at = lane; at - lane < all; at += 32) {{\n"
      "      const int32_t owner = lacuna::lastNotAbove(before, at);\n"
      "      lacuna::Piece piece = lacuna::pieceOfLane(own, owner);\n"
      "      piece.first = {3} * (at - __shfl_sync(0xffffffffu, before, owner));\n"
      "      if (at < all)\n"
      "        store(done + at, piece);\n"
      "    }\n"
      "    done += all;\n"
      "  }\n"
      "  #pragma unroll 1\n"
      "  for (int32_t at = done + lane; at < pieces.dim[0]; at += 32)\n"
      "    store(at, {{0, 0, 0, 0, 0, 0});\n"
      "  return wrong;\n"
      "}\n",
      counts ? ", const lacuna::View<4> &counts" : "", store, schedule.getQueryTile() - 1,
      schedule.getQueryTile(), heads == 1 ? "" : std::to_string(heads) + " * (",
      heads == 1 ? "" : ")");
  FragmentCall call{emission.function(op.getLoc(), "cut_sequences", text), {}};
  llvm::append_range(call.operands, op->getOperands());
  return call;
}
