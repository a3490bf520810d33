#include "lib/Reference/Rows.h"

#include "mlir/IR/Diagnostics.h"

#include <cmath>

namespace lacuna::reference {

/// Positions at or above are not guaranteed to survive the arithmetic of masks.
static constexpr std::int64_t positionLimit = std::int64_t(1) << 30;
std::vector<float> toFloats(const TensorRef &tensor) {
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

double dot(const float *a, const float *b, std::int64_t count) {
  double sums[8] = {};
  for (std::int64_t n = 0; n < count; n += 8) // head_dim is a multiple of 8
    for (int lane = 0; lane < 8; ++lane)
      sums[lane] += static_cast<double>(a[n + lane]) * static_cast<double>(b[n + lane]);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

Rows::Rows(attn::Attention op, const Environment &environment)
    : op(op), operands(op, environment), sizes(operands.sizes()) {
  float defaultScale = 1.0f / std::sqrt(static_cast<float>(sizes.queryColumns));
  scale = op.getScale() ? environment.scalars.lookup(op.getScale()).real : defaultScale;
  if (!op.getWhere().empty())
    where = RegionCode::translate(op.getWhere(), environment);
  if (!op.getScore().empty())
    scoreCode = RegionCode::translate(op.getScore(), environment);
}

void Rows::readTokens() {
  queries = toFloats(operands.query);
  keys = toFloats(operands.key);
}

Rows::Worker Rows::makeWorker() const {
  Worker worker;
  if (where)
    worker.whereRegisters = where->makeRegisters();
  if (scoreCode)
    worker.scoreRegisters = scoreCode->makeRegisters();
  auto count = static_cast<std::size_t>(sizes.keys);
  worker.products.resize(count);
  worker.scores.resize(count);
  worker.keyPositions.resize(count);
  return worker;
}

Row Rows::rowOf(std::int64_t sequence, std::int64_t head, std::int64_t number) const {
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

Row Rows::rowAt(std::int64_t index) const {
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

ElementFault Rows::prepare(const Row &row, Worker &worker) const {
  worker.position = operands.queryPositions.at(row.batch, row.head, row.query, row.begin);
  if (!isPosition(worker.position))
    return {{op, "has the query position " + std::to_string(worker.position) + ", not below 2^30"}};
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

void Rows::setCoordinates(const RegionCode &code, RegionCode::Registers &registers, unsigned first,
                          const Row &row, std::int64_t key, const Worker &worker) const {
  const std::int64_t coordinates[] = {
      row.sequence, row.head, worker.position, worker.keyPositions[key], row.query, key};
  for (unsigned n = 0; n < 6; ++n)
    code.setArgument(registers, first + n, integerScalar(coordinates[n]));
}

ElementFault Rows::isVisible(const Row &row, std::int64_t key, Worker &worker,
                             bool &visible) const {
  visible = true;
  if (!where)
    return {};
  setCoordinates(*where, worker.whereRegisters, 0, row, key, worker);
  if (Fault fault = where->run(worker.whereRegisters))
    return {fault, key};
  visible = where->result(worker.whereRegisters).integer != 0;
  return {};
}

ElementFault Rows::scoreOf(const Row &row, std::int64_t key, Worker &worker) const {
  double product = worker.products[key] = dot(query(row), this->key(row, key), sizes.queryColumns);
  double &result = worker.scores[key] = scale * product;
  if (!scoreCode)
    return {};
  scoreCode->setArgument(worker.scoreRegisters, 0, realScalar(static_cast<float>(result)));
  setCoordinates(*scoreCode, worker.scoreRegisters, 1, row, key, worker);
  if (Fault fault = scoreCode->run(worker.scoreRegisters))
    return {fault, key};
  result = scoreCode->result(worker.scoreRegisters).real;
  return {};
}

ElementFault Rows::score(const Row &row, Worker &worker, RowSummary &summary) const {
  if (ElementFault fault = prepare(row, worker); fault.fault)
    return fault;
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
    worker.scores[key] = hiddenScore;
    bool visible = false;
    if (ElementFault fault = isVisible(row, key, worker, visible); fault.fault)
      return fault;
    if (!visible)
      continue;
    if (ElementFault fault = scoreOf(row, key, worker); fault.fault)
      return fault;
    double s = worker.scores[key];
    if (s == hiddenScore)
      continue;
    ++summary.visibleKeys;
    // A NaN stays: it is not less than anything.
    auto keep = [](double &most, double x) { most = std::isnan(most) || x <= most ? most : x; };
    keep(summary.largest, s);
    keep(summary.magnitude, std::fabs(s));
  }
  return {};
}

mlir::LogicalResult Rows::report(const Row &row, const ElementFault &fault) const {
  mlir::InFlightDiagnostic error = fault.fault.op->emitOpError();
  error << fault.fault.reason << ", at "
        << (operands.queryOffsets.areGiven() ? "sequence " : "batch ") << row.sequence << ", head "
        << row.head << ", query " << row.query - row.begin;
  if (fault.key >= 0)
    error << ", key " << fault.key - row.firstKey;
  return error;
}

} // namespace lacuna::reference
