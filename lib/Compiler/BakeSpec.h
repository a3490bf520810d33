//===- BakeSpec.h - A spec for one mask --------------------------------------===//
//
// What a mask reads is fixed: sequence lengths, scalars, elements of tables. The
// host finds the runs of its tiles and writes them into the spec, together with
// what they rely on, as promises that every launch checks:
//
//   static sizes             in the types of arguments
//   attn.value = 100 : i64   of a scalar argument
//   attn.digest = "..."      of the elements of a table, for LACUNA_CHECK_PLANS
//
// The result is a spec like any other: it prints, reads back and compiles.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_COMPILER_BAKESPEC_H
#define LIB_COMPILER_BAKESPEC_H

#include "lacuna/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lacuna {

/// Queries and keys of a kernel's tile.
struct TileSize {
  std::int64_t query = 0, key = 0;
};

/// Bakes a prepared spec whose attends have classifiers. `tiles` are those of the
/// attends whose results are used, in order. The arguments fit the spec and lie in
/// host memory; tensors that no mask reads may have address 0. Emits an error at
/// what cannot be baked.
mlir::LogicalResult bakeSpec(mlir::func::FuncOp spec, llvm::ArrayRef<TileSize> tiles,
                             Span<Value> arguments);

} // namespace lacuna

#endif // LIB_COMPILER_BAKESPEC_H
