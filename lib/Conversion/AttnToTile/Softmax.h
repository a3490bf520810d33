//===- Softmax.h - The online softmax of a kernel ---------------------------===//
//
// Scores of a row arrive tile by tile. A row keeps a number m near its maximum, the
// sum l of exp(s - m), and the sum of values weighted alike; when m grows, l and
// the weighted sum decay. Any m would do, so it only grows when the maximum has
// grown by much, and a tile in which no m of a warp grew skips the decay. A score
// is `factor` times the number in the tile, and exponentials are powers of two, so
// the slope of the exponent is factor * log2(e).
//
// A row whose scores are all -inf so far has m = -inf and subtracts 0 instead.
// NaN does not enter m (the maximum ignores it) but does enter l, hence o and
// lse; +inf becomes NaN there by inf - inf.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_SOFTMAX_H
#define LIB_CONVERSION_ATTNTOTILE_SOFTMAX_H

#include "lib/Conversion/AttnToTile/Tiles.h"

namespace lacuna {

/// Types of the tiles of a kernel.
struct TileTypes {
  /// Elements are f16 or bf16; query and value are the two head_dims.
  TileTypes(mlir::Type element, int64_t queryDim, int64_t valueDim);

  mlir::RankedTensorType query, key, value; ///< as loaded, rows x features
  mlir::RankedTensorType scores, weights;   ///< queries x keys: f32, and what meets the values
  mlir::RankedTensorType rows;              ///< f32, one per query
  mlir::RankedTensorType sum, output;       ///< queries x features: f32, and what is stored
};

/// How scores become exponents.
struct ExponentForm {
  /// A score is this times the number in the tile; positive.
  double factor = 1.0;
  /// (s - m) * slope instead of s * slope - m * slope: one operation more per
  /// score, right for scores near the ends of f32 (a finite "minus infinity").
  bool subtractFirst = false;
};

/// 2^(s * slope - m * slope) of scores s. `shift` has one axis and stands for m: it is m
/// where the form subtracts first, else -m * slope.
mlir::Value emitExponential(mlir::ImplicitLocOpBuilder &builder, const ExponentForm &form,
                            mlir::Value slope, mlir::RankedTensorType type, mlir::Value scores,
                            mlir::Value shift);

/// Emits the operations; every method writes where the builder stands.
class OnlineSoftmax {
public:
  OnlineSoftmax(mlir::ImplicitLocOpBuilder &builder, const TileTypes &types, ExponentForm form);

  /// m, l and the weighted sum before any key.
  llvm::SmallVector<mlir::Value> begin();
  /// What step() leaves to the caller: the weights of a tile of scores, and the
  /// weighted sum after its decay. The caller adds weights x values to it.
  struct Step {
    mlir::Value max, total, weights, faded;
  };
  /// `state` is m, l and the weighted sum; `scores` are all that a row sees in
  /// this tile, -inf where it sees nothing.
  Step step(mlir::ValueRange state, mlir::Value scores);
  /// The output tile: 0 for a row that saw no key.
  mlir::Value output(mlir::ValueRange state);
  /// Log of the sum of exponentials, natural: -inf for a row that saw no key.
  mlir::Value logSumExp(mlir::ValueRange state);

private:
  using Body = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;
  mlir::Value map(mlir::RankedTensorType type, mlir::ValueRange inputs, Body body) {
    return mapTiles(builder, type, inputs, body);
  }
  mlir::Value exponential(mlir::RankedTensorType type, mlir::Value scores, mlir::Value shift) {
    return emitExponential(builder, form, slope, type, scores, shift);
  }
  mlir::Value fade(mlir::ValueRange state, mlir::Value max, mlir::Value decay);

  mlir::ImplicitLocOpBuilder &builder;
  TileTypes types;
  ExponentForm form;
  mlir::Value zero, low, slope, fall;
  mlir::Value margin; ///< what a maximum may grow by before m does
};

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_SOFTMAX_H
