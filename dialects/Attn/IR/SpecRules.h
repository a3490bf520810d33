//===- SpecRules.h - What a spec may say, in one place --------------------===//
//
// The op verifier, the spec checker, the reference and the lowerings agree on
// these two lists; a new op becomes legal here first.
//
//===----------------------------------------------------------------------===//
#ifndef DIALECTS_ATTN_IR_SPECRULES_H
#define DIALECTS_ATTN_IR_SPECRULES_H

#include "mlir/IR/Operation.h"

#include <string>

namespace lacuna::attn {

/// A scalar that a region may compute with: i1, i8, i16, i32, i64, f16, bf16,
/// f32, or index (64 bits, signed).
bool isRegionScalar(mlir::Type type);

/// Whether `op` is scalar code without effects: the arith and math ops that
/// regions and spec functions share, and tensor.dim with a constant dimension.
bool isScalarCode(mlir::Operation *op);

/// Why `op` may not stand in a region of attn.attend, as the end of the
/// sentence "region op 'x.y' ..."; empty when it may.
std::string whyNotInRegion(mlir::Operation *op);

/// Why `op` may not stand in the body of a spec function, as the end of the
/// sentence "'x.y' ..."; empty when it may.
std::string whyNotInSpec(mlir::Operation *op);

/// Whether `value`, a tensor of a spec function, is there before attention begins, so that
/// clauses can read it as a table and plans rely on it: an argument, expanded block lists,
/// an order, or such a table in an order or back from it.
bool isTable(mlir::Value value);

/// Whether kernels of every launch make `value`, a tensor of a spec function: attention, or
/// an op on its results.
bool isState(mlir::Value value);

/// Whether `value` may be a gradient: what ops on gradients yield, or an argument, which the
/// caller may have made one.
bool isGradient(mlir::Value value);

/// Why the host cannot compute `value`, a scalar of a spec function, before a
/// launch, as the end of a sentence that it begins; empty when it can. It computes sizes:
/// no floats, and no division but those that round down or up.
std::string whyNotOnHost(mlir::Value value);

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_IR_SPECRULES_H
