//===- StatusBits.h - What the bits of a program's status mean --------------===//
#ifndef LIB_CONVERSION_ATTNTOTILE_STATUSBITS_H
#define LIB_CONVERSION_ATTNTOTILE_STATUSBITS_H

#include "dialects/Attn/IR/Attn.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

#include <string>

namespace lacuna {

/// Gives every defect that kernels of one program can report a bit of its own.
class StatusBits {
public:
  /// The bit of a defect, described as the end of "@spec: ...". When all are
  /// taken, the last one stands for whatever comes.
  unsigned of(std::string meaning);

  /// The bit of reads of `table`, a value of the spec function, with an index out
  /// of range; described by the place of the first read. One for each table and
  /// not for each place: places change when a spec is printed and read again, and
  /// what it compiles to must not.
  unsigned ofTable(mlir::Value table, mlir::Location loc);

  /// The bit of lists of blocks with a wrong number in them, one for each op; named
  /// after the lists and its place.
  unsigned ofLists(attn::ExpandBlocksOp op);

  /// The bit of offsets of a ragged attend that are none, named after them.
  unsigned ofOffsets(attn::Attention attend);

  /// What the bits so far mean, in order.
  llvm::ArrayRef<std::string> meanings() const { return texts; }

private:
  llvm::SmallVector<std::string> texts;
  llvm::DenseMap<mlir::Value, unsigned> tables;
  llvm::DenseMap<mlir::Operation *, unsigned> lists;
};

/// "%bias": what a value of a spec function is called there.
std::string nameInSpec(mlir::Value value);

} // namespace lacuna

#endif // LIB_CONVERSION_ATTNTOTILE_STATUSBITS_H
