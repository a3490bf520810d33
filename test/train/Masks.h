//===- Masks.h - What queries see in training --------------------------------===//
//
// The masks of SCFA: keys and queries that are dropped, and buckets of hashes, both
// as labels that a query shares with the keys it sees, beside the causal mask.
//
//===----------------------------------------------------------------------===//
#ifndef TEST_TRAIN_MASKS_H
#define TEST_TRAIN_MASKS_H

#include "test/train/Attention.h"

#include <random>
#include <string>

namespace lacuna::train {

/// Causal; with 30 % of queries and of keys dropped at random; among tokens that the same
/// of random directions hashes.
enum class Mask { Dense, Drop, Hash };

/// Labels for the queries and keys of a layer. Those of Drop are drawn anew each time; the
/// hash is that of Kitaev et al., "Reformer" (2020): the largest of the projections of a
/// row and of their negatives, on directions that `random` gives.
Labels makeLabels(Mask mask, const Matrix &q, const Matrix &k, AttentionShape shape,
                  std::mt19937 &random);

} // namespace lacuna::train

#endif // TEST_TRAIN_MASKS_H
