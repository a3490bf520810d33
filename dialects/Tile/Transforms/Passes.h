//===- Passes.h - Passes over kernels ----------------------------*- C++ -*-===//
#ifndef DIALECTS_TILE_TRANSFORMS_PASSES_H
#define DIALECTS_TILE_TRANSFORMS_PASSES_H

#include "dialects/Tile/IR/Tile.h"

#include "mlir/Pass/Pass.h"

namespace lacuna::tile {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dialects/Tile/Transforms/Passes.h.inc"

} // namespace lacuna::tile

#endif // DIALECTS_TILE_TRANSFORMS_PASSES_H
