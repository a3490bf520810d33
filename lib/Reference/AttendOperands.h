//===- AttendOperands.h - What an attend reads, in one run -------------------===//
#ifndef LIB_REFERENCE_ATTENDOPERANDS_H
#define LIB_REFERENCE_ATTENDOPERANDS_H

#include "dialects/Attn/IR/Attn.h"
#include "lib/Reference/RegionCode.h"

namespace lacuna::reference {

/// Sizes that a run has settled.
struct Sizes {
  std::int64_t batch, queryHeads, keyHeads, queries, keys, queryColumns, valueColumns;
  std::int64_t rows() const { return batch * queryHeads * queries; }
  std::int64_t keyHeadOf(std::int64_t head) const { return head / (queryHeads / keyHeads); }
};

/// Offset or table of positions; neither: slots.
class Positions {
public:
  /// `position` may be null.
  Positions(mlir::Value position, const Environment &environment) {
    if (!position)
      return;
    if (mlir::isa<mlir::RankedTensorType>(position.getType()))
      table = environment.tensors.lookup(position);
    else
      offset = environment.scalars.lookup(position).integer;
  }

  /// Extents of the table; empty without one.
  llvm::ArrayRef<std::int64_t> shape() const { return {table.shape, std::size_t(table.rank)}; }

  /// The position of a slot. Precondition: the table, if there is one, has it.
  std::int64_t at(std::int64_t batch, std::int64_t head, std::int64_t slot) const {
    if (table.rank == 0)
      return slot + offset;
    const std::int64_t indices[][3] = {{slot}, {batch, slot}, {batch, head, slot}};
    return readElement(table, indices[table.rank - 1]).integer;
  }

private:
  TensorRef table;
  std::int64_t offset = 0;
};

/// Tensors and positions of an attend with one source.
struct AttendOperands {
  AttendOperands(attn::AttendOp op, const Environment &environment);

  /// Sizes as the tensors have them, whether they agree or not.
  Sizes sizes() const;
  /// Whether sizes known only in the run agree; emits an error at `op` when not.
  mlir::LogicalResult check(attn::AttendOp op) const;

  TensorRef query, key, value;
  Positions queryPositions, keyPositions;
};

} // namespace lacuna::reference

#endif // LIB_REFERENCE_ATTENDOPERANDS_H
