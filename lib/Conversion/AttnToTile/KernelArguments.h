//===- KernelArguments.h - What a kernel takes from its function ------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_KERNELARGUMENTS_H
#define LIB_CONVERSION_ATTNTOTILE_KERNELARGUMENTS_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"

#include "llvm/ADT/SetVector.h"

namespace lacuna {

/// Moves scalar code that depends on no argument of its region before the op.
void hoistInvariants(attn::Attention attend);

/// What a kernel needs from outside: values that become kernel arguments, and
/// scalar code to copy, in an order in which it can be copied.
struct Captures {
  /// Whether sizes of tensors are passed instead of the tensors.
  bool takesSizes = false;
  llvm::SetVector<mlir::Value> arguments;
  llvm::SetVector<mlir::Operation *> code;

  /// Adds a value of the spec function.
  void add(mlir::Value value);
};

/// What `operands` and `clauses` of an attend need: `first`, then the rest in the
/// order of the function. With `takesSizes`, sizes are among the arguments.
Captures capturesOf(mlir::ValueRange first, mlir::ValueRange operands,
                    llvm::ArrayRef<mlir::Region *> clauses, bool takesSizes = false);

/// Copies their scalar code to where the builder stands. `scope` maps what it takes from
/// outside, and then what it makes.
void copyCode(mlir::OpBuilder &builder, const Captures &captures, mlir::IRMapping &scope,
              StatusBits &bits);

/// The type of a kernel's argument: a tensor arrives as a view, one without dimensions as
/// that of a vector of one element, a size as i32.
mlir::Type parameterType(mlir::Type type);

/// An empty kernel with these arguments, where the builder stands.
tile::KernelOp createKernel(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                            llvm::ArrayRef<mlir::Type> types);

/// Calls arguments in generated text what they are called in the spec; `operands`
/// are what is passed as them, for `op` of a spec.
void nameArguments(mlir::Operation *op, mlir::ValueRange operands, mlir::ValueRange arguments);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_KERNELARGUMENTS_H
