//===- Orders.h - Orders, and rows moved by them, as kernels ----------------===//
//
// Orders depend on what the caller gives, and so do buckets of hashes and tables that are
// gathered: they are steps of the plan. Gathered queries, keys and values, and what is
// scattered, are steps of every launch.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_ORDERS_H
#define LIB_CONVERSION_ATTNTOTILE_ORDERS_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"

namespace lacuna {

/// A step of the plan that makes an order, what rows are sorted by, or a table in an order.
struct OrderKernel {
  mlir::Operation *op; ///< of which isOrderOfPlan holds
  /// Takes the operands of the op, then its results, then, of attn.sort, scratch like the
  /// order.
  tile::KernelOp kernel;
};

/// Whether an op is attn.hash, attn.sort, attn.compact, or gathers a table of integers.
bool isOrderOfPlan(mlir::Operation *op);

/// Whether an op moves rows in every launch of a program: gathers floats, or scatters.
bool movesRows(mlir::Operation *op);

/// The order that an op moves rows by. Precondition: movesRows(op).
mlir::Value orderOf(mlir::Operation *op);

/// Emits the kernel of one of these ops where the builder stands, with the arguments that
/// OrderKernel says. It is scheduled with the kernel of an attend (tile.kernel `plans`).
tile::KernelOp emitOrderKernel(mlir::OpBuilder &builder, mlir::Operation *op, llvm::StringRef name);

/// What a result of one of these ops is called in generated text.
llvm::StringRef nameOfOrder(mlir::OpResult result);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_ORDERS_H
