#include "lib/Reference/AttendOperands.h"

namespace lacuna::reference {

AttendOperands::AttendOperands(attn::AttendOp op, const Environment &environment)
    : query(environment.tensors.lookup(op.getQuery())),
      key(environment.tensors.lookup(op.getKey())),
      value(environment.tensors.lookup(op.getValue())),
      queryPositions(op.getQueryPosition(), environment),
      keyPositions(op.getKeyPosition(), environment) {}

Sizes AttendOperands::sizes() const {
  return {query.shape[0], query.shape[1], key.shape[1],  query.shape[2],
          key.shape[2],   query.shape[3], value.shape[3]};
}

mlir::LogicalResult AttendOperands::check(attn::AttendOp op) const {
  std::int64_t queryHeads = query.shape[1], keyHeads = key.shape[1];
  auto same = [&](llvm::StringRef what, std::int64_t first, llvm::StringRef firstOwner,
                  std::int64_t second, llvm::StringRef secondOwner) -> mlir::LogicalResult {
    if (first == second)
      return mlir::success();
    return op.emitOpError() << what << " differ: " << first << " in the " << firstOwner << ", "
                            << second << " in the " << secondOwner;
  };
  if (failed(same("batch sizes", query.shape[0], "query", key.shape[0], "keys")) ||
      failed(same("batch sizes", key.shape[0], "keys", value.shape[0], "values")) ||
      failed(same("head counts", key.shape[1], "keys", value.shape[1], "values")) ||
      failed(same("sequence lengths", key.shape[2], "keys", value.shape[2], "values")))
    return mlir::failure();
  if (keyHeads == 0 ? queryHeads != 0 : queryHeads % keyHeads != 0)
    return op.emitOpError() << "query heads must be a multiple of key heads, but there are "
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
                       failed(covers(keyPositions, key, "keys")));
}

} // namespace lacuna::reference
