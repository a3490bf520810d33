#include "test/train/Matrix.h"

#include <algorithm>
#include <cmath>

namespace lacuna::train {

Matrix &Matrix::operator+=(const Matrix &other) {
  for (std::size_t n = 0; n < values.size(); ++n)
    values[n] += other.values[n];
  return *this;
}

/// Adds `factor` times `count` numbers to others.
static void addScaled(float *to, float factor, const float *from, std::size_t count) {
  for (std::size_t n = 0; n < count; ++n)
    to[n] += factor * from[n];
}

Matrix product(const Matrix &a, const Matrix &b) {
  Matrix result(a.rows, b.columns);
  for (std::size_t r = 0; r < a.rows; ++r)
    for (std::size_t n = 0; n < a.columns; ++n)
      addScaled(result.row(r), a.row(r)[n], b.row(n), b.columns);
  return result;
}

Matrix productTransposed(const Matrix &a, const Matrix &b) {
  Matrix result(a.rows, b.rows);
  for (std::size_t r = 0; r < a.rows; ++r)
    for (std::size_t c = 0; c < b.rows; ++c) {
      float sum = 0;
      for (std::size_t n = 0; n < a.columns; ++n)
        sum += a.row(r)[n] * b.row(c)[n];
      result.row(r)[c] = sum;
    }
  return result;
}

void addTransposedProduct(const Matrix &a, const Matrix &b, Matrix &sum) {
  for (std::size_t r = 0; r < a.rows; ++r)
    for (std::size_t n = 0; n < a.columns; ++n)
      addScaled(sum.row(n), a.row(r)[n], b.row(r), b.columns);
}

/// One over the root mean square of a row.
static float inverseScale(const Matrix &x, std::size_t r) {
  float squares = 0;
  for (std::size_t c = 0; c < x.columns; ++c)
    squares += x.row(r)[c] * x.row(r)[c];
  return 1 / std::sqrt(squares / float(x.columns) + 1e-5f);
}

Matrix normalize(const Matrix &x, const Matrix &gain) {
  Matrix result(x.rows, x.columns);
  for (std::size_t r = 0; r < x.rows; ++r) {
    const float inverse = inverseScale(x, r);
    for (std::size_t c = 0; c < x.columns; ++c)
      result.row(r)[c] = x.row(r)[c] * inverse * gain.values[c];
  }
  return result;
}

Matrix normalizeGradient(const Matrix &x, const Matrix &gain, const Matrix &gradient,
                         Matrix &gainGradient) {
  Matrix result(x.rows, x.columns);
  for (std::size_t r = 0; r < x.rows; ++r) {
    const float inverse = inverseScale(x, r);
    float along = 0; // the part of the gradient along x
    for (std::size_t c = 0; c < x.columns; ++c) {
      gainGradient.values[c] += gradient.row(r)[c] * x.row(r)[c] * inverse;
      along += gradient.row(r)[c] * gain.values[c] * x.row(r)[c];
    }
    along *= inverse * inverse / float(x.columns);
    for (std::size_t c = 0; c < x.columns; ++c)
      result.row(r)[c] = inverse * (gradient.row(r)[c] * gain.values[c] - along * x.row(r)[c]);
  }
  return result;
}

Matrix squaredRelu(const Matrix &x) {
  Matrix result(x.rows, x.columns);
  for (std::size_t n = 0; n < x.values.size(); ++n) {
    const float positive = std::max(x.values[n], 0.0f);
    result.values[n] = positive * positive;
  }
  return result;
}

Matrix squaredReluGradient(const Matrix &x, const Matrix &gradient) {
  Matrix result(x.rows, x.columns);
  for (std::size_t n = 0; n < x.values.size(); ++n)
    result.values[n] = 2 * std::max(x.values[n], 0.0f) * gradient.values[n];
  return result;
}

double crossEntropy(const Matrix &logits, const std::vector<int> &targets, Matrix &gradient) {
  gradient = Matrix(logits.rows, logits.columns);
  double loss = 0;
  for (std::size_t r = 0; r < logits.rows; ++r) {
    const float *row = logits.row(r);
    const float largest = *std::max_element(row, row + logits.columns);
    double sum = 0;
    for (std::size_t c = 0; c < logits.columns; ++c)
      sum += std::exp(double(row[c]) - largest);
    loss += std::log(sum) + largest - row[targets[r]];
    for (std::size_t c = 0; c < logits.columns; ++c)
      gradient.row(r)[c] = float(std::exp(double(row[c]) - largest) / sum / double(logits.rows));
    gradient.row(r)[targets[r]] -= 1 / float(logits.rows);
  }
  return loss / double(logits.rows);
}

} // namespace lacuna::train
