//===- VerifyAttention.h - When attention is well formed -------------------===//
//
// Attention and its gradient take the same tensors, positions and offsets, which
// must satisfy the same rules.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_VERIFYATTENTION_H
#define DIALECTS_ATTN_IR_VERIFYATTENTION_H

#include "dialects/Attn/IR/Attn.h"

namespace lacuna::attn {

/// Whether operands and their static sizes go together; emits an error at `op` when
/// not. Sizes known only at launch are checked there and named in the same words.
mlir::LogicalResult verifyAttention(Attention op);

/// Whether kernels have that head_dim, which is static.
bool isHeadDim(int64_t size);

/// The same; emits an error at `op` when not. `owner` is the tensor:
/// "query".
mlir::LogicalResult verifyHeadDim(mlir::Operation *op, llvm::StringRef owner, int64_t size);

/// Whether an output of attention, or its gradient, has this type; emits an error at `op`
/// when not. `what` is the tensor: "an output".
mlir::LogicalResult verifyOutput(Attention op, llvm::StringRef what, mlir::RankedTensorType type);

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_IR_VERIFYATTENTION_H
