//===- BoxClassifier.h - Classes of boxes of queries and keys --------------===//
#ifndef LIB_MASK_BOXCLASSIFIER_H
#define LIB_MASK_BOXCLASSIFIER_H

#include "lib/Mask/BoxEvaluator.h"
#include "lib/Mask/Positions.h"

#include <array>
#include <cstdint>
#include <vector>

namespace lacuna::mask {

/// A box of slots; bounds are inclusive and lie in the tensors.
struct SlotBox {
  std::int32_t queryFirst, queryLast, keyFirst, keyLast;
  std::int64_t elementCount() const {
    return std::int64_t(queryLast - queryFirst + 1) * (keyLast - keyFirst + 1);
  }
};

/// Sizes of an attend.
struct AttendShape {
  std::int64_t batches = 1, heads = 1, keyHeads = 1; ///< heads: of queries
  std::int64_t queries = 0, keys = 0;                ///< below 2^31
};

/// Rows of the tensors of a ragged batch that are one sequence.
struct Sequence {
  std::int64_t number = 0;                   ///< that the mask sees as its batch
  std::int64_t queryBegin = 0, keyBegin = 0; ///< slots of the tensors
  std::int64_t queries = 0, keys = 0;
};

/// What a mask is to planning: asks a classifier about boxes of slots, whose
/// positions it works out first.
class BoxClassifier {
public:
  BoxClassifier(BoxEvaluator evaluator, AttendShape shape, Positions queryPositions = Positions(),
                Positions keyPositions = Positions());

  const AttendShape &shape() const { return sizes; }
  /// Whether batches and heads see different keys, so that each has a mask of its own.
  bool readsBatch() const { return perBatch; }
  bool readsHead() const { return perHead; }
  /// How many batches and heads have masks of their own: 1, or all of them.
  std::int64_t maskBatches() const { return perBatch ? sizes.batches : 1; }
  std::int64_t maskHeads() const { return perHead ? sizes.heads : 1; }

  /// Makes a sequence of a ragged batch what all that follows is about: boxes are of its
  /// rows, counted from 0, and shape() has its lengths. There is one batch.
  void setSequence(const Sequence &sequence);
  /// Chooses the batch and query head of the boxes that follow; (0, 0) at first.
  void setHead(std::int64_t batch, std::int64_t head);

  /// The classes of `count` boxes, at most BoxEvaluator::batch.
  void classify(const SlotBox *boxes, int count, TileClass *classes);

  /// The parts of a box of more than one element, first the one with the lower
  /// slots. Cut in the middle of the longer side; but where the classifier divides
  /// positions by a constant, at a multiple of it if there is one inside.
  std::array<SlotBox, 2> cutInTwo(const SlotBox &box) const;

  /// Boxes classified so far.
  std::int64_t boxCount() const { return boxes; }
  /// Memory of summaries and working arrays.
  std::size_t bytes() const {
    return evaluator.bytes() + queryPositions.bytes() + keyPositions.bytes();
  }

private:
  /// The first slot of the upper part.
  struct Cut {
    std::int32_t at;
    bool isNatural; ///< at a multiple
  };
  void findMultiples();
  static Cut cut(const Positions &positions, const std::vector<std::int64_t> &multiples,
                 std::int32_t first, std::int32_t last);

  BoxEvaluator evaluator;
  AttendShape sizes;
  Sequence sequence; ///< of a ragged batch; else the one that begins at slot 0
  Positions queryPositions, keyPositions;
  std::vector<std::int64_t> queryMultiples, keyMultiples;
  bool perBatch, perHead;
  std::int64_t batch = 0, head = 0, boxes = 0;
};

} // namespace lacuna::mask

#endif // LIB_MASK_BOXCLASSIFIER_H
