//===- Scores.h - What happens to a tile of scores --------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_SCORES_H
#define LIB_CONVERSION_ATTNTOTILE_SCORES_H

#include "dialects/Attn/IR/Attn.h"
#include "lib/Conversion/AttnToTile/Ragged.h"
#include "lib/Conversion/AttnToTile/Softmax.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"
#include "lib/Conversion/AttnToTile/UniformReads.h"

#include "mlir/IR/IRMapping.h"

namespace lacuna {

/// Where a kernel stands and what it knows of its share.
struct KernelPlace : SequencePlace {
  attn::AttendOp attend;
  mlir::IRMapping scope;         ///< values of the spec function -> of the kernel
  mlir::Value query, key, value; ///< views of the sequence
  mlir::Value output, lse;       ///< the same; null where nobody wants them
  mlir::Value pieces;            ///< of a ragged batch, or null
  int64_t heads = 1;             ///< query heads that the block computes together
  mlir::Value head, keyHead;     ///< the first of these, and their key head
  mlir::Value gridHead;          ///< of the block in the launch's grid: of packed views, of plans
  mlir::Value tensorBatch;       ///< where the sequence lies in the tensors
  mlir::Value gridRow;           ///< first row of the block in the launch's grid
  mlir::Value first;             ///< number of the first row in its sequence
  mlir::Value group;             ///< heads whose work is mixed
  mlir::Value lists, counts, order;       ///< of a plan or a table, or null
  bool perBatch = false, perHead = false; ///< whether the lists are
  mlir::Value status;                     ///< null when nothing reads a table
  StatusBits *bits = nullptr;
  UniformReads whereReads, scoreReads; ///< of the clauses, before the loop
};

/// A tile of scores, and the status bits of reads that may have failed in it.
struct Scores {
  mlir::Value tile;
  llvm::SmallVector<unsigned> failures;
};

/// Multiplies by the scale that is not folded into the softmax (null: none) and
/// applies the `score` region. `key` is the slot of the tile's first key. What
/// depends on a read that failed is a NaN that says which.
Scores emitScores(mlir::ImplicitLocOpBuilder &builder, const KernelPlace &place,
                  const TileTypes &types, mlir::Value products, mlir::Value scale, mlir::Value key);

/// Reports the `failures` of a tile whose hidden scores are -inf, and those of the
/// uniform reads. The result is the same tile.
mlir::Value emitScoreCheck(mlir::ImplicitLocOpBuilder &builder, const KernelPlace &place,
                           const TileTypes &types, mlir::Value scores,
                           llvm::ArrayRef<unsigned> failures);

/// Sets to -inf what the `where` region hides or what lies past the last key;
/// reports what it decides by a read that fails, and makes it NaN. For PARTIAL
/// tiles.
mlir::Value emitMask(mlir::ImplicitLocOpBuilder &builder, const KernelPlace &place,
                     const TileTypes &types, mlir::Value scores, mlir::Value key);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_SCORES_H
