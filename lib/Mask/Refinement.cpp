#include "lib/Mask/Refinement.h"

#include <algorithm>

using namespace lacuna;
using namespace lacuna::mask;

namespace {

/// Where samples lie, in quarters of the tile's height and width. The first two
/// are the corners that causal masks and windows part.
struct Sample {
  int row, column;
};
constexpr Sample corners[] = {{4, 0}, {0, 4}};
constexpr Sample others[] = {{0, 0}, {4, 4}, {2, 2}, {1, 3}, {3, 1}, {0, 2}, {2, 0}};

SlotBox elementAt(const SlotBox &tile, Sample sample) {
  const std::int32_t row =
      tile.queryFirst +
      std::int32_t(std::int64_t(tile.queryLast - tile.queryFirst) * sample.row / 4);
  const std::int32_t column =
      tile.keyFirst + std::int32_t(std::int64_t(tile.keyLast - tile.keyFirst) * sample.column / 4);
  return {row, row, column, column};
}

/// Tiles that are refined together, so that their parts fill batches.
class TileGroup {
public:
  static constexpr int size = 64;

  TileGroup(BoxClassifier &classifier, const Refinement &limits, const SlotBox *boxes, int count)
      : classifier(classifier), limits(limits), boxes(boxes), count(count) {}

  void refine(TileClass *classes);

private:
  /// What is known of a tile.
  struct State {
    unsigned seen = 0; ///< classes of its parts, as bits
    bool settled = false;
    int budget = 0;
  };
  struct Part {
    SlotBox box;
    int tile;
  };
  template <std::size_t n>
  void sample(const Sample (&samples)[n]);
  void classifyParts();

  BoxClassifier &classifier;
  const Refinement &limits;
  const SlotBox *boxes;
  int count;
  State states[size];
  std::vector<Part> parts;
  std::vector<TileClass> partClasses; ///< of each part
};

} // namespace

void TileGroup::classifyParts() {
  partClasses.resize(parts.size());
  SlotBox batch[BoxEvaluator::batch];
  for (std::size_t first = 0; first < parts.size(); first += BoxEvaluator::batch) {
    const int n = int(std::min<std::size_t>(parts.size() - first, BoxEvaluator::batch));
    for (int k = 0; k < n; ++k)
      batch[k] = parts[first + k].box;
    classifier.classify(batch, n, &partClasses[first]);
  }
}

/// Looks at elements of all tiles that have not shown both classes.
template <std::size_t n>
void TileGroup::sample(const Sample (&samples)[n]) {
  parts.clear();
  for (int tile = 0; tile < count; ++tile)
    if (!states[tile].settled)
      for (const Sample &sample : samples)
        parts.push_back({elementAt(boxes[tile], sample), tile});
  classifyParts();
  for (std::size_t k = 0; k < parts.size(); ++k) {
    State &state = states[parts[k].tile];
    state.seen |= unsigned(partClasses[k]);
    state.settled = state.seen == unsigned(TileClass::Partial);
  }
}

void TileGroup::refine(TileClass *classes) {
  sample(corners);
  sample(others);
  parts.clear();
  for (int tile = 0; tile < count; ++tile) {
    states[tile].budget = limits.boxes;
    if (!states[tile].settled)
      parts.push_back({boxes[tile], tile}); // known to be undecided
  }
  partClasses.assign(parts.size(), TileClass::Partial);
  for (int depth = 0; !parts.empty(); ++depth) {
    std::vector<Part> next;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      State &state = states[parts[k].tile];
      if (state.settled || unsigned(partClasses[k]) == state.seen)
        continue;
      const SlotBox &box = parts[k].box;
      state.budget -= 2;
      state.settled = partClasses[k] != TileClass::Partial || depth == limits.depth ||
                      state.budget < 0 || box.elementCount() == 1;
      if (state.settled)
        continue;
      for (const SlotBox &half : classifier.cutInTwo(box))
        next.push_back({half, parts[k].tile});
    }
    parts = std::move(next);
    classifyParts();
  }
  for (int tile = 0; tile < count; ++tile)
    classes[tile] = states[tile].settled ? TileClass::Partial : TileClass(states[tile].seen);
}

void mask::refineTiles(BoxClassifier &classifier, const Refinement &limits,
                       const std::vector<SlotBox> &tiles, TileClass *classes) {
  if (limits.depth == 0)
    return;
  for (std::size_t first = 0; first < tiles.size(); first += TileGroup::size) {
    const int count = int(std::min<std::size_t>(tiles.size() - first, TileGroup::size));
    TileGroup(classifier, limits, &tiles[first], count).refine(classes + first);
  }
}
