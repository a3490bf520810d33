//===- Ragged.h - Sequences one behind the other ------------------*- C++ -*-===//
//
// The grid of a ragged attend counts pieces, row tiles of one sequence each: a
// kernel of the plan cuts them from the offsets, and checks these on the way. A
// kernel then works on the parts of its views that are the sequence, so that all
// that knows of batches of one length knows of these, too.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_RAGGED_H
#define LIB_CONVERSION_ATTNTOTILE_RAGGED_H

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Tile/IR/Tile.h"
#include "lib/Conversion/AttnToTile/StatusBits.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace lacuna {

/// The type of the view of the pieces.
tile::ViewType pieceView(mlir::MLIRContext *context);

/// The kernel that cuts the pieces of a ragged attend, where the builder stands. It
/// takes them, the counts of `tile.order_rows` if it `counts`, offsets of rows and of
/// columns, the numbers of both (i32) and the status; wrong offsets set a bit.
tile::KernelOp emitCutKernel(mlir::OpBuilder &builder, attn::TiledAttention attend,
                             llvm::StringRef name, bool counts, StatusBits &bits);

/// The rows of a grid that has a tile of `rows` for each piece.
mlir::Value rowsOfPieces(mlir::ImplicitLocOpBuilder &builder, mlir::Value pieces, tile::Axis rows);

/// The piece whose place in that grid begins with `first`.
tile::PieceOp emitPiece(mlir::ImplicitLocOpBuilder &builder, mlir::Value pieces, mlir::Value first,
                        tile::Axis rows);

/// The sequences that a block works on.
struct SequencePlace {
  mlir::Value batch;                ///< as regions call it
  mlir::Value queryBegin, keyBegin; ///< slots where a ragged sequence begins; null: 0
  mlir::Value queries, keys;        ///< lengths; rows of all heads where these are packed
};

/// Those of a piece; by key, its rows are keys.
SequencePlace emitSequence(mlir::ImplicitLocOpBuilder &builder, tile::PieceOp piece,
                           attn::TiledAttention attend);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_RAGGED_H
