//===- TileAxisList.h - Text form of a list of axes --------------*- C++ -*-===//
#ifndef DIALECTS_TILE_IR_TILEAXISLIST_H
#define DIALECTS_TILE_IR_TILEAXISLIST_H

#include "dialects/Tile/IR/Tile.h"

namespace lacuna::tile {

/// Reads `[query, key]`.
mlir::FailureOr<llvm::SmallVector<Axis>> parseAxisList(mlir::AsmParser &parser);

/// Writes it.
void printAxisList(mlir::AsmPrinter &printer, llvm::ArrayRef<Axis> axes);

} // namespace lacuna::tile

#endif // DIALECTS_TILE_IR_TILEAXISLIST_H
