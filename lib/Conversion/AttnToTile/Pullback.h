//===- Pullback.h - From gradients of scores to what they depend on ---------===//
//
// The pullback of an attn.backward takes a tile of gradients of scores to that of the
// scaled products, and contributes to gradients of tables and scalars. A contribution
// whose element is the same for all columns is a sum of the row first, which is added
// when the row has seen all columns; any other is added for each pair.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_PULLBACK_H
#define LIB_CONVERSION_ATTNTOTILE_PULLBACK_H

#include "lib/Conversion/AttnToTile/KernelPlace.h"

#include "llvm/ADT/DenseSet.h"

namespace lacuna {

/// The contributions to the gradient of a value, a result of `op`: whether rows are summed
/// before they are added.
bool isSumOfRows(attn::BackwardOp op, mlir::Value gradient);

/// What a kernel makes of the gradients of scores.
class Pullback {
public:
  /// `place` is that of a kernel of `op`, and is looked at when something is emitted.
  Pullback(const KernelPlace &place, attn::BackwardOp op);

  /// A tile of gradients of scores and the products that the scores are made of, not yet
  /// multiplied by `scale` (null: by nothing); `column` is the slot of its first column.
  struct Tile {
    mlir::Value gradients, products, scale, column;
  };
  /// The gradients of the scaled products; adds what is added for each pair. Where a
  /// gradient is 0 it stays so.
  mlir::Value emit(mlir::ImplicitLocOpBuilder &builder, const Tile &tile);

  /// How many sums a row has.
  size_t getNumRowSums() const { return ofRows.size(); }
  /// What a tile adds to each of them, a vector along the rows.
  mlir::Value emitRowSum(mlir::ImplicitLocOpBuilder &builder, const Tile &tile, size_t number);
  /// Adds one of them, of all columns.
  void emitRowAddition(mlir::ImplicitLocOpBuilder &builder, mlir::Value sums, size_t number);

private:
  /// A contribution; null: the one to the gradient of the scale.
  using Contribution = attn::ContributeOp;
  mlir::Value emitMap(mlir::ImplicitLocOpBuilder &builder, const Tile &tile, bool adds,
                      std::optional<Contribution> wanted);
  mlir::Value emitElement(mlir::ImplicitLocOpBuilder &builder, const Tile &tile,
                          mlir::ValueRange element, bool adds, std::optional<Contribution> wanted);

  const KernelPlace &place;
  attn::BackwardOp op;
  llvm::SmallVector<Contribution> ofRows;
  llvm::DenseSet<mlir::Operation *> ofPairs;
};

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_PULLBACK_H
