//===- Passes.h - From scheduled kernels to EmitC --------------*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_PASSES_H
#define LIB_CONVERSION_TILETOEMITC_PASSES_H

#include "mlir/Dialect/EmitC/IR/EmitC.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace lacuna {

#define GEN_PASS_DECL
#include "lib/Conversion/TileToEmitC/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lib/Conversion/TileToEmitC/Passes.h.inc"

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_PASSES_H
