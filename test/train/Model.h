//===- Model.h - A small causal language model -------------------------------===//
//
// A transformer as they are built today, as small as it can be: normalised residual
// blocks of attention and of a two-layer perceptron, learned positions, and no bias.
// All but attention runs on the host in f32.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_TRAIN_MODEL_H
#define TEST_TRAIN_MODEL_H

#include "test/train/Attention.h"

#include <functional>
#include <random>

namespace lacuna::train {

struct ModelSizes {
  int vocabulary = 0; ///< numbers of tokens: 0 up to this
  std::size_t layers = 2, width = 64, hidden = 128;
  AttentionShape attention; ///< width is heads * features
};

/// A matrix that is learned.
struct Parameter {
  Matrix value, gradient;
  Matrix mean, square; ///< of gradients, for Adam
};

/// Labels for the queries and keys of a layer, by its number.
using LabelSource = std::function<Labels(std::size_t layer, const Matrix &q, const Matrix &k)>;

class Model {
public:
  /// Random parameters from a seed, whatever computes attention.
  Model(const ModelSizes &sizes, unsigned seed,
        const std::function<std::unique_ptr<Attention>()> &makeAttention);

  /// The mean loss in nats of predicting `targets` from `tokens`, both [batch, token], and
  /// gradients of all parameters.
  double computeGradients(const std::vector<int> &tokens, const std::vector<int> &targets,
                          const LabelSource &labels);
  /// A step of Adam.
  void update(float rate);

  /// All gradients, one after the other.
  std::vector<float> gradients();

private:
  struct Layer {
    Parameter attentionGain, q, k, v, out, perceptronGain, up, down;
    std::unique_ptr<Attention> attention;
    // of the last step
    Matrix input, normal, queries, keys, values, mixed, middle, middleNormal, raised, active;
  };
  template <class Visit>
  void forEachParameter(Visit visit);
  void forward(std::size_t number, Matrix &x, const LabelSource &labels);
  void backward(Layer &layer, Matrix &gradient);

  ModelSizes sizes;
  Parameter embedding, positions, finalGain, head;
  std::vector<Layer> layers;
  int steps = 0;
};

} // namespace lacuna::train

#endif // TEST_TRAIN_MODEL_H
