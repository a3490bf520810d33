//===- Plan.h - The kernels that plan an attend -----------------------------===//
//
// What an attend visits is written to memory by kernels that run before it:
//
//   pieces      of a ragged batch: the row tiles of every sequence
//   summaries   of every table whose elements a box of keys may span
//   lists       for every row tile of a query head, its runs of column tiles
//   order       of the row tiles of a group of heads, those with most work first
//
// Rows are queries, and columns keys; by key (attn.backward) it is the other way round.
// Kernels of such a plan are `transposed`: what they call the query tile is the key tile
// of the kernel that is planned.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_PLAN_H
#define LIB_CONVERSION_ATTNTOTILE_PLAN_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"

namespace lacuna {

/// A table that is summarized: values of the spec function and kernels.
struct TableSummary {
  mlir::Value table;
  tile::KernelOp kernel; ///< takes the table and its cells
};

/// The kernels of a plan, in the order in which they run, and what a launch
/// passes to them.
struct AttendPlan {
  /// Cuts the sequences of a ragged attend (emitCutKernel); null for another. It counts
  /// key tiles where no lists do.
  tile::KernelOp pieces;
  llvm::SmallVector<TableSummary> summaries;
  /// Takes the numbers of rows, columns and query heads for each key head (i32),
  /// `operands`, the cells of `summaries`, the pieces if there are any, the lists, their
  /// counts and the status. Not the queries and keys themselves: a plan outlives them.
  /// Null where runs of key tiles are intervals.
  tile::KernelOp lists;
  /// Values of the spec function; sizes of tensors are passed as i32.
  llvm::SmallVector<mlir::Value> operands;
  /// Takes the counts, the order, scratch of its size and the heads of a group. Null where
  /// the spec brings its runs, and their order, with it, and by key, where a block has all
  /// query heads of a key head.
  tile::KernelOp order;
  /// Whether batches or heads see different keys; else they share one plan.
  bool perBatch = false, perHead = false;

  /// All of them, in order.
  llvm::SmallVector<tile::KernelOp> kernels() const;
};

/// Whether an attend is to be planned on the device: its mode says so, and its
/// tile classes are known.
bool isPlanned(attn::TiledAttention attend);

/// Emits the kernels of the plan of an attend where the builder stands; their
/// names begin with `name`. Expects one that is planned or ragged.
AttendPlan emitPlan(mlir::OpBuilder &builder, attn::TiledAttention attend, llvm::StringRef name,
                    StatusBits &bits);

/// Types of the views that kernels of plans take: lists, counts and order have the
/// axes that tile.list_runs and tile.block say.
struct PlanViews {
  explicit PlanViews(mlir::MLIRContext *context);
  tile::ViewType lists, counts, order;

  /// Of the cells of a table of that rank.
  static tile::ViewType cells(mlir::MLIRContext *context, int64_t rank);
};

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_PLAN_H
