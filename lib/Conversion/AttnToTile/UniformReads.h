//===- UniformReads.h - Tables that a block reads once -----------*- C++ -*-===//
//
// A slope of the head, a length of the batch: what a clause reads without looking at
// a query or a key is the same for all pairs of a block. It is read before the loop,
// and whether it was there is one flag, not a test of every element.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_UNIFORMREADS_H
#define LIB_CONVERSION_ATTNTOTILE_UNIFORMREADS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Region.h"
#include "llvm/ADT/MapVector.h"

namespace lacuna {

class StatusBits;

/// The reads of a clause that are the same for a whole block.
struct UniformReads {
  llvm::DenseMap<mlir::Operation *, mlir::Value> elements; ///< by attn.load
  llvm::MapVector<unsigned, mlir::Value> inside; ///< by status bit: whether they were there (i1)
};

/// Emits those of `clause`, whose arguments for batch and head are `batchArgument` and
/// the next, for the batch and head of the block; the head is null where rows have heads
/// of their own. Reads under a condition are not among them. `scope` and `bits` are
/// ScalarCopier's.
UniformReads emitUniformReads(mlir::OpBuilder &builder, const mlir::IRMapping &scope,
                              StatusBits &bits, mlir::Region &clause, unsigned batchArgument,
                              mlir::Value batch, mlir::Value head);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_UNIFORMREADS_H
