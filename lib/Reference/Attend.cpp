//===- Attend.cpp - One attn.attend in float64 -----------------------------===//
//
// Sums are taken in float64 in the order of the keys. Rows are independent and are
// handed to threads in order.
//
//===----------------------------------------------------------------------===//
#include "lib/Reference/Attend.h"

#include "lib/Reference/Evaluate.h"
#include "lib/Reference/Rows.h"

#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

namespace lacuna::reference {

namespace {
class AttendEvaluation {
public:
  AttendEvaluation(attn::AttendOp op, const Environment &environment)
      : rows(op, environment), type(rows.getOperands().value.dtype),
        isRead(llvm::any_of(op.getOutput().getUsers(), [](mlir::Operation *user) {
          return !user->hasTrait<mlir::OpTrait::ReturnLike>();
        })) {}

  ReferenceAttend run(unsigned threads);
  ReferenceMask runVisibility(std::int64_t sequence, std::int64_t head);
  /// Emits the error of the first element that had no value, if there is one.
  mlir::LogicalResult reportFault() const {
    return firstFault.fault ? rows.report(rows.rowAt(faultRow), firstFault) : mlir::success();
  }

  Rows rows;

private:
  ElementFault evaluateRow(const Row &row, Rows::Worker &worker, ReferenceAttend &out,
                           std::int64_t index) const;
  void record(std::int64_t row, ElementFault fault);

  DType type;  ///< of the output
  bool isRead; ///< whether rounded outputs are wanted, too
  std::vector<float> values;
  std::atomic<std::int64_t> faultRow{std::numeric_limits<std::int64_t>::max()};
  std::mutex faultMutex;
  ElementFault firstFault;
};
} // namespace

ElementFault AttendEvaluation::evaluateRow(const Row &row, Rows::Worker &worker,
                                           ReferenceAttend &out, std::int64_t index) const {
  RowSummary summary;
  if (ElementFault fault = rows.score(row, worker, summary); fault.fault)
    return fault;
  out.visibleKeys[index] = summary.visibleKeys;
  out.largestScore[index] = summary.magnitude;
  if (summary.visibleKeys == 0)
    return {}; // output 0 and lse -inf stand already

  std::int64_t e = rows.getSizes().valueColumns;
  double *o = &out.output.values[index * e];
  double *rounded = isRead ? &out.rounded[index * e] : nullptr;
  double sum = 0.0;
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
    if (worker.scores[key] == hiddenScore)
      continue;
    double p = std::exp(worker.scores[key] - summary.largest); // NaN in a row of +inf or NaN
    sum += p;
    const float *v = &values[rows.keyNumber(row, key) * e];
    for (std::int64_t column = 0; column < e; ++column)
      o[column] += p * static_cast<double>(v[column]);
    double narrow = rounded ? roundedTo(type, p) : 0;
    for (std::int64_t column = 0; rounded && column < e; ++column)
      rounded[column] += narrow * static_cast<double>(v[column]);
  }
  for (std::int64_t column = 0; column < e; ++column)
    o[column] /= sum;
  for (std::int64_t column = 0; rounded && column < e; ++column)
    rounded[column] = roundedTo(type, rounded[column] / sum);
  out.lse.values[index] = summary.largest + std::log(sum);
  return {};
}

void AttendEvaluation::record(std::int64_t row, ElementFault fault) {
  std::lock_guard<std::mutex> lock(faultMutex);
  if (row >= faultRow)
    return;
  faultRow = row;
  firstFault = std::move(fault);
}

ReferenceAttend AttendEvaluation::run(unsigned threads) {
  rows.readTokens();
  values = toFloats(rows.getOperands().value);
  const Sizes &sizes = rows.getSizes();
  auto count = static_cast<std::size_t>(sizes.rows());
  ReferenceAttend out;
  out.keys = sizes.keys;
  out.output.shape = {sizes.batch, sizes.queryHeads, sizes.queries, sizes.valueColumns};
  out.output.values.resize(count * static_cast<std::size_t>(sizes.valueColumns));
  if (isRead)
    out.rounded.resize(out.output.values.size());
  out.lse.shape = {sizes.batch, sizes.queryHeads, sizes.queries};
  out.lse.values.resize(count, hiddenScore);
  out.visibleKeys.resize(count);
  out.largestScore.resize(count);

  // Rows are taken in order, so every row before a faulty one is evaluated too
  // and the fault reported is the first.
  std::atomic<std::int64_t> nextRow{0};
  auto work = [&] {
    Rows::Worker worker = rows.makeWorker();
    for (std::int64_t row = nextRow++; row < sizes.rows() && row < faultRow; row = nextRow++)
      if (ElementFault fault = evaluateRow(rows.rowAt(row), worker, out, row); fault.fault)
        record(row, std::move(fault));
  };
  std::vector<std::thread> others;
  for (unsigned n = 1; n < std::min<std::int64_t>(threads, sizes.rows()); ++n)
    others.emplace_back(work);
  work();
  for (std::thread &other : others)
    other.join();
  return out;
}

ReferenceMask AttendEvaluation::runVisibility(std::int64_t sequence, std::int64_t head) {
  const Row first = rows.rowOf(sequence, head, 0);
  const Offsets &offsets = rows.getOperands().queryOffsets;
  ReferenceMask map{offsets.areGiven() ? offsets.at(sequence + 1) - first.begin
                                       : rows.getSizes().queries,
                    first.endKey - first.firstKey,
                    {}};
  map.visible.reserve(static_cast<std::size_t>(map.queries * map.keys));
  Rows::Worker worker = rows.makeWorker();
  for (std::int64_t index = 0; index < map.queries; ++index) {
    Row row = rows.rowOf(sequence, head, index);
    if (ElementFault fault = rows.prepare(row, worker); fault.fault) {
      record(rows.numberOf(row), std::move(fault));
      return map;
    }
    for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
      bool visible = false;
      if (ElementFault fault = rows.isVisible(row, key, worker, visible); fault.fault) {
        record(rows.numberOf(row), std::move(fault));
        return map;
      }
      map.visible.push_back(visible);
    }
  }
  return map;
}

mlir::FailureOr<ReferenceAttend> evaluateAttend(attn::AttendOp op, const Environment &environment,
                                                unsigned threads) {
  AttendEvaluation evaluation(op, environment);
  if (failed(evaluation.rows.checkSizes()))
    return mlir::failure();
  ReferenceAttend result = evaluation.run(threads);
  if (failed(evaluation.reportFault()))
    return mlir::failure();
  return result;
}

mlir::FailureOr<ReferenceMask> evaluateVisibility(attn::AttendOp op, const Environment &environment,
                                                  std::int64_t batch, std::int64_t head) {
  AttendEvaluation evaluation(op, environment);
  if (failed(evaluation.rows.checkSizes()))
    return mlir::failure();
  const Sizes &sizes = evaluation.rows.getSizes();
  if (sizes.rows() == 0)
    return ReferenceMask{sizes.queries, sizes.keys, {}};
  if (batch < 0 || batch >= evaluation.rows.sequences() || head < 0 || head >= sizes.queryHeads)
    return op.emitOpError() << "has no batch " << batch << " and head " << head << ": there are "
                            << evaluation.rows.sequences() << " and " << sizes.queryHeads;
  ReferenceMask map = evaluation.runVisibility(batch, head);
  if (failed(evaluation.reportFault()))
    return mlir::failure();
  return map;
}

} // namespace lacuna::reference
