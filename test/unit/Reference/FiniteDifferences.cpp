#include "test/unit/Reference/FiniteDifferences.h"

#include "dialects/Attn/IR/Attn.h"
#include "dialects/Attn/Transforms/Passes.h"
#include "lacuna/Reference.h"
#include "tools/lacuna-run/Inputs.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>
#include <random>

namespace lacuna {

namespace {
/// A spec, its gradient function, and what both are run on.
class Comparison {
public:
  /// Empty on success.
  std::string prepare(const std::string &text, const std::vector<std::string> &inputs,
                      const std::string &function);
  std::string run();

private:
  /// Of the results of the spec, each element with its weight; rows without keys count nothing.
  std::optional<double> loss(const std::vector<HostArray> &at) const;
  std::vector<Value> valuesOf(const ReferenceSpec &of, const std::vector<HostArray> &at) const;
  HostArray randomArray(const ReferenceArray &like, DType dtype);
  /// What is wrong with the gradient of an argument; empty when nothing is.
  std::string compare(std::size_t argument, const ReferenceArray &found);
  /// By 4th order central differences.
  double slope(std::size_t argument, const std::vector<double> &direction, double step) const;

  std::optional<ReferenceSpec> spec, gradient;
  std::vector<HostArray> arrays;  ///< of the spec's arguments
  std::vector<HostArray> state;   ///< of the further arguments of the gradient
  std::vector<HostArray> weights; ///< of the spec's results
  std::mt19937 random{1};
};
} // namespace

/// The text with gradient functions added, or nothing.
static std::string differentiate(const std::string &text) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<attn::AttnDialect, mlir::func::FuncDialect, mlir::math::MathDialect,
                      mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  mlir::PassManager passes(&context);
  passes.addPass(attn::createDifferentiate());
  std::string result;
  if (module && succeeded(passes.run(*module)))
    llvm::raw_string_ostream(result) << *module;
  return result;
}

static void setElement(HostArray &array, std::int64_t index, double value) {
  std::string bytes;
  appendElement(bytes, array.dtype, value);
  array.bytes.replace(static_cast<std::size_t>(index) * bytes.size(), bytes.size(), bytes);
}

std::string Comparison::prepare(const std::string &text, const std::vector<std::string> &inputs,
                                const std::string &function) {
  auto parse = [](const std::string &source, const std::string &name) {
    return ReferenceSpec::parse(source, "spec", name);
  };
  Result<ReferenceSpec> parsed = parse(text, function);
  if (!parsed)
    return parsed.status().message();
  spec.emplace(std::move(*parsed));
  Result<ReferenceSpec> made = parse(differentiate(text), spec->name() + "_gradient");
  if (!made)
    return made.status().message();
  gradient.emplace(std::move(*made));

  for (std::size_t n = 0; n < inputs.size(); ++n) {
    Result<HostArray> array = makeInput(inputs[n], spec->arguments()[n]);
    if (!array)
      return array.status().message();
    if (isFloat(array->dtype)) // so that steps are exact
      for (std::int64_t i = 0; i < elementCount(array->shape); ++i)
        setElement(*array, i, std::round(elementOf(*array, i) * 128) / 128);
    arrays.push_back(std::move(*array));
  }
  Result<ReferenceRun> run = spec->run(valuesOf(*spec, arrays), 1);
  if (!run)
    return run.status().message();
  for (const ReferenceAttend &attend : run->attends)
    for (double lse : attend.lse.values)
      if (std::isnan(lse))
        return "a row is NaN";
  for (std::size_t n = 0; n < run->results.size(); ++n)
    weights.push_back(randomArray(run->result(n), run->results[n].dtype));
  // The state is not looked at: the reference computes it again.
  bool takesState = gradient->arguments().size() == arrays.size() + 2 * weights.size();
  if (takesState)
    state = weights;
  state.insert(state.end(), weights.begin(), weights.end());
  return "";
}

HostArray Comparison::randomArray(const ReferenceArray &like, DType dtype) {
  HostArray array{dtype, like.shape, {}};
  std::uniform_int_distribution<int> hundredths(-128, 128);
  for (std::size_t n = 0; n < like.values.size(); ++n)
    appendElement(array.bytes, dtype, hundredths(random) / 128.0);
  return array;
}

std::vector<Value> Comparison::valuesOf(const ReferenceSpec &of,
                                        const std::vector<HostArray> &at) const {
  std::vector<Value> values;
  for (std::size_t n = 0; n < at.size(); ++n)
    values.push_back(valueOf(at[n], of.arguments()[n].isTensor));
  return values;
}

std::optional<double> Comparison::loss(const std::vector<HostArray> &at) const {
  Result<ReferenceRun> run = spec->run(valuesOf(*spec, at), 1);
  if (!run)
    return std::nullopt;
  double sum = 0;
  for (std::size_t n = 0; n < weights.size(); ++n)
    for (std::size_t i = 0; i < run->result(n).values.size(); ++i)
      if (double value = run->result(n).values[i]; std::isfinite(value))
        sum += value * elementOf(weights[n], static_cast<std::int64_t>(i));
  return sum;
}

double Comparison::slope(std::size_t argument, const std::vector<double> &direction,
                         double step) const {
  auto at = [&](double steps) {
    std::vector<HostArray> moved = arrays;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      auto index = static_cast<std::int64_t>(i);
      setElement(moved[argument], index,
                 elementOf(arrays[argument], index) + steps * step * direction[i]);
    }
    return loss(moved).value_or(NAN);
  };
  return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
}

std::string Comparison::compare(std::size_t argument, const ReferenceArray &found) {
  double norm = 0;
  for (double value : found.values)
    norm += value * value;
  // Scores are f32, which a difference divides by the step.
  double limit = 1e-4 * std::sqrt(norm) + 1e-4, error = INFINITY, expected = 0;
  // A wrong gradient agrees along no direction, a right one unless there is a kink on the way.
  for (int attempt = 0; attempt < 6 && !(error <= limit); ++attempt) {
    std::vector<double> direction;
    expected = 0;
    for (double value : found.values) {
      direction.push_back(random() % 2 ? 1 : -1);
      expected += direction.back() * value;
    }
    for (double step : {1.0 / 64, 1.0 / 512})
      error = std::fmin(error, std::fabs(slope(argument, direction, step) - expected));
  }
  if (error <= limit)
    return "";
  return "argument " + std::to_string(argument) + ": along a direction the gradient is " +
         std::to_string(expected) + ", which is off by " + std::to_string(error) + " of at most " +
         std::to_string(limit);
}

std::string Comparison::run() {
  std::vector<HostArray> all = arrays;
  all.insert(all.end(), state.begin(), state.end());
  Result<ReferenceRun> run = gradient->run(valuesOf(*gradient, all), 1);
  if (!run)
    return run.status().message();
  std::size_t result = 0;
  for (std::size_t argument = 0; argument < arrays.size(); ++argument) {
    if (!isFloat(arrays[argument].dtype))
      continue;
    if (result == run->results.size())
      return "there are fewer gradients than arguments of floats";
    const ReferenceArray &found = run->result(result++);
    if (found.shape != arrays[argument].shape)
      return "gradient " + std::to_string(result - 1) + " has another shape than its argument";
    std::string failure = compare(argument, found);
    if (!failure.empty())
      return failure;
  }
  return result == run->results.size() ? "" : "there are more gradients than arguments of floats";
}

std::string compareWithDifferences(std::string text, std::vector<std::string> inputs,
                                   const std::string &function) {
  inputs.insert(inputs.begin(), std::move(text));
  for (std::string &each : inputs)
    for (std::size_t at; (at = each.find("bf16")) != std::string::npos;)
      each.erase(at, 1);
  text = std::move(inputs.front());
  inputs.erase(inputs.begin());
  Comparison comparison;
  std::string failure = comparison.prepare(text, inputs, function);
  return failure.empty() ? comparison.run() : failure;
}

} // namespace lacuna
