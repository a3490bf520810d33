//===- Kernel.h - One attend as one kernel ----------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_KERNEL_H
#define LIB_CONVERSION_ATTNTOTILE_KERNEL_H

#include "lib/Conversion/AttnToTile/KernelFrame.h"

namespace lacuna {

/// Emits the kernel of an attend where the builder stands, after those of its
/// plan if it is planned; what they can report gets a bit. Expects a spec that attn-check-spec
/// accepts, without mask ops.
AttendKernel emitAttendKernel(mlir::OpBuilder &builder, attn::AttendOp attend, llvm::StringRef name,
                              StatusBits &bits);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_KERNEL_H
