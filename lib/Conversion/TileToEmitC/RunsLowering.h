//===- RunsLowering.h - Sources of runs and the loop over them -*- C++ -*-===//
#ifndef LIB_CONVERSION_TILETOEMITC_RUNSLOWERING_H
#define LIB_CONVERSION_TILETOEMITC_RUNSLOWERING_H

#include "lib/Conversion/TileToEmitC/Emission.h"

#include "mlir/IR/IRMapping.h"

namespace lacuna {

/// Prints the operations that make runs, and the frame of a loop over them. Runs
/// of intervals find entry `index` by arithmetic; runs of a list are walked by
/// cursors, one for the entry to compute with and one for the entry to load.
class RunsLowering {
public:
  /// `columnTile`: columns of a tile. `values` holds what operands have become.
  RunsLowering(Emission &emission, mlir::OpBuilder &builder, mlir::IRMapping &values,
               int64_t columnTile)
      : emission(emission), builder(builder), values(values), columnTile(columnTile) {}

  void lower(tile::IntervalRunsOp op);
  void lower(tile::ListRunsOp op);

  /// Opens the loop: the builder then stands at the end of its body, and the
  /// arguments of `op` that are not carried have values.
  mlir::emitc::ForOp open(tile::ForRunsOp op);
  /// Moves cursors to the next entry and leaves the loop.
  void close(mlir::emitc::ForOp loop);

private:
  /// Where the walk of a list stands: the variable, what it holds in this step,
  /// and whether that is an entry.
  struct Cursor {
    mlir::Value variable, place, exists;
  };

  mlir::Value integer(mlir::Location location, int64_t value);
  mlir::Value call(mlir::Location location, mlir::Type type, const llvm::Twine &callee,
                   mlir::ValueRange operands);
  mlir::Value opaque(mlir::Location location, llvm::StringRef name, const llvm::Twine &type,
                     const llvm::Twine &callee, mlir::ValueRange operands);
  /// A variable that holds what the callee returns.
  mlir::Value variable(mlir::Location location, llvm::StringRef name, llvm::StringRef type,
                       const llvm::Twine &callee, mlir::ValueRange operands);
  void assign(mlir::Location location, mlir::Value variable, const llvm::Twine &callee,
              mlir::ValueRange operands);
  /// What a variable holds now.
  mlir::Value valueOf(mlir::Value variable);
  /// Gives an argument of the loop its value.
  mlir::Value define(mlir::BlockArgument argument, mlir::Type type, const llvm::Twine &callee,
                     mlir::ValueRange operands);
  /// The same for what is known of entry `index`, if anybody asks.
  void defineEntry(mlir::BlockArgument key, mlir::BlockArgument partial, mlir::Value index,
                   Cursor *cursor);

  Emission &emission;
  mlir::OpBuilder &builder;
  mlir::IRMapping &values;
  int64_t columnTile;
  mlir::Value runs; ///< of the open loop
  llvm::SmallVector<Cursor, 2> cursors;
};

} // namespace lacuna

#endif // LIB_CONVERSION_TILETOEMITC_RUNSLOWERING_H
