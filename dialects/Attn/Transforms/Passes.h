//===- Passes.h - Passes of the attn dialect ------------------------------===//
#ifndef DIALECTS_ATTN_TRANSFORMS_PASSES_H
#define DIALECTS_ATTN_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace lacuna::attn {

#define GEN_PASS_DECL
#include "dialects/Attn/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dialects/Attn/Transforms/Passes.h.inc"

} // namespace lacuna::attn

#endif // DIALECTS_ATTN_TRANSFORMS_PASSES_H
