//===- KernelFrame.h - The arguments of a kernel of attention ---------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_KERNELFRAME_H
#define LIB_CONVERSION_ATTNTOTILE_KERNELFRAME_H

#include "lib/Conversion/AttnToTile/GradientSums.h"
#include "lib/Conversion/AttnToTile/KernelPlace.h"
#include "lib/Conversion/AttnToTile/Plan.h"

#include <optional>

namespace lacuna {

/// A kernel and what a launch passes to it.
struct AttendKernel {
  tile::KernelOp kernel;
  /// Values of the spec function (its arguments, results of attends), then
  /// what it writes of this op's results: the kernel's arguments, in order.
  llvm::SmallVector<mlir::Value> operands;
  /// Makes the pieces of a ragged batch, the lists of runs and their counts if they are
  /// planned, and the order if there is one: these come after them.
  std::optional<AttendPlan> plan;
  /// Whether then comes how many heads make a group (tile.block).
  bool takesGroup = true;
  /// Whether the program's status comes last.
  bool takesStatus = false;
  /// Gradients of tables and scalars; the kernel takes the sums (sumType) for them.
  llvm::SmallVector<GradientSum, 0> sums;

  bool takesOrder() const { return plan && plan->order; }
};

/// The results that an op's kernel writes: those that are used, and what it computes in
/// any case.
llvm::SmallVector<mlir::Value> writtenResults(mlir::Operation *op);

/// Begins the kernel of an op where the builder stands, after those of its plan if it is
/// planned: it has arguments, and at the beginning of its body the scalar code of the spec
/// that it needs. `place` learns what is known before the block's share is; of the views,
/// those of queries, keys and values. What can be reported gets a bit.
AttendKernel beginKernel(mlir::OpBuilder &builder, attn::TiledAttention attend,
                         llvm::StringRef name, StatusBits &bits, KernelPlace &place);

/// Whether the kernel relies on kernels before it whose failure the status tells of
/// (tile.failed): its results are to be NaN then.
bool mayBeSpoiled(attn::TiledAttention attend);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_KERNELFRAME_H
