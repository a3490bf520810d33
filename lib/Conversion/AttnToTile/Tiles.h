//===- Tiles.h - Tiles of abstract kernels, and maps over them --------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_TILES_H
#define LIB_CONVERSION_ATTNTOTILE_TILES_H

#include "dialects/Tile/IR/Tile.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace lacuna {

/// The value, named so in generated text.
mlir::Value named(llvm::StringRef name, mlir::Value value);

/// A number as f32.
mlir::Value constantF32(mlir::ImplicitLocOpBuilder &builder, double value);

/// The type of a tile with those axes. Its extents are open but for that of a last axis
/// of features.
mlir::RankedTensorType tileType(mlir::Type element, llvm::ArrayRef<tile::Axis> axes,
                                int64_t features = mlir::ShapedType::kDynamic);

/// A tile.map whose elements `body` computes from those of `inputs`.
mlir::Value
mapTiles(mlir::ImplicitLocOpBuilder &builder, mlir::RankedTensorType type, mlir::ValueRange inputs,
         llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::ValueRange)> body);

/// NaN in the place of results that rely on something that has failed.
class Spoiling {
public:
  /// Asks `status` for failures; if that is null, nothing can fail.
  Spoiling(mlir::ImplicitLocOpBuilder &builder, mlir::Value status);

  /// NaN or the element, in a map.
  mlir::Value apply(mlir::ImplicitLocOpBuilder &builder, mlir::Value element) const;

private:
  mlir::Value failed, nan; ///< null if nothing can fail
};

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_TILES_H
