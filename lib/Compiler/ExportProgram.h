//===- ExportProgram.h - tile.program as plain data --------------*- C++ -*-===//
#ifndef LIB_COMPILER_EXPORTPROGRAM_H
#define LIB_COMPILER_EXPORTPROGRAM_H

#include "dialects/Tile/IR/Tile.h"
#include "lib/Runtime/Program.h"

namespace lacuna {

/// The Program that the runtime launches. Launches must carry their sizes
/// (tile-size-launches). Kernels get their names only: images come later. Emits
/// an error at the operation that a Program cannot express.
mlir::FailureOr<Program> exportProgram(tile::ProgramOp program);

} // namespace lacuna

#endif // LIB_COMPILER_EXPORTPROGRAM_H
