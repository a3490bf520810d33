#include "test/train/Model.h"

#include <algorithm>
#include <cmath>

namespace lacuna::train {

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

static Parameter parameter(std::size_t rows, std::size_t columns) {
  const Matrix zeros(rows, columns);
  return {zeros, zeros, zeros, zeros};
}

static Parameter randomParameter(std::size_t rows, std::size_t columns, float deviation,
                                 std::mt19937 &random) {
  Parameter result = parameter(rows, columns);
  for (float &value : result.value.values)
    value = deviation * std::normal_distribution<float>()(random);
  return result;
}

static Parameter gain(std::size_t width) {
  Parameter result = parameter(1, width);
  std::fill(result.value.values.begin(), result.value.values.end(), 1.0f);
  return result;
}

Model::Model(const ModelSizes &sizes, unsigned seed,
             const std::function<std::unique_ptr<Attention>()> &makeAttention)
    : sizes(sizes) {
  std::mt19937 random(seed);
  const std::size_t width = sizes.width, vocabulary = std::size_t(sizes.vocabulary);
  auto projection = [&](std::size_t rows, std::size_t columns) {
    return randomParameter(rows, columns, 1 / std::sqrt(float(rows)), random);
  };
  embedding = randomParameter(vocabulary, width, 1, random);
  positions = randomParameter(sizes.attention.tokens, width, 0.5f, random);
  for (std::size_t n = 0; n < sizes.layers; ++n) {
    Layer layer;
    layer.attentionGain = gain(width);
    for (Parameter *weights : {&layer.q, &layer.k, &layer.v, &layer.out})
      *weights = projection(width, width);
    layer.perceptronGain = gain(width);
    layer.up = projection(width, sizes.hidden);
    layer.down = projection(sizes.hidden, width);
    layer.attention = makeAttention();
    layers.push_back(std::move(layer));
  }
  finalGain = gain(width);
  head = projection(width, vocabulary);
}

template <class Visit>
void Model::forEachParameter(Visit visit) {
  for (Parameter *one : {&embedding, &positions, &finalGain, &head})
    visit(*one);
  for (Layer &layer : layers)
    for (Parameter *one : {&layer.attentionGain, &layer.q, &layer.k, &layer.v, &layer.out,
                           &layer.perceptronGain, &layer.up, &layer.down})
      visit(*one);
}

void Model::update(float rate) {
  ++steps;
  const float ofMean = 0.9f, ofSquare = 0.99f;
  const float meanShare = 1 - std::pow(ofMean, float(steps));
  const float squareShare = 1 - std::pow(ofSquare, float(steps));
  forEachParameter([&](Parameter &one) {
    for (std::size_t n = 0; n < one.value.values.size(); ++n) {
      const float gradient = one.gradient.values[n];
      float &mean = one.mean.values[n], &square = one.square.values[n];
      mean = ofMean * mean + (1 - ofMean) * gradient;
      square = ofSquare * square + (1 - ofSquare) * gradient * gradient;
      one.value.values[n] -= rate * (mean / meanShare) / (std::sqrt(square / squareShare) + 1e-8f);
    }
  });
}

std::vector<float> Model::gradients() {
  std::vector<float> all;
  forEachParameter([&](Parameter &one) {
    all.insert(all.end(), one.gradient.values.begin(), one.gradient.values.end());
  });
  return all;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

void Model::forward(std::size_t number, Matrix &x, const LabelSource &labels) {
  Layer &layer = layers[number];
  layer.input = x;
  layer.normal = normalize(x, layer.attentionGain.value);
  layer.queries = product(layer.normal, layer.q.value);
  layer.keys = product(layer.normal, layer.k.value);
  layer.values = product(layer.normal, layer.v.value);
  layer.mixed = layer.attention->forward(layer.queries, layer.keys, layer.values,
                                         labels(number, layer.queries, layer.keys));
  x += product(layer.mixed, layer.out.value);

  layer.middle = x;
  layer.middleNormal = normalize(x, layer.perceptronGain.value);
  layer.raised = product(layer.middleNormal, layer.up.value);
  layer.active = squaredRelu(layer.raised);
  x += product(layer.active, layer.down.value);
}

/// Adds the gradient of the weights of `x` times `weights`; returns that of x.
static Matrix projectionGradient(const Matrix &x, Parameter &weights, const Matrix &gradient) {
  addTransposedProduct(x, gradient, weights.gradient);
  return productTransposed(gradient, weights.value);
}

void Model::backward(Layer &layer, Matrix &gradient) {
  Matrix active = projectionGradient(layer.active, layer.down, gradient);
  Matrix raised = squaredReluGradient(layer.raised, active);
  Matrix normal = projectionGradient(layer.middleNormal, layer.up, raised);
  gradient += normalizeGradient(layer.middle, layer.perceptronGain.value, normal,
                                layer.perceptronGain.gradient);

  Matrix mixed = projectionGradient(layer.mixed, layer.out, gradient);
  const Attention::Gradients of = layer.attention->backward(mixed);
  normal = projectionGradient(layer.normal, layer.q, of.q);
  normal += projectionGradient(layer.normal, layer.k, of.k);
  normal += projectionGradient(layer.normal, layer.v, of.v);
  gradient += normalizeGradient(layer.input, layer.attentionGain.value, normal,
                                layer.attentionGain.gradient);
}

double Model::computeGradients(const std::vector<int> &tokens, const std::vector<int> &targets,
                               const LabelSource &labels) {
  forEachParameter([](Parameter &one) {
    std::fill(one.gradient.values.begin(), one.gradient.values.end(), 0.0f);
  });
  Matrix x(tokens.size(), sizes.width);
  auto position = [&](std::size_t r) { return r % sizes.attention.tokens; };
  for (std::size_t r = 0; r < x.rows; ++r)
    for (std::size_t c = 0; c < x.columns; ++c)
      x.row(r)[c] = embedding.value.row(tokens[r])[c] + positions.value.row(position(r))[c];
  for (std::size_t n = 0; n < layers.size(); ++n)
    forward(n, x, labels);

  const Matrix normal = normalize(x, finalGain.value);
  Matrix ofLogits;
  const double loss = crossEntropy(product(normal, head.value), targets, ofLogits);
  Matrix ofNormal = projectionGradient(normal, head, ofLogits);
  Matrix gradient = normalizeGradient(x, finalGain.value, ofNormal, finalGain.gradient);
  for (std::size_t n = layers.size(); n-- > 0;)
    backward(layers[n], gradient);
  for (std::size_t r = 0; r < x.rows; ++r)
    for (std::size_t c = 0; c < x.columns; ++c) {
      embedding.gradient.row(tokens[r])[c] += gradient.row(r)[c];
      positions.gradient.row(position(r))[c] += gradient.row(r)[c];
    }
  return loss;
}

} // namespace lacuna::train
