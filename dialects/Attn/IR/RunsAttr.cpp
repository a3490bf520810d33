//===- RunsAttr.cpp - Run lists that a spec brings with it ----------------===//
//
// Kernels walk these lists without a look at the mask, so whatever would make a
// kernel miss a query tile or visit a key tile twice is refused here.
//
//===----------------------------------------------------------------------===//
#include "dialects/Attn/IR/Attn.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace lacuna::attn;

namespace {
/// One run, as two numbers of a list.
struct Run {
  int64_t first, lengthAndClass;
  int64_t length() const { return lengthAndClass >> 1; }
};
} // namespace

/// Calls `visit` with the number of each query tile, all batches and heads counted
/// through, and the `capacity` runs of its list.
template <class Visit>
static void forEachRow(DenseIntElementsAttr lists, Visit visit) {
  int64_t capacity = lists.getType().getDimSize(3);
  SmallVector<int32_t> numbers(lists.getValues<int32_t>());
  int64_t rows = capacity ? lists.getNumElements() / (2 * capacity) : 0;
  for (int64_t row = 0; row < rows; ++row) {
    SmallVector<Run> runs;
    for (int64_t at = row * capacity; at < (row + 1) * capacity; ++at)
      runs.push_back({numbers[2 * at], numbers[2 * at + 1]});
    visit(row, ArrayRef(runs));
  }
}

/// Whether runs ascend and what follows the last one is zero.
static bool isList(ArrayRef<Run> runs) {
  int64_t end = 0;
  bool isOver = false;
  for (const Run &run : runs) {
    isOver |= run.lengthAndClass == 0;
    if (isOver ? run.first || run.lengthAndClass : run.first < end || run.length() < 1)
      return false;
    end = run.first + run.length();
  }
  return true;
}

LogicalResult RunsAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                               int64_t queryTile, int64_t keyTile, DenseIntElementsAttr lists,
                               DenseIntElementsAttr order) {
  if (queryTile < 1 || keyTile < 1)
    return emitError() << "runs are of tiles of at least one query and one key";
  auto isTable = [](DenseIntElementsAttr table, int64_t rank) {
    return table.getType().getRank() == rank && table.getElementType().isInteger(32);
  };
  if (!isTable(lists, 5) || lists.getType().getDimSize(4) != 2)
    return emitError() << "lists of runs have the type " << lists.getType()
                       << ", need i32 and [batches, heads, query tiles, capacity, 2]";
  ArrayRef<int64_t> slices = lists.getType().getShape().take_front(3);
  if (!isTable(order, 3) || order.getType().getShape() != slices)
    return emitError() << "the order of query tiles has the type " << order.getType()
                       << ", needs i32 and the first three axes of the lists";
  int64_t rows = slices.back(), ofBatch = slices[1] * rows;
  llvm::SmallBitVector seen(ofBatch);
  for (auto [index, number] : llvm::enumerate(order.getValues<int32_t>())) {
    if (int64_t(index) % ofBatch == 0)
      seen.reset();
    if (number < 0 || number >= ofBatch || seen.test(number))
      return emitError() << "the order of query tiles must name each of " << ofBatch
                         << " once, but names " << number;
    seen.set(number);
  }
  LogicalResult result = success();
  forEachRow(lists, [&](int64_t row, ArrayRef<Run> runs) {
    if (succeeded(result) && !isList(runs))
      result = emitError() << "runs of query tile " << row % rows
                           << " must ascend, hold one tile at least and be followed by zeros";
  });
  return result;
}

int64_t RunsAttr::getEnd() const {
  int64_t end = 0;
  forEachRow(getLists(), [&](int64_t, ArrayRef<Run> runs) {
    for (const Run &run : runs)
      end = std::max(end, run.first + run.length());
  });
  return end;
}

DenseIntElementsAttr RunsAttr::getCounts() const {
  SmallVector<int64_t> shape(getLists().getType().getShape().take_front(3));
  shape.push_back(2);
  auto type = RankedTensorType::get(shape, getLists().getElementType());
  SmallVector<int32_t> counts(type.getNumElements());
  forEachRow(getLists(), [&](int64_t row, ArrayRef<Run> runs) {
    for (const Run &run : runs) {
      counts[2 * row] += run.length() > 0;
      counts[2 * row + 1] += run.length();
    }
  });
  return DenseIntElementsAttr::get(type, counts);
}
