//===- Variables.h - Which values share one variable -----------*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_VARIABLES_H
#define LIB_CONVERSION_TILETOEMITC_VARIABLES_H

#include "dialects/Tile/IR/Tile.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace lacuna {

/// Assigns the values that a loop carries, a branch yields or an operation changes in
/// place to variables of the printed kernel, so that `start_outputs(outputs, weights,
/// values)` updates them. A carried value, its initial and its yielded value share a
/// variable when none is needed after another one is made; a value that stays apart is
/// copied where it is yielded. Everything else is a constant of its own.
class Variables {
public:
  explicit Variables(tile::KernelOp kernel);

  /// The value that stands for the variable of `value`, or null if `value` is a
  /// constant of its own.
  mlir::Value leaderOf(mlir::Value value) const;

private:
  void share(mlir::Value variable, mlir::Value value);
  bool interfere(mlir::Value a, mlir::Value b) const;

  llvm::EquivalenceClasses<mlir::Value> classes;
  llvm::DenseSet<mlir::Value> needed; ///< the values named above
};

/// What the variable of a tile is called unless the tile's location says.
std::string tileName(mlir::Value value);

/// Whether a conversion only relabels registers, so that its result is its source.
bool isRelabelling(tile::ConvertOp op);

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_VARIABLES_H
