//===- Attend.cpp - One attn.attend in float64 -----------------------------===//
//
// For each query the keys are asked one by one, `where` first, so that a sparse
// mask costs what it shows; the products and the sums are taken in float64 in
// the order of the keys. Rows are independent and are handed to threads in order.
//
//===----------------------------------------------------------------------===//
#include "lib/Reference/Attend.h"

#include "lib/Reference/AttendOperands.h"

#include "mlir/IR/Diagnostics.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <thread>

namespace lacuna::reference {

/// Positions at or above are not guaranteed to survive the arithmetic of masks.
static constexpr std::int64_t positionLimit = std::int64_t(1) << 30;
static constexpr double infinity = std::numeric_limits<double>::infinity();

namespace {

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

class AttendEvaluation {
public:
  AttendEvaluation(attn::AttendOp op, const Environment &environment);

  /// Whether dynamic sizes agree; emits an error when not.
  mlir::LogicalResult checkSizes() { return operands.check(op); }
  ReferenceAttend run(unsigned threads);
  ReferenceMask runVisibility(std::int64_t sequence, std::int64_t head);
  /// Emits the error of the first element that had no value, if there is one.
  mlir::LogicalResult reportFault();

  const Sizes &getSizes() const { return sizes; }
  /// What regions count as batches.
  std::int64_t sequences() const {
    return operands.queryOffsets.areGiven() ? operands.queryOffsets.count() - 1 : sizes.batch;
  }

private:
  /// What a thread keeps between rows.
  struct Worker {
    RegionCode::Registers whereRegisters, scoreRegisters;
    std::vector<double> scores; ///< of each key; -inf where it is not visible
    std::vector<std::int64_t> keyPositions;
    std::int64_t positionsOf = -1; ///< sequence * keyHeads + key head
  };

  Worker makeWorker() const;
  /// Row `number` of a sequence.
  Row rowOf(std::int64_t sequence, std::int64_t head, std::int64_t number) const;
  /// Of the rows of all sequences, in the order of the tensors.
  Row rowAt(std::int64_t index) const;
  ElementFault prepareRow(const Row &row, Worker &worker, std::int64_t &position) const;
  ElementFault isVisible(const Row &row, std::int64_t position, std::int64_t key, Worker &worker,
                         bool &visible) const;
  ElementFault scoreOf(const Row &row, std::int64_t position, std::int64_t key, Worker &worker,
                       double &score) const;
  ElementFault evaluateRow(const Row &row, Worker &worker, ReferenceAttend &out,
                           std::int64_t index) const;
  void record(std::int64_t row, ElementFault fault);

  attn::AttendOp op;
  AttendOperands operands;
  Sizes sizes;
  double scale;
  std::optional<RegionCode> where, score;
  std::vector<float> queries, keys, values;

  std::atomic<std::int64_t> faultRow{std::numeric_limits<std::int64_t>::max()};
  std::mutex faultMutex;
  ElementFault firstFault;
};

} // namespace

/// Row-major copy of a tensor of rank 4 as floats; exact.
static std::vector<float> toFloats(const TensorRef &tensor) {
  std::vector<float> floats;
  floats.reserve(static_cast<std::size_t>(tensor.elementCount()));
  std::int64_t at[4];
  for (at[0] = 0; at[0] < tensor.shape[0]; ++at[0])
    for (at[1] = 0; at[1] < tensor.shape[1]; ++at[1])
      for (at[2] = 0; at[2] < tensor.shape[2]; ++at[2])
        for (at[3] = 0; at[3] < tensor.shape[3]; ++at[3])
          floats.push_back(readElement(tensor, at).real);
  return floats;
}

/// Several sums side by side, so that additions need not wait for each other.
static double dot(const float *a, const float *b, std::int64_t count) {
  double sums[8] = {};
  for (std::int64_t n = 0; n < count; n += 8) // head_dim is a multiple of 8
    for (int lane = 0; lane < 8; ++lane)
      sums[lane] += static_cast<double>(a[n + lane]) * static_cast<double>(b[n + lane]);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

AttendEvaluation::AttendEvaluation(attn::AttendOp op, const Environment &environment)
    : op(op), operands(op, environment), sizes(operands.sizes()) {
  float defaultScale = 1.0f / std::sqrt(static_cast<float>(sizes.queryColumns));
  scale = op.getScale() ? environment.scalars.lookup(op.getScale()).real : defaultScale;
  if (!op.getWhere().empty())
    where = RegionCode::translate(op.getWhere(), environment);
  if (!op.getScore().empty())
    score = RegionCode::translate(op.getScore(), environment);
}

//===----------------------------------------------------------------------===//
// One row
//===----------------------------------------------------------------------===//

AttendEvaluation::Worker AttendEvaluation::makeWorker() const {
  Worker worker;
  if (where)
    worker.whereRegisters = where->makeRegisters();
  if (score)
    worker.scoreRegisters = score->makeRegisters();
  worker.scores.resize(static_cast<std::size_t>(sizes.keys));
  worker.keyPositions.resize(static_cast<std::size_t>(sizes.keys));
  return worker;
}

Row AttendEvaluation::rowOf(std::int64_t sequence, std::int64_t head, std::int64_t number) const {
  if (!operands.queryOffsets.areGiven())
    return {sequence, head, number, sequence, 0, 0, sizes.keys};
  std::int64_t begin = operands.queryOffsets.at(sequence);
  return {0,
          head,
          begin + number,
          sequence,
          begin,
          operands.keyOffsets.at(sequence),
          operands.keyOffsets.at(sequence + 1)};
}

Row AttendEvaluation::rowAt(std::int64_t index) const {
  std::int64_t batch = index / (sizes.queryHeads * sizes.queries),
               head = index / sizes.queries % sizes.queryHeads, slot = index % sizes.queries;
  if (!operands.queryOffsets.areGiven())
    return rowOf(batch, head, slot);
  std::int64_t sequence = operands.queryOffsets.sequenceOf(slot);
  return rowOf(sequence, head, slot - operands.queryOffsets.at(sequence));
}

static bool isPosition(std::int64_t position) {
  return position > -positionLimit && position < positionLimit;
}

/// Settles the position of the row and of its keys.
ElementFault AttendEvaluation::prepareRow(const Row &row, Worker &worker,
                                          std::int64_t &position) const {
  position = operands.queryPositions.at(row.batch, row.head, row.query, row.begin);
  if (!isPosition(position))
    return {{op, "has the query position " + std::to_string(position) + ", not below 2^30"}};
  std::int64_t keyHead = sizes.keyHeadOf(row.head);
  if (worker.positionsOf == row.sequence * sizes.keyHeads + keyHead)
    return {};
  for (std::int64_t slot = row.firstKey; slot < row.endKey; ++slot) {
    std::int64_t at = worker.keyPositions[slot] =
        operands.keyPositions.at(row.batch, keyHead, slot, row.firstKey);
    if (!isPosition(at))
      return {{op, "has the key position " + std::to_string(at) + ", not below 2^30"}, slot};
  }
  worker.positionsOf = row.sequence * sizes.keyHeads + keyHead;
  return {};
}

/// Sets the arguments that all clauses share, from number `first` on.
static void setCoordinates(const RegionCode &code, RegionCode::Registers &registers, unsigned first,
                           const Row &row, std::int64_t i, std::int64_t j, std::int64_t key) {
  const std::int64_t coordinates[] = {row.sequence, row.head, i, j, row.query, key};
  for (unsigned n = 0; n < 6; ++n)
    code.setArgument(registers, first + n, integerScalar(coordinates[n]));
}

ElementFault AttendEvaluation::isVisible(const Row &row, std::int64_t position, std::int64_t key,
                                         Worker &worker, bool &visible) const {
  visible = true;
  if (!where)
    return {};
  setCoordinates(*where, worker.whereRegisters, 0, row, position, worker.keyPositions[key], key);
  if (Fault fault = where->run(worker.whereRegisters))
    return {fault, key};
  visible = where->result(worker.whereRegisters).integer != 0;
  return {};
}

ElementFault AttendEvaluation::scoreOf(const Row &row, std::int64_t position, std::int64_t key,
                                       Worker &worker, double &result) const {
  std::int64_t d = sizes.queryColumns;
  std::int64_t queryRow = (row.batch * sizes.queryHeads + row.head) * sizes.queries + row.query;
  std::int64_t keyRow = (row.batch * sizes.keyHeads + sizes.keyHeadOf(row.head)) * sizes.keys + key;
  result = scale * dot(&queries[queryRow * d], &keys[keyRow * d], d);
  if (!score)
    return {};
  score->setArgument(worker.scoreRegisters, 0, realScalar(static_cast<float>(result)));
  setCoordinates(*score, worker.scoreRegisters, 1, row, position, worker.keyPositions[key], key);
  if (Fault fault = score->run(worker.scoreRegisters))
    return {fault, key};
  result = score->result(worker.scoreRegisters).real;
  return {};
}

ElementFault AttendEvaluation::evaluateRow(const Row &row, Worker &worker, ReferenceAttend &out,
                                           std::int64_t index) const {
  std::int64_t position;
  if (ElementFault fault = prepareRow(row, worker, position); fault.fault)
    return fault;
  double largest = -infinity, magnitude = 0.0;
  std::int64_t visibleKeys = 0;
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
    double &s = worker.scores[key] = -infinity;
    bool visible = false;
    if (ElementFault fault = isVisible(row, position, key, worker, visible); fault.fault)
      return fault;
    if (!visible)
      continue;
    if (ElementFault fault = scoreOf(row, position, key, worker, s); fault.fault)
      return fault;
    if (s == -infinity)
      continue;
    ++visibleKeys;
    // A NaN stays: it is not less than anything.
    largest = std::isnan(largest) || s <= largest ? largest : s;
    magnitude = std::isnan(magnitude) || std::fabs(s) <= magnitude ? magnitude : std::fabs(s);
  }
  out.visibleKeys[index] = visibleKeys;
  out.largestScore[index] = magnitude;
  if (visibleKeys == 0)
    return {}; // output 0 and lse -inf stand already

  std::int64_t e = sizes.valueColumns;
  std::int64_t firstValue =
      (row.batch * sizes.keyHeads + sizes.keyHeadOf(row.head)) * sizes.keys * e;
  double *o = &out.output.values[index * e];
  double sum = 0.0;
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
    if (worker.scores[key] == -infinity)
      continue;
    double p = std::exp(worker.scores[key] - largest); // NaN in a row of +inf or NaN
    sum += p;
    const float *v = &values[firstValue + key * e];
    for (std::int64_t column = 0; column < e; ++column)
      o[column] += p * static_cast<double>(v[column]);
  }
  for (std::int64_t column = 0; column < e; ++column)
    o[column] /= sum;
  out.lse.values[index] = largest + std::log(sum);
  return {};
}

//===----------------------------------------------------------------------===//
// All rows
//===----------------------------------------------------------------------===//

void AttendEvaluation::record(std::int64_t row, ElementFault fault) {
  std::lock_guard<std::mutex> lock(faultMutex);
  if (row >= faultRow)
    return;
  faultRow = row;
  firstFault = std::move(fault);
}

ReferenceAttend AttendEvaluation::run(unsigned threads) {
  queries = toFloats(operands.query);
  keys = toFloats(operands.key);
  values = toFloats(operands.value);
  auto rows = static_cast<std::size_t>(sizes.rows());
  ReferenceAttend out;
  out.keys = sizes.keys;
  out.output.shape = {sizes.batch, sizes.queryHeads, sizes.queries, sizes.valueColumns};
  out.output.values.resize(rows * static_cast<std::size_t>(sizes.valueColumns));
  out.lse.shape = {sizes.batch, sizes.queryHeads, sizes.queries};
  out.lse.values.resize(rows, -infinity);
  out.visibleKeys.resize(rows);
  out.largestScore.resize(rows);

  // Rows are taken in order, so every row before a faulty one is evaluated too
  // and the fault reported is the first.
  std::atomic<std::int64_t> nextRow{0};
  auto work = [&] {
    Worker worker = makeWorker();
    for (std::int64_t row = nextRow++; row < sizes.rows() && row < faultRow; row = nextRow++)
      if (ElementFault fault = evaluateRow(rowAt(row), worker, out, row); fault.fault)
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
  const Row first = rowOf(sequence, head, 0);
  const Offsets &offsets = operands.queryOffsets;
  ReferenceMask map{offsets.areGiven() ? offsets.at(sequence + 1) - first.begin : sizes.queries,
                    first.endKey - first.firstKey,
                    {}};
  map.visible.reserve(static_cast<std::size_t>(map.queries * map.keys));
  Worker worker = makeWorker();
  for (std::int64_t index = 0; index < map.queries; ++index) {
    Row row = rowOf(sequence, head, index);
    std::int64_t rowNumber = (row.batch * sizes.queryHeads + head) * sizes.queries + row.query;
    std::int64_t position;
    if (ElementFault fault = prepareRow(row, worker, position); fault.fault) {
      record(rowNumber, std::move(fault));
      return map;
    }
    for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
      bool visible = false;
      if (ElementFault fault = isVisible(row, position, key, worker, visible); fault.fault) {
        record(rowNumber, std::move(fault));
        return map;
      }
      map.visible.push_back(visible);
    }
  }
  return map;
}

mlir::LogicalResult AttendEvaluation::reportFault() {
  if (!firstFault.fault)
    return mlir::success();
  Row row = rowAt(faultRow);
  mlir::InFlightDiagnostic error = firstFault.fault.op->emitOpError();
  error << firstFault.fault.reason << ", at "
        << (operands.queryOffsets.areGiven() ? "sequence " : "batch ") << row.sequence << ", head "
        << row.head << ", query " << row.query - row.begin;
  if (firstFault.key >= 0)
    error << ", key " << firstFault.key - row.firstKey;
  return error;
}

mlir::FailureOr<ReferenceAttend> evaluateAttend(attn::AttendOp op, const Environment &environment,
                                                unsigned threads) {
  AttendEvaluation evaluation(op, environment);
  if (failed(evaluation.checkSizes()))
    return mlir::failure();
  ReferenceAttend result = evaluation.run(threads);
  if (failed(evaluation.reportFault()))
    return mlir::failure();
  return result;
}

mlir::FailureOr<ReferenceMask> evaluateVisibility(attn::AttendOp op, const Environment &environment,
                                                  std::int64_t batch, std::int64_t head) {
  AttendEvaluation evaluation(op, environment);
  if (failed(evaluation.checkSizes()))
    return mlir::failure();
  const Sizes &sizes = evaluation.getSizes();
  if (sizes.rows() == 0)
    return ReferenceMask{sizes.queries, sizes.keys, {}};
  if (batch < 0 || batch >= evaluation.sequences() || head < 0 || head >= sizes.queryHeads)
    return op.emitOpError() << "has no batch " << batch << " and head " << head << ": there are "
                            << evaluation.sequences() << " and " << sizes.queryHeads;
  ReferenceMask map = evaluation.runVisibility(batch, head);
  if (failed(evaluation.reportFault()))
    return mlir::failure();
  return map;
}

} // namespace lacuna::reference
