//===- Tile.h - The tile dialect in C++ --------------------------*- C++ -*-===//
#ifndef DIALECTS_TILE_IR_TILE_H
#define DIALECTS_TILE_IR_TILE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Tile/IR/TileDialect.h.inc"
#include "dialects/Tile/IR/TileEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Tile/IR/TileAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Tile/IR/TileTypes.h.inc"

#define GET_OP_CLASSES
#include "dialects/Tile/IR/TileOps.h.inc"

namespace lacuna::tile {

/// Axis names of a tile or of a slot of shared memory; empty for other types.
llvm::ArrayRef<Axis> axesOf(mlir::Type type);

/// Type of the elements of a tile or of a slot.
mlir::Type elementTypeOf(mlir::Type type);

/// Columns of the panels that a shared tile of `columns` columns is cut into
/// (64, 32 or 16 each, widest first), see !tile.shared.
llvm::SmallVector<int64_t> panelColumns(int64_t columns);

/// "causal.mlir:12:3": where a location lies, without the folders, which differ
/// between machines.
std::string placeOf(mlir::Location location);

} // namespace lacuna::tile

#endif // DIALECTS_TILE_IR_TILE_H
