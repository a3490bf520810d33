#include "test/train/Attention.h"

#include <algorithm>
#include <cmath>

namespace lacuna::train {

namespace {
class HostAttention final : public Attention {
  /// A query.
  struct Row {
    std::size_t batch, head, token;
  };
  template <class Visit>
  void forEachRow(Visit visit) const {
    for (std::size_t b = 0; b < shape.batches; ++b)
      for (std::size_t h = 0; h < shape.heads; ++h)
        for (std::size_t i = 0; i < shape.tokens; ++i)
          visit(Row{b, h, i});
  }

  /// The features of a token for the row's batch and head.
  template <class M>
  auto of(M &matrix, const Row &row, std::size_t token) const {
    return matrix.row(row.batch * shape.tokens + token) + row.head * shape.features;
  }
  double dot(const float *a, const float *b) const {
    double sum = 0;
    for (std::size_t d = 0; d < shape.features; ++d)
      sum += double(a[d]) * b[d];
    return sum;
  }

  bool sees(const Row &row, std::size_t j) const {
    const std::size_t begin = (row.batch * shape.heads + row.head) * shape.tokens;
    return labels.keys.empty() || labels.queries[begin + row.token] == labels.keys[begin + j];
  }

  /// Of the keys up to the row's own token; all 0 where it sees none.
  std::vector<double> weightsOf(const Row &row) const {
    std::vector<double> weights(row.token + 1);
    double largest = -INFINITY, sum = 0;
    for (std::size_t j = 0; j <= row.token; ++j) {
      weights[j] = sees(row, j) ? scale * dot(of(q, row, row.token), of(k, row, j)) : -INFINITY;
      largest = std::max(largest, weights[j]);
    }
    for (double &weight : weights)
      sum += weight = weight == -INFINITY ? 0 : std::exp(weight - largest);
    for (double &weight : weights)
      weight = sum > 0 ? weight / sum : 0;
    return weights;
  }

public:
  explicit HostAttention(AttentionShape shape)
      : shape(shape), scale(1 / std::sqrt(double(shape.features))) {}

  Matrix forward(const Matrix &queries, const Matrix &keys, const Matrix &values,
                 const Labels &seen) override {
    q = queries, k = keys, v = values, labels = seen;
    Matrix output(q.rows, q.columns);
    forEachRow([&](const Row &row) {
      const std::vector<double> weights = weightsOf(row);
      for (std::size_t j = 0; j < weights.size(); ++j)
        for (std::size_t d = 0; d < shape.features; ++d)
          of(output, row, row.token)[d] += float(weights[j] * of(v, row, j)[d]);
    });
    return output;
  }

  Gradients backward(const Matrix &gradient) override {
    Gradients result = {Matrix(q.rows, q.columns), Matrix(q.rows, q.columns),
                        Matrix(q.rows, q.columns)};
    forEachRow([&](const Row &row) {
      const std::vector<double> weights = weightsOf(row);
      const float *dO = of(gradient, row, row.token);
      std::vector<double> weightGradients(weights.size());
      double mean = 0;
      for (std::size_t j = 0; j < weights.size(); ++j) {
        weightGradients[j] = dot(dO, of(v, row, j));
        mean += weights[j] * weightGradients[j];
      }
      for (std::size_t j = 0; j < weights.size(); ++j) {
        const double ofProduct = weights[j] * (weightGradients[j] - mean) * scale;
        for (std::size_t d = 0; d < shape.features; ++d) {
          of(result.q, row, row.token)[d] += float(ofProduct * of(k, row, j)[d]);
          of(result.k, row, j)[d] += float(ofProduct * of(q, row, row.token)[d]);
          of(result.v, row, j)[d] += float(weights[j] * dO[d]);
        }
      }
    });
    return result;
  }

private:
  const AttentionShape shape;
  const double scale;
  Matrix q, k, v;
  Labels labels;
};
} // namespace

std::unique_ptr<Attention> makeHostAttention(AttentionShape shape) {
  return std::make_unique<HostAttention>(shape);
}

} // namespace lacuna::train
