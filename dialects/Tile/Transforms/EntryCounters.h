//===- EntryCounters.h - Which entry of its runs a loop is at ---*- C++ -*-===//
#ifndef DIALECTS_TILE_TRANSFORMS_ENTRYCOUNTERS_H
#define DIALECTS_TILE_TRANSFORMS_ENTRYCOUNTERS_H

#include "dialects/Tile/IR/Tile.h"

namespace lacuna::tile {

/// Counts the entries of loops over runs, which are the uses of the rings that they fill,
/// through all loops around them.
class EntryCounters {
public:
  /// `zero` and `one` are i32 and stand before all of these loops.
  EntryCounters(mlir::Value zero, mlir::Value one) : zero(zero), one(one) {}

  /// The number of the entry in the body of the loop, which carries it from the first
  /// request on, as those around it do. That replaces the loop: ask for it anew behind this.
  mlir::Value of(ForRunsOp loop);

private:
  void countThrough(ForRunsOp loop);

  mlir::Value zero, one;
  llvm::DenseMap<mlir::Operation *, mlir::Value> counters;
};

} // namespace lacuna::tile

#endif // DIALECTS_TILE_TRANSFORMS_ENTRYCOUNTERS_H
