//===- ScalarCode.h - Scalar programs of a spec inside a kernel -------------===//
//
// Regions of an attend and the scalar code of its function are copied op by op.
// Three things change on the way: `index` is i64, the size of a tensor is the
// extent of a view, and reading a table may fail. A contribution to a gradient is added
// to the view that the scope has for it.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_SCALARCODE_H
#define LIB_CONVERSION_ATTNTOTILE_SCALARCODE_H

#include "lib/Conversion/AttnToTile/StatusBits.h"
#include "lib/Conversion/AttnToTile/UniformReads.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Region.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace lacuna {

/// Copies scalar code to where a builder stands.
class ScalarCopier {
public:
  /// `scope` maps every value from outside of what is copied: tensors to views,
  /// scalars to scalars. `bits` numbers the reads of tables.
  ScalarCopier(mlir::OpBuilder &builder, const mlir::IRMapping &scope, StatusBits &bits)
      : builder(builder), values(scope), bits(bits) {}

  /// Copies one op and remembers its results. Expects an op that
  /// attn::whyNotInRegion allows and that is no mask op.
  void copy(mlir::Operation *op);

  /// Ranges of the table, a value from outside, are read with these cells.
  void summarize(mlir::Value table, mlir::Value cells) { cellsOf[table] = cells; }

  /// Reads that have been emitted already are not copied again.
  void reuse(const UniformReads &reads) { emitted = &reads; }

  /// Contributions that are copied; no other is, and none unless this is called.
  void add(const llvm::DenseSet<mlir::Operation *> &contributions) { added = &contributions; }

  /// Takes them for reads of its own, as far as `reads` is concerned.
  void require(mlir::Location loc, const UniformReads &reads) {
    for (auto [bit, condition] : reads.inside)
      require(loc, bit, condition);
  }

  /// Copies a region of an attend with these arguments; returns what it yields.
  llvm::SmallVector<mlir::Value> copyRegion(mlir::Region &region, mlir::ValueRange arguments);

  /// Reads an element of a table, as it was called in the spec, and remembers
  /// whether it was there.
  mlir::Value read(mlir::Location loc, mlir::Value table, mlir::ValueRange indices);

  /// The copy of a value.
  mlir::Value lookup(mlir::Value value) const { return values.lookup(value); }

  /// For each status bit: whether the reads of its table so far lie inside (i1).
  const llvm::MapVector<unsigned, mlir::Value> &reads() const { return inside; }

  /// Whether every element read so far lies in its table (i1); null when
  /// nothing was read.
  mlir::Value allInside(mlir::Location loc);

private:
  void copyDim(mlir::Operation *op);
  void copyIndexCast(mlir::Operation *op, bool isSigned);
  void copyIf(mlir::Operation *op);
  void copyLoadRange(mlir::Operation *op);
  void copyContribution(mlir::Operation *op);
  void require(mlir::Location loc, unsigned bit, mlir::Value condition);

  mlir::OpBuilder &builder;
  mlir::IRMapping values;
  StatusBits &bits;
  llvm::MapVector<unsigned, mlir::Value> inside;
  llvm::DenseMap<mlir::Value, mlir::Value> cellsOf;
  const UniformReads *emitted = nullptr;
  const llvm::DenseSet<mlir::Operation *> *added = nullptr;
};

/// Extent of a view along an axis: a constant when it is static.
mlir::Value extentOf(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value view, int64_t axis);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_SCALARCODE_H
