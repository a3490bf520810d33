#include "lib/Mask/Density.h"

#include <algorithm>

using namespace lacuna;
using namespace lacuna::mask;

/// Adds the elements of boxes, which it takes apart.
static void countBoxes(BoxClassifier &classifier, std::vector<SlotBox> &pending,
                       ElementCount &count) {
  TileClass classes[BoxEvaluator::batch];
  SlotBox batch[BoxEvaluator::batch];
  while (!pending.empty()) {
    const std::size_t size = std::min<std::size_t>(pending.size(), BoxEvaluator::batch);
    std::copy(pending.end() - size, pending.end(), batch);
    pending.resize(pending.size() - size);
    classifier.classify(batch, int(size), classes);
    for (std::size_t k = 0; k < size; ++k) {
      const std::int64_t elements = batch[k].elementCount();
      if (classes[k] == TileClass::Full)
        count.visible += elements;
      else if (classes[k] == TileClass::Partial && elements == 1)
        ++count.undecided;
      else if (classes[k] == TileClass::Partial)
        for (const SlotBox &half : classifier.cutInTwo(batch[k]))
          pending.push_back(half);
    }
  }
}

ElementCount mask::countElements(BoxClassifier &classifier, const MaskPlan &plan,
                                 const PlanOptions &options) {
  const std::int64_t queries = classifier.shape().queries, keys = classifier.shape().keys;
  const RunLists &lists = plan.rows;
  ElementCount count;
  count.total = lists.batches() * lists.heads() * queries * keys;
  std::vector<SlotBox> partial;
  for (std::int64_t batch = 0; batch < lists.batches(); ++batch)
    for (std::int64_t head = 0; head < lists.heads(); ++head) {
      classifier.setHead(batch, head);
      for (std::int64_t row = 0; row < lists.rows(); ++row) {
        const std::int64_t firstQuery = row * options.queryTile;
        const std::int64_t endQuery = std::min(queries, firstQuery + options.queryTile);
        for (const Run &run : lists.row(batch, head, row)) {
          const std::int64_t firstKey = std::int64_t(run.first) * options.keyTile;
          const std::int64_t endKey =
              std::min(keys, firstKey + std::int64_t(run.length()) * options.keyTile);
          if (!run.isPartial())
            count.visible += (endQuery - firstQuery) * (endKey - firstKey);
          else
            partial.push_back({std::int32_t(firstQuery), std::int32_t(endQuery - 1),
                               std::int32_t(firstKey), std::int32_t(endKey - 1)});
        }
        countBoxes(classifier, partial, count);
      }
    }
  return count;
}
