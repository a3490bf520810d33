//===- Scores.h - What happens to a tile of scores --------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_SCORES_H
#define LIB_CONVERSION_ATTNTOTILE_SCORES_H

#include "lib/Conversion/AttnToTile/KernelPlace.h"
#include "lib/Conversion/AttnToTile/ScalarCode.h"
#include "lib/Conversion/AttnToTile/Softmax.h"

namespace lacuna {

/// Where the scale goes: into the exponent, or in front of everything else.
struct Scale {
  ExponentForm form;
  mlir::Value multiplier; ///< null: folded
};

/// What products are multiplied by unless a scale is given.
double defaultScaleOf(attn::TiledAttention attend);

/// Decides it, for scores that `place` says.
Scale chooseScale(mlir::ImplicitLocOpBuilder &builder, const KernelPlace &place);

/// A tile of scores, and the status bits of reads that may have failed in it.
struct Scores {
  mlir::Value tile;
  llvm::SmallVector<unsigned> failures;
};

/// Multiplies by the scale that is not folded into the softmax (null: none) and
/// applies the `score` region. `column` is the slot of the tile's first column. What
/// depends on a read that failed is a NaN that says which.
Scores emitScores(mlir::ImplicitLocOpBuilder &builder, const KernelPlace &place,
                  mlir::Value products, mlir::Value scale, mlir::Value column);

/// Reports the `failures` of a tile whose hidden scores are -inf, and those of the
/// uniform reads. The result is the same tile.
mlir::Value emitScoreCheck(mlir::ImplicitLocOpBuilder &builder, const KernelPlace &place,
                           mlir::Value scores, llvm::ArrayRef<unsigned> failures);

/// Sets to -inf what the `where` region hides or what lies past the last column, in
/// `partial` tiles (i1); reports what it decides by a read that fails, and makes it NaN.
mlir::Value emitMask(mlir::ImplicitLocOpBuilder &builder, const KernelPlace &place,
                     mlir::Value scores, mlir::Value partial, mlir::Value column);

/// Copies a clause with the coordinates of an element, which is in row `row` of its block's
/// sequence; `leading` are arguments before them. Returns what it yields.
mlir::Value copyClause(mlir::ImplicitLocOpBuilder &builder, ScalarCopier &copier,
                       const KernelPlace &place, mlir::Region &region,
                       llvm::ArrayRef<mlir::Value> leading, mlir::Value row, mlir::Value column);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_SCORES_H
