//===- PickFunction.h - Which function of a module is meant -----*- C++ -*-===//
#ifndef LIB_COMPILER_PICKFUNCTION_H
#define LIB_COMPILER_PICKFUNCTION_H

#include "lacuna/Result.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace lacuna {

/// The function called `name`, or the only one where that is empty, among those that
/// `isCandidate` takes. Errors: Type, naming what there is.
Result<mlir::Operation *> pickFunction(mlir::ModuleOp module, llvm::StringRef name,
                                       llvm::function_ref<bool(mlir::Operation *)> isCandidate);

} // namespace lacuna

#endif // LIB_COMPILER_PICKFUNCTION_H
