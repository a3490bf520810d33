#include "test/train/Masks.h"

namespace lacuna::train {

/// 1 for a token that is kept; else a label that nothing on the other side has.
static std::vector<std::int32_t> dropped(std::size_t count, std::int32_t label,
                                         std::mt19937 &random) {
  std::vector<std::int32_t> labels(count);
  for (std::int32_t &one : labels)
    one = random() % 10 < 3 ? label : 1;
  return labels;
}

/// The bucket of each row of each head.
static std::vector<std::int32_t> hashed(const Matrix &x, AttentionShape shape,
                                        const Matrix &directions) {
  std::vector<std::int32_t> labels;
  for (std::size_t b = 0; b < shape.batches; ++b)
    for (std::size_t h = 0; h < shape.heads; ++h)
      for (std::size_t t = 0; t < shape.tokens; ++t) {
        const float *row = x.row(b * shape.tokens + t) + h * shape.features;
        float largest = -1;
        std::int32_t label = 0;
        for (std::size_t n = 0; n < directions.rows; ++n) {
          float along = 0;
          for (std::size_t d = 0; d < shape.features; ++d)
            along += row[d] * directions.row(n)[d];
          if (std::abs(along) > largest) {
            largest = std::abs(along);
            label = std::int32_t(2 * n + (along < 0));
          }
        }
        labels.push_back(label);
      }
  return labels;
}

Labels makeLabels(Mask mask, const Matrix &q, const Matrix &k, AttentionShape shape,
                  std::mt19937 &random) {
  constexpr std::size_t buckets = 4;
  const std::size_t count = shape.batches * shape.heads * shape.tokens;
  switch (mask) {
  case Mask::Dense:
    break;
  case Mask::Drop:
    return {dropped(count, 2, random), dropped(count, 3, random)};
  case Mask::Hash: {
    Matrix directions(buckets / 2, shape.features);
    for (float &value : directions.values)
      value = std::normal_distribution<float>()(random);
    return {hashed(q, shape, directions), hashed(k, shape, directions)};
  }
  }
  return {};
}

} // namespace lacuna::train
