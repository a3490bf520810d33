//===- AttendGrad.cpp - One attn.attend_grad in float64 ---------------------===//
//
// The formulas of the op, row by row. Probabilities and delta, the sum of p * dp, are
// computed again: the output and the log-sum-exp that the op is given are rounded,
// and an oracle that read them would inherit that. One thread does it all, since
// every row adds to the gradients of the same keys.
//
//===----------------------------------------------------------------------===//
#include "lib/Reference/AttendGrad.h"

#include "lib/Reference/Rows.h"

#include <cmath>

namespace lacuna::reference {

namespace {
class GradientEvaluation {
public:
  GradientEvaluation(attn::AttendGradOp op, const Environment &environment);

  mlir::LogicalResult checkSizes();
  mlir::FailureOr<std::vector<ReferenceArray>> run();

private:
  TensorRef tensor(mlir::Value value) const { return environment.tensors.lookup(value); }
  ElementFault evaluateRow(const Row &row);
  /// Fills `weights` with p and `weightGradients` with dp where keys are visible; returns delta.
  double weigh(const Row &row, const RowSummary &summary);
  ElementFault pull(const Row &row, std::int64_t key, double &gradient);
  double *rowOf(ReferenceArray &array, std::int64_t number) {
    return &array.values[number * array.shape[3]];
  }

  attn::AttendGradOp op;
  const Environment &environment;
  Rows rows;
  Rows::Worker worker;
  std::optional<RegionCode> pullback;
  RegionCode::Registers registers;
  std::vector<Contribution> contributions; ///< of one element
  std::vector<float> values, outputGradients;
  std::vector<double> weights, weightGradients; ///< of the keys of a row
  std::vector<ReferenceArray> results;
  double scaleGradient = 0;
};
} // namespace

/// An array of zeros.
static ReferenceArray zeros(const TensorRef &like) {
  ReferenceArray array;
  array.shape.assign(like.shape, like.shape + like.rank);
  array.values.resize(static_cast<std::size_t>(like.elementCount()));
  return array;
}

GradientEvaluation::GradientEvaluation(attn::AttendGradOp op, const Environment &environment)
    : op(op), environment(environment), rows(op, environment) {}

mlir::LogicalResult GradientEvaluation::checkSizes() {
  if (failed(rows.checkSizes()))
    return mlir::failure();
  const Sizes &sizes = rows.getSizes();
  const std::int64_t shape[] = {sizes.batch, sizes.queryHeads, sizes.queries, sizes.valueColumns};
  const std::pair<mlir::Value, llvm::StringRef> state[] = {
      {op.getOutput(), "output"},
      {op.getLse(), "lse"},
      {op.getOutputGradient(), "gradient of the output"},
      {op.getLseGradient(), "gradient of lse"}};
  for (auto [value, name] : state)
    for (int axis = 0; value && axis < tensor(value).rank; ++axis)
      if (tensor(value).shape[axis] != shape[axis])
        return op.emitOpError() << "dimension " << axis << " of the " << name
                                << " should have size " << shape[axis] << ", but has "
                                << tensor(value).shape[axis];
  return mlir::success();
}

double GradientEvaluation::weigh(const Row &row, const RowSummary &summary) {
  std::int64_t e = rows.getSizes().valueColumns;
  double sum = 0, delta = 0;
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
    if (worker.scores[key] == hiddenScore)
      continue;
    sum += weights[key] = std::exp(worker.scores[key] - summary.largest);
    weightGradients[key] =
        dot(&outputGradients[rows.numberOf(row) * e], &values[rows.keyNumber(row, key) * e], e);
    delta += weights[key] * weightGradients[key];
  }
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key)
    weights[key] /= sum;
  return delta / sum;
}

/// From the gradient of a score to that of the scaled product.
ElementFault GradientEvaluation::pull(const Row &row, std::int64_t key, double &gradient) {
  if (!pullback)
    return {};
  auto scaled = static_cast<float>(rows.getScale() * worker.products[key]);
  pullback->setArgument(registers, 0, realScalar(static_cast<float>(gradient)));
  pullback->setArgument(registers, 1, realScalar(scaled));
  rows.setCoordinates(*pullback, registers, 2, row, key, worker);
  contributions.clear();
  if (Fault fault = pullback->run(registers, &contributions))
    return {fault, key};
  for (const Contribution &each : contributions)
    results[3 + each.wanted].values[each.offset] += each.value;
  gradient = pullback->result(registers).real;
  return {};
}

ElementFault GradientEvaluation::evaluateRow(const Row &row) {
  RowSummary summary;
  if (ElementFault fault = rows.score(row, worker, summary); fault.fault)
    return fault;
  if (summary.visibleKeys == 0)
    return {};
  double lseGradient = 0;
  if (op.getLseGradient()) {
    const std::int64_t indices[] = {row.batch, row.head, row.query};
    lseGradient = readElement(tensor(op.getLseGradient()), indices).real;
  }
  double delta = weigh(row, summary);
  std::int64_t number = rows.numberOf(row), d = rows.getSizes().queryColumns,
               e = rows.getSizes().valueColumns;
  double *dq = rowOf(results[0], number);
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
    if (worker.scores[key] == hiddenScore)
      continue;
    double ds = weights[key] * (weightGradients[key] - delta + lseGradient);
    if (ElementFault fault = pull(row, key, ds); fault.fault)
      return fault;
    double *dk = rowOf(results[1], rows.keyNumber(row, key)),
           *dv = rowOf(results[2], rows.keyNumber(row, key));
    for (std::int64_t column = 0; column < d; ++column) {
      dq[column] += rows.getScale() * ds * rows.key(row, key)[column];
      dk[column] += rows.getScale() * ds * rows.query(row)[column];
    }
    for (std::int64_t column = 0; column < e; ++column)
      dv[column] += weights[key] * outputGradients[number * e + column];
    scaleGradient += ds * worker.products[key];
  }
  return {};
}

mlir::FailureOr<std::vector<ReferenceArray>> GradientEvaluation::run() {
  rows.readTokens();
  worker = rows.makeWorker();
  values = toFloats(rows.getOperands().value);
  outputGradients = toFloats(tensor(op.getOutputGradient()));
  weights.resize(static_cast<std::size_t>(rows.getSizes().keys));
  weightGradients.resize(weights.size());
  if (!op.getPullback().empty()) {
    pullback = RegionCode::translate(op.getPullback(), environment);
    registers = pullback->makeRegisters();
  }
  for (mlir::Value value : {op.getQuery(), op.getKey(), op.getValue()})
    results.push_back(zeros(tensor(value)));
  for (mlir::Value value : op.getWanted())
    results.push_back(zeros(tensor(value)));
  for (std::int64_t number = 0; number < rows.getSizes().rows(); ++number) {
    Row row = rows.rowAt(number);
    if (ElementFault fault = evaluateRow(row); fault.fault)
      return rows.report(row, fault);
  }
  for (auto [number, value] : llvm::enumerate(op.getWanted()))
    if (value == op.getScale())
      results[3 + number].values[0] += scaleGradient;
  return std::move(results);
}

mlir::FailureOr<std::vector<ReferenceArray>> evaluateAttendGrad(attn::AttendGradOp op,
                                                                const Environment &environment) {
  GradientEvaluation evaluation(op, environment);
  if (failed(evaluation.checkSizes()))
    return mlir::failure();
  return evaluation.run();
}

} // namespace lacuna::reference
