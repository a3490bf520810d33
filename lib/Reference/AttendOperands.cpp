#include "lib/Reference/AttendOperands.h"

namespace lacuna::reference {

AttendOperands::AttendOperands(attn::Attention op, const Environment &environment)
    : query(environment.tensors.lookup(op.getQuery())),
      key(environment.tensors.lookup(op.getKey())),
      value(environment.tensors.lookup(op.getValue())),
      queryPositions(op.getQueryPosition(), environment),
      keyPositions(op.getKeyPosition(), environment),
      queryOffsets(op.getQueryOffsets(), environment), keyOffsets(op.getKeyOffsets(), environment) {
}

std::int64_t Offsets::sequenceOf(std::int64_t row) const {
  std::int64_t low = 0, high = count() - 1; // begins at or before the row; behind it
  while (high - low > 1) {
    std::int64_t middle = (low + high) / 2;
    (at(middle) <= row ? low : high) = middle;
  }
  return low;
}

mlir::LogicalResult AttendOperands::checkOffsets(attn::Attention op) const {
  if (!queryOffsets.areGiven())
    return mlir::success();
  if (query.shape[0] != 1)
    return op->emitOpError() << "is ragged, so its tensors have a batch of 1, but have "
                             << query.shape[0];
  if (queryOffsets.count() != keyOffsets.count())
    return op->emitOpError() << "numbers of offsets differ: " << queryOffsets.count()
                             << " in the query, " << keyOffsets.count() << " in the keys";
  if (queryOffsets.count() == 0)
    return op->emitOpError("has no offsets, needs one more than sequences");
  auto ascend = [&](const Offsets &offsets, std::int64_t rows,
                    llvm::StringRef owner) -> mlir::LogicalResult {
    std::int64_t last = offsets.count() - 1;
    for (std::int64_t n = 0; n <= last; ++n)
      if (offsets.at(n) < (n ? offsets.at(n - 1) : 0) || (n == 0 && offsets.at(n) != 0) ||
          (n == last && offsets.at(n) != rows))
        return op->emitOpError() << "has the offset " << offsets.at(n) << " at place " << n
                                 << " of those of the " << owner
                                 << ", but they ascend from 0 to the number of rows, " << rows;
    return mlir::success();
  };
  return mlir::failure(failed(ascend(queryOffsets, query.shape[2], "query")) ||
                       failed(ascend(keyOffsets, key.shape[2], "keys")));
}

Sizes AttendOperands::sizes() const {
  return {query.shape[0], query.shape[1], key.shape[1],  query.shape[2],
          key.shape[2],   query.shape[3], value.shape[3]};
}

mlir::LogicalResult AttendOperands::check(attn::Attention op) const {
  std::int64_t queryHeads = query.shape[1], keyHeads = key.shape[1];
  auto same = [&](llvm::StringRef what, std::int64_t first, llvm::StringRef firstOwner,
                  std::int64_t second, llvm::StringRef secondOwner) -> mlir::LogicalResult {
    if (first == second)
      return mlir::success();
    return op->emitOpError() << what << " differ: " << first << " in the " << firstOwner << ", "
                             << second << " in the " << secondOwner;
  };
  if (failed(same("batch sizes", query.shape[0], "query", key.shape[0], "keys")) ||
      failed(same("batch sizes", key.shape[0], "keys", value.shape[0], "values")) ||
      failed(same("head counts", key.shape[1], "keys", value.shape[1], "values")) ||
      failed(same("sequence lengths", key.shape[2], "keys", value.shape[2], "values")))
    return mlir::failure();
  if (keyHeads == 0 ? queryHeads != 0 : queryHeads % keyHeads != 0)
    return op->emitOpError() << "query heads must be a multiple of key heads, but there are "
                             << queryHeads << " and " << keyHeads;
  auto covers = [&](const Positions &positions, const TensorRef &described,
                    llvm::StringRef owner) -> mlir::LogicalResult {
    llvm::ArrayRef<std::int64_t> shape = positions.shape();
    const llvm::StringRef names[] = {"batch sizes", "head counts", "sequence lengths"};
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      std::size_t of = axis + 1 == shape.size() ? 2 : axis;
      if (failed(same(names[of], described.shape[of], owner, shape[axis], "positions")))
        return mlir::failure();
    }
    return mlir::success();
  };
  return mlir::failure(failed(covers(queryPositions, query, "query")) ||
                       failed(covers(keyPositions, key, "keys")) || failed(checkOffsets(op)));
}

} // namespace lacuna::reference
