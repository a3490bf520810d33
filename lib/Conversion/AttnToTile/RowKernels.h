//===- RowKernels.h - Kernels that look at no keys --------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_ROWKERNELS_H
#define LIB_CONVERSION_ATTNTOTILE_ROWKERNELS_H

#include "lib/Conversion/AttnToTile/KernelFrame.h"

namespace lacuna {

/// Emits the kernel of an op where the builder stands. It takes the operands of the op and
/// those of its results that are used (writtenResults).
AttendKernel emitRowKernel(mlir::OpBuilder &builder, attn::RowWise op, llvm::StringRef name);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_ROWKERNELS_H
