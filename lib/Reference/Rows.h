//===- Rows.h - Which keys a query sees, and with which scores -------------===//
//
// What attention and its gradient have in common: for a query the keys are asked
// one by one, `where` first, so that a sparse mask costs what it shows; products are
// taken in float64.
//
//===----------------------------------------------------------------------===//
#ifndef LIB_REFERENCE_ROWS_H
#define LIB_REFERENCE_ROWS_H

#include "lib/Reference/AttendOperands.h"

#include <limits>
#include <optional>
#include <vector>

namespace lacuna::reference {

/// The score of a key that is not visible.
inline constexpr double hiddenScore = -std::numeric_limits<double>::infinity();

/// One query, and the keys of its sequence. Slots are rows of the tensors.
struct Row {
  std::int64_t batch, head, query;
  std::int64_t sequence; ///< what regions call the batch
  std::int64_t begin;    ///< slot of the first query of the sequence
  std::int64_t firstKey, endKey;
};

/// A fault and the element it belongs to.
struct ElementFault {
  Fault fault;
  std::int64_t key = -1; ///< -1: the row as a whole
};

/// What is known of the scores of a row.
struct RowSummary {
  std::int64_t visibleKeys = 0; ///< with a score above -inf
  double largest = hiddenScore; ///< NaN when a score is
  double magnitude = 0;         ///< max |score|
};

/// Row-major copy of a tensor of rank 4 as floats; exact.
std::vector<float> toFloats(const TensorRef &tensor);

/// Several sums side by side, so that additions need not wait for each other.
/// `count` is a multiple of 8, as every head_dim.
double dot(const float *a, const float *b, std::int64_t count);

/// The rows of one attention op.
class Rows {
public:
  Rows(attn::Attention op, const Environment &environment);

  /// What a thread keeps between rows.
  struct Worker {
    RegionCode::Registers whereRegisters, scoreRegisters;
    std::vector<double> products; ///< q . k of each key that `where` shows
    std::vector<double> scores;   ///< of each key; -inf where it is not visible
    std::vector<std::int64_t> keyPositions;
    std::int64_t position = 0;     ///< of the query
    std::int64_t positionsOf = -1; ///< sequence * keyHeads + key head
  };

  const Sizes &getSizes() const { return sizes; }
  const AttendOperands &getOperands() const { return operands; }
  double getScale() const { return scale; }
  /// What regions count as batches.
  std::int64_t sequences() const {
    return operands.queryOffsets.areGiven() ? operands.queryOffsets.count() - 1 : sizes.batch;
  }

  /// Whether dynamic sizes agree; emits an error when not.
  mlir::LogicalResult checkSizes() const { return operands.check(op); }
  /// Copies queries and keys, which scores need and visibility does not.
  void readTokens();
  Worker makeWorker() const;

  /// Row `number` of a sequence.
  Row rowOf(std::int64_t sequence, std::int64_t head, std::int64_t number) const;
  /// Of the rows of all sequences, in the order of the tensors.
  Row rowAt(std::int64_t index) const;
  /// Where a row stands among them.
  std::int64_t numberOf(const Row &row) const {
    return (row.batch * sizes.queryHeads + row.head) * sizes.queries + row.query;
  }
  /// Where a key of a row stands among the rows of keys and values.
  std::int64_t keyNumber(const Row &row, std::int64_t key) const {
    return (row.batch * sizes.keyHeads + sizes.keyHeadOf(row.head)) * sizes.keys + key;
  }
  const float *query(const Row &row) const { return &queries[numberOf(row) * sizes.queryColumns]; }
  const float *key(const Row &row, std::int64_t key) const {
    return &keys[keyNumber(row, key) * sizes.queryColumns];
  }

  /// Settles the position of the row and of its keys.
  ElementFault prepare(const Row &row, Worker &worker) const;
  /// Precondition: the worker is prepared for the row, as for all that follow.
  ElementFault isVisible(const Row &row, std::int64_t key, Worker &worker, bool &visible) const;
  /// Fills products and scores.
  ElementFault score(const Row &row, Worker &worker, RowSummary &summary) const;
  /// Sets the arguments that all clauses share, from number `first` on.
  void setCoordinates(const RegionCode &code, RegionCode::Registers &registers, unsigned first,
                      const Row &row, std::int64_t key, const Worker &worker) const;

  /// Emits the error of an element that had no value.
  mlir::LogicalResult report(const Row &row, const ElementFault &fault) const;

private:
  ElementFault scoreOf(const Row &row, std::int64_t key, Worker &worker) const;

  attn::Attention op;
  AttendOperands operands;
  Sizes sizes;
  double scale;
  std::optional<RegionCode> where, scoreCode;
  std::vector<float> queries, keys;
};

} // namespace lacuna::reference

#endif // LIB_REFERENCE_ROWS_H
