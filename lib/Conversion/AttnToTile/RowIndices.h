//===- RowIndices.h - Kernels whose blocks have rows of a tensor ------------===//
//
// Rows lie along the last axis of a tensor, or along the one before its features. Blocks
// count the axes before: batches and heads, if there are two of them, else all together
// as heads of one batch.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_ROWINDICES_H
#define LIB_CONVERSION_ATTNTOTILE_ROWINDICES_H

#include "dialects/Tile/IR/Tile.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace lacuna {

/// Whether the last axis of a tensor is that of features: of queries, keys, values and
/// outputs, and of tables that look the same.
bool hasFeatures(mlir::ShapedType type);

/// The axis of a tensor along which rows lie; -1 for a scalar.
int64_t rowAxisOf(mlir::ShapedType type);

/// Emits tile.block for the rows of a view, along its axis `rows`; returns the indices of the
/// block's first row in the view.
llvm::SmallVector<mlir::Value> emitRowIndices(mlir::ImplicitLocOpBuilder &builder, mlir::Value view,
                                              int64_t rows);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_ROWINDICES_H
