#include "lib/Reference/States.h"

#include "lib/Reference/Evaluate.h"
#include "lib/Reference/Rows.h"

#include <algorithm>
#include <cmath>

namespace lacuna::reference {

ReferenceArray arrayOf(const TensorRef &tensor) {
  TensorRef padded = tensor;
  for (; padded.rank < 4; ++padded.rank)
    padded.shape[padded.rank] = 1, padded.strides[padded.rank] = 1;
  std::vector<float> elements = toFloats(padded);
  return {{tensor.shape, tensor.shape + tensor.rank}, {elements.begin(), elements.end()}};
}

ReferenceAttend describeState(const TensorRef &lse) {
  ReferenceAttend state;
  state.lse = arrayOf(lse);
  for (double value : state.lse.values) {
    bool isEmpty = value == -INFINITY;
    state.visibleKeys.push_back(!isEmpty);
    state.largestScore.push_back(isEmpty ? 0 : std::fabs(value));
  }
  return state;
}

static std::size_t columnsOf(const ReferenceAttend &state) {
  return static_cast<std::size_t>(state.output.shape.back());
}

namespace {
/// What a row of each state counts for, and the row's merged log-sum-exp.
struct RowWeights {
  std::vector<double> weights;
  double lse = -INFINITY;
};
} // namespace

static RowWeights weigh(const std::vector<ReferenceAttend> &states, std::size_t row) {
  double largest = -INFINITY, sum = 0;
  for (const ReferenceAttend &state : states)
    largest = std::max(largest, state.lse.values[row]);
  RowWeights result;
  for (const ReferenceAttend &state : states) {
    double lse = state.lse.values[row];
    result.weights.push_back(lse == -INFINITY ? 0 : std::exp(lse - largest));
    sum += result.weights.back();
  }
  if (sum == 0)
    return result;
  for (double &weight : result.weights)
    weight /= sum;
  result.lse = std::log(sum) + largest;
  return result;
}

/// Element `n` of the merged output, and of what is made of outputs that were rounded.
static std::pair<double, double> mergeElements(const std::vector<ReferenceAttend> &states,
                                               const RowWeights &row, std::size_t n) {
  double exact = 0, rounded = 0;
  for (std::size_t state = 0; state < states.size(); ++state)
    if (double weight = row.weights[state]; weight != 0) {
      exact += weight * states[state].output.values[n];
      rounded += weight * states[state].rounded[n];
    }
  return {exact, rounded};
}

ReferenceAttend mergeStates(const std::vector<ReferenceAttend> &states, DType type) {
  ReferenceAttend merged = states.front();
  std::size_t columns = columnsOf(merged);
  for (std::size_t row = 0; row < merged.lse.values.size(); ++row) {
    RowWeights weights = weigh(states, row);
    merged.lse.values[row] = weights.lse;
    for (std::size_t n = row * columns; n < (row + 1) * columns; ++n) {
      auto [exact, rounded] = mergeElements(states, weights, n);
      merged.output.values[n] = exact;
      merged.rounded[n] = roundedTo(type, rounded);
    }
    for (std::size_t state = 1; state < states.size(); ++state) {
      merged.visibleKeys[row] += states[state].visibleKeys[row];
      merged.largestScore[row] =
          std::max(merged.largestScore[row], states[state].largestScore[row]);
    }
  }
  for (std::size_t state = 1; state < states.size(); ++state)
    merged.keys += states[state].keys;
  return merged;
}

static ReferenceGradient zerosLike(const ReferenceArray &array, std::size_t rows) {
  ReferenceGradient gradient;
  gradient.values = {array.shape, std::vector<double>(array.values.size())};
  gradient.rounded.resize(array.values.size());
  gradient.magnitudes.resize(rows);
  return gradient;
}

std::vector<ReferenceGradient> mergeGradients(const std::vector<ReferenceAttend> &states,
                                              DType type, const ReferenceArray &outputGradient,
                                              const ReferenceArray &lseGradient) {
  std::size_t rows = states.front().lse.values.size(), columns = columnsOf(states.front());
  std::vector<ReferenceGradient> outputs, lses;
  for (const ReferenceAttend &state : states) {
    outputs.push_back(zerosLike(state.output, rows));
    lses.push_back(zerosLike(state.lse, rows));
  }
  for (std::size_t row = 0; row < rows; ++row) {
    RowWeights weights = weigh(states, row);
    double ofLse = lseGradient.values.empty() ? 0 : lseGradient.values[row];
    for (std::size_t state = 0; state < states.size(); ++state) {
      double weight = weights.weights[state];
      if (weight == 0)
        continue;
      double exact = ofLse, rounded = ofLse, squares = 0, sizes = 0;
      for (std::size_t n = row * columns; n < (row + 1) * columns; ++n) {
        double gradient = outputGradient.values[n], own = states[state].output.values[n];
        auto [merged, roundedMerged] = mergeElements(states, weights, n);
        outputs[state].values.values[n] = weight * gradient;
        outputs[state].rounded[n] = roundedTo(type, weight * gradient);
        squares += gradient * gradient;
        exact += gradient * (own - merged);
        rounded += gradient * (states[state].rounded[n] - roundedMerged);
        double size = gradient * (std::fabs(own) + std::fabs(merged));
        sizes += size * size;
      }
      outputs[state].magnitudes[row] = weight * std::sqrt(squares);
      lses[state].values.values[row] = weight * exact;
      lses[state].rounded[row] = roundedTo(DType::F32, weight * rounded);
      lses[state].magnitudes[row] = weight * (std::sqrt(sizes) + std::fabs(ofLse));
    }
  }
  std::move(lses.begin(), lses.end(), std::back_inserter(outputs));
  return outputs;
}

ReferenceGradient zeroGradient(const TensorRef &like) {
  ReferenceArray array = arrayOf(like);
  bool hasFeatures = like.rank == 4 && like.dtype != DType::F32;
  auto columns =
      static_cast<std::size_t>(hasFeatures ? std::max<std::int64_t>(1, like.shape[3]) : 1);
  return zerosLike(array, array.values.size() / columns);
}

ReferenceGradient givenGradient(const TensorRef &tensor) {
  ReferenceGradient gradient = zeroGradient(tensor);
  gradient.rounded = gradient.values.values = arrayOf(tensor).values;
  return gradient;
}

ReferenceGradient addGradients(const std::vector<ReferenceGradient> &terms, DType type) {
  // What is read as a table has a magnitude for every element, else a row has one.
  std::size_t finest = 0;
  for (const ReferenceGradient &term : terms)
    finest = std::max(finest, term.magnitudes.size());
  ReferenceGradient sum = zerosLike(terms.front().values, finest);
  for (const ReferenceGradient &term : terms) {
    for (std::size_t n = 0; n < term.rounded.size(); ++n) {
      sum.values.values[n] += term.values.values[n];
      sum.rounded[n] += term.rounded[n];
    }
    for (std::size_t n = 0; n < finest; ++n)
      sum.magnitudes[n] =
          std::hypot(sum.magnitudes[n], term.magnitudes[n * term.magnitudes.size() / finest]);
  }
  for (double &value : sum.rounded)
    value = roundedTo(type, value);
  return sum;
}

} // namespace lacuna::reference
