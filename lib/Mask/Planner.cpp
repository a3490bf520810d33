#include "lib/Mask/Planner.h"

#include <algorithm>
#include <bit>

using namespace lacuna;
using namespace lacuna::mask;

namespace {

/// A box of tiles in the tree of a band.
struct Node {
  std::int32_t row, column, rows, columns; ///< first and number of tiles
  std::uint32_t parent = 0, firstChild = 0;
  std::uint8_t children = 0, undecidedChildren = 0;
  bool rowsFirst = false; ///< how its children are to be split if all are undecided
  TileClass tileClass = TileClass::Partial;

  bool isTile() const { return rows == 1 && columns == 1; }
};

/// The part of `count` tiles that comes first when they are split: a power of
/// two, so that boxes lie on the cells of summaries.
std::int32_t firstPart(std::int32_t count) {
  return std::int32_t(std::bit_floor(std::uint32_t(count - 1)));
}

class Planner {
public:
  Planner(BoxClassifier &classifier, const PlanOptions &options);
  MaskPlan plan();

private:
  void planBand(std::int32_t row, std::int32_t rows, std::int32_t columnStep);
  void classify(std::size_t begin, std::size_t end);
  void split(std::uint32_t index);
  void refine();
  void emit(const Node &node);
  SlotBox slots(const Node &node) const;

  BoxClassifier &classifier;
  const PlanOptions &options;
  std::int64_t queries, keys;
  std::int32_t gridRows, gridColumns;
  std::vector<Node> nodes; ///< of a band, parents before children; the first is nobody's child
  RunListBuilder rowLists, columnLists;
  MaskPlan result;
  std::size_t mostNodes = 0;
};

std::int32_t tileCount(std::int64_t elements, int tile) {
  return std::int32_t((elements + tile - 1) / tile);
}

} // namespace

Planner::Planner(BoxClassifier &classifier, const PlanOptions &options)
    : classifier(classifier), options(options), queries(classifier.shape().queries),
      keys(classifier.shape().keys), gridRows(tileCount(queries, options.queryTile)),
      gridColumns(tileCount(keys, options.keyTile)),
      rowLists(classifier.maskBatches(), classifier.maskHeads(), gridRows, gridColumns),
      columnLists(options.transposed ? classifier.maskBatches() : 0, classifier.maskHeads(),
                  gridColumns, gridRows) {}

SlotBox Planner::slots(const Node &node) const {
  const std::int64_t row = node.row, column = node.column;
  return {std::int32_t(row * options.queryTile),
          std::int32_t(std::min(queries, (row + node.rows) * options.queryTile) - 1),
          std::int32_t(column * options.keyTile),
          std::int32_t(std::min(keys, (column + node.columns) * options.keyTile) - 1)};
}

void Planner::classify(std::size_t begin, std::size_t end) {
  SlotBox boxes[BoxEvaluator::batch];
  TileClass classes[BoxEvaluator::batch];
  for (; begin < end; begin += BoxEvaluator::batch) {
    const int count = int(std::min<std::size_t>(end - begin, BoxEvaluator::batch));
    for (int k = 0; k < count; ++k)
      boxes[k] = slots(nodes[begin + k]);
    classifier.classify(boxes, count, classes);
    for (int k = 0; k < count; ++k) {
      Node &node = nodes[begin + k];
      node.tileClass = classes[k];
      nodes[node.parent].undecidedChildren += classes[k] == TileClass::Partial;
    }
  }
}

/// Appends the parts of a node: from left to right and top to bottom, the order
/// in which runs are appended.
void Planner::split(std::uint32_t index) {
  const Node node = nodes[index], parent = nodes[node.parent];
  const bool toldNothing = parent.rowsFirst && parent.undecidedChildren == parent.children;
  const bool splitsRows = node.rows > 1 && (toldNothing || node.columns < 2 * node.rows);
  const bool splitsColumns =
      node.columns > 1 && !(toldNothing && splitsRows) && (node.rows < 2 * node.columns);
  const std::int32_t top = splitsRows ? firstPart(node.rows) : node.rows;
  const std::int32_t left = splitsColumns ? firstPart(node.columns) : node.columns;
  nodes[index].firstChild = std::uint32_t(nodes.size());
  nodes[index].rowsFirst = splitsRows && (splitsColumns || toldNothing);
  for (std::int32_t row = 0; row < node.rows; row = row ? node.rows : top)
    for (std::int32_t column = 0; column < node.columns; column = column ? node.columns : left)
      nodes.push_back({node.row + row, node.column + column, row ? node.rows - top : top,
                       column ? node.columns - left : left, index});
  nodes[index].children = std::uint8_t(nodes.size() - nodes[index].firstChild);
}

/// Looks into the tiles of a band that are undecided.
void Planner::refine() {
  std::vector<SlotBox> tiles;
  std::vector<std::uint32_t> indices;
  for (std::uint32_t n = 1; n < nodes.size(); ++n)
    if (nodes[n].isTile() && nodes[n].tileClass == TileClass::Partial) {
      tiles.push_back(slots(nodes[n]));
      indices.push_back(n);
    }
  std::vector<TileClass> classes(tiles.size(), TileClass::Partial);
  refineTiles(classifier, options.refinement, tiles, classes.data());
  for (std::size_t n = 0; n < tiles.size(); ++n)
    nodes[indices[n]].tileClass = classes[n];
}

void Planner::emit(const Node &node) {
  if (node.children) {
    for (std::uint32_t n = node.firstChild; n < node.firstChild + node.children; ++n)
      emit(nodes[n]);
    return;
  }
  const bool isPartial = node.tileClass == TileClass::Partial;
  const std::int64_t tiles = std::int64_t(node.rows) * node.columns;
  if (!isPartial && node.tileClass != TileClass::Full) {
    result.tiles.empty += tiles;
    return;
  }
  (isPartial ? result.tiles.partial : result.tiles.full) += tiles;
  const bool reachesPastEnd =
      options.endIsPartial && keys % options.keyTile && node.column + node.columns == gridColumns;
  for (std::int32_t row = node.row; row < node.row + node.rows; ++row) {
    if (node.columns > reachesPastEnd)
      rowLists.append(row, node.column, node.columns - reachesPastEnd, isPartial);
    if (reachesPastEnd)
      rowLists.append(row, gridColumns - 1, 1, /*partial=*/true);
  }
  if (options.transposed)
    for (std::int32_t column = node.column; column < node.column + node.columns; ++column)
      columnLists.append(column, node.row, node.rows, isPartial);
}

/// Plans rows of tiles; boxes are at most `columnStep` tiles wide to begin with.
void Planner::planBand(std::int32_t row, std::int32_t rows, std::int32_t columnStep) {
  nodes.assign(1, Node{row, 0, rows, gridColumns});
  nodes[0].firstChild = 1;
  for (std::int32_t column = 0; column < gridColumns; column += columnStep)
    nodes.push_back({row, column, rows, std::min(columnStep, gridColumns - column)});
  const std::size_t roots = nodes.size();
  for (std::size_t begin = 1; begin < nodes.size();) {
    const std::size_t end = nodes.size();
    classify(begin, end);
    for (; begin < end; ++begin)
      if (nodes[begin].tileClass == TileClass::Partial && !nodes[begin].isTile())
        split(std::uint32_t(begin));
  }
  refine();
  mostNodes = std::max(mostNodes, nodes.capacity());
  for (std::size_t root = 1; root < roots; ++root)
    emit(nodes[root]);
}

MaskPlan Planner::plan() {
  const bool isFlat = options.traversal == PlanOptions::Traversal::Flat;
  const std::int32_t band = options.traversal == PlanOptions::Traversal::Quadtree ? 64 : 1;
  const std::int64_t boxesBefore = classifier.boxCount();
  for (std::int64_t batch = 0; batch < classifier.maskBatches(); ++batch)
    for (std::int64_t head = 0; head < classifier.maskHeads(); ++head) {
      classifier.setHead(batch, head);
      rowLists.setHead(batch, head);
      columnLists.setHead(batch, head);
      for (std::int32_t row = 0; row < gridRows; row += band)
        planBand(row, std::min(band, gridRows - row), isFlat ? 1 : std::max(gridColumns, 1));
    }
  result.boxes = classifier.boxCount() - boxesBefore;
  result.bytes =
      classifier.bytes() + rowLists.bytes() + columnLists.bytes() + mostNodes * sizeof(Node);
  result.rows = rowLists.finish();
  result.columns = columnLists.finish();
  result.bytes += result.rows.bytes() + result.columns.bytes();
  return std::move(result);
}

MaskPlan mask::planMask(BoxClassifier &classifier, const PlanOptions &options) {
  return Planner(classifier, options).plan();
}
