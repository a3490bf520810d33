//===- Pullback.h - Reverse mode over a region ------------------------------===//
//
// The derivative of a score function s -> f(s, ...), transposed: it takes the
// gradient g of f's result to that of s, and on the way adds to the gradients of
// the tables and scalars that f reads. The region computes f again, as far as its
// derivative needs it, and then goes through its ops from the last to the first;
// a value that two ops use gets the sum of two gradients. A branch stays a branch:
// the ops of the side that was taken are computed again and reversed inside it, for
// what they load may be legal only there.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_GRADIENT_PULLBACK_H
#define DIALECTS_ATTN_TRANSFORMS_GRADIENT_PULLBACK_H

#include "mlir/IR/Region.h"
#include "llvm/ADT/SetVector.h"

namespace lacuna::attn {

/// Fills `pullback`, an empty region, with the derivative of `score`, a verified
/// clause, contributing to `wanted`: tables and scalars of floats that it captures.
/// Emits an error at an op that has no rule (Rules.h).
mlir::LogicalResult emitPullback(mlir::Region &score, const llvm::SetVector<mlir::Value> &wanted,
                                 mlir::Region &pullback);

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_TRANSFORMS_GRADIENT_PULLBACK_H
