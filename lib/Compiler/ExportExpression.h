//===- ExportExpression.h - Sizes that the host computes --------------------===//
#ifndef LIB_COMPILER_EXPORTEXPRESSION_H
#define LIB_COMPILER_EXPORTEXPRESSION_H

#include "lib/Runtime/Expression.h"

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"

namespace lacuna {

/// What `op` computes: a constant, the size of an argument, or arithmetic on
/// values in `known`. Emits an error for anything else.
mlir::FailureOr<Expression> exportExpression(mlir::Operation &op,
                                             const llvm::DenseMap<mlir::Value, Expression> &known);

} // namespace lacuna

#endif // LIB_COMPILER_EXPORTEXPRESSION_H
