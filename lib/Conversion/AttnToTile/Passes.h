//===- Passes.h - From specs to abstract tile programs ---------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_PASSES_H
#define LIB_CONVERSION_ATTNTOTILE_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace lacuna {

#define GEN_PASS_DECL
#include "lib/Conversion/AttnToTile/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "lib/Conversion/AttnToTile/Passes.h.inc"

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_PASSES_H
