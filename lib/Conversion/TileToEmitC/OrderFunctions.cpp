//===- OrderFunctions.cpp - A warp hashes, sorts, and moves rows --------------===//
//
// All orders are made by the same pass of a radix sort, by five bits of a key: of
// the tiles that a row visits, of a label, or the one bit that says what is kept.
// The passes take turns between two arrays, so that the last one ends in the order.
//
//===----------------------------------------------------------------------===//
#include "lib/Conversion/TileToEmitC/PlanFunctions.h"

#include "lib/Conversion/TileToEmitC/Types.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace lacuna;

/// Deals `count` numbers by their keys and stores them behind `to`, those of the
/// smallest key first and of equals in the order of their places. `tally` stands
/// where a lane's `place` is how many numbers have its index for a key.
static std::string passText(StringRef indent, StringRef tally = "") {
  return llvm::formatv(
             "{0}int32_t place = 0;\n"
             "{0}#pragma unroll 1\n"
             "{0}for (int32_t at = lane; at - lane < count; at += 32)\n"
             "{0}  place += __popc(lacuna::peersOf(keyOf(numberAt(at), at < count), "
             "at < count).own);\n"
             "{1}"
             "{0}place = lacuna::sumBefore(place);\n"
             "{0}#pragma unroll 1\n"
             "{0}for (int32_t at = lane; at - lane < count; at += 32) {{\n"
             "{0}  const int32_t number = numberAt(at), key = keyOf(number, at < count);\n"
             "{0}  const lacuna::Peers peers = lacuna::peersOf(key, at < count);\n"
             "{0}  const int32_t rank = __shfl_sync(0xffffffffu, place, key) +\n"
             "{0}                       lacuna::countBefore(peers.same);\n"
             "{0}  if (at < count)\n"
             "{0}    lacuna::storeI32(to + 4 * int64_t(rank), number);\n"
             "{0}  place += __popc(peers.own);\n"
             "{0}}\n",
             indent, tally)
      .str();
}

/// The body of the loop over digits, to the end of the function. Numbers go to and fro
/// between two arrays, of which the row's parts begin at `place`; there are
/// `left` passes with this one; `isFirst` says whether it is the first, for which the
/// numbers are `number`. Their digit is `key`.
static std::string digitText(StringRef place, StringRef left, StringRef isFirst, StringRef number,
                             StringRef key) {
  std::string text =
      llvm::formatv("    const uint64_t orders = lacuna::elementAddress<4>(order, {0});\n"
                    "    const uint64_t others = lacuna::elementAddress<4>(scratch, {0});\n"
                    "    const bool last = {1} % 2 != 0;\n"
                    "    const uint64_t from = last ? others : orders, "
                    "to = last ? orders : others;\n"
                    "    auto numberAt = [&](int32_t at) {{\n"
                    "      return {2} || at >= count ? {3}\n"
                    "{4}: lacuna::loadWritten(from + 4 * int64_t(at));\n"
                    "    };\n"
                    "    auto keyOf = [&](int32_t number, bool inside) {{\n"
                    "      return {5};\n"
                    "    };\n",
                    place, left, isFirst, number, std::string(isFirst.size() + 29, ' '), key)
          .str();
  return text + passText("    ") + "    lacuna::shareStores();\n  }\n}\n";
}

static FragmentCall functionOf(Emission &emission, Operation *op, StringRef name,
                               const std::string &text) {
  for (StringRef header : {"global", "sort", "view"})
    emission.include(header);
  FragmentCall call{emission.function(op->getLoc(), name.str(), text), {}};
  llvm::append_range(call.operands, op->getOperands());
  return call;
}

FragmentCall lacuna::printOrder(Emission &emission, tile::OrderRowsOp op) {
  // Least significant digit first. The first pass takes the query tiles from the last
  // to the first, and no pass changes that of equals.
  std::string text =
      "void $(const lacuna::View<4> &counts, const lacuna::View<3> &order, "
      "const lacuna::View<3> &scratch, int32_t batch, int32_t head, int32_t heads) {\n"
      "  const int32_t lane = lacuna::laneIndex(), rows = counts.dim[2];\n"
      "  const int32_t begin = head * rows, count = heads * rows;\n"
      "  auto tilesOf = [&](int32_t number, bool inside) {\n"
      "    return lacuna::loadI32(lacuna::elementAddress<4>(counts, batch, 0, number, 1), "
      "inside);\n"
      "  };\n"
      "  int32_t most = 0, digits = 1;\n"
      "  #pragma unroll 4\n"
      "  for (int32_t at = lane; at < count; at += 32) {\n"
      "    const int32_t tiles = tilesOf(begin + at, true);\n"
      "    most = tiles > most ? tiles : most;\n"
      "  }\n"
      "  #pragma unroll 1\n"
      "  while (digits < 6 && __ballot_sync(0xffffffffu, most >> 5 * digits != 0))\n"
      "    ++digits;\n"
      "  #pragma unroll 1\n"
      "  for (int32_t digit = 0; digit < digits; ++digit) {\n";
  return functionOf(emission, op, "order_rows",
                    text + digitText("batch, 0, begin", "(digits - digit)", "digit == 0",
                                     "begin + count - 1 - at",
                                     "31 - (tilesOf(number, inside) >> 5 * digit & 31)"));
}

FragmentCall lacuna::printOrder(Emission &emission, tile::SortRowsOp op) {
  // Only digits in which labels differ take a pass; one does in any case. The highest
  // bit counts the other way round, for labels have a sign.
  std::string text =
      "void $(const lacuna::View<3> &labels, const lacuna::View<3> &order, "
      "const lacuna::View<3> &scratch, int32_t batch, int32_t head) {\n"
      "  const int32_t lane = lacuna::laneIndex(), count = labels.dim[2];\n"
      "  auto labelOf = [&](int32_t number, bool inside) {\n"
      "    return uint32_t(lacuna::loadI32(lacuna::elementAddress<4>(labels, batch, head, number), "
      "inside));\n"
      "  };\n"
      "  const uint32_t first = labelOf(0, count > 0);\n"
      "  uint32_t differing = 0, digits = 0;\n"
      "  #pragma unroll 4\n"
      "  for (int32_t at = lane; at < count; at += 32)\n"
      "    differing |= labelOf(at, true) ^ first;\n"
      "  #pragma unroll 1\n"
      "  for (int32_t digit = 0; digit < 7; ++digit)\n"
      "    digits |= uint32_t(__ballot_sync(0xffffffffu, differing >> 5 * digit & 31) != 0) "
      "<< digit;\n"
      "  digits = digits ? digits : 1;\n"
      "  #pragma unroll 1\n"
      "  for (uint32_t left = digits; left; left &= left - 1) {\n"
      "    const int32_t digit = __ffs(left) - 1;\n";
  return functionOf(
      emission, op, "sort_rows",
      text + digitText("batch, head, 0", "__popc(left)", "left == digits", "at",
                       "int32_t((labelOf(number, inside) ^ 0x80000000u) >> 5 * digit & 31)"));
}

FragmentCall lacuna::printOrder(Emission &emission, tile::CompactRowsOp op) {
  std::string text =
      "void $(const lacuna::View<3> &keep, const lacuna::View<3> &order, "
      "const lacuna::View<2> &counts, int32_t batch, int32_t head) {\n"
      "  const int32_t lane = lacuna::laneIndex(), count = keep.dim[2];\n"
      "  const uint64_t to = lacuna::elementAddress<4>(order, batch, head, 0);\n"
      "  auto numberAt = [&](int32_t at) { return at; };\n"
      "  auto keyOf = [&](int32_t number, bool inside) {\n"
      "    return lacuna::loadI1(lacuna::elementAddress<1>(keep, batch, head, number), inside) "
      "? 0 : 1;\n"
      "  };\n";
  StringRef tally =
      "  if (lane == 0)\n"
      "    lacuna::storeI32(lacuna::elementAddress<4>(counts, batch, head), place);\n";
  return functionOf(emission, op, "compact_rows", text + passText("  ", tally) + "}\n");
}

FragmentCall lacuna::printOrder(Emission &emission, tile::HashRowsOp op) {
  // A lane reads rows of its own, and of projections what all lanes do: two rows share what is
  // read of projections, and 16 projections what is read of rows.
  emission.include("hash");
  tile::ViewType type = op.getRows().getType();
  StringRef element = type.getElementType().isBF16() ? "Bf16" : "F16";
  std::string text =
      llvm::formatv("void $(const lacuna::View<4> &rows, const lacuna::View<3> &projections, "
                    "int32_t of, const lacuna::View<3> &buckets, int32_t batch, int32_t head, "
                    "int32_t first) {{\n"
                    "  const int32_t row = first + lacuna::laneIndex(), other = row + {0};\n"
                    "  const int32_t count = rows.dim[2], all = projections.dim[1];\n"
                    "  lacuna::Extremes ofRow, ofOther;\n"
                    "  #pragma unroll 1\n"
                    "  for (int32_t begin = 0; begin < all; begin += {1}) {{\n"
                    "    float sums[{1}] = {{}, otherSums[{1}] = {{};\n"
                    "    #pragma unroll 1\n"
                    "    for (int32_t feature = 0; feature < {2}; feature += {3}) {{\n"
                    "      const lacuna::Features x = lacuna::loadFeatures{4}(\n"
                    "          lacuna::elementAddress<2>(rows, batch, head, row, feature), "
                    "row < count);\n"
                    "      const lacuna::Features y = lacuna::loadFeatures{4}(\n"
                    "          lacuna::elementAddress<2>(rows, batch, head, other, feature), "
                    "other < count);\n"
                    "      #pragma unroll\n"
                    "      for (int32_t n = 0; n < {1}; ++n) {{\n"
                    "        const lacuna::Features along = lacuna::loadFeaturesF32(\n"
                    "            lacuna::elementAddress<4>(projections, of, begin + n, feature), "
                    "begin + n < all);\n"
                    "        sums[n] = lacuna::addProducts(sums[n], x, along);\n"
                    "        otherSums[n] = lacuna::addProducts(otherSums[n], y, along);\n"
                    "      }\n"
                    "    }\n"
                    "    #pragma unroll\n"
                    "    for (int32_t n = 0; n < {1}; ++n) {{\n"
                    "      lacuna::include(ofRow, sums[n], begin + n, begin + n < all);\n"
                    "      lacuna::include(ofOther, otherSums[n], begin + n, begin + n < all);\n"
                    "    }\n"
                    "  }\n"
                    "  if (row < count)\n"
                    "    lacuna::storeI32(lacuna::elementAddress<4>(buckets, batch, head, row), "
                    "lacuna::bucketOf(ofRow, all));\n"
                    "  if (other < count)\n"
                    "    lacuna::storeI32(lacuna::elementAddress<4>(buckets, batch, head, other), "
                    "lacuna::bucketOf(ofOther, all));\n"
                    "}\n",
                    tile::HashRowsOp::kRows / 2, tile::HashRowsOp::kProjections,
                    type.getShape().back(), tile::HashRowsOp::kFeatures, element)
          .str();
  return functionOf(emission, op, "hash_rows", text);
}

FragmentCall lacuna::printOrder(Emission &emission, tile::MoveRowsOp op) {
  emission.include("move");
  tile::ViewType type = op.getTarget().getType();
  unsigned element = (type.getElementType().getIntOrFloatBitWidth() + 7) / 8;
  // A row of features moves in pieces; an element is one.
  bool hasFeatures = type.getRank() == 4;
  int64_t bytes = hasFeatures ? tile::MoveRowsOp::kPiece : element;
  int64_t pieces = hasFeatures ? type.getShape().back() * element / bytes : 1;
  std::string feature =
      hasFeatures ? llvm::formatv(", at % {0} * {1}", pieces, bytes / element).str() : "";
  StringRef to = op.getScatter() ? "row" : "slot", from = op.getScatter() ? "slot" : "row";
  std::string text =
      llvm::formatv("void $(const {0} &target, const {0} &source, const lacuna::View<3> &order, "
                    "int32_t batch, int32_t head, int32_t first) {{\n"
                    "  const int32_t rows = order.dim[2];\n"
                    "  #pragma unroll 4\n"
                    "  for (int32_t at = lacuna::laneIndex(); at < {1}; at += 32) {{\n"
                    "    const int32_t slot = first + at / {2};\n"
                    "    const uint32_t row = lacuna::loadI32("
                    "lacuna::elementAddress<4>(order, batch, head, slot), slot < rows);\n"
                    "    lacuna::movePiece<{3}>(\n"
                    "        lacuna::elementAddress<{4}>(target, batch, head, {5}{7}),\n"
                    "        lacuna::elementAddress<{4}>(source, batch, head, {6}{7}),\n"
                    "        slot < rows && row < uint32_t(rows));\n"
                    "  }\n"
                    "}\n",
                    viewTypeText(type), tile::MoveRowsOp::kRows * pieces, pieces, bytes, element,
                    to, from, feature);
  return functionOf(emission, op, op.getScatter() ? "scatter_rows" : "gather_rows", text);
}
