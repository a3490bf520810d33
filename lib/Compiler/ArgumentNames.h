//===- ArgumentNames.h - What the spec calls its arguments -------*- C++ -*-===//
#ifndef LIB_COMPILER_ARGUMENTNAMES_H
#define LIB_COMPILER_ARGUMENTNAMES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/SourceMgr.h"

namespace lacuna {

/// Sets the attribute `attn.name` on every argument of the function whose name
/// can be read where its location points into the source. MLIR's parser
/// forgets names of values; errors at launch need them.
void attachArgumentNames(mlir::func::FuncOp function, const llvm::MemoryBuffer &source);

} // namespace lacuna

#endif // LIB_COMPILER_ARGUMENTNAMES_H
