//===- AttendOperands.h - What attention reads, in one run ------------------===//
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

/// Sequences of a ragged batch, one behind the other.
class Offsets {
public:
  /// `offsets` may be null: then every tensor of the batch is one sequence.
  Offsets(mlir::Value offsets, const Environment &environment) {
    if (offsets)
      table = environment.tensors.lookup(offsets);
  }

  bool areGiven() const { return table.rank != 0; }
  std::int64_t count() const { return table.shape[0]; }
  /// The first row of sequence `number`, and the row behind the last of the one before.
  std::int64_t at(std::int64_t number) const { return readElement(table, &number).integer; }
  /// The sequence that holds a row. Precondition: they are right, and the row exists.
  std::int64_t sequenceOf(std::int64_t row) const;

private:
  TensorRef table;
};

/// Offset or table of positions; neither: what number a row has in its sequence.
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

  /// The position of a slot; its sequence begins at slot `begin`. Precondition: the table,
  /// if there is one, has it.
  std::int64_t at(std::int64_t batch, std::int64_t head, std::int64_t slot,
                  std::int64_t begin) const {
    if (table.rank == 0)
      return slot - begin + offset;
    const std::int64_t indices[][3] = {{slot}, {batch, slot}, {batch, head, slot}};
    return readElement(table, indices[table.rank - 1]).integer;
  }

private:
  TensorRef table;
  std::int64_t offset = 0;
};

/// Tensors and positions of attention.
struct AttendOperands {
  AttendOperands(attn::Attention op, const Environment &environment);

  /// Sizes as the tensors have them, whether they agree or not.
  Sizes sizes() const;
  /// Whether sizes known only in the run agree; emits an error at `op` when not.
  mlir::LogicalResult check(attn::Attention op) const;

  TensorRef query, key, value;
  Positions queryPositions, keyPositions;
  Offsets queryOffsets, keyOffsets;

private:
  mlir::LogicalResult checkOffsets(attn::Attention op) const;
};

} // namespace lacuna::reference

#endif // LIB_REFERENCE_ATTENDOPERANDS_H
