//===- Attention.h - The attention of a model, and two that compute it ------===//
//
// Matrices of queries, keys, values and outputs have a row for each token of each
// batch, and the features of one head behind those of another: what projections
// give is what attention reads, without a copy.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_TRAIN_ATTENTION_H
#define TEST_TRAIN_ATTENTION_H

#include "lacuna/Runtime.h"
#include "test/train/Matrix.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lacuna::train {

/// Sizes of attention; a matrix is [batches * tokens, heads * features].
struct AttentionShape {
  std::size_t batches = 0, tokens = 0, heads = 0, features = 0;
};

/// What a causal mask compares besides positions, [batch, head, token]: a query sees keys of
/// its own label. Empty: all of them.
struct Labels {
  std::vector<std::int32_t> queries, keys;
};

/// The attention of one layer. It keeps what its gradient needs.
class Attention {
public:
  virtual ~Attention() = default;
  /// The outputs for these queries, keys and values.
  virtual Matrix forward(const Matrix &q, const Matrix &k, const Matrix &v,
                         const Labels &labels) = 0;
  struct Gradients {
    Matrix q, k, v;
  };
  /// Gradients at the last forward, from that of its outputs.
  virtual Gradients backward(const Matrix &gradient) = 0;
};

/// Element by element in float64: what the others are held against.
std::unique_ptr<Attention> makeHostAttention(AttentionShape shape);

/// Lacuna's kernels, of a spec and of its gradient, that all layers share. bf16 in and out.
struct AttentionPrograms {
  /// Compiles for a device, which must outlive it: with labels, or for a mask that is causal
  /// and nothing else.
  static std::shared_ptr<const AttentionPrograms> compile(Device &device, std::size_t features,
                                                          bool labelled);

  Device &device;
  LoadedProgram forward, gradient;
  bool labelled;
};
std::unique_ptr<Attention> makeDeviceAttention(std::shared_ptr<const AttentionPrograms> programs,
                                               AttentionShape shape);

/// Ends the program with a message.
[[noreturn]] void fail(const std::string &message);
/// The value of a result; ends the program where there is none.
void need(const Status &status);
template <class T>
T need(Result<T> result) {
  need(result.status());
  return std::move(*result);
}

} // namespace lacuna::train

#endif // TEST_TRAIN_ATTENTION_H
