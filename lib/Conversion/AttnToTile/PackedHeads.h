//===- PackedHeads.h - Rows that are positions of several heads -*- C++ -*-===//
//
// A block that computes all query heads of a key head has views of packed heads
// (tile.pack_heads): row r is position r / heads of head r % heads. What does not
// look at rows, above all the loop over keys and the softmax, does not notice.
//
// Rows of a group go through the tiles without a gap, so a position may begin in one
// tile and go on in the next: no row is idle but behind the last one, and whatever the
// group, the address of a row needs no size of a tile.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_PACKEDHEADS_H
#define LIB_CONVERSION_ATTNTOTILE_PACKEDHEADS_H

#include "dialects/Tile/IR/Tile.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace lacuna {

/// The view with its heads packed; the same where there is one, null for null.
mlir::Value packHeads(mlir::ImplicitLocOpBuilder &builder, mlir::Value view, int64_t heads);

/// How many rows so many positions are.
mlir::Value rowsOfPositions(mlir::ImplicitLocOpBuilder &builder, mlir::Value positions,
                            int64_t heads);

/// The position of a row (i32, not negative).
mlir::Value positionOfRow(mlir::ImplicitLocOpBuilder &builder, mlir::Value row, int64_t heads);

/// The query head of a row of a key head whose first one is `first`.
mlir::Value headOfRow(mlir::ImplicitLocOpBuilder &builder, mlir::Value row, mlir::Value first,
                      int64_t heads);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_PACKEDHEADS_H
