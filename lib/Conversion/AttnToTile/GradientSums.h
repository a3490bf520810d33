//===- GradientSums.h - Gradients that kernels add to -----------------------===//
//
// What pullbacks contribute to tables and scalars comes from all pairs of a query and a
// key (Pullback.h). It is added atomically, in f32, to memory that a kernel clears before; where
// the gradient is narrower, another rounds the sums after. Sums of floats depend on the order of
// additions, so these gradients may differ in their last bits from run to run. The same holds for
// the gradient of queries where kernels by key add to it; it is scaled when it is rounded.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_GRADIENTSUMS_H
#define LIB_CONVERSION_ATTNTOTILE_GRADIENTSUMS_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"

namespace lacuna {

/// One gradient that a kernel adds to, and the kernels around it.
struct GradientSum {
  mlir::Value gradient; ///< result of an attn.backward
  tile::KernelOp clear; ///< takes the sums
  /// Takes the sums, the gradient and what follows; null: the sums are it.
  tile::KernelOp finish;
  llvm::SmallVector<mlir::Value, 0> finishOperands; ///< of the spec; then the status if
  bool takesStatus = false;                         ///< this is set
  int64_t rowAxis = 0;                              ///< whose tiles are the blocks of both
};

/// The type of the sums of a gradient: f32, and at least one dimension.
mlir::RankedTensorType sumType(mlir::RankedTensorType gradient);

/// Emits the kernels for a gradient where the builder stands; their names begin with
/// `name`. If it `mayFail`, it is NaN when the status says so.
GradientSum emitGradientSum(mlir::OpBuilder &builder, mlir::Value gradient, llvm::StringRef name,
                            bool mayFail);

/// The same for the gradient of queries of an op that adds to it.
GradientSum emitQuerySum(mlir::OpBuilder &builder, attn::BackwardOp op, llvm::StringRef name,
                         StatusBits &bits, bool mayFail);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_GRADIENTSUMS_H
