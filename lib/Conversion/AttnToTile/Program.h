//===- Program.h - The host's side of a spec --------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_PROGRAM_H
#define LIB_CONVERSION_ATTNTOTILE_PROGRAM_H

#include "lib/Conversion/AttnToTile/BlockLists.h"
#include "lib/Conversion/AttnToTile/Kernel.h"
#include "lib/Conversion/AttnToTile/Orders.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lacuna {

/// Emits the program of a spec where the builder stands: checks, results, one
/// launch for each of `expansions` and `orders`, and one for each of `kernels`, which are in
/// the order of their ops; all report with `bits`.
void emitProgram(mlir::OpBuilder &builder, mlir::func::FuncOp spec,
                 llvm::ArrayRef<ExpandKernel> expansions, llvm::ArrayRef<OrderKernel> orders,
                 llvm::ArrayRef<std::pair<mlir::Operation *, AttendKernel>> kernels,
                 const StatusBits &bits);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_PROGRAM_H
