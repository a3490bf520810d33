//===- Matrix.h - What a small language model computes with -----------------===//
//
// Row-major matrices of floats on the host and the few operations that a
// transformer has besides attention, each with its derivative.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_TRAIN_MATRIX_H
#define TEST_TRAIN_MATRIX_H

#include <cstddef>
#include <vector>

namespace lacuna::train {

/// A matrix; all zeros to begin with.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;

  Matrix() = default;
  Matrix(std::size_t rows, std::size_t columns)
      : rows(rows), columns(columns), values(rows * columns) {}

  float *row(std::size_t r) { return values.data() + r * columns; }
  const float *row(std::size_t r) const { return values.data() + r * columns; }
  Matrix &operator+=(const Matrix &other);
};

/// a times b: [m, n] x [n, p].
Matrix product(const Matrix &a, const Matrix &b);
/// a times the transpose of b: [m, n] x [p, n].
Matrix productTransposed(const Matrix &a, const Matrix &b);
/// Adds the transpose of a times b to `sum`: [m, n] x [m, p] -> [n, p].
void addTransposedProduct(const Matrix &a, const Matrix &b, Matrix &sum);

/// Rows divided by their root mean square, times a gain for each column: [1, columns].
Matrix normalize(const Matrix &x, const Matrix &gain);
/// The gradient of x from that of the result; adds to the gradient of the gain.
Matrix normalizeGradient(const Matrix &x, const Matrix &gain, const Matrix &gradient,
                         Matrix &gainGradient);

/// The square of what is positive, of every element.
Matrix squaredRelu(const Matrix &x);
Matrix squaredReluGradient(const Matrix &x, const Matrix &gradient);

/// The mean over rows of -log softmax(logits)[target]. `gradient`, of that mean, gets the
/// shape of the logits. Each target is a column.
double crossEntropy(const Matrix &logits, const std::vector<int> &targets, Matrix &gradient);

} // namespace lacuna::train

#endif // TEST_TRAIN_MATRIX_H
