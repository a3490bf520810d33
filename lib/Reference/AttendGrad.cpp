//===- AttendGrad.cpp - One attn.attend_grad in float64 ---------------------===//
//
// The formulas of the op, row by row. Probabilities and delta, the sum of p * dp, are
// computed again: the output and the log-sum-exp that the op is given are rounded,
// and an oracle that read them would inherit that. Beside these sums stand others, which
// do inherit it and are rounded where those of kernels are: they say how far off a kernel
// may be. Of a merged state the keys are not all there, so it is read. One thread does it all,
// since every row adds to the gradients of the same keys.
//
//===----------------------------------------------------------------------===//
#include "lib/Reference/AttendGrad.h"

#include "lib/Reference/Evaluate.h"
#include "lib/Reference/Rows.h"

#include <cmath>
#include <numeric>

namespace lacuna::reference {

namespace {
/// What of a gradient is summed, as ReferenceGradient has it.
enum class Sum { Values, Rounded, Magnitudes };

/// A key of a row.
struct Element {
  double weight;         ///< p
  double weightGradient; ///< dp
};

class GradientEvaluation {
public:
  GradientEvaluation(attn::AttendGradOp op, const Environment &environment,
                     const ReferenceAttend *merged);

  mlir::LogicalResult checkSizes();
  mlir::FailureOr<std::vector<ReferenceGradient>> run();

private:
  TensorRef tensor(mlir::Value value) const { return environment.tensors.lookup(value); }
  ElementFault evaluateRow(const Row &row);
  /// What is the same for all keys of a row that sees some.
  struct RowState {
    double lseGradient, delta;
    double givenLse, givenDelta; ///< from the operands of the op
  };
  /// Fills `elements` with p and dp where keys are visible.
  RowState weigh(const Row &row, const RowSummary &summary);
  ElementFault addKey(const Row &row, const RowState &state, std::int64_t key);
  ElementFault pull(const Row &row, std::int64_t key, double &gradient, Sum sum);
  /// Adds factor * vector to a row of a gradient, and other factors to what goes with it.
  struct Factors {
    double exact, rounded, magnitude;
  };
  void addTo(ReferenceGradient &gradient, std::int64_t number, Factors factors, const float *vector,
             std::int64_t columns);

  attn::AttendGradOp op;
  const Environment &environment;
  const ReferenceAttend *merged;
  Rows rows;
  Rows::Worker worker;
  std::optional<RegionCode> pullback;
  RegionCode::Registers registers;
  std::vector<Contribution> contributions; ///< of one element
  std::vector<float> values, outputs, outputGradients;
  std::vector<Element> elements; ///< of the keys of a row
  std::vector<ReferenceGradient> results;
  DType dtype; ///< of queries, keys and values
};
} // namespace

/// A gradient of zeros; one magnitude for `columns` neighbours.
static ReferenceGradient zeros(const TensorRef &like, std::int64_t columns) {
  ReferenceGradient gradient;
  gradient.values.shape.assign(like.shape, like.shape + like.rank);
  auto count = static_cast<std::size_t>(like.elementCount());
  gradient.values.values.resize(count);
  gradient.rounded.resize(count);
  gradient.magnitudes.resize(count / columns);
  return gradient;
}

GradientEvaluation::GradientEvaluation(attn::AttendGradOp op, const Environment &environment,
                                       const ReferenceAttend *merged)
    : op(op), environment(environment), merged(merged), rows(op, environment),
      dtype(tensor(op.getQuery()).dtype) {}

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

GradientEvaluation::RowState GradientEvaluation::weigh(const Row &row, const RowSummary &summary) {
  const std::int64_t indices[] = {row.batch, row.head, row.query};
  std::int64_t e = rows.getSizes().valueColumns, number = rows.numberOf(row);
  const float *outputGradient = &outputGradients[number * e];
  double lse = readElement(tensor(op.getLse()), indices).real;
  double givenDelta = dot(outputGradient, &outputs[number * e], e);
  double shift = summary.largest, sum = 0, delta = 0;
  if (op.getMerged())
    shift = merged ? merged->lse.values[number] : lse;
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key) {
    if (worker.scores[key] == hiddenScore)
      continue;
    Element &element = elements[key];
    sum += element.weight = std::exp(worker.scores[key] - shift);
    element.weightGradient = dot(outputGradient, &values[rows.keyNumber(row, key) * e], e);
    delta += element.weight * element.weightGradient;
  }
  double lseGradient =
      op.getLseGradient() ? readElement(tensor(op.getLseGradient()), indices).real : 0;
  if (op.getMerged()) {
    if (!merged)
      return {lseGradient, givenDelta, lse, givenDelta};
    delta = std::inner_product(outputGradient, outputGradient + e,
                               merged->output.values.begin() + number * e, 0.0);
    return {lseGradient, delta, lse, givenDelta};
  }
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key)
    elements[key].weight /= sum;
  return {lseGradient, delta / sum, lse, givenDelta};
}

/// From the gradient of a score to that of the scaled product; adds what is contributed.
ElementFault GradientEvaluation::pull(const Row &row, std::int64_t key, double &gradient, Sum sum) {
  if (!pullback)
    return {};
  auto scaled = static_cast<float>(rows.getScale() * worker.products[key]);
  pullback->setArgument(registers, 0, realScalar(static_cast<float>(gradient)));
  pullback->setArgument(registers, 1, realScalar(scaled));
  rows.setCoordinates(*pullback, registers, 2, row, key, worker);
  contributions.clear();
  if (Fault fault = pullback->run(registers, &contributions))
    return {fault, key};
  for (const Contribution &each : contributions) {
    ReferenceGradient &to = results[3 + each.wanted];
    double value = each.value;
    (sum == Sum::Values    ? to.values.values
     : sum == Sum::Rounded ? to.rounded
                           : to.magnitudes)[each.offset] +=
        sum == Sum::Magnitudes ? value * value : value;
  }
  gradient = pullback->result(registers).real;
  return {};
}

void GradientEvaluation::addTo(ReferenceGradient &gradient, std::int64_t number, Factors factors,
                               const float *vector, std::int64_t columns) {
  double squares = 0;
  for (std::int64_t column = 0; column < columns; ++column) {
    double x = vector[column];
    gradient.values.values[number * columns + column] += factors.exact * x;
    gradient.rounded[number * columns + column] += factors.rounded * x;
    squares += x * x;
  }
  gradient.magnitudes[number] += factors.magnitude * factors.magnitude * squares;
}

ElementFault GradientEvaluation::addKey(const Row &row, const RowState &state, std::int64_t key) {
  const auto [weight, weightGradient] = elements[key];
  double scale = rows.getScale(), roundedWeight = std::exp(worker.scores[key] - state.givenLse);
  double ds = weight * (weightGradient - state.delta + state.lseGradient);
  double roundedDs = roundedWeight * (weightGradient - state.givenDelta + state.lseGradient);
  double size = weight * (std::fabs(weightGradient) + std::fabs(state.delta - state.lseGradient));
  const std::pair<double *, Sum> pulled[] = {
      {&ds, Sum::Values}, {&roundedDs, Sum::Rounded}, {&size, Sum::Magnitudes}};
  for (auto [gradient, sum] : pulled)
    if (ElementFault fault = pull(row, key, *gradient, sum); fault.fault)
      return fault;
  double unrounded = roundedDs;
  roundedDs = roundedTo(dtype, roundedDs);
  std::int64_t number = rows.numberOf(row), keyNumber = rows.keyNumber(row, key);
  std::int64_t d = rows.getSizes().queryColumns, e = rows.getSizes().valueColumns;
  Factors factors{scale * ds, scale * roundedDs, scale * size};
  addTo(results[0], number, factors, rows.key(row, key), d);
  addTo(results[1], keyNumber, factors, rows.query(row), d);
  addTo(results[2], keyNumber, {weight, roundedTo(dtype, roundedWeight), weight},
        &outputGradients[number * e], e);
  for (auto [wanted, value] : llvm::enumerate(op.getWanted()))
    if (value == op.getScale()) {
      auto product = static_cast<float>(worker.products[key]);
      addTo(results[3 + wanted], 0, {ds, unrounded, size}, &product, 1);
    }
  return {};
}

ElementFault GradientEvaluation::evaluateRow(const Row &row) {
  RowSummary summary;
  if (ElementFault fault = rows.score(row, worker, summary); fault.fault)
    return fault;
  if (summary.visibleKeys == 0)
    return {};
  RowState state = weigh(row, summary);
  for (std::int64_t key = row.firstKey; key < row.endKey; ++key)
    if (worker.scores[key] != hiddenScore)
      if (ElementFault fault = addKey(row, state, key); fault.fault)
        return fault;
  return {};
}

mlir::FailureOr<std::vector<ReferenceGradient>> GradientEvaluation::run() {
  rows.readTokens();
  worker = rows.makeWorker();
  values = toFloats(rows.getOperands().value);
  outputs = toFloats(tensor(op.getOutput()));
  outputGradients = toFloats(tensor(op.getOutputGradient()));
  elements.resize(static_cast<std::size_t>(rows.getSizes().keys));
  if (!op.getPullback().empty()) {
    pullback = RegionCode::translate(op.getPullback(), environment);
    registers = pullback->makeRegisters();
  }
  for (mlir::Value value : {op.getQuery(), op.getKey(), op.getValue()})
    results.push_back(zeros(tensor(value), tensor(value).shape[3]));
  for (mlir::Value value : op.getWanted())
    results.push_back(zeros(tensor(value), 1));
  for (std::int64_t number = 0; number < rows.getSizes().rows(); ++number) {
    Row row = rows.rowAt(number);
    if (ElementFault fault = evaluateRow(row); fault.fault)
      return rows.report(row, fault);
  }
  for (auto [gradient, result] : llvm::zip(results, op->getResults())) {
    DType type = dtypeOf(mlir::cast<mlir::RankedTensorType>(result.getType()).getElementType());
    for (double &magnitude : gradient.magnitudes)
      magnitude = std::sqrt(magnitude);
    for (double &value : gradient.rounded)
      value = roundedTo(type, value);
  }
  return std::move(results);
}

mlir::FailureOr<std::vector<ReferenceGradient>> evaluateAttendGrad(attn::AttendGradOp op,
                                                                   const Environment &environment,
                                                                   const ReferenceAttend *merged) {
  GradientEvaluation evaluation(op, environment, merged);
  if (failed(evaluation.checkSizes()))
    return mlir::failure();
  return evaluation.run();
}

} // namespace lacuna::reference
