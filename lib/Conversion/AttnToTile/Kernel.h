//===- Kernel.h - One attend as one kernel ----------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_KERNEL_H
#define LIB_CONVERSION_ATTNTOTILE_KERNEL_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"
#include "lib/Conversion/AttnToTile/Plan.h"

#include <optional>

namespace lacuna {

/// A kernel and what a launch passes to it.
struct AttendKernel {
  tile::KernelOp kernel;
  /// Values of the spec function (its arguments, results of attends), then
  /// those results of this attend that are used: the kernel's arguments, in order.
  llvm::SmallVector<mlir::Value> operands;
  /// Makes the pieces of a ragged batch, the lists of runs and their counts if they are
  /// planned, and the order: these come after them. Then comes how many heads make a
  /// group (tile.block).
  std::optional<AttendPlan> plan;
  /// Whether the program's status comes last.
  bool takesStatus = false;
};

/// Emits the kernel of an attend where the builder stands, after those of its
/// plan if it is planned; what they can report gets a bit. Expects a spec that attn-check-spec
/// accepts, without mask ops.
AttendKernel emitAttendKernel(mlir::OpBuilder &builder, attn::AttendOp attend, llvm::StringRef name,
                              StatusBits &bits);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_KERNEL_H
