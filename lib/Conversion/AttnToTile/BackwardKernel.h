//===- BackwardKernel.h - The kernels of a gradient -------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_BACKWARDKERNEL_H
#define LIB_CONVERSION_ATTNTOTILE_BACKWARDKERNEL_H

#include "lib/Conversion/AttnToTile/KernelFrame.h"

namespace lacuna {

/// Emits the kernel of an attn.backward where the builder stands, after those of its plan
/// if it is planned; what they can report gets a bit. Expects a spec that attn-check-spec
/// accepts, without mask ops, and no contributions.
AttendKernel emitBackwardKernel(mlir::OpBuilder &builder, attn::BackwardOp op, llvm::StringRef name,
                                StatusBits &bits);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_BACKWARDKERNEL_H
