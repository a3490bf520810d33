//===- ExpandBlocks.cpp - One attn.expand_blocks ---------------------------===//
#include "lib/Reference/ExpandBlocks.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"

namespace lacuna::reference {

namespace {

class Expansion {
public:
  Expansion(attn::ExpandBlocksOp op, const Environment &environment)
      : op(op), list(environment.tensors.lookup(op.getList())),
        counts(environment.tensors.lookup(op.getCounts())),
        offsets(environment.tensors.lookup(op.getOffsets())),
        columns(environment.scalars.lookup(op.getColumns()).integer) {}

  mlir::FailureOr<BlockTable> run() {
    if (failed(checkSizes()))
      return mlir::failure();
    llvm::ArrayRef<std::int64_t> rows = op.getOffsets() ? shapeOf(offsets) : leading(list);
    table.shape.assign(rows.begin(), rows.end());
    table.shape.back() -= bool(op.getOffsets());
    std::int64_t count = llvm::product_of(table.shape);
    table.shape.push_back(columns);
    table.bytes.assign(static_cast<std::size_t>(count * columns), 0);
    for (number = 0; number < count; ++number) {
      row = coordinatesOf(number);
      if (failed(op.getOffsets() ? expandEntries() : op.getBits() ? expandBits() : expandPlaces()))
        return mlir::failure();
    }
    return std::move(table);
  }

private:
  static llvm::ArrayRef<std::int64_t> shapeOf(const TensorRef &tensor) {
    return {tensor.shape, std::size_t(tensor.rank)};
  }
  static llvm::ArrayRef<std::int64_t> leading(const TensorRef &tensor) {
    return shapeOf(tensor).drop_back();
  }

  mlir::LogicalResult checkSizes() {
    if (columns < 0)
      return op.emitOpError() << "has " << columns << " columns";
    if (op.getCounts() && shapeOf(counts) != leading(list))
      return op.emitOpError("needs one count for each row of the list");
    if (op.getOffsets() && leading(offsets) != leading(list))
      return op.emitOpError("needs offsets for each part of the list");
    if (op.getOffsets() && shapeOf(offsets).back() == 0)
      return op.emitOpError("has no offset: they are one more than the rows");
    std::int64_t words = (columns + 31) / 32;
    if (op.getBits() && shapeOf(list).back() != words)
      return op.emitOpError() << "has " << shapeOf(list).back() << " words for each row, but "
                              << columns << " columns take " << words;
    return mlir::success();
  }

  std::vector<std::int64_t> coordinatesOf(std::int64_t index) const {
    std::vector<std::int64_t> at(table.shape.size() - 1);
    for (std::size_t axis = at.size(); axis-- > 0; index /= table.shape[axis])
      at[axis] = index % table.shape[axis];
    return at;
  }

  /// The element of the row at `place`; offsets and entries have one row for all
  /// rows of a part.
  std::int64_t at(const TensorRef &tensor, std::int64_t place) const {
    std::vector<std::int64_t> indices(row.begin(), row.begin() + (tensor.rank - 1));
    indices.push_back(place);
    return readElement(tensor, indices.data()).integer;
  }

  mlir::LogicalResult expandPlaces() {
    std::int64_t places = shapeOf(list).back(), used = places;
    if (op.getCounts()) {
      used = readElement(counts, row.data()).integer;
      if (used < 0 || used > places)
        return fault("the count ", used, ", but rows have ", places, " places");
    }
    for (std::int64_t place = 0; place < used; ++place) {
      std::int64_t column = at(list, place);
      bool padding = column == -1 && !op.getCounts();
      if (!padding && failed(set(column)))
        return mlir::failure();
    }
    return mlir::success();
  }

  mlir::LogicalResult expandEntries() {
    std::int64_t entries = shapeOf(list).back();
    std::int64_t begin = at(offsets, row.back()), end = at(offsets, row.back() + 1);
    if (begin < 0 || begin > end || end > entries)
      return fault("the offsets ", begin, " and ", end, ", but there are ", entries, " entries");
    for (std::int64_t entry = begin; entry < end; ++entry)
      if (failed(set(at(list, entry))))
        return mlir::failure();
    return mlir::success();
  }

  mlir::LogicalResult expandBits() {
    for (std::int64_t bit = 0; bit < shapeOf(list).back() * 32; ++bit)
      if (at(list, bit / 32) >> (bit % 32) & 1)
        if (failed(set(bit)))
          return mlir::failure();
    return mlir::success();
  }

  mlir::LogicalResult set(std::int64_t column) {
    if (column < 0 || column >= columns)
      return fault("the block ", column, ", but there are ", columns, " columns");
    table.bytes[static_cast<std::size_t>(number * columns + column)] = 1;
    return mlir::success();
  }

  /// "row [0, 3] has the block 7, but there are 5 columns".
  template <class... Parts>
  mlir::LogicalResult fault(Parts... parts) {
    mlir::InFlightDiagnostic error = op.emitOpError("row [");
    llvm::interleaveComma(row, error);
    error << "] has ";
    (error << ... << parts);
    return error;
  }

  attn::ExpandBlocksOp op;
  TensorRef list, counts, offsets;
  std::int64_t columns;
  BlockTable table;
  std::int64_t number = 0;       ///< of the row, over all leading dimensions
  std::vector<std::int64_t> row; ///< its coordinates
};

} // namespace

mlir::FailureOr<BlockTable> expandBlocks(attn::ExpandBlocksOp op, const Environment &environment) {
  return Expansion(op, environment).run();
}

} // namespace lacuna::reference
