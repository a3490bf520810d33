//===- TileStatusOps.cpp - Reports to the host ----------------------------===//
#include "dialects/Tile/IR/Tile.h"

using namespace mlir;
using namespace lacuna::tile;

LogicalResult StatusOp::verify() {
  if (getMeanings().size() > 32)
    return emitOpError("gives a meaning to ") << getMeanings().size() << " bits, a word has 32";
  return success();
}
