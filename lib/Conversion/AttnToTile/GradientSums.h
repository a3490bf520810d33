//===- GradientSums.h - Gradients that kernels add to -----------------------===//
//
// What pullbacks contribute to tables and scalars comes from all pairs of a query and a
// key (Pullback.h). It is added atomically, in f32, to memory that a kernel clears before; where
// the gradient is narrower, another rounds the sums after. Sums of floats depend on the order of
// additions, so these gradients may differ in their last bits from run to run.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_GRADIENTSUMS_H
#define LIB_CONVERSION_ATTNTOTILE_GRADIENTSUMS_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"

namespace lacuna {

/// One gradient that a kernel adds to, and the kernels around it.
struct GradientSum {
  mlir::Value gradient; ///< result of an attn.backward
  tile::KernelOp clear; ///< takes the sums
  /// Takes the sums, the gradient and, if it may be NaN, the status; null: the sums are it.
  tile::KernelOp finish;
  bool takesStatus = false; ///< of `finish`
};

/// The type of the sums of a gradient: f32, and at least one dimension.
mlir::RankedTensorType sumType(mlir::RankedTensorType gradient);

/// Emits the kernels for a gradient where the builder stands; their names begin with
/// `name`. If it `mayFail`, it is NaN when the status says so.
GradientSum emitGradientSum(mlir::OpBuilder &builder, mlir::Value gradient, llvm::StringRef name,
                            bool mayFail);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_GRADIENTSUMS_H
