//===- KernelPlace.h - Where a kernel stands --------------------------------===//
//
// A block computes some rows of one head and visits tiles of columns. Rows are queries
// and columns are keys, or the other way round (attn.backward by key): a block then has
// rows of a key head and visits the columns of one query head after the other.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_KERNELPLACE_H
#define LIB_CONVERSION_ATTNTOTILE_KERNELPLACE_H

#include "dialects/Attn/IR/Attn.h"
#include "lib/Conversion/AttnToTile/Ragged.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"
#include "lib/Conversion/AttnToTile/Tiles.h"
#include "lib/Conversion/AttnToTile/UniformReads.h"

#include "mlir/IR/IRMapping.h"

namespace lacuna {

/// What a block knows of its rows, or of its columns.
struct PlaceSide {
  mlir::Value position; ///< as the spec has it: offset, table or null
  mlir::Value count;    ///< of the sequence
  mlir::Value begin;    ///< slot where a ragged sequence begins; null: 0
  mlir::Value head;     ///< where tables of positions have it
};

/// The sequences and heads that a block of an op's kernel, or of its plan, works on.
struct AttentionPlace : SequencePlace {
  attn::TiledAttention attend;
  mlir::IRMapping scope;     ///< values of the spec function -> of the kernel
  mlir::Value pieces;        ///< of a ragged batch, or null
  int64_t heads = 1;         ///< query heads that the block computes together
  mlir::Value head, keyHead; ///< the first of these, and their key head
  StatusBits *bits = nullptr;

  PlaceSide rows() const { return op().isByKey() ? keySide() : querySide(); }
  PlaceSide columns() const { return op().isByKey() ? querySide() : keySide(); }

private:
  PlaceSide querySide() const { return {op().getQueryPosition(), queries, queryBegin, head}; }
  PlaceSide keySide() const { return {op().getKeyPosition(), keys, keyBegin, keyHead}; }
  attn::TiledAttention op() const { return attend; }
};

/// Where a kernel stands and what it knows of its share.
struct KernelPlace : AttentionPlace {
  mlir::Value query, key, value; ///< views of the sequence
  mlir::Value output, lse;       ///< the same; null where nobody wants them
  /// The same, of gradients; null but in the kernels that read or write them.
  mlir::Value outputGradient, delta, queryGradient, keyGradient, valueGradient;
  mlir::Value headsOfKeyHead;       ///< query heads of each; null where these are computed together
  mlir::Value gridHead;             ///< of packed views and of plans
  mlir::Value tensorBatch;          ///< where the sequence lies in the tensors
  mlir::Value gridRow;              ///< first row of the block in the launch's grid
  mlir::Value first;                ///< number of the first row in its sequence
  mlir::Value group;                ///< heads whose work is mixed, or null
  mlir::Value lists, counts, order; ///< of a plan or a table, or null
  bool perBatch = false, perHead = false; ///< whether the lists are
  mlir::Value status;                     ///< null when nothing reads a table
  UniformReads whereReads, scoreReads;    ///< of the clauses, before the loop

  /// Views whose third axis are queries, or keys; null ones among them.
  llvm::SmallVector<mlir::Value *> queryViews() {
    return {&query, &output, &lse, &outputGradient, &delta, &queryGradient};
  }
  llvm::SmallVector<mlir::Value *> keyViews() {
    return {&key, &value, &keyGradient, &valueGradient};
  }
};

/// The axis of tiles that rows of the op's kernel have.
tile::Axis rowAxisOf(attn::TiledAttention attend);

/// Finds the block's share and the sizes; fills all of `place` that is not known before
/// the kernel has a body, but the query head of a block by key.
void emitPlace(mlir::ImplicitLocOpBuilder &builder, KernelPlace &place);

/// The runs of the block's row tile.
mlir::Value emitRuns(mlir::ImplicitLocOpBuilder &builder, const KernelPlace &place,
                     mlir::Value zero);

/// Reads what `where` and `score` read without looking at a row or a column.
void emitUniformReads(mlir::ImplicitLocOpBuilder &builder, KernelPlace &place);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_KERNELPLACE_H
